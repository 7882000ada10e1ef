"""The protocol of sessions in Python, written from transport-grpc/PROTOCOL.md alone.

A client on grpcio that gets a node's objects, calls them, and is called back by it, on the path of a unix socket:

    grpc_session.py GENERATED SOCKET

GENERATED is where the code is that grpcio-tools made of the `.proto` files.
"""

import os
import queue
import sys

import grpc

sys.path.insert(0, sys.argv[1])

from interfaces.bitcoin_core import echo_pb2, init_pb2 as core_init_pb2, mining_pb2  # noqa: E402
from interfaces.node import chain_pb2, chain_pb2_grpc, handler_pb2, init_pb2, node_pb2, tip_observer_pb2, types_pb2  # noqa: E402
from ipc import session_pb2 as wire, session_pb2_grpc  # noqa: E402

# As the comments above the services and methods have them.
INIT, CHAIN, NODE, HANDLER = 0xB72F8FA2FFB3225B, 0xCFCB890C28F79B3A, 0xCFAFB10277D02BA1, 0xCAC2ADD99B2BF6ED
CORE_INIT, ECHO, MINING = 0x8838C700BA5CBA65, 0xD36B89640DC94399, 0xF9C68436DF3AF39E
TIP_OBSERVER, VISIT = 0xA7EE4A684907117B, 0xD8DA2552E774A253

MOST = 65_536
BLOCKS = 5


class Session:
    """One session, used by one thread. While that waits for an answer it serves what the node calls."""

    def __init__(self, channel, first=INIT):
        self.outgoing, self.calls, self.objects, self.answers = queue.Queue(), 0, {}, {}
        self.released, self.pieces, self.pongs, self.names, self.keys = {}, b"", [], {}, set()
        self.incoming = session_pb2_grpc.SessionStub(channel).Open(iter(self.outgoing.get, None))
        self.send(hello=wire.Hello(version=1, interface=first, message_bytes=1 << 26, session=os.urandom(16)))
        self.root = next(self.incoming).welcome.root

    def send(self, **content):
        envelope = wire.Envelope(**content)
        if envelope.ByteSize() <= MOST:
            return self.outgoing.put(envelope)
        # What stands around the bytes of a chunk is part of its envelope.
        data, size = envelope.SerializeToString(), MOST - 64
        for at in range(0, len(data), size):
            self.outgoing.put(wire.Envelope(chunk=wire.Chunk(data=data[at:at + size], last=at + size >= len(data))))

    def export(self, serve):
        """An object of ours, by an id that is never used again; `serve` is called with a Call, and gives an outcome."""
        number = 70 + len(self.objects)
        self.objects[number] = serve
        return number

    def start(self, target, interface, ordinal, request=None, objects=(), on=None, **more):
        """Sends a call; gives its number."""
        self.calls += 1
        args = wire.Payload(body=request.SerializeToString() if request else b"")
        args.objects.extend(objects)
        on = self.thread() if on is None else on
        self.send(call=wire.Call(id=self.calls, object=target, interface=interface, ordinal=ordinal, args=args, **on, **more))
        return self.calls

    def thread(self, key=1):
        """A call of the thread with this key, which says its name the first time."""
        name = {} if key in self.keys else {"name": f"python-{key}"}
        self.keys.add(key)
        return {"thread": wire.Thread(key=key, **name)}

    def wait(self, number):
        """The answer to a call, with what comes meanwhile served."""
        while number not in self.answers:
            self.read()
        return self.answers.pop(number)

    def call(self, *args, **more):
        answer = self.wait(self.start(*args, **more))
        assert answer.WhichOneof("outcome") == "results", answer
        return answer.results

    def make(self, target, interface, ordinal, request=None):
        """An object that a method gives."""
        results = self.call(target, interface, ordinal, request)
        (given,) = results.objects
        assert given.WhichOneof("of") == "sender", given
        return given.sender

    def read(self):
        envelope = next(self.incoming)
        assert envelope.ByteSize() <= MOST, envelope.ByteSize()
        if envelope.HasField("chunk"):
            self.pieces += envelope.chunk.data
            if not envelope.chunk.last:
                return
            envelope, self.pieces = wire.Envelope.FromString(self.pieces), b""
        kind = envelope.WhichOneof("content")
        content = getattr(envelope, kind)
        if kind == "return":
            assert content.call not in self.answers, content
            self.answers[content.call] = content
        elif kind == "call":
            if content.HasField("thread") and content.thread.HasField("name"):
                self.names[content.thread.key] = content.thread.name
            outcome = self.objects[content.object](content)
            self.send(**{"return": wire.Return(call=content.id, **outcome)})
        elif kind == "release":
            self.released[content.object] = self.released.get(content.object, 0) + content.count
        elif kind == "pong":
            self.pongs.append(content.token)
        elif kind == "ping":
            self.send(pong=content)
        else:
            assert kind == "thread_end", envelope

    def close(self):
        """Ends this half of the stream; the node ends its own."""
        self.send(close=wire.Close(reason="done"))
        self.outgoing.put(None)
        left = [envelope.WhichOneof("content") for envelope in self.incoming]
        assert set(left) <= {"release", "thread_end"}, left
        assert self.incoming.code() == grpc.StatusCode.OK, self.incoming


