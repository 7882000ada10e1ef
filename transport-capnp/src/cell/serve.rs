//! Calls that the peer makes.

use std::{rc::Rc, sync::Arc};

use capnp::{
    any_pointer,
    capability::{Params, Promise, Results},
    private::capability::ClientHook,
};
use futures_channel::oneshot;

use super::{
    CapOut, Incoming, attach,
    local::{Local, host},
    state::{State, Tables, resolved, settled},
};
use crate::{
    encoding::raw,
    mp,
    objects::{Calling, Export},
    segments::Contents,
    threads::ThreadPost,
};

/// Names a call that is served.
pub(crate) type ServedKey = usize;

/// A call that is served: where its results go.
pub(super) struct Served {
    results: Results<any_pointer::Owned>,
    done: oneshot::Sender<capnp::Result<()>>,
    bytes: usize,
    post: Option<Arc<ThreadPost>>,
    /// By what number the peer knows the call, unless it waited inside.
    number: Option<u32>,
}

/// The calls that are served may take so many times the largest message.
const CALLS_OF_MOST_BYTES: usize = 8;

impl State {
    /// Answers a call. The message is empty for a call without results.
    pub(crate) fn answer(&mut self, key: ServedKey, answer: Result<(Contents, usize, Vec<CapOut>), capnp::Error>) {
        let Some(served) = self.tables.served.borrow_mut().try_remove(key) else { return };
        let Served { mut results, done, bytes, post, number } = served;
        if let Some(post) = post {
            // Before the answer: whoever gets it may call again.
            post.remove_load();
        }
        self.tables.served_bytes.set(self.tables.served_bytes.get() - bytes);
        let given_up = number.is_some_and(|number| self.tables.wire.is_given_up_call(number));
        let answer = if given_up { Err(crate::wire_error::cancelled()) } else { answer };
        let answered = answer.and_then(|(message, words, caps)| {
            if caps.is_empty() && words >= attach::LEAST_WORDS && attach::can_attach(&message) {
                results.hook.get()?;
                self.tables.wire.attach(message);
                return Ok(());
            }
            self.tables.wire.expect_words(words);
            self.tables.fill(results.hook.get()?, &message, &caps)
        });
        // An error counts before the results are let go of.
        let failed = answered.is_err();
        if failed {
            let _ = done.send(answered);
            self.executor.run();
            drop(results);
        } else {
            drop(results);
            let _ = done.send(answered);
        }
        self.executor.run();
        self.tables.wire.forget_attached();
    }

    /// Whether the peer has given a call up that is served.
    pub(crate) fn is_given_up(&self, key: ServedKey) -> bool {
        let served = self.tables.served.borrow();
        let number = served.get(key).and_then(|served| served.number);
        number.is_some_and(|number| self.tables.wire.is_given_up_call(number))
    }

    /// The peer has given a call up: it is not served, if that has not begun.
    pub(super) fn withdraw(&mut self, number: u32) {
        let served = self.tables.served.borrow();
        let call = served.iter().find(|(_, served)| served.number == Some(number));
        if let Some((key, Served { post: Some(post), .. })) = call {
            self.tables.effects.borrow_mut().withdrawn.push((post.clone(), key));
        }
    }
}

/// Takes a call to a hosted object.
pub(super) fn dispatch(
    tables: &Rc<Tables>,
    local: &Local,
    interface: u64,
    ordinal: u16,
    params: Params<any_pointer::Owned>,
    results: Results<any_pointer::Owned>,
) -> Promise<(), capnp::Error> {
    let outcome = match local {
        Local::ThreadMap => thread_map(tables, interface, ordinal, &params, results).map(|()| Promise::ok(())),
        Local::Thread(post) => thread(post, interface, ordinal, results).map(|()| Promise::ok(())),
        Local::Export(export) => object(tables, export, interface, ordinal, params, results),
    };
    outcome.unwrap_or_else(Promise::err)
}

