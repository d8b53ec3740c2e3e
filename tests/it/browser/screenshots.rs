//! The panel full of people who do not exist, as the README shows it: `make screenshots` takes the pictures from here.

use doorward::domain::demo;
use uuid::Uuid;

use crate::support::{PASSWORD, chromium::Chromium, spawn};

/// The user with most devices that are in use beside a lost one.
const A_USER: &str = "SELECT user_id FROM devices GROUP BY user_id
    HAVING count(*) = 3 AND count(disabled_at) = 1 AND max(last_used_at) FILTER (WHERE disabled_at IS NOT NULL) IS NOT NULL
    ORDER BY max(last_used_at) DESC, user_id LIMIT 1";

#[tokio::test]
async fn the_panel_as_the_readme_shows_it() {
    let server = spawn().await;
    demo::fill(&server.app, &server.operator(), 1_000)
        .await
        .unwrap();
    server.user_with_roles("boss", &["admin"]).await;
    let window = Chromium::open(&server).await;
    window.look(1320, false).await;
    window.visit("/admin/login").await;
    window.fill("Username", "boss").await;
    window.fill("Password", PASSWORD).await;
    window.press("Sign in").await;

    let user: Uuid = server.scalar(A_USER).await;
    for (name, path, told) in [
        (
            "overview",
            "/admin?span=month".to_owned(),
            "reuse alarms in the last 30 days",
        ),
        ("user", format!("/admin/users/{user}"), "tried again"),
    ] {
        for (theme, dark) in [("light", false), ("dark", true)] {
            window.look(1320, dark).await;
            window.visit(&path).await;
            let shown = window.text().await;
            assert!(shown.contains(told), "{told} in {shown}");
            window.view(&format!("panel-{name}-{theme}")).await;
        }
    }
}
