//! The server's side: a thread for each caller.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use ipc_channel::ipc::{self, IpcSender};
use ipc_core::Result;
use serde_bytes::ByteBuf;

use super::protocol::{CallbackEnd, Reply, Request, ServerEnd};
use crate::{
    client::failed,
    process::Ready,
    work::{Callback, Registry, Work as _, Worker},
};

pub(super) fn serve(path: &Path, ready: Ready) -> Result<()> {
    let listener = UnixListener::bind(path).map_err(failed)?;
    ready.listening()?;
    let state = Arc::new(State { worker: Worker::new(), objects: Registry::default() });
    loop {
        let stream = listener.accept().map_err(failed)?.0;
        let state = state.clone();
        thread::spawn(move || state.client(stream));
    }
}

struct State {
    worker: Worker,
    objects: Registry,
}

impl State {
    /// One client: it tells its callers one by one, until it is gone.
    fn client(self: Arc<Self>, stream: UnixStream) -> Result<()> {
        let mut name = String::new();
        BufReader::new(stream).read_line(&mut name).map_err(failed)?;
        let (opener, callers) = ipc::channel::<ServerEnd>().map_err(failed)?;
        IpcSender::connect(name.trim_end().to_owned()).map_err(failed)?.send(opener).map_err(failed)?;
        while let Ok(caller) = callers.recv() {
            let state = self.clone();
            thread::spawn(move || state.caller(&caller));
        }
        Ok(())
    }

    /// One caller, until it is gone.
    fn caller(&self, end: &ServerEnd) -> Result<()> {
        while let Ok(request) = end.receiver.recv() {
            let reply = match self.answer(end, request) {
                Ok(Some(reply)) => reply,
                Ok(None) => continue,
                Err(e) => Reply::Failed(e.to_string()),
            };
            end.sender.send(reply).map_err(failed)?;
        }
        Ok(())
    }

    fn answer(&self, end: &ServerEnd, request: Request) -> Result<Option<Reply>> {
        let work = &self.worker;
        Ok(Some(match request {
            Request::Empty => work.empty().map(|()| Reply::Empty)?,
            Request::Add(a, b) => Reply::Number(work.add(a, b)?.into()),
            Request::Twenty(value) => Reply::Twenty(work.twenty(value)?),
            Request::Result(length) => Reply::Bytes(ByteBuf::from(work.result(length)?)),
            Request::Argument(bytes) => Reply::Number(work.argument(bytes.into_vec())?.into()),
            Request::List => Reply::List(work.list()?),
            Request::Nested(depth) => {
                end.sender.send(Reply::Callback(depth)).map_err(failed)?;
                match end.receiver.recv().map_err(failed)? {
                    Request::Called(answer) => Reply::Number(answer.into()),
                    _ => return Err(failed("expected the callback's answer")),
                }
            }
            Request::Called(_) => return Err(failed("nothing was asked")),
            Request::Store(end) => work.store(callback(end)).map(|()| Reply::Empty)?,
            Request::Fire(x) => Reply::Number(work.fire(x)?.into()),
            Request::Create(start) => Reply::Object(self.objects.create(start)),
            Request::Step(id, by) => {
                Reply::Number(self.objects.step(id, by).ok_or_else(|| failed("there is no such object"))?)
            }
            Request::Release(id) => {
                self.objects.release(id);
                return Ok(None);
            }
        }))
    }
}

fn callback(end: CallbackEnd) -> Callback {
    let end = Mutex::new(end);
    Arc::new(move |x| {
        // A number and its answer belong together.
        let end = end.lock().unwrap_or_else(|e| e.into_inner());
        end.sender.send(x).map_err(failed)?;
        end.receiver.recv().map_err(failed)
    })
}
