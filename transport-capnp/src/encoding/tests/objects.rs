use std::collections::HashMap;

use capnp::{
    capability::{Client, FromClientHook},
    message::Builder,
    traits::{Imbue, ImbueMut},
};

use super::*;

type Call = dyn Fn() -> Result<u32> + Send + Sync;

fn object(number: u32) -> Arc<Call> {
    Arc::new(move || Ok(number))
}

#[test]
fn objects_are_indices_in_the_order_of_their_writing() {
    type Sent = (Arc<Call>, Option<Arc<Call>>, Option<Arc<Call>>, Vec<Arc<Call>>, HashMap<u8, Arc<Call>>);
    let objects: Vec<_> = (0..5).map(object).collect();
    let sent: Sent = (
        objects[0].clone(),
        None,
        Some(objects[1].clone()),
        vec![objects[2].clone(), objects[3].clone()],
        HashMap::from([(9, objects[4].clone())]),
    );
    let (first, none, second, list, map) = round(sent).unwrap();
    assert!(none.is_none());
    let all = [&first, &second.unwrap(), &list[0], &list[1], &map[&9]];
    for (number, (arrived, sent)) in all.into_iter().zip(&objects).enumerate() {
        assert!(Arc::ptr_eq(arrived, sent), "object {number}");
    }
}

#[test]
fn a_null_pointer_is_no_object() {
    let error = read::<Arc<Call>>(&[0], &Limits::default()).err().unwrap();
    assert_eq!(error.kind(), ExceptionKind::Protocol);
    assert!(read::<Option<Arc<Call>>>(&[0], &Limits::default()).unwrap().is_none());
}

#[test]
fn an_index_outside_of_the_table_is_an_error() {
    // A struct of two pointers: the context, and a capability.
    let with_index = |index: u64| [2 << 48, 0, 3 | index << 32];
    let error = |index| read::<Arc<Call>>(&with_index(index), &Limits::default()).err().unwrap().to_string();
    assert!(error(1).contains("no object 1"), "the message was said to carry two: {}", error(1));
    assert!(error(2).starts_with("Protocol"));
    assert!(error(u32::MAX.into()).starts_with("Protocol"));
}

/// Stands for a real capability: it answers for itself.
fn client() -> Client {
    capnp_rpc::new_future_client(async { Err::<Client, _>(capnp::Error::failed("not there".into())) })
}

#[test]
fn the_context_is_written_into_a_message_that_is_done() {
    let message = encode_params::<Echo<(u64, String)>, 0, _, _>(
        &((7, "seven".to_owned()),),
        &Table::default(),
        &Limits::default(),
    )
    .unwrap();
    assert_eq!(context_of(&root(&message), &Vec::new()), (false, false));
    // As a connection does it: the message is copied into the call, then gets the context.
    let mut call = Builder::new_default();
    let mut table = Vec::new();
    let (thread, callback) = (client(), client());
    let pointers = (thread.hook.get_ptr(), callback.hook.get_ptr());
    {
        let mut params: any_pointer::Builder<'_> = call.init_root();
        params.imbue_mut(&mut table);
        params.set_as(root(&message)).unwrap();
        raw::set_context(params, (Some(thread.into_client_hook()), Some(callback.into_client_hook()))).unwrap();
    }
    let mut root: any_pointer::Reader<'_> = call.get_root_as_reader().unwrap();
    root.imbue(&table);
    let (thread, callback) = raw::context(root).unwrap();
    assert_eq!((thread.unwrap().get_ptr(), callback.unwrap().get_ptr()), pointers);
    let payload = Payload { root, caps: 2, words: 100 };
    let (arrived,) =
        decode_params::<Echo<(u64, String)>, 0, ((u64, String),), _>(payload, &Table::default(), &Limits::default())
            .unwrap();
    assert_eq!(arrived, (7, "seven".to_owned()));
}

fn context_of(root: &any_pointer::Reader<'_>, table: &capnp::private::layout::CapTable) -> (bool, bool) {
    let mut root = *root;
    root.imbue(table);
    let (thread, callback) = raw::context(root).unwrap();
    (thread.is_some(), callback.is_some())
}

#[test]
fn one_capability_of_a_context_may_be_missing() {
    let mut call = Builder::new_default();
    let mut table = Vec::new();
    {
        let mut root: any_pointer::Builder<'_> = call.init_root();
        root.imbue_mut(&mut table);
        raw::set_context(root, (None, Some(client().into_client_hook()))).unwrap();
    }
    assert_eq!(context_of(&call.get_root_as_reader().unwrap(), &table), (false, true));
}

#[test]
fn a_placeholder_cannot_be_called() {
    let hook = super::super::placeholder::placeholder(3);
    assert_eq!((hook.get_ptr(), hook.add_ref().get_ptr()), (3, 3));
    let client = Client::new(hook);
    let request = client.new_call::<any_pointer::Owned, any_pointer::Owned>(1, 2, None);
    let mut promise = std::pin::pin!(request.send().promise);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(!matches!(Future::poll(promise.as_mut(), &mut context), std::task::Poll::Ready(Ok(_))));
}
