//! Texts of every kind, as long as they are taken, on every page that shows some: they are text, stay in their place and
//! leave the others theirs, however wide it is. The pictures are in `target/tmp/pages`, to be looked at.

use doorward::domain::{
    clients::{self, NewClient},
    disable::Disabling,
};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use super::{
    live::{open, shows},
    pages::FAULTS,
    scenes::HOSTILE,
};
use crate::support::{PASSWORD, Server, chromium::Chromium, phone::Phone, reply::Reply, spawn};

/// What stands in names and reasons: markup, SQL, marks that turn the direction or end what keeps them apart, scripts
/// that run to the left, emoji made of several, marks piled up, what a spreadsheet would reckon, and what has no place to
/// break at.
const KINDS: [&str; 9] = [
    HOSTILE,
    "' OR 1=1; DROP TABLE devices; -- ",
    "\u{202e}\u{2067}\u{2066}gnirts\u{202d} ",
    "dne\u{2069}\u{2029}\u{202e} ",
    "שלום עולם مرحبا بالعالم ",
    "👩‍👩‍👧‍👦🏳️‍🌈👨🏿‍🚀🇪🇺",
    "Z\u{351}\u{36b}\u{343}\u{32e}\u{30d}\u{358}\u{489}\u{337}\u{310}\u{334}\u{33a}\u{346}\u{31a}\u{35b}\u{329}\u{348}",
    "=HYPERLINK(\"http://evil.test\";\"x\")+cmd|'/C calc'!A0@SUM(1+1)*cmd",
    "W",
];

/// A name that a user can choose.
const NAME: &str = "a<img/src=x/onerror=alert(1)>\"';DROP/**/TABLE/**/users;--=1+1";

/// In which widths a page is looked at, and of which there are pictures.
const WIDTHS: [(u32, bool); 4] = [(1440, false), (1000, true), (800, false), (360, true)];

/// What is not where it belongs: words outside of their cell or sheet, words of ours that run to the left, and columns
/// that another one has squeezed.
const MISPLACED: &str = r"
    const misplaced = [];
    const told = node => node.outerHTML.slice(0, 120).toWellFormed();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (texts.nextNode()) {
        const text = texts.currentNode, of = text.parentElement, words = text.data.trimEnd();
        if (!words.trim() || !of.checkVisibility() || of.closest('.unseen, .skip, thead, option')) continue;
        const place = of.closest('td, dd, .sheet, .notice, main, .bar, body').getBoundingClientRect();
        range.selectNode(text);
        // Of what is cut off, as much as is left of it.
        const cut = of.closest('.brief, .who span');
        for (const box of (cut ?? range).getClientRects())
            if (box.left < place.left - 1 || box.right > place.right + 1
                || box.top < place.top - 3 || box.bottom > place.bottom + 3)
                misplaced.push(`out of its place: ${told(of)}`);
        if (of.closest('bdi')) continue;
        const [first, last] = [words.search(/\S/), words.length - 1].map(at => {
            range.setStart(text, at);
            range.setEnd(text, at + 1);
            return range.getBoundingClientRect();
        });
        if (first.top === last.top && first.left > last.left)
            misplaced.push(`turned round: ${told(of)}`);
    }
    for (const cell of document.querySelectorAll('td:not(.numbers *)')) {
        const long = [...cell.querySelectorAll('bdi')].some(it => it.checkVisibility() && it.textContent.length > 20);
        if (long && getComputedStyle(cell).display === 'table-cell' && cell.offsetWidth < 128)
            misplaced.push(`only ${cell.offsetWidth} px wide: ${cell.dataset.label}`);
    }
    return [...new Set(misplaced)];
";

/// A text again and again, as long as this, and as the server keeps it.
fn cut(text: &str, length: usize) -> String {
    let cut: String = text.chars().cycle().take(length).collect();
    cut.trim().to_owned()
}

/// A text without the marks that pages close or leave out, so that it stays apart.
fn bare(text: &str) -> String {
    let bare = text
        .chars()
        .filter(|c| !('\u{2066}'..='\u{2069}').contains(c));
    bare.map(|c| if c == '\u{2029}' { ' ' } else { c })
        .collect()
}

/// Somebody who looks at pages, without loading one anew for another width.
struct Onlooker {
    window: Chromium,
    faults: Vec<String>,
}

impl Onlooker {
    async fn visit(&mut self, name: &str, path: &str, texts: &[String]) {
        self.window.visit(path).await;
        self.look(name, texts).await;
    }

