"""A client in Python, on grpcio and code generated from the `.proto` files that are derived from the Rust traits.

It knows nothing of sessions, and calls every method of a node that passes values only; then it ends the node.

    grpc_unary.py GENERATED TARGET [AUTHORITY CHAIN KEY]

GENERATED is where the generated code is. The last three are files, for TLS.
"""

import hashlib
import json
import struct
import sys

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

sys.path.insert(0, sys.argv[1])

from interfaces.bitcoin_core import (  # noqa: E402
    echo_pb2, echo_pb2_grpc, init_pb2 as core_init_pb2, init_pb2_grpc as core_init_pb2_grpc, mining_pb2, mining_pb2_grpc,
    rpc_pb2, rpc_pb2_grpc, types_pb2 as core_types_pb2,
)
from interfaces.node import (  # noqa: E402
    chain_pb2, chain_pb2_grpc, init_pb2, init_pb2_grpc, node_pb2, node_pb2_grpc, types_pb2,
)
from interfaces.values import types_pb2 as values_pb2  # noqa: E402

BLOCKS = 5
GENESIS = bytes.fromhex("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206")[::-1]

# Nothing but a session reaches an object of these: no method without parameters gives one.
UNREACHABLE = {"interfaces.bitcoin_core.BlockTemplate", "interfaces.node.Handler", "interfaces.node.TipObserver"}


class Recorder(grpc.UnaryUnaryClientInterceptor):
    """Notes which methods were called."""

    def __init__(self):
        self.called = set()

    def intercept_unary_unary(self, continuation, details, request):
        self.called.add(details.method)
        return continuation(details, request)


def main(target, files):
    channel, recorder = connect(target, files), Recorder()
    recorded = grpc.intercept_channel(channel, recorder)
    check_chain(chain_pb2_grpc.ChainStub(recorded))
    check_node(node_pb2_grpc.NodeStub(recorded), init_pb2_grpc.InitStub(recorded))
    check_small(recorded)
    check_mining(mining_pb2_grpc.MiningStub(recorded), recorded)
    check_failures(channel)
    check_deadline(connect(target, files))
    listed = check_listed(channel)
    # The last: it ends the node.
    node_pb2_grpc.NodeStub(recorded).RequestShutdown(node_pb2.NodeRequestShutdownRequest())
    check_complete(listed, recorder.called)
    print(f"called {len(recorder.called)} methods")


def connect(target, files):
    options = [("grpc.use_local_subchannel_pool", 1)]
    if target.startswith("unix:"):
        # The path of the socket, which is sent otherwise, is no authority that HTTP/2 allows.
        options.append(("grpc.default_authority", "localhost"))
    if not files:
        return grpc.insecure_channel(target, options=options)
    authority, chain, key = (open(file, "rb").read() for file in files)
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(authority, key, chain), options=options)


def check_chain(chain):
    tip = chain.Tip(chain_pb2.ChainTipRequest()).result
    assert (tip.height, len(tip.hash), len(tip.header), tip.transactions) == (BLOCKS, 32, 80, 1), tip
    assert tip.hash == sha256d(tip.header)
    block_hash = lambda height: chain.BlockHash(chain_pb2.ChainBlockHashRequest(height=height))
    assert block_hash(0).result == GENESIS
    assert block_hash(BLOCKS).result == tip.hash
    block = chain.Block(chain_pb2.ChainBlockRequest(hash=tip.hash)).result
    assert block[:80] == tip.header
    found = chain.FindHeight(chain_pb2.ChainFindHeightRequest(hash=GENESIS))
    # Zero, and there: it is not the same as nothing.
    assert (found.HasField("result"), found.result) == (True, 0)
    assert not chain.FindHeight(chain_pb2.ChainFindHeightRequest(hash=bytes(32))).HasField("result")
    (time,) = struct.unpack_from("<I", tip.header, 68)
    assert chain.FindFirst(chain_pb2.ChainFindFirstRequest(time=time)).result == tip
    late = chain_pb2.ChainFindFirstRequest(**{"time": time, "from": BLOCKS + 1})
    assert not chain.FindFirst(late).HasField("result")

    error = typed_error(types_pb2.ChainError, lambda: block_hash(4711))
    assert (error.unknown_height.height, error.unknown_height.tip) == (4711, BLOCKS), error
    error = typed_error(types_pb2.ChainError, lambda: chain.Block(chain_pb2.ChainBlockRequest(hash=bytes(32))))
    assert error.unknown_block.hash == bytes(32), error


