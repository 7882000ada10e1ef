//! Which cores this process and its peer may run on.

use ipc_core::Peer;

/// Whether this thread, and so what it starts, has just one core, the same as the peer has. That is as it was when it was
/// asked. Not what the standard library says, which takes a share of the processor's time for cores.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn share_one(peer: &Peer) -> bool {
    use rustix::thread::{Pid, sched_getaffinity};

    let pid = match peer {
        Peer::Process { pid: Some(pid), .. } => *pid,
        Peer::Child(exit) => exit.id(),
        _ => return false,
    };
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    let Ok(own) = sched_getaffinity(None) else { return false };
    own.count() == 1 && sched_getaffinity(Some(pid)).is_ok_and(|theirs| theirs == own)
}

/// Not known here.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn share_one(_: &Peer) -> bool {
    false
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use std::thread;

    use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity};

    use super::*;

    fn thread_as_peer() -> Peer {
        Peer::Process { pid: Some(gettid().as_raw_nonzero().get() as u32), uid: 0 }
    }

    #[test]
    fn a_core_is_shared_only_with_a_peer_that_has_just_the_same() {
        let all = sched_getaffinity(None).unwrap();
        let elsewhere = thread_as_peer();
        assert_eq!(share_one(&elsewhere), all.count() == 1);
        let pinned = thread::spawn(move || {
            let mut one = CpuSet::new();
            one.set((0..CpuSet::MAX_CPU).find(|core| all.is_set(*core)).unwrap());
            sched_setaffinity(None, &one).unwrap();
            (share_one(&thread_as_peer()), share_one(&elsewhere), share_one(&Peer::Unknown))
        });
        assert_eq!(pinned.join().unwrap(), (true, all.count() == 1, false));
    }
}
