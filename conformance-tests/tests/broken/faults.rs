//! The list of faults: which clause each breaks, which case is to notice it, and where it is.

use std::{env, process, sync::OnceLock};

use ipc_core::Limits;

use crate::{
    forward::Rule,
    frames::{self, Frames, Side},
    link::LinkFault,
};

/// The environment variable that names the fault; `none` is none.
pub(crate) const VARIABLE: &str = "BROKEN_TRANSPORT";

/// A transport that is broken on purpose.
pub(crate) struct Fault {
    pub(crate) clause: &'static str,
    pub(crate) name: &'static str,
    /// The case that is to fail.
    pub(crate) case: &'static str,
    pub(crate) at: At,
}

/// Where the fault is.
#[derive(Clone, Copy)]
pub(crate) enum At {
    Nowhere,
    /// In what moves frames.
    Frames(fn(Side) -> Box<dyn Frames>),
    /// In how the stream is read, and what its end means.
    Reading(Reading),
    /// In the limits that are kept.
    Limits(fn(&mut Limits)),
    /// In the codec, which loses half of each long number.
    Numbers,
    /// In the codec, which does not look at what values take.
    NoBoundsOnValues,
    /// In the codec, which writes no results while the outbox is full.
    RepliesWait,
    /// In the proxy of the root.
    Root(Rule),
    /// In what stands before each object that is sent.
    Sent(Rule),
    /// In what stands before each object that is received.
    Received(Rule),
    /// In the handle on the connection.
    Link(LinkFault),
}

/// How the stream is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The client is not told of its end.
    IgnoresTheEnd,
    /// The client is told of its end only after a goodbye.
    NeedsAGoodbye,
    IgnoresWhatIsMalformed,
    ClosesAllForOne,
    LeaksDescriptors,
    StopsWhileItWrites,
}

/// The fault of this process.
pub(crate) fn current() -> At {
    static CURRENT: OnceLock<At> = OnceLock::new();
    *CURRENT.get_or_init(|| {
        let name = env::var(VARIABLE).unwrap_or_default();
        if name == "none" {
            return At::Nowhere;
        }
        let fault = FAULTS.iter().find(|fault| fault.name == name).unwrap_or_else(|| {
            eprintln!("expected the name of a fault in {VARIABLE}, got {name}");
            process::exit(2);
        });
        fault.at
    })
}

macro_rules! faults {
    ($($clause:ident $name:ident: $case:literal, $at:expr;)*) => {
        &[$(Fault { clause: stringify!($clause), name: stringify!($name), case: $case, at: $at }),*]
    };
}

macro_rules! frames {
    ($make:expr) => {
        At::Frames(|_| Box::new($make))
    };
    ($side:ident => $make:expr) => {
        At::Frames(|$side| Box::new($make))
    };
}

