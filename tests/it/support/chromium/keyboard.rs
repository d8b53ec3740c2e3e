//! What can be done with keys, for those who have no mouse.

use fantoccini::elements::Element;
use serde_json::json;

use super::Chromium;

impl Chromium {
    /// Touches no mouse from now on: goes on by Tab, and presses Enter or the space bar.
    pub fn by_keyboard(mut self) -> Self {
        self.by_keyboard = true;
        self
    }

    /// A key of the DOM's names, with what it writes and what the browser does upon it.
    pub(super) async fn key(&self, key: &str, code: u32, text: &str, does: &[&str]) {
        for (event, text, does) in [("keyDown", text, does), ("keyUp", "", &[])] {
            let pressed = json!({
                "type": event, "key": key, "code": key, "windowsVirtualKeyCode": code,
                "text": text, "commands": does,
            });
            self.tools("Input.dispatchKeyEvent", pressed).await;
        }
    }

    /// Goes on from where the keyboard is, at most once around, until it is there.
    pub(super) async fn reach(&self, wanted: &Element) {
        let group = wanted.attr("name").await.unwrap();
        let choice = wanted.attr("type").await.unwrap().as_deref() == Some("radio");
        for _ in 0..400 {
            let at = self.client.active_element().await.unwrap();
            if at.element_id() == wanted.element_id() {
                return;
            }
            // The choices of one question are one stop.
            if choice && at.attr("name").await.unwrap() == group {
                self.key("ArrowDown", 40, "", &[]).await;
            } else {
                self.key("Tab", 9, "", &[]).await;
            }
        }
        panic!("no Tab leads to {}", wanted.html(false).await.unwrap());
    }

    /// Presses a link, a button or a fold.
    pub(super) async fn act_on(&self, element: &Element) {
        if self.by_keyboard {
            self.reach(element).await;
            self.key("Enter", 13, "\r", &[]).await;
        } else {
            element.click().await.unwrap();
        }
    }
}
