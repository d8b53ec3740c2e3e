//! Commands on records: the same verbs as the API, with the same audit events.

use std::time::Duration;

use serde_json::json;

use super::process::Place;
use crate::support::{PASSWORD, Server, reply::Reply, spawn_with, wait};

/// A server that keeps everything: its clock is years ahead of the shell's, and a purge would
/// take what a command has just written for old.
pub(super) async fn server() -> Server {
    let ever = Duration::from_hours(24 * 36_500);
    spawn_with(|config| (config.retention, config.audit_retention) = (ever, ever)).await
}

/// A place whose commands reach the database of a server in this process.
pub(super) fn place_beside(server: &Server) -> Place {
    // The server's secret key, 32 times 7.
    Place::on(server.database.url())
        .with(
            "DOORWARD_SECRET_KEY",
            "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        )
        .with("DOORWARD_ISSUER", "http://doorward.test")
}

#[tokio::test]
async fn users_are_made_listed_and_suspended_from_the_shell() {
    let server = server().await;
    let place = place_beside(&server);

    let added = place
        .run(&["--json", "user", "add", "Ana", "--email", "ana@example.com"])
        .done()
        .json();
    assert_eq!(
        (&added["user"]["username"], &added["user"]["roles"]),
        (&json!("ana"), &json!([]))
    );
    let link = added["password_link"].as_str().unwrap();
    assert!(
        link.starts_with("http://doorward.test/set-password/dwp_"),
        "{link}"
    );

    place
        .run_with_input(
            &["user", "set-password", "ana", "--password-stdin"],
            &format!("{PASSWORD}\n"),
        )
        .done();
    let login = json!({ "username": "ana", "password": PASSWORD });
    server.post("/login", &login).await.expect(200);

    let disable = [
        "user",
        "disable",
        "ana",
        "--reason",
        "on leave",
        "--until",
        "2099-01-01T00:00:00Z",
        "--json",
    ];
    let disabled = place.run(&disable).done().json();
    assert_eq!(
        (&disabled["disabled"], &disabled["disabled_reason"]),
        (&json!(true), &json!("on leave"))
    );
    server
        .post("/login", &login)
        .await
        .refused(403, "access_denied", "user_disabled");

    let list = place
        .run(&["--json", "user", "list", "--status", "disabled"])
        .done()
        .json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert!(
        place
            .run(&["user", "list", "--query", "an"])
            .done()
            .stdout
            .contains("ana")
    );

    place
        .run(&["user", "enable", added["user"]["id"].as_str().unwrap()])
        .done();
    server.post("/login", &login).await.expect(200);

    let by_operator = "SELECT count(*) FROM audit_events WHERE actor_kind = 'operator' AND action IN \
        ('user.created', 'user.password_changed', 'user.disabled', 'user.enabled')";
    assert_eq!(server.scalar::<i64>(by_operator).await, 4);
}

#[tokio::test]
async fn devices_and_tokens_are_suspended_from_the_shell() {
    let server = server().await;
    let place = place_beside(&server);
    let mut phone = server.user("ana").await.sign_in("phone").await;

    let shown = place
        .run(&["device", "disable", &phone.device_id, "--reason", "lost"])
        .done();
    assert!(shown.stdout.contains("disabled"), "{}", shown.stdout);
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");
    place.run(&["device", "enable", &phone.device_id]).done();
    phone.refresh().await.expect(200);

    let record = place
        .run(&["--json", "token", "disable", &phone.grant_id()])
        .done()
        .json();
    assert_eq!(record["disabled"], json!(true));
    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "token_disabled");
    place.run(&["token", "enable", &phone.grant_id()]).done();
    phone.refresh().await.expect(200);
}

