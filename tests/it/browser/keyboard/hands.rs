//! Somebody without a mouse, who keeps in mind which buttons were seen and which were pressed.

use std::collections::BTreeSet;

use crate::{
    browser::pages::is_of,
    support::{Server, chromium::Chromium, wait},
};

/// All buttons of the page, those that are folded away as well: whether every page has it, the method and the path that
/// it sends its form by, its words, and whether it can be seen.
const BUTTONS: &str = "
    return [...document.querySelectorAll('button')].map(button => {
        const form = button.form;
        const to = button.getAttribute('formaction') ?? form.getAttribute('action') ?? location.href;
        return [
            Boolean(button.closest('header.bar, footer.foot')),
            (form.getAttribute('method') ?? 'get').toUpperCase(),
            new URL(to, location.href).pathname,
            button.textContent.trim(),
            button.checkVisibility(),
        ];
    });";

/// A button of a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Button<'a> {
    /// The route of the page; nothing for what every page has.
    on: &'a str,
    words: String,
    /// That of its form.
    route: &'a str,
}

/// Somebody without a mouse.
pub(super) struct Hands<'a> {
    pub(super) server: &'a Server,
    pub(super) desk: Chromium,
    /// The routes of the pages and files that were come to.
    reached: BTreeSet<&'a str>,
    seen: BTreeSet<Button<'a>>,
    pressed: BTreeSet<Button<'a>>,
}

impl<'a> Hands<'a> {
    pub(super) fn on(server: &'a Server, desk: Chromium) -> Self {
        Self {
            server,
            desk: desk.by_keyboard(),
            reached: BTreeSet::new(),
            seen: BTreeSet::new(),
            pressed: BTreeSet::new(),
        }
    }

    /// The route that a path is one of: `/admin/users/new` is no user.
    fn route(&self, method: &str, path: &str) -> Option<&'a str> {
        let routes = self.server.routes.iter().filter_map(|route| {
            let (found, path_of) = route.split_once(' ')?;
            (found == method && is_of(path, path_of)).then_some(route.as_str())
        });
        routes.min_by_key(|route| route.matches('<').count())
    }

    /// That of the page which is shown: what answers a form may have none of its own.
    async fn page(&self) -> &'a str {
        let path = self.desk.path().await;
        let path = path.split('?').next().unwrap();
        let page = self.route("GET", path);
        page.or_else(|| self.route("POST", path)).unwrap()
    }

    /// The buttons of the page, and which of them can be seen.
    async fn buttons(&self) -> Vec<(Button<'a>, bool)> {
        let page = self.page().await;
        let found = self.desk.execute(BUTTONS).await;
        let found = found.as_array().unwrap().iter().map(|button| {
            let [method, to, words] = [1, 2, 3].map(|at| button[at].as_str().unwrap());
            let route = self.route(method, to);
            let told = Button {
                on: if button[0] == true { "" } else { page },
                words: words.to_owned(),
                route: route.unwrap_or_else(|| panic!("{words} leads to {to}")),
            };
            (told, button[4] == true)
        });
        found.collect()
    }

    /// Takes note of the page, and of its buttons if they are in English.
    async fn look(&mut self) {
        self.reached.insert(self.page().await);
        let language = "return document.documentElement.lang";
        if self.desk.execute(language).await == "en" {
            let buttons = self.buttons().await.into_iter();
            self.seen.extend(buttons.map(|(button, _)| button));
        }
    }

    /// Types an address.
    pub(super) async fn visit(&mut self, path: &str) {
        self.desk.visit(path).await;
        self.look().await;
    }

    /// Presses the one link, button or fold with these words.
    pub(super) async fn press(&mut self, words: &str) {
        self.press_in("", words).await;
    }

    /// The same within the sheet that is headed so.
    pub(super) async fn press_in(&mut self, sheet: &str, words: &str) {
        let buttons = self.buttons().await.into_iter();
        let meant = buttons.filter(|(button, shown)| *shown && button.words == words);
        let meant: BTreeSet<Button<'a>> = meant.map(|(button, _)| button).collect();
        assert!(meant.len() < 2, "which of {meant:?}?");
        self.pressed.extend(meant);
        if sheet.is_empty() {
            self.desk.press(words).await;
        } else {
            self.desk.press_in_sheet(sheet, words).await;
        }
        self.look().await;
    }

    /// Presses a link that leads to a file, and to no other page.
    pub(super) async fn download(&mut self, words: &str, file: &str) {
        self.desk.click(words).await;
        let export = self.route("GET", &format!("/admin/export/{file}"));
        self.reached.extend(export);
    }

    /// Unfolds what the words with an ellipsis are for, says why, and does it.
    pub(super) async fn act(&mut self, sheet: &str, words: &str) {
        self.unfold_and_say_why(sheet, words).await;
        self.press_in(sheet, words).await;
    }

    pub(super) async fn unfold_and_say_why(&mut self, sheet: &str, words: &str) {
        self.press_in(sheet, &format!("{words}…")).await;
        self.desk.fill("Reason", "as the test says").await;
    }

    pub(super) async fn says(&self, told: &str) {
        let text = self.desk.text().await;
        assert!(text.contains(told), "no “{told}” in {text}");
    }

    /// This was done last, and the page says so.
    pub(super) async fn did(&self, action: &str, told: &str) {
        self.says(told).await;
        let actions = self.server.actions().await;
        // What the server does by itself, a minute after its start, is none of ours.
        let mut ours = actions.iter().filter(|it| *it != "server.purged");
        assert_eq!(ours.next_back().unwrap(), action);
    }

    /// This has been done so many times, some of it after the answer.
    pub(super) async fn comes_to(&self, action: &str, times: usize) {
        wait::until(action, async || {
            let actions = self.server.actions().await;
            let done = actions.iter().filter(|it| *it == action).count();
            (done == times).then_some(())
        })
        .await;
    }

    /// Nothing was left out.
    pub(super) fn have_done_everything(self) {
        let left: Vec<&Button<'_>> = self.seen.difference(&self.pressed).collect();
        assert!(left.is_empty(), "seen and never pressed: {left:#?}");
        let sent = self.pressed.into_iter().map(|button| button.route);
        let come_to: BTreeSet<&str> = self.reached.into_iter().chain(sent).collect();
        let never: Vec<&String> = self
            .server
            .routes
            .iter()
            .filter(|route| route.contains(" /admin") || route.contains(" /set-password"))
            // What the script listens to is no page.
            .filter(|route| *route != "GET /admin/live" && !come_to.contains(route.as_str()))
            .collect();
        assert!(never.is_empty(), "never come to: {never:?}");
    }
}
