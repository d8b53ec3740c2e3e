//! A running server and its watcher. The server is our child, in its own process group so that
//! Ctrl-C reaches it only through us; the watcher stops it when we are gone without a word
//! (kill -9), which it learns from a pipe that only we hold open. Supervision lives here as well:
//! a server that ends unasked is started again.

use std::fs::File;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::cluster::Cluster;
use super::error::Error;

/// Reads until the pipe's other end closes, then stops the server `$1`: in order, and after 30
/// seconds without a checkpoint. It knows the process, not only the directory, so that a late one
/// cannot stop the server of the next owner; and it looks at the server's file `$2`, which goes
/// with it, since a process that nobody reaps still counts as alive.
const WATCH: &str = r#"
read -r _
kill -INT "$1" || exit 0
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    sleep 1
    read -r named <"$2" && [ "$named" = "$1" ] && kill -0 "$1" || exit 0
done
kill -QUIT "$1"
"#;

/// Before the first new attempt after a server ended unasked; doubles up to the longest.
const SHORTEST_BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// A server that ran for so long counts as sound: the backoff begins anew.
const SOUND: Duration = Duration::from_secs(30);

/// A postmaster of ours, and what stops it should we vanish. Dropping it stops it too, by the
/// watcher and unobserved.
#[derive(Debug)]
pub(super) struct Server {
    postmaster: Child,
    watcher: Child,
    /// What the watcher reads from. Apart from `watcher`, whose `wait` would close it.
    _pipe: Option<ChildStdin>,
    log_start: u64,
}

impl Server {
    /// Starts both processes; what the server says is appended to the log.
    pub(super) fn spawn(cluster: &Cluster, mut command: Command) -> Result<Self, Error> {
        let program = Path::new(command.as_std().get_program()).to_owned();
        let (log, log_start) = cluster.layout.open_log()?;
        let output = log
            .try_clone()
            .map_err(Error::at("open the log for", &program))?;
        command.stdin(Stdio::null()).stdout(output).stderr(log);
        let mut postmaster = command.spawn().map_err(Error::at("run", &program))?;
        match spawn_watcher(cluster, &postmaster) {
            Ok(mut watcher) => {
                let pipe = watcher.stdin.take();
                Ok(Self {
                    postmaster,
                    watcher,
                    _pipe: pipe,
                    log_start,
                })
            }
            Err(error) => {
                // Never unwatched. It has not begun to work, so that even this is harmless.
                let _ = postmaster.start_kill();
                Err(error)
            }
        }
    }

    /// The log's length when this server began to write.
    pub(super) fn log_start(&self) -> u64 {
        self.log_start
    }

    pub(super) fn has_ended(&mut self) -> bool {
        // An error means that there is no such child any more.
        !matches!(self.postmaster.try_wait(), Ok(None))
    }

    /// The ordered end: clients are cut off and a checkpoint is written (up to 30 s); a server that
    /// cannot do that is ended without, which its next start makes good.
    pub(super) async fn shut_down(mut self) -> Result<(), Error> {
        let mut ended = None;
        for (signal, patience) in [
            (Signal::INT, Duration::from_secs(30)),
            (Signal::QUIT, Duration::from_secs(10)),
            (Signal::KILL, Duration::from_secs(10)),
        ] {
            if let Some(postmaster) = process_of(&self.postmaster) {
                // Failing means that it has just ended.
                let _ = kill_process(postmaster, signal);
            }
            if let Ok(Ok(status)) = timeout(patience, self.postmaster.wait()).await {
                ended = Some(status);
                break;
            }
        }
        self.dismiss_watcher().await;
        match ended {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(Error::Stop(status.to_string())),
            None => Err(Error::Stop("it does not end".to_owned())),
        }
    }

    /// Ends the watcher before its pipe closes: it must not signal a number that may by then be
    /// another process's.
    async fn dismiss_watcher(mut self) {
        if let Err(error) = self.watcher.kill().await {
            tracing::warn!("cannot end the watcher of the private Postgres: {error}");
        }
    }
}

fn spawn_watcher(cluster: &Cluster, postmaster: &Child) -> Result<Child, Error> {
    let pid = postmaster.id().unwrap_or_default().to_string();
    let mut shell = cluster.user.command("/bin/sh");
    shell
        .args(["-c", WATCH, "doorward-watcher", &pid])
        .arg(cluster.layout.pid_file());
    shell
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    shell
        .spawn()
        .map_err(Error::at("run", Path::new("/bin/sh")))
}

/// `None` once it has been waited for: the number may then be another's.
fn process_of(child: &Child) -> Option<Pid> {
    Pid::from_raw(child.id()?.try_into().ok()?)
}

/// Keeps a server of `cluster` running until `stop` is sent or dropped, then stops it and gives
/// the lock back. Clients of a server that ends in between see their connections break, no more.
pub(super) async fn supervise(
    cluster: Cluster,
    server: Server,
    lock: File,
    stop: oneshot::Receiver<()>,
) -> Result<(), Error> {
    let outcome = keep_running(&cluster, server, stop).await;
    // By name: a child that is just being started elsewhere in this process has, for the moment,
    // a copy of the open file, and closing ours alone would leave the lock in place.
    if let Err(error) = lock.unlock() {
        tracing::warn!(
            "cannot give back the lock on {}: {error}",
            cluster.layout.data_dir.display()
        );
    }
    outcome
}

async fn keep_running(
    cluster: &Cluster,
    mut server: Server,
    mut stop: oneshot::Receiver<()>,
) -> Result<(), Error> {
    let mut backoff = SHORTEST_BACKOFF;
    loop {
        let since = Instant::now();
        let ended = tokio::select! {
            biased;
            _ = &mut stop => return server.shut_down().await,
            ended = server.postmaster.wait() => ended,
        };
        let how = ended.map_or_else(
            |error| error.to_string(),
            |status: ExitStatus| status.to_string(),
        );
        tracing::error!("the private Postgres ended unasked ({how}): starting it again");
        server.dismiss_watcher().await;
        if since.elapsed() >= SOUND {
            backoff = SHORTEST_BACKOFF;
        }
        server = loop {
            if timeout(backoff, &mut stop).await.is_ok() {
                return Ok(());
            }
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
            let launched = tokio::select! {
            biased;
                _ = &mut stop => return Ok(()),
                launched = cluster.launch() => launched,
            };
            match launched {
                Ok(server) => break server,
                Err(error) => tracing::error!("{error}"),
            }
        };
    }
}
