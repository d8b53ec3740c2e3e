//! A user's page on paper: all that is known and nothing that is pressed, black on white.

use super::scenes::{HOSTILE, eventful};
use crate::support::{PASSWORD, chromium::Chromium, spawn};

/// What of the page must not be on paper, and what is there but cannot be read.
const FAULTS: &str = r"
    const faults = [];
    const shown = element => element.checkVisibility({ visibilityProperty: true });
    for (const element of document.querySelectorAll('nav, form, button, input, summary, header, .notice form'))
        if (shown(element)) faults.push(`shown: ${element.outerHTML.slice(0, 80)}`);
    const line = document.getElementById('time-line').closest('section');
    for (const element of line.querySelectorAll('*')) {
        if (element.closest('.pager')) continue;
        if (!shown(element)) faults.push(`not shown: ${element.outerHTML.slice(0, 80)}`);
        const style = getComputedStyle(element);
        if (style.color !== 'rgb(0, 0, 0)') faults.push(`${style.color}: ${element.outerHTML.slice(0, 80)}`);
        if (!['rgba(0, 0, 0, 0)', 'rgb(255, 255, 255)'].includes(style.backgroundColor))
            faults.push(`on ${style.backgroundColor}: ${element.outerHTML.slice(0, 80)}`);
        if (element.scrollWidth > element.clientWidth + 1 && style.overflow !== 'visible')
            faults.push(`cut off: ${element.outerHTML.slice(0, 80)}`);
    }
    if (document.documentElement.scrollWidth > innerWidth)
        faults.push(`${document.documentElement.scrollWidth} px wide`);
    return faults;
";

#[tokio::test]
async fn a_time_line_is_printed_black_on_white_with_all_that_is_in_it() {
    let server = spawn().await;
    server.user_with_roles("boss", &["admin"]).await;
    let ana = eventful(&server).await;
    let desk = Chromium::open(&server).await;
    desk.visit("/admin/login").await;
    desk.fill("Username", "boss").await;
    desk.fill("Password", PASSWORD).await;
    desk.press("Sign in").await;
    desk.visit(&format!("/admin/users/{ana}")).await;
    for (width, dark) in [(700, false), (700, true), (1100, false)] {
        desk.look_on_paper(width, dark).await;
        let name = format!("paper-{width}{}", if dark { "-dark" } else { "" });
        desk.picture(&name).await;
        let faults = desk.execute(FAULTS).await;
        assert_eq!(faults, serde_json::json!([]), "{name}");
    }
    let text = desk.text().await;
    let device = HOSTILE.split('\u{202e}').next().unwrap();
    for words in [
        "Time line",
        "user signed in",
        "refused: wrong username or password",
        "127.0.0.1",
        "UTC",
        device.trim(),
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Refresh tokens") && !text.contains("Overview"));
}
