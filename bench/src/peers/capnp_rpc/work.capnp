@0x8d2c1c7cf2a4d5be;

# The work, as someone who uses capnp-rpc alone would declare it.

struct Twenty {
  id @0 :UInt64;
  parent @1 :UInt64;
  created @2 :UInt64;
  changed @3 :UInt64;
  balance @4 :Int64;
  offset @5 :Int64;
  height @6 :UInt32;
  version @7 :UInt32;
  flags @8 :UInt32;
  delta @9 :Int32;
  error @10 :Int32;
  progress @11 :Float64;
  rate @12 :Float64;
  weight @13 :Float32;
  enabled @14 :Bool;
  visible @15 :Bool;
  finished @16 :Bool;
  name @17 :Text;
  label @18 :Text;
  hash @19 :Data;
}

struct Item {
  id @0 :UInt64;
  time @1 :UInt64;
  amount @2 :Int64;
  height @3 :UInt32;
  spent @4 :Bool;
}

interface Callback {
  call @0 (x :UInt32) -> (x :UInt32);
}

interface Counter {
  step @0 (by :Int64) -> (value :Int64);
}

interface Work {
  empty @0 () -> ();
  add @1 (a :Int32, b :Int32) -> (sum :Int32);
  twenty @2 (value :Twenty) -> (value :Twenty);
  result @3 (length :UInt32) -> (bytes :Data);
  argument @4 (bytes :Data) -> (length :UInt32);
  list @5 () -> (items :List(Item));
  nested @6 (depth :UInt32, callback :Callback) -> (depth :UInt32);
  store @7 (callback :Callback) -> ();
  fire @8 (x :UInt32) -> (x :UInt32);
  create @9 (start :Int64) -> (counter :Counter);
}
