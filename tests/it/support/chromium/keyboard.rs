//! What can be done with keys, for those who have no mouse.

use fantoccini::{
    Locator,
    actions::{InputSource, KeyAction, KeyActions},
    elements::Element,
};
use serde_json::json;

use super::Chromium;

/// Held down beside another key, as the tools of Chromium number it.
const SHIFT: u32 = 8;
/// Keys as WebDriver writes them.
const SHIFT_KEY: char = '\u{e008}';
const TAB_KEY: char = '\u{e004}';

/// Whether an element stands before where the keyboard is, and at least how many stops there are on the way: the choices
/// of a question are one, and a time has several.
const STOPS: &str = "
    const [from, to] = [document.activeElement, arguments[0]];
    const before = (one, other) => Boolean(one.compareDocumentPosition(other) & 4);
    const back = before(to, from);
    const [first, last] = back ? [to, from] : [from, to];
    const stops = document.querySelectorAll('a[href], button, input:not([type=radio]), select, summary');
    const between = [...stops].filter(
        it => it.checkVisibility() && before(first, it) && before(it, last));
    return [back, between.length];";

impl Chromium {
    /// Touches no mouse from now on: goes on by Tab and back by Shift+Tab, and presses Enter or the space bar.
    pub fn by_keyboard(mut self) -> Self {
        self.by_keyboard = true;
        self
    }

    /// A key of the DOM's names, with what it writes and what the browser does upon it.
    pub(super) async fn key(&self, key: &str, code: u32, text: &str, does: &[&str]) {
        self.key_with(0, (key, code), text, does).await;
    }

    async fn key_with(&self, held: u32, (key, code): (&str, u32), text: &str, does: &[&str]) {
        for (event, text, does) in [("keyDown", text, does), ("keyUp", "", &[])] {
            let pressed = json!({
                "type": event, "modifiers": held, "key": key, "code": key,
                "windowsVirtualKeyCode": code, "text": text, "commands": does,
            });
            self.tools("Input.dispatchKeyEvent", pressed).await;
        }
    }

    /// Presses Tab as often as there are stops on the way to it, all at once: each is a question less. What is held down
    /// to go on that way.
    async fn come_near(&self, wanted: &Element) -> u32 {
        let arguments = vec![serde_json::to_value(wanted).unwrap()];
        let way = self.client.execute(STOPS, arguments).await.unwrap();
        let back = way[0] == true;
        let mut keys = KeyActions::new("keys".to_owned());
        let shift =
            |keys: KeyActions, action: KeyAction| if back { keys.then(action) } else { keys };
        keys = shift(keys, KeyAction::Down { value: SHIFT_KEY });
        for _ in 0..way[1].as_u64().unwrap() {
            keys = keys
                .then(KeyAction::Down { value: TAB_KEY })
                .then(KeyAction::Up { value: TAB_KEY });
        }
        keys = shift(keys, KeyAction::Up { value: SHIFT_KEY });
        self.client.perform_actions(keys).await.unwrap();
        if back { SHIFT } else { 0 }
    }

    /// Goes from where the keyboard is to what stands after it or before, until it is there.
    pub(super) async fn reach(&self, wanted: &Element) {
        let group = wanted.attr("name").await.unwrap();
        let choice = wanted.attr("type").await.unwrap().as_deref() == Some("radio");
        let held = self.come_near(wanted).await;
        for _ in 0..400 {
            let at = self.client.active_element().await.unwrap();
            if at.element_id() == wanted.element_id() {
                return;
            }
            // The choices of one question are one stop.
            if choice && at.attr("name").await.unwrap() == group {
                self.key("ArrowDown", 40, "", &[]).await;
            } else {
                self.key_with(held, ("Tab", 9), "", &[]).await;
            }
        }
        panic!("no Tab leads to {}", wanted.html(false).await.unwrap());
    }

    /// Types into a field, in place of what it holds.
    pub(super) async fn type_into(&self, field: &Element, text: &str) {
        self.reach(field).await;
        self.key("a", 65, "", &["selectAll"]).await;
        self.tools("Input.insertText", json!({ "text": text }))
            .await;
    }

    /// Ticks the box, or chooses the choice, of a label.
    pub(super) async fn tick_labelled(&self, label: &Element) {
        let boxed = match label.attr("for").await.unwrap() {
            Some(id) => self.client.find(Locator::Id(&id)).await,
            None => label.find(Locator::Css("input")).await,
        };
        self.reach(&boxed.unwrap()).await;
        self.key(" ", 32, " ", &[]).await;
    }

    /// Goes down the list with this label to the choice with these words.
    pub async fn choose(&self, label: &str, words: &str) {
        let list = self.field(label).await;
        self.reach(&list).await;
        let chosen = "return arguments[0].selectedOptions[0].textContent";
        for _ in 0..100 {
            let arguments = vec![serde_json::to_value(&list).unwrap()];
            if self.client.execute(chosen, arguments).await.unwrap() == words {
                return;
            }
            self.key("ArrowDown", 40, "", &[]).await;
        }
        panic!("no arrow leads to {words}");
    }

    /// Presses a link, a button or a fold.
    pub(super) async fn act_on(&self, element: &Element) {
        if !self.by_keyboard {
            element.click().await.unwrap();
            return;
        }
        self.reach(element).await;
        if element.tag_name().await.unwrap() == "button" {
            self.key(" ", 32, " ", &[]).await;
        } else {
            self.key("Enter", 13, "\r", &[]).await;
        }
    }
}
