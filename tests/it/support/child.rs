//! A program beside Doorward, run as its reader would run it: an example, or a script.

use std::{fs, path::PathBuf, process::Stdio};

use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::wait;

/// A place in the repository.
pub fn place(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The Python that `scripts/need.sh python` fills.
pub fn python() -> Command {
    let mut python = Command::new(place(".tools/venv/bin/python"));
    // Nothing is left in the tree.
    python.env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

/// What says how to get what a test has not found.
pub const MISSING: &str = "`make test` or scripts/need.sh installs it";

/// A running server; it ends with the test.
pub struct Serving {
    pub url: String,
    child: Child,
    _directory: TempDir,
}

impl Serving {
    /// Starts a server that picks a port and says which: waits until it has said so.
    pub async fn start(command: &mut Command) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let log = fs::File::create(&path).unwrap();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; {MISSING}"));
        let port = wait::until("it says its port", async || {
            let said = fs::read_to_string(&path).unwrap();
            let ended = child.try_wait().unwrap().is_some();
            assert!(!ended, "{command:?}: {said}");
            let (_, after) = said.split_once("http://127.0.0.1:")?;
            let end = after.find(|c: char| !c.is_ascii_digit())?;
            Some(after[..end].to_owned())
        })
        .await;
        Self {
            url: format!("http://127.0.0.1:{port}"),
            child,
            _directory: directory,
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.start_kill().ok();
    }
}