def check_node(node, init):
    info = node.Info(node_pb2.NodeInfoRequest()).result
    assert info.version.startswith("multiprocess ") and info.pid > 0, info
    assert info.network == values_pb2.NETWORK_REGTEST and info.started.ToSeconds() > 1_600_000_000, info
    assert node.Network(node_pb2.NodeNetworkRequest()).result == values_pb2.NETWORK_REGTEST
    generate = lambda count: node.Generate(node_pb2.NodeGenerateRequest(count=count))
    assert list(generate(0).result) == []
    error = typed_error(types_pb2.NodeError, lambda: generate(1 << 31))
    assert (error.too_many.count, error.too_many.most) == (1 << 31, 100_000), error
    options = types_pb2.NodeOptions(network=values_pb2.NETWORK_SIGNET, debug=["ipc"])
    options.mine_every.FromMilliseconds(1500)
    error = typed_error(types_pb2.NodeError, lambda: init.Start(init_pb2.InitStartRequest(options=options)))
    assert error.already_started.network == values_pb2.NETWORK_REGTEST, error


def check_small(channel):
    """The interfaces of Bitcoin Core with one method."""
    echo, text = echo_pb2_grpc.EchoStub(channel), "größer\0" * 30_000
    assert echo.Echo(echo_pb2.EchoEchoRequest(echo=text)).result == text
    rpc = rpc_pb2_grpc.RpcStub(channel)
    execute = lambda request: rpc.ExecuteRpc(rpc_pb2.RpcExecuteRpcRequest(request=request, uri="/", user="py"))
    answer = json.loads(execute('{"method": "getblockcount", "id": 7}').result)
    assert answer == {"result": BLOCKS, "error": None, "id": 7}, answer
    # What fails in JSON-RPC is an answer all the same.
    answer = json.loads(execute('{"method": "nothing", "id": 8}').result)
    assert (answer["error"]["code"], answer["id"]) == (-32601, 8), answer
    old = core_init_pb2_grpc.InitStub(channel).MakeMiningOld2
    fails(grpc.StatusCode.UNKNOWN, "makeMining @2 is served no more", lambda: old(core_init_pb2.InitMakeMiningOld2Request()))


def check_mining(mining, channel):
    assert mining.IsTestChain(mining_pb2.MiningIsTestChainRequest()).result
    assert not mining.IsInitialBlockDownload(mining_pb2.MiningIsInitialBlockDownloadRequest()).result
    tip = mining.GetTip(mining_pb2.MiningGetTipRequest()).result
    assert tip.height == BLOCKS
    wait = lambda: mining.WaitTipChanged.future(mining_pb2.MiningWaitTipChangedRequest(current_tip=tip.hash))
    # Whichever comes first at the node.
    waited = wait()
    mining.Interrupt(mining_pb2.MiningInterruptRequest())
    assert not waited.result().HasField("result")

    chain = chain_pb2_grpc.ChainStub(channel)
    last = chain.Block(chain_pb2.ChainBlockRequest(hash=tip.hash)).result
    check = lambda block, **options: mining.CheckBlock(
        mining_pb2.MiningCheckBlockRequest(block=block, options=core_types_pb2.BlockCheckOptions(**options)))
    lazy, worked = (next_block(last, tip.height + 1, met) for met in (False, True))
    assert check(lazy, check_pow=False).result
    # What is absent reads as true.
    refused = check(lazy)
    assert (refused.result, refused.reason) == (False, "high-hash"), refused
    assert check(worked).result

    submit = lambda: mining.SubmitBlock(mining_pb2.MiningSubmitBlockRequest(block=worked))
    waited = wait()
    assert submit().result
    changed = waited.result().result
    assert (changed.hash, changed.height) == (sha256d(worked[:80]), tip.height + 1), changed
    refused = submit()
    assert (refused.result, refused.reason) == (False, "duplicate"), refused
    # There is no mempool, and so nothing for any of them.
    ids = [bytes(32), bytes(range(32))]
    by_txid = mining_pb2.MiningGetTransactionsByTxIDRequest(txids=ids)
    assert list(mining.GetTransactionsByTxID(by_txid).result) == [b"", b""]
    by_wtxid = mining_pb2.MiningGetTransactionsByWitnessIDRequest(wtxids=ids[:1])
    assert list(mining.GetTransactionsByWitnessID(by_wtxid).result) == [b""]