fn thread_map(
    tables: &Rc<Tables>,
    interface: u64,
    ordinal: u16,
    params: &Params<any_pointer::Owned>,
    mut results: Results<any_pointer::Owned>,
) -> capnp::Result<()> {
    match (interface, ordinal) {
        (mp::THREAD_MAP, mp::MAKE_THREAD) => {
            let post = worker(tables, mp::text(params.hook.get()?)?)?;
            mp::fill(results.hook.get()?, 1)?.cap(host(tables, Local::Thread(post)))
        }
        (mp::THREAD_MAP, mp::MAKE_POOL) => {
            for n in 0..mp::number(params.hook.get()?)? {
                let post = worker(tables, format!("pool-{n}"))?;
                tables.pool.borrow_mut().push(post);
            }
            tables.pool_is_fixed.set(true);
            Ok(())
        }
        _ => Err(unknown(interface, ordinal)),
    }
}

/// A thread's name is cut to so many bytes.
const NAME_BYTES: usize = 8192;

fn worker(tables: &Rc<Tables>, name: String) -> capnp::Result<Arc<ThreadPost>> {
    let cut = name.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= NAME_BYTES).last();
    let name = name[..cut.unwrap_or(0)].to_owned();
    let slot = tables.workers.take(&name).map_err(|e| capnp::Error::overloaded(e.message().to_owned()))?;
    let post = ThreadPost::worker(name, slot);
    tables.effects.borrow_mut().started.push(post.clone());
    Ok(post)
}

fn thread(
    post: &ThreadPost,
    interface: u64,
    ordinal: u16,
    mut results: Results<any_pointer::Owned>,
) -> capnp::Result<()> {
    if (interface, ordinal) != (mp::THREAD, mp::GET_NAME) {
        return Err(unknown(interface, ordinal));
    }
    mp::fill(results.hook.get()?, 1)?.text(post.name())
}

fn unknown(interface: u64, ordinal: u16) -> capnp::Error {
    capnp::Error::unimplemented(format!("there is no method {ordinal} of interface {interface:#018x} here"))
}

fn object(
    tables: &Rc<Tables>,
    export: &Arc<Export>,
    interface: u64,
    ordinal: u16,
    params: Params<any_pointer::Owned>,
    mut results: Results<any_pointer::Owned>,
) -> capnp::Result<Promise<(), capnp::Error>> {
    let number = tables.wire.take_arriving();
    if export.is_destroyed() {
        return Err(capnp::Error::failed("the object was destroyed".into()));
    }
    match export.calling(interface, ordinal).ok_or_else(|| unknown(interface, ordinal))? {
        Calling::Construct => {
            *tables.peer_thread_map.borrow_mut() = mp::cap(params.hook.get()?)?;
            mp::fill(results.hook.get()?, 1)?.cap(host(tables, Local::ThreadMap))?;
            Ok(Promise::ok(()))
        }
        Calling::Method { context } => {
            let call = Call { export: export.clone(), interface, ordinal, number, params, results };
            if !context {
                return call.queue(tables, None, None, 0);
            }
            let (thread, callback) = raw::context(call.params.hook.get()?).map_err(mp::unexpected)?;
            match thread {
                None => {
                    let post = from_pool(tables)?;
                    let context = u32::from(callback.is_some());
                    call.queue(tables, Some(post), callback, context)
                }
                Some(thread) => on_thread(tables, settled(thread), callback, call),
            }
        }
    }
}

/// The worker for a call that names no thread: of a pool that the peer has made, the least loaded.
///
/// A peer that has made none, as plain Cap'n Proto clients don't, gets one that is idle, made if need be: no such call waits
/// for another, such as the one that is to interrupt it.
fn from_pool(tables: &Rc<Tables>) -> capnp::Result<Arc<ThreadPost>> {
    let least = least_loaded(tables);
    if tables.pool_is_fixed.get() {
        return least.ok_or_else(|| capnp::Error::failed("no thread specified and no pool configured".into()));
    }
    if let Some(idle) = least.as_ref().filter(|post| post.load() == 0) {
        return Ok(idle.clone());
    }
    let number = tables.pool.borrow().len();
    match (worker(tables, format!("unnamed-{number}")), least) {
        (Ok(post), _) => {
            tables.pool.borrow_mut().push(post.clone());
            Ok(post)
        }
        // There are as many as there may be.
        (Err(_), Some(busy)) => Ok(busy),
        (Err(error), None) => Err(error),
    }
}

impl Tables {
    /// Whether this worker stands for no thread of the peer, but takes calls that name none.
    pub(super) fn is_of_pool(&self, post: &Arc<ThreadPost>) -> bool {
        self.pool.borrow().iter().any(|other| Arc::ptr_eq(other, post))
    }
}