pub(crate) const FAULTS: &[Fault] = faults! {
    C1 truncates_an_integer: "numbers_at_the_edges::one", At::Numbers;
    C2 gives_what_a_handler_throws_as_its_own: "exceptions_arrive_as_remote", frames!(frames::ThrowsAsRefused);
    C2 passes_a_foreign_disconnected_on_as_its_own: "exceptions_arrive_as_remote", At::Root(Rule::PassesOnAsOwn);
    C2 forgets_the_errors_data: "typed_errors_arrive::one", frames!(frames::ForgetsTheErrorsData);
    C2 forgets_messages: "exceptions_arrive_as_remote_with_their_source::one", frames!(frames::ForgetsMessages);
    C2 repeats_results_after_an_error: "calls_after_an_error_get_their_own_results::one",
        frames!(frames::RepeatsResultsAfterAnError::default());
    C3 swallows_a_panic: "a_panic_arrives_as_remote", frames!(frames::Swallows);
    C3 closes_at_a_panic: "a_panic_leaves_the_server_thread", frames!(frames::ClosesAtAPanic);
    C4 answers_the_unknown_as_remote: "an_unknown_method", frames!(frames::AnswersUnknownAsRemote);
    C5 runs_one_after_the_other: "three_calls_that_need_each_other::one", frames!(frames::OneAfterTheOther::default());
    C5 stops_reading_while_it_writes: "both_sides_write_more_than_a_socket_holds::one",
        At::Reading(Reading::StopsWhileItWrites);
    C6 makes_calls_twice: "each_call_arrives_once::one", frames!(frames::MakesCallsTwice::default());
    C6 reorders_two_calls: "calls_of_one_thread_arrive_in_order::one", frames!(frames::Reorders::default());

    T1 moves_a_client_between_server_threads: "thread_locals_persist::one", frames!(frames::Alternates::default());
    T1 restarts_the_worker: "thread_locals_persist::one", frames!(frames::Restarts::default());
    T1 serves_all_threads_by_one: "different_threads_are_served_by_different_ones::one",
        frames!(side => frames::OneForAll { applies: side == Side::Client });
    T2 runs_a_callback_on_another_thread: "nested_callbacks_run_on_the_waiting_thread::one",
        frames!(side => frames::CallbacksElsewhere { side, calls: 0 });
    T2 forgets_who_calls_from_a_callback: "nested_callbacks_run_on_the_waiting_thread::one",
        frames!(side => frames::ForgetsWhoCallsFromACallback { side, calls: 0 });
    T3 runs_all_threads_of_the_peer_on_one: "each_thread_of_the_peer_has_its_own::one",
        frames!(side => frames::OneForAll { applies: side == Side::Server });
    T4 runs_callbacks_on_a_pool: "a_reentrant_lock_is_taken_again_in_the_callback::one", At::Sent(Rule::RunsElsewhere);
    T5 keeps_server_threads: "a_server_thread_ends_with_its_client_thread::one", frames!(frames::KeepsThreads);
    T5 tells_of_ends_late: "it_ends_on_an_idle_connection_too::one", frames!(frames::TellsOfEndsLate::default());
    T6 cuts_names: "names_of_all_kinds::one", frames!(frames::CutsNames);
    T6 forgets_names: "the_name_of_a_client_thread_carries_over::one", frames!(frames::ForgetsNames);
    T7 has_any_number_of_server_threads: "past_the_limit_is_overloaded::one",
        At::Limits(|limits| limits.server_threads = 1 << 16);

    O1 loses_a_release: "an_object_of_the_servers_is_dropped_with_its_last_proxy::one", frames!(frames::Loses);
    O1 releases_twice: "an_object_of_the_servers_is_dropped_with_its_last_proxy::one", frames!(frames::Doubles);
    O1 holds_releases_back: "an_idle_connection_drops_it_too::one", frames!(frames::HoldsBack::default());
    O1 releases_too_few: "an_object_that_came_often_is_dropped::one", frames!(frames::ReleasesTooFew);
    O2 gives_a_proxy_of_a_proxy: "an_object_of_ours_comes_home::one", At::Sent(Rule::IsAnother);
    O2 makes_a_proxy_each_time: "one_object_has_one_proxy::one", At::Received(Rule::IsAnother);
    O3 lets_one_thread_only_call_an_object: "a_proxy_is_called_from_many_threads::one",
        frames!(frames::OnlyItsThread::default());
    O4 does_not_mind_a_forged_id: "forged_object_ids_cost_only_that_connection::one", frames!(frames::Tolerates::new(false));
    O4 has_all_connections_pay_for_a_forged_id: "forged_object_ids_cost_only_that_connection::one",
        frames!(frames::Tolerates::new(true));
    O5 forgets_callbacks_with_their_call: "a_callback_outlives_its_call::one", frames!(frames::ForgetsCallbacks::default());
    O6 waits_for_no_destructor: "drop_waits_for_the_objects_drop::one", frames!(frames::WaitsForNoDrop::default());
    O6 destroys_elsewhere: "the_object_is_dropped_by_the_thread_that_serves_this_one::one",
        frames!(frames::DestroysElsewhere::default());
    O7 gives_no_objects_of_objects: "returned_objects_return_objects::one",
        frames!(side => frames::GivesNoObjectsOfObjects { side, root: None, calls: Default::default() });

    F1 doubts_what_was_not_sent: "calls_after_the_loss_are_disconnected::one", At::Root(Rule::DoubtsWhatWasNotSent);
    F2 says_disconnected_of_a_call_that_ran: "a_call_in_flight_is_interrupted::one", At::Root(Rule::DeniesWhatRan);
    F2 reports_an_interruption_twice: "a_call_in_flight_is_interrupted::one", At::Root(Rule::InterruptsTwice);
    F2 leaves_calls_in_flight: "all_threads_are_interrupted_each_once::one", At::Reading(Reading::IgnoresTheEnd);
    F3 runs_handlers_under_a_lock: "disconnect_handlers_run_outside_all_locks::one", At::Link(LinkFault::HandlersUnderALock);
    F3 runs_one_handler_only: "disconnect_handlers_run_once::one", At::Link(LinkFault::OneHandlerOnly);
    F3 forgets_late_handlers: "a_handler_that_comes_late_runs_now::one", At::Link(LinkFault::NoLateHandlers);
    F3 tells_another_reason: "disconnect_handlers_run_once::one", At::Link(LinkFault::TellsAnotherReason);
    F4 leaks_an_object_at_disconnect: "objects_of_ours_are_released::one", At::Sent(Rule::LeaksWhenLost);
    F5 needs_a_goodbye: "killed_in_the_handler::processes", At::Reading(Reading::NeedsAGoodbye);
    F6 answers_with_what_came_too_late: "a_call_given_up_ends_no_other::one",
        frames!(side => frames::of(Side::Client, side, frames::AnswersWithWhatCameTooLate::default()));
    F6 gives_all_up_for_one: "a_call_given_up_ends_no_other::one",
        frames!(side => frames::of(Side::Client, side, frames::GivesAllUpForOne::default()));
    F6 loses_the_deadlines_of_calls_back: "deadlines_go_with_calls::one",
        frames!(frames::ChangesDeadlines { of_calls_back_only: true, change: |_| None });
    F6 stretches_deadlines: "deadlines_go_with_calls::one",
        frames!(frames::ChangesDeadlines { of_calls_back_only: false, change: |left| Some(left * 2) });
    F6 ignores_deadlines: "a_deadline_ends_a_call::one", At::Root(Rule::IgnoresDeadlines);
    F6 runs_late_calls_back: "late_calls_back_are_cancelled::one",
        frames!(side => frames::RunsLateCallsBack(frames::CallbacksElsewhere { side, calls: 0 }));
    F6 keeps_the_abandoned_thread: "the_next_call_gets_a_new_thread::one", frames!(frames::KeepsTheAbandoned::default());
    F7 queues_without_bound: "what_waits_to_be_written_is_bounded", At::Limits(|limits| limits.output_bytes = usize::MAX);
    F7 holds_replies_back: "replies_are_never_held_back", At::RepliesWait;
    F8 takes_any_memory: "values_that_take_too_much_memory::one", At::NoBoundsOnValues;
    F8 takes_any_depth: "results_that_are_nested_too_deeply::one", At::NoBoundsOnValues;
    F9 goes_on_after_close: "close_joins_all_threads::one", At::Link(LinkFault::DoesNotClose);
    F9 hangs_at_shutdown: "close_joins_all_threads::one", At::Link(LinkFault::HangsAtClose);
    F9 does_not_drain: "close_drains_what_is_served::one", At::Link(LinkFault::ClosesWithoutGrace);
    F9 does_not_say_what_still_runs: "close_reports_the_threads_that_still_run::one", At::Link(LinkFault::TellsNoThreads);
    F10 ignores_what_is_malformed: "malformed_bytes_close_that_connection_only::one",
        At::Reading(Reading::IgnoresWhatIsMalformed);
    F10 closes_all_for_one: "malformed_bytes_close_that_connection_only::one", At::Reading(Reading::ClosesAllForOne);
    F11 keeps_to_itself_that_a_call_is_given_up: "a_handler_is_told_that_its_call_was_given_up::one",
        frames!(frames::GivesUpSilently);
    F11 leaves_handlers_to_themselves: "a_callback_is_told_that_its_caller_is_gone::one",
        At::Reading(Reading::IgnoresTheEnd);
    RES leaks_descriptors: "many_connections::one", At::Reading(Reading::LeaksDescriptors);
};