    /// Looks at the page that is shown, as it comes and with everything unfolded; these stand on it as they were typed.
    async fn look(&mut self, name: &str, texts: &[String]) {
        let text = self
            .window
            .execute("return document.body.textContent")
            .await;
        let text = bare(text.as_str().unwrap());
        for it in texts.iter().filter(|it| !text.contains(&bare(it))) {
            self.faults.push(format!("{name}: does not show {it}"));
        }
        for (width, pictured) in WIDTHS {
            self.window.look(width, false).await;
            if pictured {
                let picture = format!("hostile-{name}-light-{width}");
                self.window.picture(&picture).await;
            }
            self.find_faults(&format!("{name} at {width} px")).await;
        }
        for told in self.window.console().await {
            if told.contains("Content Security Policy") {
                self.faults.push(format!("{name}: {told}"));
            }
        }
    }

    async fn find_faults(&mut self, place: &str) {
        let script = format!(
            "const faults = () => {{ {FAULTS} }}, misplaced = () => {{ {MISPLACED} }};
            // So many of the longest texts weigh more than pages do.
            const found = [...faults().filter(it => !it.startsWith('weighs')), ...misplaced()];
            const folds = document.querySelectorAll('details:not([open])');
            folds.forEach(fold => fold.open = true);
            found.push(...misplaced().map(it => `unfolded, ${{it}}`));
            if (document.documentElement.scrollWidth > innerWidth) found.push('unfolded, too wide');
            folds.forEach(fold => fold.open = false);
            return found;"
        );
        let found = self.window.execute(&script).await;
        let found = found.as_array().unwrap().iter();
        let found = found.map(|fault| format!("{place}: {}", fault.as_str().unwrap()));
        self.faults.extend(found);
    }

    /// In the dark theme, with everything unfolded.
    async fn look_by_night(&self, name: &str, path: &str) {
        self.window.visit(path).await;
        let unfold = "document.querySelectorAll('details').forEach(fold => fold.open = true)";
        self.window.execute(unfold).await;
        for width in [1000, 360] {
            self.window.look(width, true).await;
            let picture = format!("hostile-{name}-dark-{width}");
            self.window.picture(&picture).await;
        }
    }

    async fn look_on_paper(&mut self, path: &str) {
        self.window.visit(path).await;
        self.window.look_on_paper(700, false).await;
        self.window.picture("hostile-user-paper").await;
        self.find_faults("user on paper").await;
        self.window.look(1000, false).await;
    }

    /// Does what has to have a reason; it comes without keys, which could not all be pressed.
    async fn press_because(&self, reason: &str, button: &str) {
        let reason = json!(reason);
        let field = "document.querySelector('details[open] [name=reason]')";
        self.window
            .execute(&format!("{field}.value = {reason}"))
            .await;
        self.window.press(button).await;
    }

    async fn disable_all(&mut self, reason: &String) {
        self.window.press("Count and show them").await;
        self.look("bulk-preview", &[]).await;
        self.press_because(reason, "Disable all of them").await;
        self.look("bulk-done", std::slice::from_ref(reason)).await;
    }

    async fn disable_devices(&mut self, reason: &String) {
        self.window
            .press("Disable all devices, or all but one…")
            .await;
        let long = "W".repeat(10_000);
        self.press_because(&long, "Disable devices").await;
        self.look("user-refused", &[]).await;
        self.press_because(reason, "Disable devices").await;
        self.look("user-done", std::slice::from_ref(reason)).await;
        self.window.press("Make a password link").await;
        self.look("link", &[]).await;
    }
}

/// Signs a user in on a device of every kind. Of every other one the device is disabled, of the others the token, and
/// all go on trying. Whose page that is, and the id of a request that was refused.
async fn crowd(server: &Server, administrator: &Phone<'_>, name: &str) -> (String, String) {
    let user = server.user(name).await;
    let email = format!("{}@evil.test", cut("<b>\u{202e}=1+1", 60));
    let of_user = format!("/users/{}", user.id);
    let email = json!({ "email": email });
    administrator.patch(&of_user, &email).await.expect(200);
    let mut refused = String::new();
    for (at, kind) in KINDS.iter().enumerate() {
        let agent = HeaderValue::from_bytes(cut(kind, 2_000).as_bytes()).unwrap();
        let post = async |path: &str, body: &Value| {
            let request = server.request("POST", path).json(body);
            Reply::of(request.header("User-Agent", &agent)).await
        };
        let body = json!({
            "username": name, "password": PASSWORD,
            "device": { "name": cut(kind, 100), "kind": cut("smart-tv_", 32) },
        });
        let signed_in = post("/login", &body).await.expect(200).body;
        let reason = cut(kind, 500);
        let (path, body) = if at % 2 == 0 {
            let device = signed_in["device_id"].as_str().unwrap();
            let path = format!("/devices/{device}/disable");
            (path, json!({ "reason": reason }))
        } else {
            let token = &signed_in["refresh_token"];
            let body = json!({ "refresh_token": token, "reason": reason });
            ("/token/reject".to_owned(), body)
        };
        administrator.post(&path, &body).await.expect(200);
        let again = json!({ "refresh_token": signed_in["refresh_token"] });
        let again = post("/token", &again).await.expect(400);
        again.header("x-request-id").clone_into(&mut refused);
    }
    let until = json!({ "reason": cut("W", 500), "until": "2030-03-20T00:00:00Z" });
    let disable = format!("{of_user}/disable");
    administrator.post(&disable, &until).await.expect(200);
    (format!("/admin{of_user}"), refused)
}

