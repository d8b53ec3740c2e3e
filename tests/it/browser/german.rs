//! The pages in German, whose words are longer: at the width of a telephone, where it is tightest, and on a desk.

use super::{
    pages::Visitor,
    scenes::{HOSTILE, busy, eventful},
};
use crate::support::{PASSWORD, spawn};

#[tokio::test]
async fn every_page_is_fit_to_be_read_in_german() {
    let server = spawn().await;
    server.user_with_roles("boss", &["admin"]).await;
    let mut visitor = Visitor::new(&server, ("german-", &[(360, false), (1000, true)])).await;
    visitor.window.visit("/admin/login").await;
    visitor.window.press("Deutsch").await;
    visitor.look("login").await;
    for (label, text) in [("Benutzername", "boss"), ("Passwort", PASSWORD)] {
        visitor.window.fill(label, text).await;
    }
    visitor.window.press("Anmelden").await;
    let ana = eventful(&server).await;
    let path = format!("/admin/users/{ana}");
    visitor.visit("user", &path).await;
    visitor.window.press("Benutzer sperren…").await;
    visitor.window.fill("Grund", HOSTILE).await;
    visitor.window.press("Benutzer sperren").await;
    visitor.look("user-disabled").await;
    visitor.window.press("Passwort-Link anlegen").await;
    visitor.look("link").await;
    let link = visitor.window.value("Link").await;
    visitor.visit("delete", &format!("{path}/delete")).await;
    busy(&server).await;
    visitor.look_at_lists().await;
    for (name, path) in [
        ("overview-month", "/admin?span=month"),
        ("new-client", "/admin/clients/new"),
        ("bulk", "/admin/bulk"),
        ("bulk-new", "/admin/bulk/new?what=tokens"),
        ("why", "/admin/why"),
    ] {
        visitor.visit(name, path).await;
    }
    visitor
        .visit("bulk-new-devices", "/admin/bulk/new?what=devices")
        .await;
    visitor.window.press("Zählen und zeigen").await;
    visitor.look("bulk-preview").await;
    server.advance(10 * 60);
    visitor.window.visit("/admin/keys").await;
    visitor.window.press("Jetzt wechseln").await;
    visitor.look("confirm").await;
    visitor.visit("set-password", &link).await;
    assert!(visitor.faults.is_empty(), "\n{}", visitor.faults.join("\n"));
}
