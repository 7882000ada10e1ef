//! Whole calls through the session, between two ends in this process.
//!
//! Directly there is nothing between the ends: what is counted is the session's own work, and its values' marshalling. With
//! threads there is the hand-over from one thread to another besides.

use std::sync::Arc;

use ipc_core::Options;
use transport_local::Line;

use super::Step;
use crate::{
    client::{Blocking, Client},
    job::Job,
    work::{Work, Worker},
};

pub(super) const STEPS: &[Step] = &[
    Step { name: "session_direct_add", threads: false, run: |times| calls(&Line::direct(), Job::Add, times) },
    Step {
        name: "session_direct_callback_nested",
        threads: false,
        run: |times| calls(&Line::direct(), Job::Nested(1), times),
    },
    Step { name: "session_direct_object", threads: false, run: |times| calls(&Line::direct(), Job::Object, times) },
    Step { name: "session_threaded_add", threads: true, run: |times| calls(&Line::threaded(), Job::Add, times) },
];

fn calls(line: &Line, job: Job, times: u64) {
    let root: Arc<dyn Work> = Arc::new(Worker::new());
    let server = line.accept(&root, Options::default());
    let client = line.connect(Options::default()).expect("the server is there");
    Blocking::new(client.root).times(job, times).expect("the call succeeds");
    drop(server);
}
