//! A real browser: headless Chromium, driven over WebDriver. Things are found as people find
//! them: fields by their labels, buttons by their words.

mod driver;
mod keyboard;

use std::{fs, path::PathBuf, process::Child};

use base64::{Engine, engine::general_purpose::STANDARD};
use fantoccini::{
    Client, ClientBuilder, Locator,
    elements::Element,
    wd::{WebDriverCompatibleCommand, WindowHandle},
};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Server, wait};

/// A window with nothing in it but the pages of one server, found under its issuer.
pub struct Chromium {
    client: Client,
    driver: Child,
    issuer: String,
    by_keyboard: bool,
    _profile: TempDir,
}

/// A command of chromedriver's own: its path within the session, and its body.
#[derive(Debug)]
struct Own(&'static str, Value);

impl WebDriverCompatibleCommand for Own {
    fn endpoint(
        &self,
        base: &Url,
        session: Option<&str>,
    ) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/{}", session.unwrap(), self.0))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.1.to_string()))
    }
}

/// A text as XPath writes it; XPath has no escape for a quote.
fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "{text}");
    format!("\"{text}\"")
}

impl Chromium {
    /// A window on this server.
    pub async fn open(server: &Server) -> Self {
        let address = server.url.strip_prefix("http://").unwrap();
        let issuer = &server.app.config.issuer;
        let host = issuer.strip_prefix("http://").unwrap();
        Self::open_on(issuer, &format!("MAP {host}:80 {address}, MAP * ~NOTFOUND")).await
    }

    /// A window on what this machine serves, under its number; this is where paths begin.
    pub async fn open_local(origin: &str) -> Self {
        Self::open_on(origin, "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1").await
    }

    async fn open_on(issuer: &str, hosts: &str) -> Self {
        let (driver, port) = driver::start();
        let profile = TempDir::new().unwrap();
        let arguments = json!([
            "--headless=new",
            // Chromium refuses to sandbox for root, and containers often cannot.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--hide-scrollbars",
            "--window-size=1280,900",
            format!("--user-data-dir={}", profile.path().display()),
            format!("--host-resolver-rules={hosts}"),
        ]);
        let wishes = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wishes.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self {
            client,
            driver,
            issuer: issuer.to_owned(),
            by_keyboard: false,
            _profile: profile,
        }
    }