#[tokio::test]
async fn the_first_administrator_is_made_at_the_shell() {
    let server = server().await;
    let place = place_beside(&server);
    let create = ["admin", "create", "--username", "boss", "--password-stdin"];
    place
        .run_with_input(&create, "short\n")
        .refused("at least 15 characters");
    place
        .run_with_input(&create, &format!("{PASSWORD}\n"))
        .done();
    place
        .run_with_input(&create, &format!("{PASSWORD}\n"))
        .refused("taken");

    let answer = server
        .post(
            "/login",
            &json!({ "username": "boss", "password": PASSWORD }),
        )
        .await;
    assert!(answer.expect(200).str("access_token").len() > 100);
    place
        .run(&["user", "disable", "boss"])
        .refused("last administrator");
}

#[tokio::test]
async fn what_cannot_be_done_is_one_line_and_its_exit_code() {
    let server = server().await;
    let place = place_beside(&server);
    place
        .run(&["user", "disable", "nobody"])
        .refused("no such user");
    place
        .run(&["device", "disable", "0198c0de-0000-7000-8000-000000000000"])
        .refused("no such device");
    place.run(&["user", "add", "a b"]).refused("username: ");
    place
        .run_with_input(&["admin", "create", "--username", "x"], "")
        .refused("--password-stdin");
    for wrong in [
        &["user"][..],
        &["user", "fly"],
        &["device", "disable", "not-an-id"],
        &["user", "list", "--limit", "0"],
    ] {
        assert_eq!(place.run(wrong).code, Some(2), "{wrong:?}");
    }
    let another = Place::on(server.database.url()).with(
        "DOORWARD_SECRET_KEY",
        "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=",
    );
    another.run(&["user", "list"]).refused("another secret key");
    Place::on("postgres://ana:hunter2@127.0.0.1:1/x".to_owned())
        .run(&["user", "list"])
        .refused("not available");
    Place::on("hunter2".to_owned())
        .run(&["user", "list"])
        .refused("DATABASE_URL is no address");
}

#[tokio::test]
async fn a_rotated_secret_key_takes_the_signing_keys_and_the_tokens_along() {
    let server = server().await;
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let (old, new) = (
        "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=",
    );
    let rotated = Place::on(server.database.url())
        .with("DOORWARD_SECRET_KEY", new)
        .with("DOORWARD_SECRET_KEY_PREVIOUS", old)
        .with("DOORWARD_ISSUER", "http://doorward.test");
    let process = rotated.serve().await;
    let request = reqwest::Client::new()
        .get(format!("{}/test_jwt", process.url))
        .bearer_auth(&phone.access_token);
    // Signed by the key that was sealed anew; only the manual clock of the test is ahead.
    let answer = crate::support::reply::Reply::of(request).await;
    answer.refused(401, "invalid_token", "not_yet_valid");

    place_beside(&server)
        .run(&["user", "list"])
        .refused("another secret key");
    // The server that still has the old key knows its own tokens.
    phone.refresh().await.expect(200);
    assert_eq!(
        server
            .actions()
            .await
            .iter()
            .filter(|action| *action == "secret_key.rotated")
            .count(),
        1
    );
}

#[tokio::test]
async fn purge_and_the_database_address_are_at_hand() {
    let server = server().await;
    let place = place_beside(&server);
    let purged = place.run(&["--json", "purge"]).done().json();
    assert_eq!(purged["ended_tokens"], json!(0));
    assert_eq!(
        place.run(&["db", "url"]).done().stdout.trim(),
        server.database.url()
    );
}

#[tokio::test]
async fn signing_keys_are_rotated_from_the_shell_and_the_server_follows() {
    let server = server().await;
    let place = place_beside(&server);
    let mut phone = server.user("ana").await.sign_in("phone").await;
    let keys = |arguments: &[&str]| {
        let arguments = [&["--json", "keys"], arguments].concat();
        let list = place.run(&arguments).done().json();
        let items = list["items"].as_array().unwrap();
        let of = |state: &str| {
            let found = items.iter().find(|key| key["state"] == state);
            found.map(|key| key["kid"].as_str().unwrap().to_owned())
        };
        (of("active").unwrap(), of("next").unwrap(), of("retired"))
    };
    let (active, next, _) = keys(&["list"]);
    assert_eq!(phone.header()["kid"], json!(active));
    let rotated = keys(&["rotate"]);
    assert_eq!((&rotated.0, &rotated.2), (&next, &Some(active.clone())));
    wait::until("the server signs with the next key", async || {
        phone.refresh().await.expect(200);
        (phone.header()["kid"] == json!(next)).then_some(())
    })
    .await;
    assert_eq!(keys(&["retire", &active]).2, None);
    place
        .run(&["keys", "retire", &active])
        .refused("no such signing key");
    for beginning in ["-b", "-h", "--"] {
        let kid = format!("{beginning}{}", &active[2..]);
        place
            .run(&["keys", "retire", &kid])
            .refused("no such signing key");
    }
    let line = place.run(&["keys", "list"]).done().stdout;
    assert!(line.contains(&next) && line.contains("active"), "{line}");
}

