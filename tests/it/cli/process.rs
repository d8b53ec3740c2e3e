//! Runs the binary: commands to their end, servers until they are told to stop.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::wait;

/// The binary with nothing in its environment but what a test puts there.
fn binary(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command.current_dir(directory).env_clear();
    for name in ["PATH", "HOME", "DOORWARD_PG_BIN"] {
        if let Ok(value) = std::env::var(name) {
            command.env(name, value);
        }
    }
    command
}

/// What a command said.
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Exit code 0.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Exit code 1, and one line that says why; a server may have logged before.
    #[track_caller]
    pub fn refused(self, why: &str) {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        let mut lines = self.stderr.lines().filter(|line| !line.starts_with('{'));
        let line = lines.next().unwrap_or_default();
        assert!(
            line.contains(why) && lines.next().is_none(),
            "{}",
            self.stderr
        );
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{}", self.stdout))
    }
}

/// A place with a data directory, that commands are run in.
pub struct Place {
    pub directory: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Place {
    /// A place whose commands use a private Postgres.
    pub fn private() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        // Root's Postgres runs as another user, who must get here.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            directory,
            environment: Vec::new(),
        }
    }

    /// A place whose commands use a database that is there.
    pub fn on(url: String) -> Self {
        Self::private().with("DATABASE_URL", url)
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = binary(self.directory.path());
        command
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::of(
            &self
                .command(arguments)
                .stdin(Stdio::null())
                .output()
                .unwrap(),
        )
    }

    /// Runs a command with a line on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Said {
        let file = self.path("input");
        fs::write(&file, input).unwrap();
        Said::of(
            &self
                .command(arguments)
                .stdin(fs::File::open(&file).unwrap())
                .output()
                .unwrap(),
        )
    }

    /// Starts a server and waits until it is ready.
    pub async fn serve(&self) -> Process {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let (out, log) = (self.path("out"), self.path("log"));
        let child = self
            .command(&["serve"])
            .env("ROCKET_PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(fs::File::create(&out).unwrap())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut process = Process {
            child,
            url: format!("http://127.0.0.1:{port}"),
            out,
            log,
        };
        let ready = format!("{}/health/ready", process.url);
        wait::until("the server is ready", async || {
            assert!(
                process.child.try_wait().unwrap().is_none(),
                "{}",
                process.log()
            );
            let answer = reqwest::get(&ready).await.ok()?;
            (answer.status() == 200).then_some(())
        })
        .await;
        process
    }
}

/// A running server.
pub struct Process {
    child: Child,
    pub url: String,
    out: PathBuf,
    log: PathBuf,
}

impl Process {
    pub fn out(&self) -> String {
        fs::read_to_string(&self.out).unwrap()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Stops it as an init system does; the exit code.
    pub async fn terminate(mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        wait::until("the server stops", async || self.child.try_wait().unwrap())
            .await
            .code()
    }

    /// Ends it without a chance to tidy up.
    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail for one that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