def main(socket):
    channel = connect(socket)
    session = Session(channel)
    chain = session.make(session.root, INIT, 1)
    callbacks(session, chain)
    failures(session, chain)
    observer(session, chain)
    large_and_threads(session)
    template(session)
    beside(channel, session, chain)
    session.close()
    broken(socket)
    print("called back")


def connect(socket):
    options = [("grpc.default_authority", "localhost"), ("grpc.use_local_subchannel_pool", 1)]
    return grpc.insecure_channel(f"unix:{socket}", options=options)


def scan(session, chain, serve, start=1):
    """Has the node call a closure for each block; gives the answer."""
    request = chain_pb2.ChainScanRequest(**{"from": start})
    request.visit.index = 0
    visit = wire.ObjectRef(sender=session.export(serve))
    number = session.start(chain, CHAIN, 5, request, [visit])
    return number, session.wait(number)


def callbacks(session, chain):
    """They come back to the thread that waits, and may call the node's waiting one in their turn."""
    seen = []

    def visit(call):
        assert (call.interface, call.ordinal, call.waiting) == (VISIT, 0, session.calls), call
        height = types_pb2.FnBlockInfoBoolRequest.FromString(call.args.body).a.height
        number = session.start(chain, CHAIN, 0, on={"waiting": call.id})
        # It is this call that the next closure would come back to otherwise.
        session.calls -= 1
        tip = chain_pb2.ChainTipResponse.FromString(session.wait(number).results.body).result
        seen.append((height, tip.height))
        return results(types_pb2.FnBlockInfoBoolResponse(result=height < 3))

    _, answer = scan(session, chain, visit)
    assert seen == [(1, BLOCKS), (2, BLOCKS), (3, BLOCKS)], seen
    assert answer.WhichOneof("outcome") == "results", answer
    # The node lets go of the closure that it held.
    while session.released.get(70) != 1:
        session.read()


def failures(session, chain):
    answer = session.wait(session.start(chain, CHAIN, 1, chain_pb2.ChainBlockHashRequest(height=4711)))
    # The error is a message of one field number 1: as that of a detail, which protobuf's Any is not.
    length, body = answer.error.body[1], answer.error.body[2:]
    assert answer.error.body[0] == 0x0A and length == len(body), answer
    error = types_pb2.ChainError.FromString(body).unknown_height
    assert (error.height, error.tip) == (4711, BLOCKS), error

    fail = lambda _: {"thrown": wire.Failure(kind=wire.KIND_REMOTE, message="on purpose")}
    _, answer = scan(session, chain, fail)
    assert answer.thrown.kind == wire.KIND_REMOTE and "on purpose" in answer.thrown.message, answer
    _, answer = scan(session, chain, lambda _: {"refused": wire.Failure(kind=wire.KIND_UNIMPLEMENTED)})
    assert answer.thrown.kind == wire.KIND_UNIMPLEMENTED, answer

    answer = session.wait(session.start(chain, CHAIN, 99))
    assert answer.refused.kind == wire.KIND_UNIMPLEMENTED, answer
    answer = session.wait(session.start(chain, CHAIN, 0, on={"waiting": 12345}))
    assert answer.refused.kind == wire.KIND_CANCELLED, answer


