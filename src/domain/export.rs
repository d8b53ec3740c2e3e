//! Taking a list out as a file. What leaves is told in the audit log twice: before the first row, so that nothing
//! leaves untold, and when it is over, with how many rows there were.

use super::{Actor, Caller, admin_session::Panelist, error::Error};
use crate::{
    app::App,
    db::audit_events::{Action, Event},
    ids::UserId,
};

/// What is taken out.
#[derive(Debug, Clone)]
pub struct Export {
    /// Which list.
    pub list: &'static str,
    /// As what: `csv` or `json`.
    pub format: &'static str,
    /// What the list is narrowed down to, each as name and value. No text that was looked for: the audit log
    /// holds no names.
    pub filters: Vec<String>,
}

impl Export {
    fn event(&self, action: Action) -> Event {
        Event::on_server(action)
            .with("list", self.list)
            .with("format", self.format)
            .with("filters", self.filters.clone())
    }
}

/// An export that has begun.
#[derive(Debug)]
pub struct Exporting {
    export: Export,
    actor: Actor,
    user: UserId,
    roles: Vec<String>,
    rows: u64,
}

/// Begins an export, in the name of whoever is signed in to the panel.
///
/// # Errors
/// Those of the database; then nothing may leave.
pub async fn begin(
    app: &App,
    by: &Panelist,
    caller: &Caller,
    export: Export,
) -> Result<Exporting, Error> {
    let actor = by.actor(caller);
    let event = export.event(Action::ExportBegun);
    app.change(&actor).await?.commit(event).await?;
    Ok(Exporting {
        export,
        actor,
        user: by.user,
        roles: by.roles.clone(),
        rows: 0,
    })
}

impl Exporting {
    /// Whether the user still is who began it: a long export does not outlive a role that was taken away.
    pub fn may_go_on(&self, app: &App) -> bool {
        let known = app.cut_offs.known();
        !known.is_suspended(self.user.0, app.clock.now())
            && !known.has_ended(self.user.0)
            && !known.has_other_roles(self.user, &self.roles)
    }

    /// Counts what has left.
    pub fn count(&mut self, rows: usize) {
        self.rows += rows as u64;
    }

    /// Tells how many rows left, and whether those were all.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn end(self, app: &App, complete: bool) -> Result<(), Error> {
        let event = self.export.event(Action::Exported);
        let event = event.with("rows", self.rows).with("complete", complete);
        Ok(app.change(&self.actor).await?.commit(event).await?)
    }
}
