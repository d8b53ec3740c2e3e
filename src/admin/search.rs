//! `/admin/search`: the one box on every page. An id leads straight to its place; all else is found in
//! groups, devices with the form that disables them.

use std::{net::IpAddr, sync::Arc};

use askama::Template;
use rocket::{State, get, http::Status};
use uuid::Uuid;

use super::{
    badge::Badge,
    chrome::Chrome,
    consequence::Owner,
    events::EventLine,
    fault::{Fault, Turn},
    format,
    page::Page,
    pager::Pager,
    refusals::{self, RefusalLine},
    sheets::DeviceSheet,
    text::{Text, filters, say},
    users::list::UserLine,
};
use crate::{
    app::App,
    domain::{
        admin_session::Panelist,
        error::Error,
        search::{self, Identified, Named, Owned, Visitor},
    },
    guard::session::Reader,
    ids::{ClientId, DeviceId, UserId},
};

/// What was found.
#[derive(Template)]
#[template(path = "admin/search.html")]
pub struct SearchPage {
    chrome: Chrome,
    /// The message that says what to do, where nothing was found.
    advice: &'static str,
    users: Vec<UserLine>,
    more_users: Option<String>,
    /// The user whose devices come first.
    meant: Option<Meant>,
    devices: Vec<DeviceSheet>,
    more_devices: bool,
    client: Option<ClientId>,
    visitors: Vec<VisitorLine>,
    more_visitors: bool,
    events: Vec<EventLine>,
    refusals: Vec<RefusalLine>,
}

/// A user with devices.
struct Meant {
    id: UserId,
    username: String,
    devices: Vec<DeviceSheet>,
    more: bool,
}

/// Somebody who came from an address.
struct VisitorLine {
    user: UserId,
    username: String,
    user_badge: Badge,
    device: Option<(DeviceId, String, Badge)>,
    last: Text,
    what: Text,
}

/// The page about whatever has this id, if anything has.
///
/// # Errors
/// Those of the database.
pub async fn place(app: &App, id: Uuid) -> Result<Option<String>, Error> {
    Ok(search::by_id(app, id).await?.map(|found| match found {
        Identified::User(user) => format!("/admin/users/{user}"),
        Identified::Device(user, device) => format!("/admin/users/{user}?device={device}"),
        Identified::Client(client) => format!("/admin/clients#client-{client}"),
        Identified::Gone(id) => format!("/admin/audit?subject={id}"),
    }))
}

/// A refresh, device or access token, or the beginning of one.
fn is_like_a_token(text: &str) -> bool {
    ["dwr_", "dwd_", "eyJ"]
        .iter()
        .any(|it| text.starts_with(it))
        && text.len() > 40
}

/// Finds whatever somebody types.
#[get("/admin/search?<query>")]
pub async fn find(
    app: &State<Arc<App>>,
    by: Reader,
    query: Option<&str>,
) -> Result<Turn<SearchPage>, Fault> {
    let typed = query.unwrap_or_default();
    let text = typed.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let mut page = SearchPage::new(&by.0, typed);
    if text.is_empty() {
        page.advice = "search-ask";
    } else if is_like_a_token(text) {
        page.advice = "search-secret";
        page.chrome.sought.clear();
    } else if text.chars().count() > search::LONGEST {
        page.advice = "search-shorter";
        page.chrome.sought.clear();
    } else if let Ok(id) = Uuid::parse_str(text) {
        if let Some(path) = place(app, id).await? {
            return Ok(Turn::To(path));
        }
        page.of_request(app, id).await?;
    } else {
        let named = search::by_name(app, text).await?;
        page.named(app, &by.0, text, named).await?;
        let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(text).parse::<IpAddr>() {
            let (visitors, more) = search::by_address(app, address).await?;
            page.visitors = visitors.into_iter().map(VisitorLine::from).collect();
            page.more_visitors = more;
        }
    }
    if page.is_of_client_alone()
        && let Some(client) = &page.client
    {
        return Ok(Turn::To(format!("/admin/clients#client-{client}")));
    }
    if page.advice.is_empty() && page.is_empty() {
        page.advice = "search-nothing";
    }
    Ok(Turn::Page(Page::new(Status::Ok, page)))
}

