//! Every page in the light and the dark theme, wide and narrow: axe finds nothing, nothing sticks
//! out, and what users typed is text. The pictures are in `target/tmp/pages`, to be looked at.

use std::{collections::BTreeSet, fs, path::Path};

use doorward::domain::setup;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Server, chromium::Chromium, spawn};

const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'</td> \u{202e}'; DROP TABLE users;--";

const LOOKS: [(u32, bool); 4] = [(1440, false), (1440, true), (360, false), (360, true)];

/// What is wrong with the page as it stands, without axe.
const FAULTS: &str = r#"
    const faults = [];
    const many = (what, path) => {
        const found = document.querySelectorAll(path).length;
        if (found) faults.push(`${found} × ${what}`);
    };
    if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
    if (document.documentElement.scrollWidth > innerWidth)
        faults.push(`${document.documentElement.scrollWidth} px wide`);
    many('script', 'script');
    many('markup that somebody typed', 'img, [onerror], [onload], [style]');
    if (!location.pathname.startsWith('/set-password/'))
        many('form without its token', 'form[method=post]:not(:has(input[name=csrf][type=hidden]))');
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode())
        if (texts.currentNode.data.includes('\u202e') && !texts.currentNode.parentElement.closest('bdi'))
            faults.push(`not set apart: ${texts.currentNode.data}`);
    return faults;
"#;