    /// A command of the Chrome DevTools Protocol.
    async fn tools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        let done = self.client.issue_cmd(Own("goog/cdp/execute", body)).await;
        done.unwrap()
    }

    /// Runs no script of any page from now on, as a browser whose user has switched it off.
    pub async fn without_script(self) -> Self {
        let off = json!({ "value": true });
        self.tools("Emulation.setScriptExecutionDisabled", off)
            .await;
        let page = "data:text/html,<title>off</title><script>document.title='on'</script>";
        self.client.goto(page).await.unwrap();
        assert_eq!(self.client.title().await.unwrap(), "off");
        self
    }

    /// Cuts the window off from all servers, or lets it reach them again.
    pub async fn cut(&self, off: bool) {
        self.tools("Network.enable", json!({})).await;
        let how = json!({
            "offline": off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.tools("Network.emulateNetworkConditions", how).await;
    }

    /// Goes to another time zone.
    pub async fn be_in(&self, zone: &str) {
        let zone = json!({ "timezoneId": zone });
        self.tools("Emulation.setTimezoneOverride", zone).await;
    }

    /// As wide as a phone or a desk, in the light or the dark theme.
    pub async fn look(&self, width: u32, dark: bool) {
        self.look_at(width, dark, "screen").await;
    }

    /// As it is printed, by somebody whose theme is light or dark.
    pub async fn look_on_paper(&self, width: u32, dark: bool) {
        self.look_at(width, dark, "print").await;
    }

    async fn look_at(&self, width: u32, dark: bool, media: &str) {
        let size =
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.tools("Emulation.setDeviceMetricsOverride", size).await;
        let theme = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        self.tools(
            "Emulation.setEmulatedMedia",
            json!({ "media": media, "features": features }),
        )
        .await;
    }

    /// Opens a path, or a whole address.
    pub async fn visit(&self, path: &str) {
        let address = if path.starts_with('/') {
            format!("{}{path}", self.issuer)
        } else {
            path.to_owned()
        };
        self.client.goto(&address).await.unwrap();
    }

    /// The path of the page that is shown, with its query.
    pub async fn path(&self) -> String {
        let address = self.client.current_url().await.unwrap();
        let query = address.query().map(|query| format!("?{query}"));
        format!("{}{}", address.path(), query.unwrap_or_default())
    }

    /// All that can be read.
    pub async fn text(&self) -> String {
        self.one("//body").await.text().await.unwrap()
    }

    /// The page's heading.
    pub async fn heading(&self) -> String {
        self.one("//h1").await.text().await.unwrap()
    }

    async fn one(&self, path: &str) -> Element {
        let found = self.client.find_all(Locator::XPath(path)).await.unwrap();
        let mut shown = Vec::new();
        for element in found {
            if element.is_displayed().await.unwrap() {
                shown.push(element);
            }
        }
        if shown.len() != 1 {
            let text = self.client.source().await.unwrap();
            panic!("{} of {path} can be seen in {text}", shown.len());
        }
        shown.remove(0)
    }

    /// The field with this label.
    async fn field(&self, label: &str) -> Element {
        let label = quoted(label);
        self.one(&format!(
            "//*[@id = //label[normalize-space() = {label}]/@for]"
        ))
        .await
    }

    /// What the field with this label holds.
    pub async fn value(&self, label: &str) -> String {
        let field = self.field(label).await;
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Types into the field with this label.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        if self.by_keyboard {
            self.type_into(&field, text).await;
        } else {
            field.clear().await.unwrap();
            field.send_keys(text).await.unwrap();
        }
    }

    /// Ticks the box, or chooses the choice, with this label.
    pub async fn tick(&self, label: &str) {
        let path = format!("//label[normalize-space() = {}]", quoted(label));
        let label = self.one(&path).await;
        if self.by_keyboard {
            self.tick_labelled(&label).await;
        } else {
            label.click().await.unwrap();
        }
    }

    /// Clicks on the one link, button or fold with these words.
    pub async fn press(&self, words: &str) {
        self.press_within("", words).await;
    }

    /// The same within the sheet that is headed so.
    pub async fn press_in_sheet(&self, heading: &str, words: &str) {
        let heading = quoted(heading);
        let sheet = format!("//article[h3/*[not(self::small)] = {heading}]");
        self.press_within(&sheet, words).await;
    }

    /// Clicks on the one link or button with these words, which leads to no other page.
    pub async fn click(&self, words: &str) {
        let words = quoted(words);
        let path = format!("//*[self::a or self::button][normalize-space() = {words}]");
        self.act_on(&self.one(&path).await).await;
    }

    /// Opens another tab and goes there; its handle, and that of the tab before.
    pub async fn open_tab(&self) -> [WindowHandle; 2] {
        let before = self.client.window().await.unwrap();
        let opened = self.client.new_window(true).await.unwrap().handle;
        self.switch(&opened).await;
        [opened, before]
    }

    /// Goes to a tab.
    pub async fn switch(&self, tab: &WindowHandle) {
        self.client.switch_to_window(tab.clone()).await.unwrap();
    }

    /// Presses Enter in the field with this label, which leads to another page.
    pub async fn enter(&self, label: &str) {
        let field = self.field(label).await;
        let before = self.now().await;
        if self.by_keyboard {
            self.reach(&field).await;
            self.key("Enter", 13, "\r", &[]).await;
        } else {
            field.send_keys("\u{e007}").await.unwrap();
        }
        self.next_page(&before).await;
    }

    /// Types where the keyboard is, which is nowhere on a page that has just come.
    pub async fn type_anywhere(&self, keys: &str) {
        let focused = self.client.active_element().await.unwrap();
        focused.send_keys(keys).await.unwrap();
    }

    /// The page, and its address: one of them is another after a press.
    async fn now(&self) -> (Element, String) {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        (page, self.path().await)
    }

    /// Another page, or the same one with what is at another address.
    async fn next_page(&self, (page, path): &(Element, String)) {
        wait::until("the next page", async || {
            (page.tag_name().await.is_err() || self.path().await != *path).then_some(())
        })
        .await;
        wait::until("its heading", async || self.heading_if_any().await).await;
    }

    async fn press_within(&self, path: &str, words: &str) {
        let words = quoted(words);
        let path = format!(
            "{path}//*[self::a or self::button or self::summary][normalize-space() = {words}]"
        );
        let pressed = self.one(&path).await;
        let folds = pressed.tag_name().await.unwrap() == "summary";
        let before = self.now().await;
        self.act_on(&pressed).await;
        if !folds {
            self.next_page(&before).await;
        }
    }

    async fn heading_if_any(&self) -> Option<String> {
        let heading = self.client.find(Locator::Css("h1")).await.ok()?;
        heading.text().await.ok()
    }

    /// Runs a script of the test's own; the pages' own do not come into it.
    pub async fn execute(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// The same, for a script that ends by calling its last argument.
    pub async fn execute_async(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.unwrap()
    }

    /// What the console was told since the last time.
    pub async fn console(&self) -> Vec<String> {
        let asked = Own("se/log", json!({ "type": "browser" }));
        let entries = self.client.issue_cmd(asked).await.unwrap();
        let entries = entries.as_array().unwrap().iter();
        entries
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The whole page as a picture, in `target/tmp/pages`.
    pub async fn picture(&self, name: &str) {
        self.take(name, true).await;
    }

    /// The same of as much as the window shows.
    pub async fn view(&self, name: &str) {
        self.take(name, false).await;
    }

    async fn take(&self, name: &str, whole: bool) {
        let how = json!({ "captureBeyondViewport": whole });
        let taken = self.tools("Page.captureScreenshot", how).await;
        let picture = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(format!("{name}.png")), picture).unwrap();
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser is in the driver's group.
        if let Some(group) = Pid::from_raw(self.driver.id().cast_signed()) {
            kill_process_group(group, Signal::KILL).ok();
        }
        self.driver.wait().ok();
    }
}