#[tokio::test]
async fn clients_are_added_used_and_switched_off_from_the_shell() {
    let server = server().await;
    let place = place_beside(&server);
    let add = [
        "--json",
        "client",
        "add",
        "ledger-api",
        "--name",
        "The ledger",
        "--scope",
        "ledger:read",
        "--audience",
        "https://ledger.example",
    ];
    let added = place.run(&add).done().json();
    assert_eq!(
        (&added["kind"], &added["grant_types"], &added["scopes"]),
        (
            &json!("confidential"),
            &json!(["client_credentials"]),
            &json!(["ledger:read"])
        )
    );
    let get = async |secret: &str| {
        let request = server
            .request("POST", "/token")
            .basic_auth("ledger-api", Some(secret));
        Reply::of(request.form(&[("grant_type", "client_credentials")])).await
    };
    let secret = added["client_secret"].as_str().unwrap();
    get(secret).await.expect(200);

    let public = ["--json", "client", "add", "phone-app", "--public"];
    let public = place.run(&public).done().json();
    assert!(public.get("client_secret").is_none(), "{public}");
    let list = place.run(&["--json", "client", "list"]).done().json();
    let ids = list["items"].as_array().unwrap().iter();
    let ids: Vec<&str> = ids.map(|it| it["client_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["first-party", "ledger-api", "phone-app"]);
    assert!(!list.to_string().contains("secret"));
    let shown = place.run(&["client", "list"]).done();
    assert!(shown.stdout.contains("phone-app") && !shown.stdout.contains("dwc_"));

    let disabled = place.run(&[
        "--json",
        "client",
        "disable",
        "ledger-api",
        "--reason",
        "leaked",
    ]);
    assert_eq!(disabled.done().json()["disabled"], true);
    get(secret)
        .await
        .refused(401, "invalid_client", "client_disabled");
    place.run(&["client", "enable", "ledger-api"]).done();
    let new = place.run(&["client", "new-secret", "ledger-api"]).done();
    get(secret)
        .await
        .refused(401, "invalid_client", "bad_client");
    get(new.stdout.lines().last().unwrap()).await.expect(200);

    let events = server.events().await;
    let by: Vec<_> = events
        .iter()
        .filter(|it| it["subject_kind"] == "client")
        .collect();
    assert!(
        by.len() == 5 && by.iter().all(|it| it["actor_kind"] == "operator"),
        "{by:?}"
    );
}

#[tokio::test]
async fn what_no_client_can_be_or_have_is_refused_at_the_shell() {
    let server = server().await;
    let place = place_beside(&server);
    let phone_app = ["client", "add", "phone-app", "--public"];
    place.run(&phone_app).done();
    let own = [
        "client",
        "add",
        "other",
        "--public",
        "--grant",
        "client_credentials",
    ];
    for (arguments, why) in [
        (&phone_app[..], "another client has this id"),
        (&["client", "disable", "nobody"], "there is no such client"),
        (
            &["client", "new-secret", "phone-app"],
            "a public client has no secret",
        ),
        (&own, "a public client cannot have client_credentials"),
    ] {
        place.run(arguments).refused(why);
    }
    assert_eq!(place.run(&["client", "add", "No Name"]).code, Some(2));
}