const RUN_AXE: &str = r"
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
        found => done(found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.html).join(' ')}`)),
        error => done([String(error)]));
";

/// Somebody who looks at every page.
struct Visitor {
    window: Chromium,
    axe: String,
    faults: Vec<String>,
    seen: BTreeSet<String>,
}

impl Visitor {
    async fn new(server: &Server) -> Self {
        let axe = "tests/node/node_modules/axe-core/axe.min.js";
        let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join(axe);
        let axe = fs::read_to_string(axe);
        Self {
            window: Chromium::open(server).await,
            axe: axe.expect("axe-core: `make test` installs it, or scripts/need.sh node"),
            faults: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    fn note(&mut self, place: &str, found: &Value) {
        let found = found.as_array().unwrap().iter();
        let found = found.map(|fault| format!("{place}: {}", fault.as_str().unwrap()));
        self.faults.extend(found);
    }

    /// Opens a page and looks at it.
    async fn visit(&mut self, name: &str, path: &str) {
        self.window.visit(path).await;
        self.look(name).await;
    }

    /// Looks at the page that is shown, as it comes and with everything unfolded.
    async fn look(&mut self, name: &str) {
        let path = self.window.path().await;
        self.seen.insert(path.split('?').next().unwrap().to_owned());
        self.look_at(name).await;
        let unfold = "window.folds = document.querySelectorAll('details:not([open])');
                      folds.forEach(fold => fold.open = true); return folds.length;";
        if self.window.execute(unfold).await != 0 {
            self.look_at(&format!("{name}-unfolded")).await;
            let fold = "folds.forEach(fold => fold.open = false)";
            self.window.execute(fold).await;
        }
        for told in self.window.console().await {
            if told.contains("Content Security Policy") {
                self.faults.push(format!("{name}: {told}"));
            }
        }
    }

    async fn look_at(&mut self, name: &str) {
        self.window.execute(&self.axe).await;
        for (width, dark) in LOOKS {
            let theme = if dark { "dark" } else { "light" };
            let place = format!("{name}-{theme}-{width}");
            self.window.look(width, dark).await;
            self.window.picture(&place).await;
            let found = self.window.execute(FAULTS).await;
            self.note(&place, &found);
            let found = self.window.execute_async(RUN_AXE).await;
            self.note(&place, &found);
        }
    }
}

/// Whether a path is one of a route's, such as `/admin/users/<id>`.
fn is_of(path: &str, route: &str) -> bool {
    let (path, route) = (path.split('/'), route.split('/'));
    path.clone().count() == route.clone().count()
        && path
            .zip(route)
            .all(|(is, may)| is == may || may.starts_with('<'))
}

/// A server on which a lot has happened, much of it with evil words.
async fn eventful(server: &Server) -> String {
    let ana = server.user("ana").await;
    let long = format!("{}@example.com", "a".repeat(64));
    server.user(&"w".repeat(64)).await;
    let address = sqlx::query("UPDATE users SET email = $1 WHERE username = 'ana'").bind(long);
    address.execute(&server.rows).await.unwrap();
    for (device, password) in [
        (HOSTILE, PASSWORD),
        ("tablet", PASSWORD),
        ("tablet", "a wild guess"),
    ] {
        let body = json!({
            "username": "ana", "password": password, "device": { "name": device, "kind": "phone" },
        });
        let agent = format!("{HOSTILE}{}", "x".repeat(10_000));
        let agent = agent.replace('\u{202e}', "");
        let request = server.request("POST", "/login").json(&body);
        request.header("User-Agent", agent).send().await.unwrap();
    }
    let phone = ana.sign_in("w".repeat(100).as_str()).await;
    phone.post("/logout", &json!({})).await;
    ana.id.to_string()
}

#[tokio::test]
async fn every_page_is_fit_to_be_read() {
    let server = spawn().await;
    let code = setup::make_code(&server.app).await.unwrap().unwrap();
    let mut visitor = Visitor::new(&server).await;

    visitor.visit("setup", "/admin/setup").await;
    visitor.window.fill("One-time code", "wrong").await;
    visitor.window.fill("Username", "boss").await;
    visitor.window.fill("Password", PASSWORD).await;
    visitor.window.fill("The same once more", PASSWORD).await;
    visitor.window.press("Make the administrator").await;
    visitor.look("setup-refused").await;
    visitor.window.fill("One-time code", code.expose()).await;
    visitor.window.fill("Password", PASSWORD).await;
    visitor.window.fill("The same once more", PASSWORD).await;
    visitor.window.press("Make the administrator").await;
    visitor.look("overview-first").await;
    visitor.visit("devices-none", "/admin/devices").await;

    let ana = eventful(&server).await;
    let user = format!("/admin/users/{ana}");
    visitor.visit("user", &user).await;
    visitor.window.visit(&user).await;
    visitor.window.press("Disable user…").await;
    visitor.window.fill("Reason", HOSTILE).await;
    visitor.window.press("Disable user").await;
    visitor.look("user-disabled").await;
    visitor
        .window
        .press_in_sheet("tablet", "Disable device…")
        .await;
    visitor.window.fill("Reason", &"w".repeat(501)).await;
    visitor
        .window
        .press_in_sheet("tablet", "Disable device")
        .await;
    visitor.look("user-refused").await;
    visitor.window.fill("Reason", &"w".repeat(500)).await;
    visitor
        .window
        .press_in_sheet("tablet", "Disable device")
        .await;
    visitor.window.press("Make a password link").await;
    visitor.look("link").await;
    let link = visitor.window.value("Link").await;
    visitor.visit("delete", &format!("{user}/delete")).await;

    visitor.visit("overview", "/admin").await;
    visitor.visit("users", "/admin/users").await;
    visitor.visit("users-none", "/admin/users?query=zoe").await;
    visitor.visit("devices", "/admin/devices").await;
    visitor
        .visit("devices-disabled", "/admin/devices?status=disabled")
        .await;
    visitor.visit("tokens", "/admin/tokens").await;
    visitor.visit("audit", "/admin/audit").await;
    visitor
        .visit("audit-refused", "/admin/audit?actor=nobody&since=x")
        .await;
    visitor.visit("refusals", "/admin/refusals").await;
    visitor.visit("account", "/admin/account").await;
    visitor.visit("not-found", "/admin/nothing").await;
    visitor.visit("new-user", "/admin/users/new").await;
    visitor.window.fill("Username", "no good name").await;
    visitor.window.press("Create user").await;
    visitor.look("new-user-refused").await;

    visitor.visit("set-password", &link).await;
    visitor.window.fill("New password", "short").await;
    visitor.window.fill("The same once more", "short").await;
    visitor.window.press("Set password").await;
    visitor.look("set-password-refused").await;
    visitor
        .window
        .fill("New password", "harbour violin cactus 92")
        .await;
    visitor
        .window
        .fill("The same once more", "harbour violin cactus 92")
        .await;
    visitor.window.press("Set password").await;
    visitor.look("set-password-done").await;
    visitor.visit("set-password-gone", &link).await;

    visitor.window.visit("/admin").await;
    visitor.window.press("Sign out").await;
    visitor.look("login").await;
    visitor.window.fill("Username", "boss").await;
    visitor.window.fill("Password", "a wild guess").await;
    visitor.window.press("Sign in").await;
    visitor.look("login-refused").await;

    let shown = server
        .routes
        .iter()
        .filter_map(|route| route.strip_prefix("GET "));
    let pages =
        shown.filter(|path| path.starts_with("/admin") || path.starts_with("/set-password"));
    let unseen: Vec<&str> = pages
        .filter(|route| !visitor.seen.iter().any(|path| is_of(path, route)))
        .collect();
    assert!(unseen.is_empty(), "not looked at: {unseen:?}");
    assert!(visitor.faults.is_empty(), "\n{}", visitor.faults.join("\n"));
}
