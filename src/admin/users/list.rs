//! The list of users: by name or by age, by state and by role.

use std::sync::Arc;

use askama::Template;
use rocket::{State, get};
use serde_json::Value;
use uuid::Uuid;

use super::super::{
    asked::{Asked, Faults, Parameters, Question},
    badge::Badge,
    bulk,
    chrome::Chrome,
    export::{PAGE, SUSPENSION, Source, record},
    fault::{Fault, Turn},
    format,
    list::{Around, Column, Field},
    page::Page,
    search,
    text::{Text, filters, say},
};
use crate::{
    api::error::Wire,
    app::App,
    db::{
        cursor::DEFAULT_LIMIT,
        users::{Filter, Order, Place, User},
    },
    domain::{bulk::Kind, error::Error, listing, username},
    guard::session::Reader,
    ids::UserId,
    records::UserRecord,
};

const PATH: &str = "/admin/users";

const ROLES: [&str; 3] = ["admin", "support", "auditor"];

/// The words of `sort` but for the first, `name`, with what they are called.
const ORDERS: [(&str, &str); 3] = [
    ("-name", "users-order-name-down"),
    ("-created", "users-order-newest"),
    ("created", "users-order-oldest"),
];

/// The list.
#[derive(Template)]
#[template(path = "admin/users.html")]
pub struct UsersPage {
    chrome: Chrome,
    users: Vec<UserLine>,
    /// To where all that the list shows can be disabled or enabled, for whoever may.
    bulk: Option<bulk::new::Link>,
    around: Around,
}

/// One printed user.
pub struct UserLine {
    /// Which user.
    pub id: UserId,
    /// The name.
    pub username: String,
    /// Empty for none.
    pub email: String,
    /// As a list.
    pub roles: Text,
    /// When it was made.
    pub created: Text,
    /// The last sign-in or refresh.
    pub last_used: Text,
    /// How it stands.
    pub badge: Badge,
}

impl From<User> for UserLine {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            badge: Badge::of_user(&user),
            username: user.username,
            email: user.email.unwrap_or_default(),
            roles: format::roles(&user.roles),
            created: format::time(user.created_at),
            last_used: format::last(user.last_used_at),
        }
    }
}

/// Which users are asked for.
///
/// # Errors
/// 400 for a page that there is not.
pub fn question(asked: &Asked<'_>) -> Result<Question<Filter>, Wire> {
    let mut parameters = Parameters::default();
    let prefix = username::beginning(&parameters.take("query", asked.query));
    let states = [("active", false), ("disabled", true)];
    let (order, descending) = parameters
        .choose(
            "sort",
            asked.sort,
            &[
                ("name", (Order::Name, false)),
                ("-name", (Order::Name, true)),
                ("created", (Order::Created, false)),
                ("-created", (Order::Created, true)),
            ],
        )
        .unwrap_or_default();
    let filter = Filter {
        // Whoever is looked for by name stands among names, whatever the order of all.
        order: if prefix.is_empty() {
            order
        } else {
            Order::Name
        },
        descending: descending && (prefix.is_empty() || order == Order::Name),
        prefix,
        disabled: parameters.choose("status", asked.status, &states),
        role: parameters
            .choose("role", asked.role, &ROLES.map(|role| (role, role)))
            .map(str::to_owned),
        at: asked.at(Place::parse)?,
    };
    Ok(Question {
        filter,
        asked: parameters,
        faults: Faults::default(),
    })
}

/// Users. Asked for the id of something, it leads to the user concerned.
#[get("/admin/users?<done>&<asked..>")]
pub async fn show(
    app: &State<Arc<App>>,
    by: Reader,
    done: Option<&str>,
    asked: Asked<'_>,
) -> Result<Turn<UsersPage>, Fault> {
    if let Ok(id) = Uuid::parse_str(asked.query.unwrap_or_default().trim())
        && let Some(path) = search::place(app, id).await?
    {
        return Ok(Turn::To(path));
    }
    let question = question(&asked)?;
    let filter = &question.filter;
    let page = listing::users(app, filter, DEFAULT_LIMIT).await?;
    let current = match (filter.order, filter.descending) {
        (Order::Name, false) => "name",
        (Order::Name, true) => "-name",
        (Order::Created, false) => "created",
        (Order::Created, true) => "-created",
    };
    let columns = [
        Column::Sorts("label-username", "name"),
        Column::Plain("label-state"),
        Column::Plain("label-email"),
        Column::Plain("label-roles"),
        if filter.prefix.is_empty() {
            Column::Sorts("label-created", "-created")
        } else {
            Column::Plain("label-created")
        },
        // No index can tell: see `db::users::list`.
        Column::Plain("label-last-used"),
    ];
    let fields = vec![
        Field::search("query", "users-query"),
        Field::choice(
            "status",
            "label-state",
            "list-all",
            [
                ("active", say("users-state-active")),
                ("disabled", say("users-state-disabled")),
            ],
        ),
        Field::choice(
            "role",
            "users-role",
            "users-all",
            ROLES.map(|role| (role, role.into())),
        ),
        Field::choice(
            "sort",
            "list-order",
            "users-order-name",
            ORDERS.map(|(order, words)| (order, say(words))),
        ),
    ];
    let around = Around::new(
        (PATH, "users"),
        &question,
        fields,
        &columns,
        current,
        &filter.at,
        &page,
    );
    let page = UsersPage {
        chrome: Chrome::new(&by.0, "users", say("users-title"), done),
        users: page.items.into_iter().map(UserLine::from).collect(),
        bulk: bulk::new::link(&by.0, &question.asked, Kind::Users),
        around,
    };
    Ok(Turn::Page(Page::new(question.status(), page)))
}

impl Source for Filter {
    const LIST: &'static str = "users";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "username",
        "email",
        "roles",
        "created_at",
        "last_used_at",
    ];
    const MORE: &'static [&'static str] = SUSPENSION;

    async fn next(&mut self, app: &App) -> Result<(Vec<Value>, bool), Error> {
        let page = listing::users(app, self, PAGE).await?;
        let more = self.at.follow(&page, Place::parse);
        let users = page.items.into_iter();
        let rows = users.map(|user| record(serde_json::to_value(UserRecord::from(user)), []));
        Ok((rows.collect::<Result<_, _>>()?, more))
    }
}
