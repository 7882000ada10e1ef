//! The wallet: it asks a node, which runs in another process.

mod actions;
mod follow;
mod link;

use self::link::Link;
use crate::{
    Failure,
    cli::{Action, WalletArgs},
    log,
};

/// Runs one action against a node.
///
/// # Errors
///
/// If there is no node, or it answers with an error.
pub(crate) fn run(args: WalletArgs) -> Result<(), Failure> {
    log::start("wallet", &args.debug);
    let action = args.action;
    let link = Link::open(args)?;
    let result = act(action, &link);
    link.close();
    result
}

fn act(action: Action, link: &Link) -> Result<(), Failure> {
    let init = link.init();
    match action {
        Action::Hash { height } => actions::hash(&*init.make_chain()?, height),
        Action::Tip => actions::tip(&*init.make_chain()?),
        Action::Scan { from } => actions::scan(&*init.make_chain()?, from),
        Action::Generate { count } => actions::generate(&*init.make_node()?, count),
        Action::Follow { count } => follow::follow(link, count),
    }
}
