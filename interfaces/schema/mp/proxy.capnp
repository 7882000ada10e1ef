# What the schemas of libmultiprocess programs share: the context of a call, the threads that it names, and annotations.

@0xcc316e3f71a040fb;

annotation include @0xb899f3c154fdb458 (file) :Text;
annotation includeTypes @0xbcec15648e8a0cf1 (file) :Text;
annotation wrap @0xe6f46079b7b1405e (interface, struct) :Text;
annotation count @0xd02682b319f69b38 (param, struct, interface) :Int32;
annotation exception @0x996a183200992f88 (param) :Text;
annotation name @0xb594888f63f4dbb9 (field, method) :Text;
annotation skip @0x824c08b82695d8dd (field) :Void;

interface ThreadMap @0xee5e37179ad9dc9d $count(0) {
  # Makes threads for the other side's.

  makeThread @0 (name :Text) -> (result :Thread);
  makePool @1 (count :UInt32) -> ();
}

interface Thread @0x81c1e2600d0b56c5 {
  # Runs the calls of one thread of the other side.

  getName @0 () -> (result :Text);
}

struct Context @0x9c44e6645d0b22c6 $count(0) {
  # Who shall run a call.

  thread @0 :Thread;
  # The thread that runs it, hosted by the callee.

  callbackThread @1 :Thread;
  # The thread that stands for the caller and runs what the callee calls back, hosted by the caller.
}