def check_failures(channel):
    """What is wrong with a call itself has the code that gRPC's guide gives it."""
    call = lambda path, request=b"": channel.unary_unary(path)(request)
    chain = "/interfaces.node.Chain/"
    fails(grpc.StatusCode.UNIMPLEMENTED, "there is no method", lambda: call(chain + "Nothing"))
    fails(grpc.StatusCode.INTERNAL, "", lambda: call(chain + "BlockHash", b"\x0a\x05x"))
    fails(grpc.StatusCode.INVALID_ARGUMENT, "32 bytes", lambda: call(chain + "FindHeight", b"\x0a\x01x"))


def check_deadline(channel):
    """On a connection of its own, whose wait does not end."""
    tip = chain_pb2_grpc.ChainStub(channel).Tip(chain_pb2.ChainTipRequest()).result
    request = mining_pb2.MiningWaitTipChangedRequest(current_tip=tip.hash)
    wait = mining_pb2_grpc.MiningStub(channel).WaitTipChanged
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, "", lambda: wait(request, timeout=0.05))
    given_up = wait.future(request)
    assert given_up.cancel()
    fails(grpc.StatusCode.CANCELLED, "", given_up.result, grpc.FutureCancelledError)
    # All the same, the connection serves.
    assert chain_pb2_grpc.ChainStub(channel).Tip(chain_pb2.ChainTipRequest()).result == tip


def check_listed(channel):
    """What reflection lists; each service is healthy."""
    database = ProtoReflectionDescriptorDatabase(channel)
    services, pool = set(database.get_services()), descriptor_pool.DescriptorPool(database)
    health = health_pb2_grpc.HealthStub(channel)
    ours = {service for service in services if service.startswith("interfaces.")}
    assert {"ipc.Session", "grpc.health.v1.Health"} <= services and len(ours) == 10, services
    for service in ours:
        state = health.Check(health_pb2.HealthCheckRequest(service=service)).status
        assert state == health_pb2.HealthCheckResponse.SERVING, service
    unknown = health_pb2.HealthCheckRequest(service="interfaces.node.Nobody")
    fails(grpc.StatusCode.NOT_FOUND, "", lambda: health.Check(unknown))

    values_only = set()
    for service in ours:
        for method in pool.FindServiceByName(service).methods:
            path = f"/{service}/{method.name}"
            why = why_session(service, method)
            if why is None:
                values_only.add(path)
            else:
                call = lambda: channel.unary_unary(path)(b"")
                fails(grpc.StatusCode.FAILED_PRECONDITION, f"{path} needs a session: {why}", call)
    return values_only


def why_session(service, method):
    """The words in which such a method is refused; none for one that is not."""
    for field in method.input_type.fields:
        if has_object(field.message_type):
            return f"its parameter `{field.name}` passes an object"
    if any(has_object(field.message_type) for field in method.output_type.fields):
        return "its result passes an object"
    return f"only a session reaches objects of {service}" if service in UNREACHABLE else None


def has_object(message):
    if message is None or message.full_name.startswith("google.protobuf."):
        return False
    return message.full_name == "ipc.Object" or any(has_object(field.message_type) for field in message.fields)


def check_complete(listed, called):
    assert called == listed, f"not called: {sorted(listed - called)}; not listed: {sorted(called - listed)}"


def typed_error(kind, call):
    """The error of its own that a method fails with."""
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.UNKNOWN, error
        assert error.details() == f"the method failed with {kind.DESCRIPTOR.full_name}", error
        (detail,) = rpc_status.from_call(error).details
        unpacked = kind()
        assert detail.Unpack(unpacked), detail
        return unpacked
    raise AssertionError("the call did not fail")


def fails(code, text, call, kind=grpc.RpcError):
    try:
        call()
    except kind as error:
        if kind is grpc.RpcError:
            assert error.code() == code and text in error.details(), error
        return
    raise AssertionError(f"the call did not fail with {code}")


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def next_block(block, height, met):
    """The block after one that the node made, below height 17; with work that does, or with none."""
    header, coinbase = block[:80], block[81:]
    # The script is the height and a byte more; the lock time is the height before.
    coinbase = coinbase[:44] + bytes([0x50 + height]) + coinbase[45:-4] + struct.pack("<I", height - 1)
    stripped = coinbase[:4] + coinbase[6:-38] + coinbase[-4:]
    (time,) = struct.unpack_from("<I", header, 68)
    base = header[:4] + sha256d(header) + sha256d(stripped) + struct.pack("<I", time + 600) + header[72:76]
    # Every second hash does on regtest.
    headers = (base + struct.pack("<I", nonce) for nonce in range(1 << 32))
    solved = next(header for header in headers if (sha256d(header)[31] < 0x7F) == met)
    return solved + b"\x01" + coinbase


if __name__ == "__main__":
    main(sys.argv[2], sys.argv[3:])
