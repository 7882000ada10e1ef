"""A client in Python, on pycapnp and the schemas that are derived from the Rust traits.

It mines on the node that listens at the socket given, in each way in which such clients have their calls run:

    client.py SCHEMAS SOCKET (threads | pool | nothing)
"""

import asyncio
import hashlib
import struct
import sys

import capnp

OP_TRUE = b"\x51"


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def target(bits):
    return (bits & 0xFFFFFF) << (8 * ((bits >> 24) - 3))


def is_met(header):
    (bits,) = struct.unpack_from("<I", header, 72)
    return int.from_bytes(sha256d(header), "little") <= target(bits)


class Coinbase:
    """A coinbase made of what a template says; there are fewer than 253 of everything."""

    def __init__(self, parts):
        script = parts.scriptSigPrefix + b"\x02py"
        outputs = [struct.pack("<q", parts.blockRewardRemaining) + bytes([len(OP_TRUE)]) + OP_TRUE]
        outputs += list(parts.requiredOutputs)
        inputs = b"\x01" + bytes(32) + b"\xff\xff\xff\xff" + bytes([len(script)]) + script
        inputs += struct.pack("<I", parts.sequence)
        outputs = bytes([len(outputs)]) + b"".join(outputs)
        witness = b"\x01" + bytes([len(parts.witness)]) + parts.witness
        version, lock_time = struct.pack("<I", parts.version), struct.pack("<I", parts.lockTime)
        self.txid = sha256d(version + inputs + outputs + lock_time)
        self.whole = version + b"\x00\x01" + inputs + outputs + witness + lock_time


def solve(header, coinbase, path):
    """The header with the coinbase's root and a nonce that does."""
    root = coinbase.txid
    for node in path:
        root = sha256d(root + node)
    base = header[:36] + root + header[68:76]
    return next(solved for nonce in range(1 << 32) if is_met(solved := base + struct.pack("<I", nonce)))


class Client:
    def __init__(self, init, way, thread_map):
        self.init, self.way, self.thread_map = init, way, thread_map

    async def call(self, method, **params):
        """Calls a method that has a context."""
        if self.way == "threads":
            thread = (await self.thread_map.makeThread("python")).result
            params["context"] = {"thread": thread}
        return await method(**params)

    async def mine(self):
        """Solves a template while two calls wait for the block that comes of it."""
        mining = (await self.call(self.init.makeMining)).result
        tip = await self.call(mining.getTip)
        assert tip.hasResult and len(tip.result.hash) == 32
        assert (await self.call(mining.isTestChain)).result

        template = (await self.call(mining.createNewBlock)).result
        header = (await self.call(template.getBlockHeader)).result
        assert header[4:36] == tip.result.hash
        coinbase = Coinbase((await self.call(template.getCoinbaseTx)).result)
        path = (await self.call(template.getCoinbaseMerklePath)).result
        solved = solve(header, coinbase, path)
        version, time, nonce = (struct.unpack_from("<I", solved, at)[0] for at in (0, 68, 76))
        solution = dict(version=version, timestamp=time, nonce=nonce, coinbase=coinbase.whole)
        changed, following, submitted = await asyncio.gather(
            self.call(mining.waitTipChanged, currentTip=tip.result.hash),
            self.call(template.waitNext),
            self.call(template.submitSolution, **solution),
        )
        assert submitted.result, (submitted.reason, submitted.debug)
        assert (changed.result.hash, changed.result.height) == (sha256d(solved), tip.result.height + 1)
        again = await self.call(template.submitSolution, **solution)
        assert (again.result, again.reason) == (False, "duplicate")

        await self.check(mining, following.result)
        await self.interrupt(mining, following.result)
        for template in (template, following.result):
            await self.call(template.destroy)
        await self.own_interfaces(tip.result.height + 2)

    async def check(self, mining, template):
        """Has a block checked and submits it."""
        block = (await self.call(template.getBlock)).result
        assert block[36:68] == bytes(32)
        coinbase = Coinbase((await self.call(template.getCoinbaseTx)).result)
        block = block[:36] + coinbase.txid + block[68:80] + b"\x01" + coinbase.whole
        lazy = next(block[:76] + struct.pack("<I", n) + block[80:] for n in range(1 << 32)
                    if not is_met(block[:76] + struct.pack("<I", n)))
        assert (await self.call(mining.checkBlock, block=lazy, options={"checkPow": False})).result
        refused = await self.call(mining.checkBlock, block=lazy)
        assert (refused.result, refused.reason) == (False, "high-hash")
        worked = next(block[:76] + struct.pack("<I", n) + block[80:] for n in range(1 << 32)
                      if is_met(block[:76] + struct.pack("<I", n)))
        assert (await self.call(mining.submitBlock, block=worked)).result

    async def interrupt(self, mining, template):
        """Whatever comes first, the wait or its interruption."""
        tip = (await self.call(mining.getTip)).result
        newest = (await self.call(mining.createNewBlock)).result
        waited, _ = await asyncio.gather(self.call(newest.waitNext), newest.interruptWait())
        assert not waited._has("result")
        waited, _ = await asyncio.gather(
            self.call(mining.waitTipChanged, currentTip=tip.hash), mining.interrupt()
        )
        assert not waited._has("result")
        await self.call(newest.destroy)

    async def own_interfaces(self, height):
        """The node's own interfaces at the same object; a callback of this process is called for each block."""
        chain = (await self.call(self.init.makeChain)).result
        assert (await self.call(chain.tip)).result.height == height
        unknown = await self.call(chain.blockHash, height=4711)
        assert (unknown.error.unknownHeight.height, unknown.error.unknownHeight.tip) == (4711, height)
        visited = []

        class Visit(NODE.FnBlockInfoBool.Server):
            async def call(self, context, a, **_):
                visited.append(a.height)
                return len(visited) < 3

        await self.call(chain.scan, **{"from": 1, "visit": Visit()})
        assert visited == [1, 2, 3], visited


async def main(socket, way):
    stream = await capnp.AsyncIoStream.create_unix_connection(path=socket)
    init = capnp.TwoPartyClient(stream).bootstrap().cast_as(NODE.Init)
    thread_map = None
    if way != "nothing":
        thread_map = (await init.construct()).threadMap
    if way == "pool":
        await thread_map.makePool(3)
    await Client(init, way, thread_map).mine()
    print("mined")


if __name__ == "__main__":
    schemas, socket, way = sys.argv[1:]
    capnp.remove_import_hook()
    NODE = capnp.load(f"{schemas}/node.capnp", imports=[schemas])
    asyncio.run(capnp.run(main(socket, way)))
