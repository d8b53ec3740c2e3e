//! `POST /token`.

use serde_json::json;

use crate::support::spawn;

/// The reason this project exists.
#[tokio::test]
async fn a_lost_phone_gets_nothing_more_and_the_tablet_never_notices() {
    let server = spawn().await;
    let ana = server.user("ana").await;
    let (mut phone, mut tablet) = (ana.sign_in("phone").await, ana.sign_in("tablet").await);
    let administrator = server.administrator().await;

    let disable = format!("/devices/{}/disable", phone.device_id);
    let record = administrator
        .post(&disable, &json!({ "reason": "lost in a taxi" }))
        .await
        .expect(200);
    assert_eq!(
        (
            record.body["disabled"].as_bool(),
            record.str("disabled_reason")
        ),
        (Some(true), "lost in a taxi")
    );

    phone
        .refresh()
        .await
        .refused(400, "invalid_grant", "device_disabled");
    tablet.refresh().await.expect(200);
    assert_eq!(server.actions().await.last().unwrap(), "device.disabled");

    let enable = format!("/devices/{}/enable", phone.device_id);
    administrator.post(&enable, &json!({})).await.expect(200);
    phone.refresh().await.expect(200);
}
