//! The calls and bootstraps of the peer that are not done with: not answered yet, or not finished.
//!
//! A `Finish` that comes before its answer (the peer has given the call up) is held back until the answer has gone out:
//! capnp-rpc would drop the call, never answer it, and keep its number in use on both sides for ever.

use std::collections::{HashMap, HashSet};

/// The questions of the peer; `M` is a message that may be held back.
pub(super) struct Questions<M> {
    /// How many have no answer.
    open: usize,
    /// How many hold something here: results are kept until the peer finishes.
    unfinished: usize,
    /// Those that were answered and are to be finished.
    answered: HashSet<u32>,
    /// What finishes those that have no answer yet.
    early: HashMap<u32, M>,
}

impl<M> Default for Questions<M> {
    fn default() -> Self {
        Self { open: 0, unfinished: 0, answered: HashSet::new(), early: HashMap::new() }
    }
}

impl<M> Questions<M> {
    /// A question came.
    pub(super) fn ask(&mut self, number: Option<u32>) {
        self.open += 1;
        self.unfinished += 1;
        if let Some(number) = number.filter(|_| !self.early.is_empty()) {
            // It was for the last one of this number, and crossed an answer that needed none.
            self.early.remove(&number);
        }
    }

    /// The peer finishes a question. Gives the message back if it counts now, and keeps it if the question has no answer yet.
    pub(super) fn finish(&mut self, number: u32, message: M) -> Option<M> {
        if self.answered.remove(&number) {
            self.unfinished -= 1;
            return Some(message);
        }
        // No more are held back than there are questions, whatever the peer finishes.
        if self.early.len() >= self.open {
            return Some(message);
        }
        self.early.insert(number, message);
        None
    }

    /// An answer goes out. Gives what finishes the question, if that came before.
    pub(super) fn answer(&mut self, number: u32, needs_finish: bool) -> Option<M> {
        self.open = self.open.saturating_sub(1);
        let early = self.early.remove(&number);
        if needs_finish && early.is_none() {
            self.answered.insert(number);
            return None;
        }
        self.unfinished = self.unfinished.saturating_sub(1);
        early
    }

    /// Whether the peer has given a question up that has no answer.
    pub(super) fn is_given_up(&self, number: u32) -> bool {
        self.early.contains_key(&number)
    }

    pub(super) fn open(&self) -> usize {
        self.open
    }

    pub(super) fn unfinished(&self) -> usize {
        self.unfinished
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_done_with_when_it_is_answered_and_finished_in_either_order() {
        let mut questions = Questions::default();
        for number in 0..3 {
            questions.ask(Some(number));
        }
        assert_eq!(questions.answer(0, true), None);
        assert_eq!((questions.open(), questions.unfinished()), (2, 3));
        assert_eq!(questions.finish(0, 'a'), Some('a'));
        assert_eq!(questions.finish(1, 'b'), None);
        assert!(questions.is_given_up(1));
        assert_eq!((questions.open(), questions.unfinished()), (2, 2));
        assert_eq!(questions.answer(1, true), Some('b'));
        assert_eq!(questions.answer(2, false), None);
        assert_eq!((questions.open(), questions.unfinished()), (0, 0));
    }

    #[test]
    fn a_finish_that_crossed_its_answer_is_not_for_the_next_question_of_that_number() {
        let mut questions = Questions::default();
        questions.ask(Some(0));
        questions.ask(Some(1));
        assert_eq!(questions.answer(0, false), None);
        assert_eq!(questions.finish(0, 'a'), None);
        questions.ask(Some(0));
        assert!(!questions.is_given_up(0));
        assert_eq!(questions.answer(0, true), None);
        assert_eq!(questions.finish(0, 'b'), Some('b'));
        assert_eq!((questions.open(), questions.unfinished()), (1, 1));
    }

    #[test]
    fn what_finishes_nothing_is_not_kept() {
        let mut questions = Questions::default();
        assert_eq!(questions.finish(7, 'a'), Some('a'));
        questions.ask(Some(0));
        assert_eq!(questions.finish(7, 'a'), None);
        assert_eq!(questions.finish(8, 'b'), Some('b'));
        assert_eq!((questions.open(), questions.unfinished()), (1, 1));
    }
}
