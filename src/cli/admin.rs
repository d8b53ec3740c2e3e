//! `doorward admin create`.

use clap::Subcommand;

use super::{Failure, access::with_app, output};
use crate::{
    domain::{
        listing,
        users::{self, NewUser},
    },
    records::UserRecord,
};

/// What to do about administrators.
#[derive(Subcommand)]
pub(super) enum Admin {
    /// Create an administrator, with a password from a prompt
    Create {
        /// The name to sign in with
        #[arg(long)]
        username: String,
        /// Read the password from the first line of the standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

impl Admin {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let Self::Create {
            username,
            password_stdin,
        } = self;
        let password = output::read_password(password_stdin)?;
        with_app(async |app, actor| {
            let new = NewUser {
                username: &username,
                password: Some(&password),
                email: None,
                roles: &["admin".to_owned()],
            };
            let (id, _) = users::create(app, actor, &new).await?;
            let record = UserRecord::from(listing::user(app, id).await?);
            if json {
                return output::json(&record);
            }
            output::line(output::user(&record));
            Ok(())
        })
        .await
    }
}
