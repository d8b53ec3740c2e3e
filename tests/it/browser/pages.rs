//! Every page in the light and the dark theme, wide and narrow: axe finds nothing, nothing sticks
//! out, it weighs little, every button is reached by keyboard, and what users typed is text. The pictures are in `target/tmp/pages`, to be looked at.

use std::{collections::BTreeSet, fs, path::Path};

use doorward::domain::setup;
use serde_json::Value;

use super::scenes::{HOSTILE, busy, eventful, refused};
use crate::support::{PASSWORD, Server, chromium::Chromium, spawn};

pub const LOOKS: [(u32, bool); 6] = [
    (1440, false),
    (1440, true),
    (1000, false),
    (800, false),
    (360, false),
    (360, true),
];

/// What is wrong with the page as it stands, without axe.
pub(super) const FAULTS: &str = r#"
    const faults = [];
    const many = (what, path) => {
        const found = document.querySelectorAll(path).length;
        if (found) faults.push(`${found} × ${what}`);
    };
    if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
    if (document.documentElement.scrollWidth > innerWidth)
        faults.push(`${document.documentElement.scrollWidth} px wide`);
    // What it fetches later, to look again, is this page once more.
    const files = ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
        .filter(file => !['fetch', 'other'].includes(file.initiatorType));
    const weight = files.reduce((sum, file) => sum + file.decodedBodySize, 0);
    if (!weight || weight > 100_000 && location.pathname !== '/docs') faults.push(`weighs ${weight} bytes`);
    many('script', 'script:not([src="/static/panel.js"][defer], [src="/static/idiomorph.min.js"][defer])');
    many('markup that somebody typed', 'img, [onerror], [onload], [style]');
    if (!location.pathname.startsWith('/set-password/'))
        many('form without its token', 'form[method=post]:not(:has(input[name=csrf][type=hidden]))');
    // Slots of a chart are hours and days of UTC.
    const bare = document.evaluate(
        '//main//text()[not(ancestor::time or ancestor::*[contains(@class, "chart")])]', document, null, 7);
    for (let at = 0; at < bare.snapshotLength; at++)
        if (/\d{4}-\d\d-\d\d \d\d:\d\d/.test(bare.snapshotItem(at).data))
            faults.push(`a bare time: ${bare.snapshotItem(at).data}`);
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
pub struct Visitor {
    pub window: Chromium,
    axe: String,
    /// How the names of the pictures begin, and how wide and in which theme they are.
    looks: (&'static str, &'static [(u32, bool)]),
    pub faults: Vec<String>,
    seen: BTreeSet<String>,
}

