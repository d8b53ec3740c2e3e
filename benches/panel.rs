//! An administrator, with a session and an access token.

use reqwest::{
    Client,
    header::{COOKIE, HeaderMap, ORIGIN, SET_COOKIE},
    redirect::Policy,
};

use crate::{
    Result, peer, seed,
    stage::{Server, Stage},
};

/// What an administrator holds.
pub struct Administrator {
    pub access_token: String,
    /// The value of the header.
    pub cookie: String,
}

/// Makes user0 an administrator, who signs in twice.
pub async fn administrator(stage: &Stage, server: &Server) -> Result<Administrator> {
    let promoted = "UPDATE users SET roles = '{admin}' WHERE username = 'user0'";
    sqlx::query(promoted)
        .execute(&mut stage.connect().await?)
        .await?;
    let access_token = peer::sign_in(server).await?;

    let client = Client::builder().redirect(Policy::none()).build()?;
    let address = format!("{}/admin/login", server.url);
    let page = client.get(&address).send().await?.error_for_status()?;
    let cookie = cookies(page.headers());
    let page = page.text().await?;
    let csrf = page.split("name=\"csrf\" value=\"").nth(1);
    let csrf = csrf.and_then(|rest| rest.split('"').next());
    let form = [
        ("csrf", csrf.ok_or("the page has no form")?),
        ("username", "user0"),
        ("password", seed::PASSWORD),
    ];
    let signed_in = client
        .post(&address)
        .header(COOKIE, cookie)
        .header(ORIGIN, "http://doorward.test")
        .form(&form)
        .send()
        .await?;
    if signed_in.status() != 303 {
        return Err(format!("the administrator's sign-in: {}", signed_in.status()).into());
    }
    Ok(Administrator {
        access_token,
        cookie: cookies(signed_in.headers()),
    })
}

fn cookies(headers: &HeaderMap) -> String {
    let set = headers.get_all(SET_COOKIE).into_iter();
    let pairs = set.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}
