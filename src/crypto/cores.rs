//! Threads and cores, as far as the system lets a thread say what it wants of them: Linux. Elsewhere
//! everybody is equal.

pub use system::{allow, allowed, own_id, run_idle};

/// How much a hashing thread gives way where it cannot give way to everything: refreshes take half
/// a millisecond of a core, and should not wait for a hash that takes fifteen.
const NICE: i32 = 10;

/// Goes after others. On Linux each thread has a priority of its own; elsewhere the whole process would.
///
/// # Errors
/// The system's, when it does not allow that.
pub fn give_way() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    rustix::process::setpriority_process(None, NICE).map_err(|error| error.to_string())
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::{
        process::Pid,
        thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity},
    };
    use thread_priority::{
        NormalThreadSchedulePolicy::Idle, ThreadPriority, ThreadSchedulePolicy::Normal,
        set_thread_priority_and_policy, thread_native_id,
    };

    /// Has what nobody else wants. Whoever is merely last in turn is let finish a slice before another gets
    /// its core; whoever is idle is not.
    ///
    /// # Errors
    /// The system's, when it does not allow that.
    pub fn run_idle() -> Result<(), String> {
        let thread = thread_native_id();
        set_thread_priority_and_policy(thread, ThreadPriority::Min, Normal(Idle))
            .map_err(|error| error.to_string())
    }

    /// This thread, as others name it.
    pub fn own_id() -> Option<Pid> {
        Some(gettid())
    }

    /// The cores that a thread may run on. None when the system does not say.
    pub fn allowed(thread: Option<Pid>) -> Vec<usize> {
        let Ok(set) = sched_getaffinity(thread) else {
            return Vec::new();
        };
        (0..CpuSet::MAX_CPU)
            .filter(|core| set.is_set(*core))
            .collect()
    }

    /// Has a thread run on these cores only, from now on.
    ///
    /// # Errors
    /// The system's, when it does not allow that, or knows no such thread or core.
    pub fn allow(thread: Pid, cores: &[usize]) -> Result<(), String> {
        let mut set = CpuSet::new();
        for core in cores {
            set.set(*core);
        }
        sched_setaffinity(Some(thread), &set).map_err(|error| error.to_string())
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use rustix::process::Pid;

    pub fn run_idle() -> Result<(), String> {
        Ok(())
    }

    pub fn own_id() -> Option<Pid> {
        None
    }

    pub fn allowed(_: Option<Pid>) -> Vec<usize> {
        Vec::new()
    }

    pub fn allow(_: Pid, _: &[usize]) -> Result<(), String> {
        Ok(())
    }
}