impl Visitor {
    pub async fn new(server: &Server, looks: (&'static str, &'static [(u32, bool)])) -> Self {
        let axe = "tests/node/node_modules/axe-core/axe.min.js";
        let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join(axe);
        let axe = fs::read_to_string(axe).unwrap_or_else(|error| {
            panic!("axe-core: {error}; `make test` or scripts/need.sh node installs it")
        });
        Self {
            window: Chromium::open(server).await.by_keyboard(),
            axe,
            looks,
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
    pub async fn visit(&mut self, name: &str, path: &str) {
        self.window.visit(path).await;
        self.look(name).await;
    }

    /// Looks at the page that is shown, as it comes and with everything unfolded.
    pub async fn look(&mut self, name: &str) {
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
        let (begin, looks) = self.looks;
        for (width, dark) in looks {
            let theme = if *dark { "dark" } else { "light" };
            let place = format!("{begin}{name}-{theme}-{width}");
            self.window.look(*width, *dark).await;
            self.window.picture(&place).await;
            let found = self.window.execute(FAULTS).await;
            self.note(&place, &found);
            let found = self.window.execute_async(RUN_AXE).await;
            self.note(&place, &found);
        }
    }

    /// Fills several fields in, and sends them by the button with these words.
    async fn send(&self, fields: &[(&str, &str)], button: &str) {
        for (label, text) in fields {
            self.window.fill(label, text).await;
        }
        self.window.press(button).await;
    }

    async fn set_up(&mut self, code: &str) {
        let make = "Make the administrator";
        self.visit("setup", "/admin/setup").await;
        let password = [("Password", PASSWORD), ("The same once more", PASSWORD)];
        let name = [("One-time code", "wrong"), ("Username", "boss")];
        self.send(&[name, password].concat(), make).await;
        self.look("setup-refused").await;
        let code = [("One-time code", code)];
        self.send(&[&code[..], &password].concat(), make).await;
        self.look("overview-first").await;
        self.visit("devices-none", "/admin/devices").await;
    }

    /// The link that was made last.
    async fn look_at_user(&mut self, path: &str) -> String {
        self.visit("user", path).await;
        self.window
            .press("Disable all devices, or all but one…")
            .await;
        self.send(&[("Reason", HOSTILE)], "Disable devices").await;
        self.look("user-devices-disabled").await;
        self.window.press("Undo").await;
        let device =
            "return document.querySelector('article a[href*=\"?device=\"]').getAttribute('href')";
        let device = self.window.execute(device).await;
        self.visit("user-one-device", device.as_str().unwrap())
            .await;
        self.window.visit(path).await;
        self.window.press("Disable user…").await;
        self.send(&[("Reason", HOSTILE)], "Disable user").await;
        self.look("user-disabled").await;
        self.window
            .press_in_sheet("tablet", "Disable device…")
            .await;
        for (reason, name) in [(501, "user-refused"), (500, "user-device-disabled")] {
            self.window.fill("Reason", &"w".repeat(reason)).await;
            self.window.press_in_sheet("tablet", "Disable device").await;
            self.look(name).await;
        }
        self.window.press("Make a password link").await;
        self.look("link").await;
        let link = self.window.value("Link").await;
        self.visit("delete", &format!("{path}/delete")).await;
        link
    }

    /// All that is there without a form.
    pub async fn look_at_lists(&mut self) {
        for (name, path) in [
            ("overview", "/admin"),
            ("users", "/admin/users"),
            ("users-none", "/admin/users?query=zoe"),
            ("search-user", "/admin/search?query=ana"),
            ("search-device", "/admin/search?query=tab"),
            ("search-hostile", "/admin/search?query=%3Cimg"),
            ("search-address", "/admin/search?query=127.0.0.1"),
            ("search-empty", "/admin/search"),
            ("search-none", "/admin/search?query=zoe"),
            ("devices", "/admin/devices"),
            ("devices-disabled", "/admin/devices?status=disabled"),
            ("devices-refused", "/admin/devices?not_since=x"),
            ("users-by-age", "/admin/users?sort=-created&role=admin"),
            ("tokens-live", "/admin/tokens?status=live"),
            ("refusals-why", "/admin/refusals?reason=bad_credentials"),
            ("tokens", "/admin/tokens"),
            ("audit", "/admin/audit"),
            ("audit-refused", "/admin/audit?actor=nobody&since=x"),
            ("refusals", "/admin/refusals"),
            ("keys", "/admin/keys"),
            ("clients", "/admin/clients"),
            ("account", "/admin/account"),
            ("not-found", "/admin/nothing"),
            ("docs", "/docs"),
            ("new-user", "/admin/users/new"),
        ] {
            self.visit(name, path).await;
        }
    }

    async fn refuse_a_user(&mut self) {
        let name = [("Username", "no good name")];
        self.send(&name, "Create user").await;
        self.look("new-user-refused").await;
    }

    async fn look_at_a_busy_overview(&mut self) {
        self.visit("overview-busy", "/admin").await;
        self.visit("overview-busy-month", "/admin?span=month").await;
    }

    async fn add_clients(&mut self) {
        self.visit("new-client", "/admin/clients/new").await;
        let id = [("Client id", "No good id")];
        self.send(&id, "Add client").await;
        self.look("new-client-refused").await;
        let fields = [("Client id", "ledger-api"), ("Name (optional)", HOSTILE)];
        let scopes = [("Scopes (optional)", "ledger:read ledger:write")];
        self.window.tick("confidential: gets a secret").await;
        self.send(&[&fields[..], &scopes].concat(), "Add client")
            .await;
        self.look("client-secret").await;
        self.visit("clients-two", "/admin/clients").await;
        self.window
            .press_in_sheet("ledger-api", "Disable client…")
            .await;
        self.window.fill("Reason", &"w".repeat(501)).await;
        self.window
            .press_in_sheet("ledger-api", "Disable client")
            .await;
        self.look("client-refused").await;
        self.window.fill("Reason", HOSTILE).await;
        self.window
            .press_in_sheet("ledger-api", "Disable client")
            .await;
        self.look("client-disabled").await;
    }

    /// A token that was replaced, a request that was refused, and what is neither.
    async fn look_into_refusals(&mut self, (token, request): (&str, &str)) {
        self.visit("why", "/admin/why").await;
        for (what, name) in [
            (token, "why-token"),
            (request, "why-request"),
            ("dwr_junk", "why-none"),
        ] {
            let what = [("Request id, refresh token or access token", what)];
            self.send(&what, "Find out").await;
            self.look(name).await;
        }
        self.visit("why-faulty", "/admin/why?request=x").await;
    }

    /// What is grave, an hour after the sign-in.
    async fn confirm(&mut self) {
        self.window.visit("/admin/keys").await;
        self.window.press("Rotate now").await;
        self.look("confirm").await;
        let guess = [("Your password", "a wild guess")];
        self.send(&guess, "Go on").await;
        self.look("confirm-refused").await;
    }

    async fn look_at_many_at_once(&mut self) {
        self.visit("bulk-none", "/admin/bulk").await;
        self.visit("bulk-new-tokens", "/admin/bulk/new?what=tokens")
            .await;
        self.visit("bulk-new", "/admin/bulk/new?what=devices").await;
        let look = "Count and show them";
        for (days, name) in [("x", "bulk-new-refused"), ("", "bulk-preview")] {
            let days = [("Not used for so many days (optional)", days)];
            self.send(&days, look).await;
            self.look(name).await;
        }
        self.send(&[("Reason", HOSTILE)], "Disable all of them")
            .await;
        self.look("bulk-done").await;
        let act = self.window.path().await;

        let enable = "/admin/bulk/new?verb=enable&what=devices";
        self.visit("bulk-new-enable", enable).await;
        self.window.press(look).await;
        self.look("bulk-preview-enable").await;
        self.visit("bulk-new-users", "/admin/bulk/new?what=users")
            .await;
        self.window.press(look).await;
        self.look("bulk-preview-users").await;

        self.window.visit(&act).await;
        self.window.press("Undo…").await;
        self.send(&[("Reason", HOSTILE)], "Undo").await;
        self.look("bulk-undone").await;
        self.visit("bulk", "/admin/bulk").await;
    }

    async fn set_password(&mut self, link: &str) {
        self.visit("set-password", link).await;
        for (password, name) in [
            ("short", "set-password-refused"),
            ("harbour violin cactus 92", "set-password-done"),
        ] {
            let twice = [("New password", password), ("The same once more", password)];
            self.send(&twice, "Set password").await;
            self.look(name).await;
        }
        self.visit("set-password-gone", link).await;
    }

    async fn sign_in_in_vain(&mut self) {
        self.window.visit("/admin").await;
        self.window.press("Sign out").await;
        self.look("login").await;
        let guess = [("Username", "boss"), ("Password", "a wild guess")];
        self.send(&guess, "Sign in").await;
        self.look("login-refused").await;
    }
}

/// Whether a path is one of a route's, such as `/admin/users/<id>`.
pub(super) fn is_of(path: &str, route: &str) -> bool {
    let (path, route) = (path.split('/'), route.split('/'));
    path.clone().count() == route.clone().count()
        && path
            .zip(route)
            .all(|(is, may)| is == may || may.starts_with('<'))
}

#[tokio::test]
async fn every_page_is_fit_to_be_read() {
    let server = spawn().await;
    let code = setup::make_code(&server.app).await.unwrap().unwrap();
    let mut visitor = Visitor::new(&server, ("", &LOOKS)).await;
    visitor.set_up(code.expose()).await;
    let ana = eventful(&server).await;
    let link = visitor.look_at_user(&format!("/admin/users/{ana}")).await;
    visitor.look_at_lists().await;
    visitor.refuse_a_user().await;
    busy(&server).await;
    visitor.look_at_a_busy_overview().await;
    visitor.add_clients().await;
    visitor.look_at_many_at_once().await;
    let (token, request) = refused(&server).await;
    visitor.look_into_refusals((&token, &request)).await;
    server.advance(10 * 60);
    visitor.confirm().await;
    visitor.set_password(&link).await;
    visitor.sign_in_in_vain().await;

    let shown = server.routes.iter();
    let unseen: Vec<&str> = shown
        .filter_map(|route| route.strip_prefix("GET "))
        // A file is not a page, nor is a stream.
        .filter(|path| !path.starts_with("/admin/export/") && *path != "/admin/live")
        .filter(|path| {
            ["/admin", "/set-password", "/docs"]
                .iter()
                .any(|it| path.starts_with(it))
        })
        .filter(|route| !visitor.seen.iter().any(|path| is_of(path, route)))
        .collect();
    assert!(unseen.is_empty(), "not looked at: {unseen:?}");
    assert!(visitor.faults.is_empty(), "\n{}", visitor.faults.join("\n"));
}
