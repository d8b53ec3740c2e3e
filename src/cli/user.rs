//! `doorward user`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Because, Failure, Suspend, access::with_app, output};
use crate::{
    app::App,
    db::{self, disabling::Subject},
    domain::{
        disable, listing, set_password, username,
        users::{self, NewUser},
    },
    ids::UserId,
    records::UserRecord,
};

/// What to do about users.
#[derive(Subcommand)]
pub(super) enum User {
    /// Create a user; without a password a single-use link to set one is printed
    Add(Add),
    /// List users by name
    List(List),
    /// Disable a user with all devices
    Disable {
        /// Name or id
        user: String,
        #[command(flatten)]
        suspend: Suspend,
    },
    /// Enable a user again
    Enable {
        /// Name or id
        user: String,
        #[command(flatten)]
        because: Because,
    },
    /// Set a user's password, which signs the user out everywhere
    SetPassword {
        /// Name or id
        user: String,
        /// Read it from the first line of the standard input instead of a prompt
        #[arg(long)]
        password_stdin: bool,
    },
}

/// A new user.
#[derive(Args)]
pub(super) struct Add {
    /// The name to sign in with
    username: String,
    #[arg(long)]
    email: Option<String>,
    /// admin, support or auditor; can be given more than once
    #[arg(long = "role")]
    roles: Vec<String>,
    /// Ask for a password instead of making a link
    #[arg(long, conflicts_with = "password_stdin")]
    password_prompt: bool,
    /// Read the password from the first line of the standard input
    #[arg(long)]
    password_stdin: bool,
}

/// Which users.
#[derive(Args)]
pub(super) struct List {
    /// How the name or the e-mail begins
    #[arg(long, default_value = "")]
    query: String,
    /// active or disabled
    #[arg(long, value_parser = ["active", "disabled"])]
    status: Option<String>,
    /// How many at the most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=200))]
    limit: i64,
    /// Where to go on, from the list before
    #[arg(long)]
    cursor: Option<String>,
}

impl User {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(json).await,
            Self::List(list) => list.run(json).await,
            Self::Disable { user, suspend } => {
                with_app(async |app, actor| {
                    let id = find(app, &user).await?;
                    disable::disable(app, actor, Subject::User(id), &suspend.into()).await?;
                    show(app, id, json).await
                })
                .await
            }
            Self::Enable { user, because } => {
                with_app(async |app, actor| {
                    let id = find(app, &user).await?;
                    disable::enable(app, actor, Subject::User(id), because.reason.as_deref())
                        .await?;
                    show(app, id, json).await
                })
                .await
            }
            Self::SetPassword {
                user,
                password_stdin,
            } => {
                let password = output::read_password(password_stdin)?;
                with_app(async |app, actor| {
                    let id = find(app, &user).await?;
                    set_password::set_by_operator(app, actor, id, &password).await?;
                    show(app, id, json).await
                })
                .await
            }
        }
    }
}

impl Add {
    async fn run(self, as_json: bool) -> Result<(), Failure> {
        let password = if self.password_stdin || self.password_prompt {
            Some(output::read_password(self.password_stdin)?)
        } else {
            None
        };
        with_app(async |app, actor| {
            let new = NewUser {
                username: &self.username,
                password: password.as_ref(),
                email: self.email.as_deref(),
                roles: &self.roles,
            };
            let (id, link) = users::create(app, actor, &new).await?;
            let record = UserRecord::from(listing::user(app, id).await?);
            let link = link.map(|link| link.url.expose().clone());
            if as_json {
                return output::json(&json!({ "user": record, "password_link": link }));
            }
            output::line(output::user(&record));
            if let Some(link) = link {
                output::line("Hand this link over; it sets a password once, within an hour:");
                output::line(link);
            }
            Ok(())
        })
        .await
    }
}

impl List {
    async fn run(self, as_json: bool) -> Result<(), Failure> {
        let after = match self.cursor.as_deref().map(db::users::Place::parse) {
            None => None,
            Some(Some(after)) => Some(after),
            Some(None) => return Err(Failure::Other("this cursor is none of ours".to_owned())),
        };
        let filter = db::users::Filter {
            prefix: username::beginning(&self.query),
            disabled: self.status.map(|status| status == "disabled"),
            at: db::cursor::At::after(after),
            ..db::users::Filter::default()
        };
        with_app(async |app, _| {
            let page = listing::users(app, &filter, self.limit)
                .await?
                .map(UserRecord::from);
            if as_json {
                return output::json(
                    &json!({ "items": page.items, "next_cursor": page.next_cursor }),
                );
            }
            for record in &page.items {
                output::line(output::user(record));
            }
            if let Some(cursor) = page.next_cursor {
                output::line(format_args!("There are more: --cursor {cursor}"));
            }
            Ok(())
        })
        .await
    }
}

/// By id or, since no name looks like one, by name.
async fn find(app: &App, user: &str) -> Result<UserId, Failure> {
    match user.parse() {
        Ok(id) => Ok(id),
        Err(_) => Ok(listing::user_named(app, user).await?.id),
    }
}

async fn show(app: &App, id: UserId, json: bool) -> Result<(), Failure> {
    let record = UserRecord::from(listing::user(app, id).await?);
    if json {
        return output::json(&record);
    }
    output::line(output::user(&record));
    Ok(())
}