async fn add_clients(server: &Server) {
    for (at, kind) in KINDS.iter().enumerate() {
        let (client_id, name) = (format!("{}{at}", "c".repeat(63)), cut(kind, 100));
        let actor = server.operator();
        let new = NewClient {
            client_id: &client_id,
            name: Some(&name),
            scopes: &[cut("<b>=1+1", 100)],
            ..NewClient::default()
        };
        clients::add(&server.app, &actor, &new).await.unwrap();
        let disabling = Disabling {
            reason: Some(cut(kind, 500)),
            until: None,
        };
        let id = client_id.parse().unwrap();
        let done = clients::disable(&server.app, &actor, &id, &disabling);
        done.await.unwrap();
    }
}

#[tokio::test]
async fn texts_of_every_kind_are_text_and_leave_the_others_their_place() {
    let server = spawn().await;
    server.user_with_roles(NAME, &["admin"]).await;
    let administrator = server.administrator().await;
    crowd(&server, &administrator, &"w".repeat(64)).await;
    let (user, request) = crowd(&server, &administrator, &cut("שלום", 64)).await;
    add_clients(&server).await;
    let [names, reasons] = [100, 500].map(|length| KINDS.map(|kind| cut(kind, length)).to_vec());
    let of_devices: Vec<String> = reasons.iter().step_by(2).chain(&names).cloned().collect();
    let all = [&names[..], &reasons].concat();

    let window = Chromium::open(&server).await;
    window.visit("/admin/login").await;
    window.fill("Username", NAME).await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;
    let faults = Vec::new();
    let mut onlooker = Onlooker { window, faults };
    let long = "W".repeat(10_000);
    let why = format!("/admin/why?request={request}");
    for (name, path, texts) in [
        ("overview", "/admin", &names[1..]),
        ("users", "/admin/users", &[]),
        ("devices", "/admin/devices", &of_devices),
        ("tokens", "/admin/tokens", &names),
        ("tokens-live", "/admin/tokens?status=live", &[]),
        ("clients", "/admin/clients", &all),
        ("audit", "/admin/audit", &reasons[2..]),
        ("audit-long", &format!("/admin/audit?actor={long}"), &[]),
        ("refusals", "/admin/refusals", &[]),
        ("why", &why, &reasons[8..]),
        ("search-device", "/admin/search?query=%3Cimg", &names[..1]),
        ("search-user", "/admin/search?query=%D7%A9", &[]),
        ("search-address", "/admin/search?query=127.0.0.1", &names),
        ("search-long", &format!("/admin/search?query={long}"), &[]),
        ("account", "/admin/account", &[]),
        ("user", &user, &all),
        ("delete", &format!("{user}/delete"), &[]),
        ("bulk-new", "/admin/bulk/new?what=devices", &[]),
    ] {
        onlooker.visit(name, path, texts).await;
    }
    onlooker.disable_all(&reasons[0]).await;
    onlooker.visit("bulk", "/admin/bulk", &reasons[..1]).await;
    onlooker.look_on_paper(&user).await;
    for (name, path) in [("overview", "/admin"), ("devices", "/admin/devices")] {
        onlooker.look_by_night(name, path).await;
    }

    // What comes by script is text as well.
    open(&onlooker.window, "/admin/devices").await;
    let ana = server.user("ana").await;
    for name in &names[..4] {
        ana.sign_in(name).await;
    }
    let newest = "return document.querySelector('td:nth-child(2)').textContent === 'ana'";
    shows(&onlooker.window, newest).await;
    onlooker.look("devices-followed", &of_devices).await;

    onlooker
        .window
        .visit(&format!("/admin/users/{}", ana.id))
        .await;
    onlooker.disable_devices(&reasons[2]).await;
    assert!(
        onlooker.faults.is_empty(),
        "\n{}",
        onlooker.faults.join("\n")
    );
}
