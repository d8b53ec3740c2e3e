//! Times stand in the zone of whoever reads, and exactly in UTC on a closer look; without script in UTC.

use serde_json::json;

use super::live::{desk, disable, is_the_same_page, open, shows, sign_in};
use crate::support::{chromium::Chromium, spawn};

/// The first time on a page: as it is told, for programs, and on a closer look.
const FIRST: &str = "const time = document.querySelector('td time');
    return [time.textContent, time.dateTime, time.title];";

const EXACT: [&str; 2] = ["2030-03-17T17:46:40.000Z", "2030-03-17 17:46:40.000 UTC"];

#[tokio::test]
async fn times_are_told_in_the_zone_of_whoever_reads() {
    let server = spawn().await;
    let administrator = server.administrator().await;
    let ana = server.user("ana").await;
    let phone = ana.sign_in("phone").await;
    let desk = desk(&server).await;
    for (zone, to_the_minute, to_the_second) in [
        (
            "America/New_York",
            "2030-03-17 13:46 EDT",
            "2030-03-17 13:46:40 EDT",
        ),
        (
            "Asia/Tokyo",
            "2030-03-18 02:46 GMT+9",
            "2030-03-18 02:46:40 GMT+9",
        ),
        (
            "Asia/Kathmandu",
            "2030-03-17 23:31 GMT+5:45",
            "2030-03-17 23:31:40 GMT+5:45",
        ),
    ] {
        desk.be_in(zone).await;
        for (path, told) in [
            ("/admin/devices".to_owned(), to_the_minute),
            (format!("/admin/users/{}", ana.id), to_the_second),
        ] {
            desk.visit(&path).await;
            let [datetime, title] = EXACT;
            assert_eq!(desk.execute(FIRST).await, json!([told, datetime, title]));
        }
    }

    // The longest names of zones have their place as well.
    for (list, width) in [
        ("users", 1000),
        ("devices", 1000),
        ("tokens", 1000),
        ("audit", 360),
    ] {
        desk.look(width, false).await;
        desk.visit(&format!("/admin/{list}")).await;
        desk.picture(&format!("zone-{list}-{width}")).await;
        let wide = "return document.documentElement.scrollWidth - innerWidth";
        assert_eq!(desk.execute(wide).await, 0, "{list}");
    }

    // Fields do not follow, and say so.
    open(&desk, "/admin/devices").await;
    assert!(desk.text().await.contains("No sign-in since, in UTC"));
    let state = "return document.querySelector('td .badge').textContent.startsWith('disabled')";
    let body = json!({ "until": "2030-03-20T00:00:00Z" });
    let path = format!("/devices/{}/disable", phone.device_id);
    administrator.post(&path, &body).await.expect(200);
    shows(&desk, state).await;
    let told = "return [...document.querySelectorAll('main time')].map(time => time.textContent)
        .filter(told => !told.endsWith(' GMT+5:45'))";
    assert_eq!(desk.execute(told).await, json!([]));
    let until = "return document.querySelector('td .badge').textContent";
    assert_eq!(
        desk.execute(until).await,
        "disabled until 2030-03-20 05:45 GMT+5:45"
    );
    is_the_same_page(&desk).await;
    disable(&administrator, &phone).await;
    shows(&desk, &format!("{until} === 'disabled'")).await;

    // Zones have names in German that they have not in English.
    desk.be_in("Europe/Berlin").await;
    desk.press("Deutsch").await;
    desk.visit("/admin/devices").await;
    let [datetime, title] = EXACT;
    let in_german = json!(["2030-03-17 18:46 MEZ", datetime, title]);
    assert_eq!(desk.execute(FIRST).await, in_german);

    let plain = Chromium::open(&server).await.without_script().await;
    plain.be_in("Asia/Kathmandu").await;
    sign_in(&plain).await;
    plain.visit("/admin/devices").await;
    let [datetime, title] = EXACT;
    let in_utc = json!(["2030-03-17 17:46 UTC", datetime, title]);
    assert_eq!(plain.execute(FIRST).await, in_utc);
}
