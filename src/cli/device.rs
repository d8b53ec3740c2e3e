//! `doorward device`.

use clap::Subcommand;

use super::{Because, Failure, Suspend, access::with_app, output};
use crate::{
    app::App,
    db::disabling::Subject,
    domain::{disable, listing},
    ids::DeviceId,
    records::DeviceRecord,
};

/// What to do about a device.
#[derive(Subcommand)]
pub(super) enum Device {
    /// Disable a device
    Disable {
        /// Its id
        id: DeviceId,
        #[command(flatten)]
        suspend: Suspend,
    },
    /// Enable a device again
    Enable {
        /// Its id
        id: DeviceId,
        #[command(flatten)]
        because: Because,
    },
}

impl Device {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        with_app(async |app, actor| {
            let id = match self {
                Self::Disable { id, suspend } => {
                    disable::disable(app, actor, Subject::Device(id), &suspend.into()).await?;
                    id
                }
                Self::Enable { id, because } => {
                    disable::enable(app, actor, Subject::Device(id), because.reason.as_deref())
                        .await?;
                    id
                }
            };
            show(app, id, json).await
        })
        .await
    }
}

async fn show(app: &App, id: DeviceId, json: bool) -> Result<(), Failure> {
    let record = DeviceRecord::from(listing::device(app, id).await?);
    if json {
        return output::json(&record);
    }
    output::line(output::device(&record));
    Ok(())
}