fn least_loaded(tables: &Tables) -> Option<Arc<ThreadPost>> {
    let pool = tables.pool.borrow();
    // Of equals the next in turn.
    let turn = tables.next_in_pool.replace(tables.next_in_pool.get().wrapping_add(1));
    let order = (0..pool.len()).map(|n| &pool[turn.wrapping_add(n) % pool.len()]);
    order.min_by_key(|post| post.load()).cloned()
}

fn on_thread(
    tables: &Rc<Tables>,
    thread: Box<dyn ClientHook>,
    callback: Option<Box<dyn ClientHook>>,
    call: Call,
) -> capnp::Result<Promise<(), capnp::Error>> {
    if let Some(Local::Thread(post)) = tables.locals.find(thread.as_ref()) {
        let context = 1 + u32::from(callback.is_some());
        return call.queue(tables, Some(post), callback, context);
    }
    if thread.when_more_resolved().is_none() {
        return Ok(refused_thread(tables, thread));
    }
    // It is the answer to a call of the peer that we have not given yet.
    let tables = Rc::downgrade(tables);
    Ok(Promise::from_future(async move {
        let thread = resolved(thread).await?;
        let tables = tables.upgrade().ok_or_else(|| capnp::Error::disconnected("the connection ended".into()))?;
        match tables.locals.find(thread.as_ref()) {
            Some(Local::Thread(post)) => {
                let context = 1 + u32::from(callback.is_some());
                call.queue(&tables, Some(post), callback, context)?.await
            }
            _ => refused_thread(&tables, thread).await,
        }
    }))
}

/// What a call gets that names no thread of this connection: why the thread was not made, if that is so.
fn refused_thread(tables: &Tables, thread: Box<dyn ClientHook>) -> Promise<(), capnp::Error> {
    let invalid = || capnp::Error::failed("invalid thread handle".into());
    if thread.get_brand() != 0 || tables.locals.find(thread.as_ref()).is_some() {
        return Promise::err(invalid());
    }
    // Neither the peer's nor ours: the answer to a call of the peer that failed. It fails each call with that error.
    let request = thread.new_call(mp::THREAD, mp::GET_NAME, None);
    Promise::from_future(async move { Err(request.send().promise.await.err().unwrap_or_else(invalid)) })
}

struct Call {
    export: Arc<Export>,
    interface: u64,
    ordinal: u16,
    number: Option<u32>,
    params: Params<any_pointer::Owned>,
    results: Results<any_pointer::Owned>,
}

impl Call {
    /// Has the call served outside. `context` is how many of its capabilities are the context's: where there are no others,
    /// they need not be kept.
    fn queue(
        self,
        tables: &Rc<Tables>,
        post: Option<Arc<ThreadPost>>,
        callback: Option<Box<dyn ClientHook>>,
        context: u32,
    ) -> capnp::Result<Promise<(), capnp::Error>> {
        if post.as_ref().is_some_and(|post| post.is_cancelled()) {
            return Err(crate::wire_error::cancelled());
        }
        if tables.served.borrow().len() >= tables.limits.calls_served {
            let message = format!("the connection serves {} calls already", tables.limits.calls_served);
            return Err(capnp::Error::overloaded(message));
        }
        let params = self.params;
        let body = tables.body(|| params.hook.get(), context)?;
        let bytes = body.len_bytes();
        let most = tables.limits.message_bytes.saturating_mul(CALLS_OF_MOST_BYTES);
        if tables.served_bytes.get() + bytes > most {
            return Err(capnp::Error::overloaded(format!("the connection serves calls of {most} bytes already")));
        }
        tables.served_bytes.set(tables.served_bytes.get() + bytes);
        let callback = callback.map(|hook| tables.imports.borrow_mut().add(settled(hook)));
        let (done, answered) = oneshot::channel();
        let key = tables.served.borrow_mut().insert(Served {
            results: self.results,
            done,
            bytes,
            post: post.clone(),
            number: self.number,
        });
        if let Some(post) = &post {
            post.add_load();
        }
        tables.effects.borrow_mut().calls.push(Incoming {
            key,
            object: self.export,
            interface: self.interface,
            ordinal: self.ordinal,
            body,
            post,
            callback,
        });
        Ok(Promise::from_future(async move {
            answered.await.unwrap_or_else(|_| Err(capnp::Error::disconnected("the connection ended".into())))
        }))
    }
}
