//! What a killed owner may leave: a live server, backends of a dead one, and lock files that name
//! dead processes, or live ones that have nothing to do with us because the system has used the
//! number again. Two servers on one cluster would destroy it: lock files are removed only once
//! no process of the cluster is left, and only where the system lets us see that (Linux).

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::cluster::Cluster;
use super::error::Error;
use super::layout::Layout;
use super::wait;

/// What is sent to leftovers, and how long each has for its effect: an ordered end, an end
/// without a checkpoint (as safe as a crash), the last resort.
const WAYS: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(30)),
    (Signal::QUIT, Duration::from_secs(5)),
    (Signal::KILL, Duration::from_secs(5)),
];

/// Ends what still runs of `cluster`, and clears its lock files out of the way.
/// The caller holds the lock, so that whatever runs has lost its owner.
pub(super) async fn clear(cluster: &Cluster) -> Result<(), Error> {
    if cfg!(target_os = "linux") && Path::new("/proc/self/cwd").exists() {
        end_processes(&cluster.layout).await?;
        return remove_lock_files(&cluster.layout);
    }
    stop_by_pg_ctl(cluster).await
}

/// Adopting a live server instead would race with its former owner's watcher, which is about to
/// stop it.
async fn end_processes(layout: &Layout) -> Result<(), Error> {
    let pgdata = layout.cluster();
    let look = || processes_in(&pgdata).map_err(Error::at("look through /proc for", &pgdata));
    for (signal, patience) in WAYS {
        let left = look()?;
        if left.is_empty() {
            return Ok(());
        }
        for process in &left {
            // The backends of a live server are its own to end in order. Those of a dead one have
            // lost their parent, and end by themselves as soon as they wake up.
            let headless = !parent_of(*process).is_some_and(|parent| left.contains(&parent));
            if headless || signal != Signal::INT {
                // It may have ended since; whether all have is what the wait finds out.
                let _ = kill_process(*process, signal);
            }
        }
        let gone = wait::until(patience, || match look() {
            Ok(left) if !left.is_empty() => None,
            done => Some(done),
        });
        if gone.await.transpose()?.is_some() {
            return Ok(());
        }
    }
    let reason = format!(
        "processes of an earlier one still run in {}: end them",
        pgdata.display()
    );
    Err(Error::Start(reason))
}

/// The server processes that work in `pgdata`: all of them have it as their current directory
/// for life. Not so a shell in which somebody looks around, hence the name. Zombies and other
/// people's processes have no directory to be seen, and are none of ours.
fn processes_in(pgdata: &Path) -> io::Result<Vec<Pid>> {
    let Ok(wanted) = fs::metadata(pgdata) else {
        return Ok(Vec::new());
    };
    let is_of_the_cluster = |process: &Path| {
        let named = fs::read_to_string(process.join("comm"))
            .is_ok_and(|name| matches!(name.trim_end(), "postgres" | "postmaster"));
        // Inodes rather than paths, which another mount namespace would spell differently.
        named
            && fs::metadata(process.join("cwd"))
                .is_ok_and(|cwd| cwd.dev() == wanted.dev() && cwd.ino() == wanted.ino())
    };
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let number = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if let Some(process) = number.and_then(Pid::from_raw)
            && is_of_the_cluster(&entry.path())
        {
            found.push(process);
        }
    }
    Ok(found)
}

fn parent_of(process: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    Pid::from_raw(parent.trim().parse().ok()?)
}

fn remove_lock_files(layout: &Layout) -> Result<(), Error> {
    let socket = layout.socket_file();
    let mut socket_lock = socket.clone().into_os_string();
    socket_lock.push(".lock");
    for path in [layout.pid_file(), socket_lock.into(), socket] {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::at("remove", &path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Without /proc only Postgres itself can judge its lock files: a live server is stopped, the
/// files are left to it.
async fn stop_by_pg_ctl(cluster: &Cluster) -> Result<(), Error> {
    for (mode, seconds) in [("fast", "30"), ("immediate", "10")] {
        if !pg_ctl(cluster, &["status"]).await? {
            return Ok(());
        }
        // Fails as well where the server has just ended by itself: what counts is its status.
        pg_ctl(cluster, &["stop", "-w", "-m", mode, "-t", seconds]).await?;
    }
    if pg_ctl(cluster, &["status"]).await? {
        let reason = "an earlier server does not stop: end it".to_owned();
        return Err(Error::Start(reason));
    }
    Ok(())
}

async fn pg_ctl(cluster: &Cluster, arguments: &[&str]) -> Result<bool, Error> {
    let program = cluster.binaries.program("pg_ctl");
    let mut command = cluster.user.command(&program);
    command
        .args(arguments)
        .arg("-D")
        .arg(cluster.layout.cluster());
    let output = command.kill_on_drop(true).output().await;
    Ok(output.map_err(Error::at("run", &program))?.status.success())
}
