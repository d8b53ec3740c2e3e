//! `examples/shell`, run by a real shell.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::support::{
    PASSWORD, Server,
    child::{MISSING, place},
    front::{Front, behind},
    reply::Reply,
};

const REFRESH: &str = "POST /token";

/// A shell and the directory in which the script keeps what it has.
struct Shell<'a> {
    front: &'a Front,
    state: TempDir,
}

/// What a run of the script came to.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    #[track_caller]
    fn with(self, code: i32, word: &str) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.err.contains(word), "{self:?}");
        self
    }
}

impl<'a> Shell<'a> {
    fn new(front: &'a Front) -> Self {
        Self {
            front,
            state: tempfile::tempdir().unwrap(),
        }
    }

    async fn run(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = Command::new("sh");
        let mut child = command
            .arg(place("examples/shell/doorward.sh"))
            .args(arguments)
            .env("DOORWARD_ISSUER", &self.front.url)
            .env("DOORWARD_STATE", self.state.path().join("deep/state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("sh: {error}; {MISSING}"));
        let mut stdin = child.stdin.take().unwrap();
        // A script that refuses its arguments reads nothing.
        stdin.write_all(input.as_bytes()).await.ok();
        drop(stdin);
        let done = child.wait_with_output().await.unwrap();
        let [out, err] = [done.stdout, done.stderr].map(|text| String::from_utf8(text).unwrap());
        let code = done.status.code();
        Said { code, out, err }
    }

    async fn login(&self, name: &str) -> Said {
        self.run(&["login", name], &format!("{PASSWORD}\n")).await
    }

    /// What the script has stored; null where it has nothing.
    fn stored(&self) -> Value {
        let text = fs::read_to_string(self.state.path().join("deep/state/tokens"));
        text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
    }

    /// Calls an API: the caller's name.
    async fn calls(&self) -> Value {
        let said = self.run(&["call"], "").await.with(0, "");
        let answer: Value = serde_json::from_str(&said.out).unwrap();
        answer["username"].clone()
    }

    /// The script leaves nothing that others could read, and nothing but what it says.
    fn is_tidy(&self) {
        let state = self.state.path().join("deep/state");
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(state.clone()), 0o700);
        for entry in fs::read_dir(state).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(["tokens", "device"].contains(&name), "{name}");
            assert_eq!(mode(path.clone()), 0o600);
        }
    }
}

async fn devices(server: &Server) -> i64 {
    server.scalar("SELECT count(*) FROM devices").await
}

#[tokio::test]
async fn an_app_at_the_shell_stays_signed_in_until_it_signs_out() {
    let front = Front::open().await;
    let server = behind(&front, |_| {}).await;
    server.user("ana").await;
    let shell = Shell::new(&front);
    for wrong in [&[][..], &["login"], &["call", "a", "b"], &["dance"]] {
        shell.run(wrong, "").await.with(2, "login USERNAME");
    }
    shell.run(&["call"], "").await.with(1, "not signed in");

    shell.login("ana").await.with(0, "");
    shell.is_tidy();
    assert_eq!(shell.calls().await, "ana");
    assert_eq!(front.asked(REFRESH), 0);

    // Expired: a fresh pair, stored, and the call made again.
    let first = shell.stored();
    server.advance(301);
    assert_eq!(shell.calls().await, "ana");
    assert_eq!(front.asked(REFRESH), 1);
    assert_ne!(shell.stored()["refresh_token"], first["refresh_token"]);
    shell.run(&["refresh"], "").await.with(0, "");
    shell.is_tidy();

    // Signed out, at Doorward too; the device is remembered.
    let last = shell.stored();
    server.advance(301);
    shell.run(&["logout"], "").await.with(0, "");
    assert_eq!(shell.stored(), Value::Null);
    let late = json!({ "refresh_token": last["refresh_token"] });
    let refused = server.post("/token", &late).await;
    refused.refused(400, "invalid_grant", "token_ended");
    shell.run(&["call"], "").await.with(1, "not signed in");
    shell.login("ana").await.with(0, "");
    assert_eq!(devices(&server).await, 1);
    shell.is_tidy();
}

#[tokio::test]
async fn a_lost_answer_signs_no_shell_out() {
    let front = Front::open().await;
    let server = behind(&front, |_| {}).await;
    server.user("ana").await;
    let shell = Shell::new(&front);
    shell.login("ana").await.with(0, "");
    server.advance(301);
    front.lose(REFRESH);
    assert_eq!(shell.calls().await, "ana");
    assert!(front.has_lost());
    assert_eq!(front.asked(REFRESH), 2);
    let rotations = "SELECT generation FROM refresh_tokens";
    assert_eq!(server.scalar::<i32>(rotations).await, 1, "once, not twice");

    // Nobody is there: what is stored stays, and is good when somebody is there again.
    let before = shell.stored();
    front.cut();
    shell.run(&["refresh"], "").await.with(3, "no answer");
    shell.run(&["call"], "").await.with(3, "no answer");
    shell.login("ana").await.with(3, "no answer");
    assert_eq!(shell.stored(), before);
    front.lead_to(&server);
    shell.run(&["refresh"], "").await.with(0, "");
    shell.is_tidy();
}

#[tokio::test]
async fn a_shell_tells_what_is_suspended_from_what_has_ended() {
    let front = Front::open().await;
    let server = behind(&front, |_| {}).await;
    server.user("ana").await;
    let administrator = server.administrator().await;
    let shell = Shell::new(&front);
    let wrong = shell.run(&["login", "ana"], "wrong \\ and \" quoted\n");
    wrong.await.with(1, "bad_credentials");
    assert_eq!(shell.stored(), Value::Null);
    shell.login("\" \\ ").await.with(1, "bad_credentials");
    shell.login("ana").await.with(0, "");

    let device = shell.stored()["device_id"].as_str().unwrap().to_owned();
    let act = async |verb: &str| {
        let path = format!("/devices/{device}/{verb}");
        let done: Reply = administrator.post(&path, &json!({})).await;
        done.expect(200);
    };
    act("disable").await;
    shell.run(&["call"], "").await.with(1, "device_disabled");
    act("enable").await;
    assert_eq!(shell.calls().await, "ana");
    act("end").await;
    shell.run(&["call"], "").await.with(1, "token_ended");
    assert_eq!(shell.stored(), Value::Null);
    shell.is_tidy();
}