impl SearchPage {
    fn new(by: &Panelist, typed: &str) -> Self {
        let mut chrome = Chrome::new(by, "search", say("panel-search"), None);
        typed.clone_into(&mut chrome.sought);
        Self {
            chrome,
            advice: "",
            users: Vec::new(),
            more_users: None,
            meant: None,
            devices: Vec::new(),
            more_devices: false,
            client: None,
            visitors: Vec::new(),
            more_visitors: false,
            events: Vec::new(),
            refusals: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.client.is_none() && self.is_of_client_alone()
    }

    /// Nothing else is called so.
    fn is_of_client_alone(&self) -> bool {
        self.users.is_empty()
            && self.devices.is_empty()
            && self.visitors.is_empty()
            && self.events.is_empty()
            && self.refusals.is_empty()
    }

    async fn of_request(&mut self, app: &App, id: Uuid) -> Result<(), Error> {
        let found = search::by_request(app, id).await?;
        self.events = found.events.into_iter().map(EventLine::from).collect();
        let refused = found.refusals.into_iter();
        let lines = refused.map(|refusal| RefusalLine::new(refusal, &found.names));
        self.refusals = lines.collect();
        Ok(())
    }

    async fn named(
        &mut self,
        app: &App,
        by: &Panelist,
        text: &str,
        found: Named,
    ) -> Result<(), Error> {
        let more = found.users.next_cursor.is_some();
        let list = Pager::new("/admin/users", &[("query", text)], "cursor", true, None);
        self.more_users = list.first.filter(|_| more);
        self.users = found.users.items.into_iter().map(UserLine::from).collect();
        if let Some((user, owned)) = found.of_user {
            let (devices, more) = sheets(app, by, owned).await?;
            self.meant = Some(Meant {
                id: user.id,
                username: user.username,
                devices,
                more,
            });
        }
        (self.devices, self.more_devices) = sheets(app, by, found.devices).await?;
        self.client = found.client;
        let of_user = self.meant.iter_mut().flat_map(|it| &mut it.devices);
        let mut devices: Vec<_> = of_user.chain(&mut self.devices).collect();
        if let [only] = devices.as_mut_slice() {
            only.deeds.open = !only.deeds.enable;
        }
        Ok(())
    }
}

/// Devices with what can be done here and now; what is final stands on their own page.
async fn sheets(app: &App, by: &Panelist, found: Owned) -> Result<(Vec<DeviceSheet>, bool), Error> {
    let (users, working) = search::owners(app, &found.devices).await?;
    let owners: Vec<Owner> = users.iter().map(|it| Owner::new(it, &working)).collect();
    let sheets = found.devices.into_iter().filter_map(|device| {
        // Deleted a moment ago.
        let owner = owners.iter().find(|owner| owner.id == device.user_id)?;
        let mut sheet = DeviceSheet::new(by, device, owner);
        sheet.deeds.end = false;
        Some(sheet)
    });
    Ok((sheets.collect(), found.more))
}

impl From<Visitor> for VisitorLine {
    fn from(visitor: Visitor) -> Self {
        let what = if visitor.refused {
            say("search-refused").with("why", refusals::words(&visitor.what))
        } else {
            visitor.what.into()
        };
        Self {
            user: visitor.user.id,
            user_badge: Badge::of_user(&visitor.user),
            username: visitor.user.username,
            device: visitor.device.map(|device| {
                let badge = Badge::of_device(&device);
                (device.id, device.name, badge)
            }),
            last: format::time(visitor.last_at),
            what,
        }
    }
}