def observer(session, chain):
    """An object of ours that the node keeps: two references to it, one each time that it is sent."""
    node, tips, keys = session.make(session.root, INIT, 2), [], set()

    def new_tip(call):
        assert (call.interface, call.ordinal) == (TIP_OBSERVER, 0), call
        tips.append(tip_observer_pb2.TipObserverNewTipRequest.FromString(call.args.body).tip.height)
        keys.add(call.thread.key)
        return results(tip_observer_pb2.TipObserverNewTipResponse())

    mine = session.export(new_tip)
    request = chain_pb2.ChainObserveRequest()
    request.observer.index = 0
    handlers = []
    for _ in range(2):
        response = session.call(chain, CHAIN, 6, request, [wire.ObjectRef(sender=mine)])
        handlers.append(response.objects[0].sender)
    session.call(node, NODE, 2, node_pb2.NodeGenerateRequest(count=1))
    while len(tips) < 2:
        session.read()
    # Two threads of the node's, each by a key of its own.
    assert tips == [BLOCKS + 1] * 2 and len(keys) == 2, (tips, keys)
    assert {session.names[key] for key in keys} == {"observer"}, session.names
    session.call(handlers[0], HANDLER, 1, handler_pb2.HandlerDisconnectRequest())
    for handler in handlers:
        session.send(release=wire.Release(object=handler, count=1))
    while session.released.get(mine) != 2:
        session.read()


def large_and_threads(session):
    """What is large crosses in chunks; meanwhile a call waits on another thread of the node's."""
    mining = session.make(session.root, CORE_INIT, 3)
    tip = mining_pb2.MiningGetTipResponse.FromString(session.call(mining, MINING, 2).body).result
    request = mining_pb2.MiningWaitTipChangedRequest(current_tip=tip.hash)
    waiting = session.start(mining, MINING, 3, request, on=session.thread(2))
    echo, text = session.make(session.root, CORE_INIT, 1, core_init_pb2.InitMakeEchoRequest()), "ß" * 500_000
    response = session.call(echo, ECHO, 1, echo_pb2.EchoEchoRequest(echo=text))
    assert echo_pb2.EchoEchoResponse.FromString(response.body).result == text
    assert waiting not in session.answers
    # Nobody wants the answer; it comes all the same. The method that ends the wait carries no thread.
    session.send(cancel=wire.Cancel(call=waiting))
    session.call(mining, MINING, 6, on={})
    session.wait(waiting)
    session.send(thread_end=wire.ThreadEnd(thread=2))
    session.send(ping=wire.Ping(token=77))
    while not session.pongs:
        session.read()
    assert session.pongs == [77]


def template(session):
    """An object with a destructor of its own."""
    mining = session.make(session.root, CORE_INIT, 3)
    request = mining_pb2.MiningCreateNewBlockRequest(cooldown=False)
    template = session.make(mining, MINING, 4, request)
    session.calls += 1
    session.send(destroy=wire.Destroy(id=session.calls, object=template, count=1, **session.thread()))
    assert session.wait(session.calls).WhichOneof("outcome") == "results"


def beside(channel, session, chain):
    """A connection has one session, and any number of unary calls."""
    try:
        Session(channel)
        raise AssertionError("a second session")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.ALREADY_EXISTS, error
    assert chain_pb2_grpc.ChainStub(channel).Tip(chain_pb2.ChainTipRequest()).result.height == BLOCKS + 1
    assert session.call(chain, CHAIN, 0).body


def broken(socket):
    """What breaks the rules ends the session, and no other."""
    other = Session(connect(socket))
    for breach, says in [
        ({"call": wire.Call(id=1, object=4711, interface=CHAIN, thread=wire.Thread(key=1))}, ["expected an object"]),
        ({"release": wire.Release(object=4711, count=1)}, ["expected an object"]),
        ({"return": wire.Return(call=9, results=wire.Payload())}, ["expected"]),
        ({"hello": wire.Hello(version=1, interface=INIT)}, ["expected a hello only as"]),
        # Nothing is said to whoever sends no messages.
        ({"chunk": wire.Chunk(data=b"\xff\xff\xff", last=True)}, []),
        ({}, []),
    ]:
        session = Session(connect(socket))
        session.send(**breach)
        reasons = [envelope.close.reason for envelope in session.incoming]
        assert len(reasons) == len(says) and all(text in reason for text, reason in zip(says, reasons)), (breach, reasons)
        session.outgoing.put(None)
    refused = session_pb2_grpc.SessionStub(connect(socket)).Open(
        iter([wire.Envelope(hello=wire.Hello(version=2, interface=INIT, message_bytes=1 << 20, session=bytes(16)))]))
    assert next(refused).WhichOneof("content") == "refuse"
    assert other.make(other.root, INIT, 1)
    other.close()


def results(message):
    return {"results": wire.Payload(body=message.SerializeToString())}


if __name__ == "__main__":
    main(sys.argv[2])
