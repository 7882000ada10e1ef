//! The clauses of the contract, by their numbers in `ipc_core::transport`.

/// Number and gist of each clause.
pub const CLAUSES: &[(&str, &str)] = &[
    ("C1", "arguments, results and errors arrive equal to what was sent"),
    ("C2", "an error arrives as itself, an exception as Remote with the original as its source"),
    ("C3", "a panic in a handler arrives as Remote, and the connection lives on"),
    ("C4", "an unknown method or interface is Unimplemented, and nothing else is harmed"),
    ("C5", "calls from different threads never block each other"),
    ("C6", "calls from one thread arrive in order"),
    ("T1", "one client thread is served by one server thread"),
    ("T2", "calls back run on the waiting thread, to any depth"),
    ("T3", "calls of another thread of the peer run on a thread that stands for it"),
    ("T4", "a lock may be held across a call"),
    ("T5", "a server thread ends with its client thread"),
    ("T6", "thread names carry over"),
    ("T7", "server threads are bounded"),
    ("O1", "an object lives while the peer holds it and no longer"),
    ("O2", "identity survives a round trip"),
    ("O3", "objects can be stored and called later, from any thread"),
    ("O4", "a forged object id costs only that connection"),
    ("O5", "callbacks may outlive the call that passed them"),
    ("O6", "dropping the last proxy of an interface with destroy waits for the object's drop"),
    ("O7", "returned objects can return objects"),
    ("F1", "a call after the peer is gone is Disconnected"),
    ("F2", "a call in flight when the peer goes is Interrupted, exactly once"),
    ("F3", "disconnect handlers run once, outside all locks"),
    ("F4", "what the gone peer held is released"),
    ("F5", "the same for kill -9, exit and a closed socket, at every point of a call"),
    ("F6", "a deadline ends a call even when the peer is stopped"),
    ("F7", "a slow reader meets bounded memory and back-pressure"),
    ("F8", "what is too large is TooLarge, in both directions"),
    ("F9", "shutdown drains, and reports what still runs"),
    ("F10", "malformed bytes close that connection only"),
    ("F11", "a handler is told that nobody waits for its call any more"),
    ("RES", "nothing is left behind"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cases;

    #[test]
    fn the_contract_and_this_list_have_the_same_clauses() {
        let contract = include_str!("../../ipc-core/src/transport.rs");
        // What follows says which of them are weaker in one place.
        let (contract, _) = contract.split_once("//! # On the caller's own thread").expect("a section of that name");
        let theirs: BTreeSet<&str> =
            contract.lines().filter_map(|line| line.strip_prefix("//! - **")?.split("**").next()).collect();
        let ours: BTreeSet<&str> =
            CLAUSES.iter().map(|(clause, _)| *clause).filter(|clause| *clause != "RES").collect();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn every_clause_has_a_case_and_every_case_a_clause() {
        let clauses: BTreeSet<&str> = CLAUSES.iter().map(|(clause, _)| *clause).collect();
        let with_cases: BTreeSet<&str> = cases::all().map(|case| case.clause).collect();
        assert_eq!(with_cases, clauses);
    }

    #[test]
    fn no_two_cases_have_one_name() {
        let names: Vec<String> = cases::all().map(|case| format!("{}::{}", case.clause, case.name)).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
