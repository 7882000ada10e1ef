//! Following the tip: the node calls back into this process.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Sender, channel},
    },
};

use interfaces::node::{BlockInfo, TipObserver};
use ipc::{Exception, Result};

use super::{actions, link::Link};
use crate::{Failure, cli::network_name, signals};

/// What ends the following.
enum End {
    /// As many tips as were asked for.
    Enough,
    /// Somebody pressed Ctrl-C.
    Stopped,
    /// The node is gone.
    Lost(Exception),
    /// A line could not be printed.
    Unprintable(Exception),
}

/// Prints each new tip, until there were `count` or somebody presses Ctrl-C.
pub(super) fn follow(link: &Link, count: Option<NonZeroU32>) -> Result<(), Failure> {
    let (end, ended) = channel();
    let (stopped, lost) = (end.clone(), end.clone());
    signals::on_stop(move || drop(stopped.send(End::Stopped)))?;
    link.connection().on_disconnect(move |why| drop(lost.send(End::Lost(why.clone()))));

    let init = link.init();
    let node = init.make_node()?.info()?;
    let left = Mutex::new(count.map(NonZeroU32::get));
    let handler = init.make_chain()?.observe(Arc::new(Printer { left, end }))?;
    let network = network_name(node.network);
    eprintln!("following the node with pid {} on {network}, from pid {}", node.pid, std::process::id());
    match ended.recv()? {
        End::Enough | End::Stopped => Ok(handler.disconnect()?),
        End::Lost(exception) | End::Unprintable(exception) => Err(exception.into()),
    }
}

/// Prints tips, in this process, on a thread that stands for the node's.
struct Printer {
    /// How many more; `None` if there is no end.
    left: Mutex<Option<u32>>,
    end: Sender<End>,
}

impl TipObserver for Printer {
    fn new_tip(&self, tip: BlockInfo) -> Result<()> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if *left == Some(0) {
            return Ok(());
        }
        if let Err(error) = actions::print(&tip) {
            let exception = actions::unprintable(error);
            let _ = self.end.send(End::Unprintable(exception.clone()));
            return Err(exception);
        }
        *left = left.map(|left| left - 1);
        if *left == Some(0) {
            let _ = self.end.send(End::Enough);
        }
        Ok(())
    }
}
