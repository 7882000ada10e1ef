//! How many cores this process may run on.

/// Whether it is just one, the same for all that it starts. Not what the standard library says, which takes a share of the
/// processor's time for cores.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn is_one() -> bool {
    rustix::thread::sched_getaffinity(None).is_ok_and(|cores| cores.count() == 1)
}

/// Not known here.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn is_one() -> bool {
    false
}
