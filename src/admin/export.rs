//! `/admin/export/<list>.<format>`: what a list shows, as a file. It goes out page by page as the browser takes it,
//! each page read by a statement of its own, so neither memory nor a transaction grows with the list.

mod csv;

use std::{io::Cursor, sync::Arc, time::Duration};

use rocket::{
    Request, Response, State,
    futures::stream,
    get,
    response::{Responder, stream::ReaderStream},
};
use serde_json::Value;
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    time::timeout,
};

use super::{
    asked::{Asked, Question},
    audit, devices,
    fault::Fault,
    refusals, tokens, users,
};
use crate::{
    api::error::Wire,
    app::App,
    domain::{
        Caller,
        error::Error,
        export::{self, Export, Exporting},
    },
    guard::session::Reader,
};

/// How many rows are read at once.
pub const PAGE: i64 = 500;

/// How many pages may wait for a browser that is slow.
const AHEAD: usize = 2;

/// A browser that takes nothing for so long has gone.
const STALLED: Duration = Duration::from_mins(1);

/// How much goes to the browser at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// The columns that users, devices and tokens have alike.
pub const SUSPENSION: &[&str] = &[
    "disabled",
    "disabled_at",
    "disabled_until",
    "disabled_reason",
];

/// Rows to be taken out. They are the records of the API, with the names that the page shows beside.
pub trait Source: Send + 'static {
    /// Which list.
    const LIST: &'static str;
    /// The columns of its CSV: fields of the records, a dot between those that lie in each other.
    const COLUMNS: &'static [&'static str];
    /// The rest of them.
    const MORE: &'static [&'static str] = &[];

    /// The next rows, and whether there are more.
    ///
    /// # Errors
    /// Those of the database.
    fn next(&mut self, app: &App)
    -> impl Future<Output = Result<(Vec<Value>, bool), Error>> + Send;
}

/// A record with more fields.
///
/// # Errors
/// Ours: each record can be written.
pub fn record<const MORE: usize>(
    record: serde_json::Result<Value>,
    more: [(&str, Value); MORE],
) -> Result<Value, Error> {
    let mut record = record?;
    for (name, value) in more {
        record[name] = value;
    }
    Ok(record)
}

/// As what a list is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

impl Format {
    fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }

    fn beginning(self, columns: &[&str]) -> String {
        match self {
            Self::Csv => csv::head(columns),
            Self::Json => "[".to_owned(),
        }
    }

    fn row(self, columns: &[&str], first: bool, record: &Value, text: &mut String) {
        match self {
            Self::Csv => csv::row(columns, record, text),
            Self::Json => {
                text.push_str(if first { "\n" } else { ",\n" });
                text.push_str(&record.to_string());
            }
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::Csv => "",
            Self::Json => "\n]\n",
        }
    }

    /// The end of what breaks off, which must not be taken for the whole. JSON that is not closed cannot be.
    fn broken_off(self) -> &'static str {
        match self {
            Self::Csv => "This export is not complete. Repeat it.\r\n",
            Self::Json => "",
        }
    }
}

/// Why an export breaks off.
enum Broken {
    /// Nobody takes it any more.
    Gone,
    /// Whoever began it may no longer.
    Forbidden,
    /// The rows cannot be read.
    Failed(Error),
}

/// What goes out while it is read.
pub struct Download {
    name: String,
    format: Format,
    pieces: Receiver<String>,
}

impl<'r> Responder<'r, 'r> for Download {
    fn respond_to(self, _: &'r Request<'_>) -> rocket::response::Result<'r> {
        let pieces = stream::unfold(self.pieces, async |mut pieces| {
            let piece = pieces.recv().await?;
            Some((Cursor::new(piece), pieces))
        });
        let disposition = format!("attachment; filename=\"{}\"", self.name);
        Response::build()
            .raw_header("Content-Type", self.format.content_type())
            .raw_header("Content-Disposition", disposition)
            .raw_header("Cache-Control", "no-store")
            .max_chunk_size(CHUNK)
            .streamed_body(ReaderStream::from(pieces))
            .ok()
    }
}

/// What a list shows with these filters, as `users.csv`, `audit.json` and so on.
#[get("/admin/export/<file>?<asked..>")]
pub async fn download(
    app: &State<Arc<App>>,
    by: Reader,
    caller: Caller,
    file: &str,
    asked: Asked<'_>,
) -> Result<Download, Fault> {
    let (list, format) = match file.split_once('.') {
        Some((list, "csv")) => (list, Format::Csv),
        Some((list, "json")) => (list, Format::Json),
        _ => return Err(Wire::no_such_path().into()),
    };
    // From the beginning, whichever page of the list it is asked on.
    let asked = Asked {
        cursor: None,
        before: None,
        ..asked
    };
    let start = Start {
        app,
        by,
        caller,
        format,
    };
    match list {
        "users" => start.with(users::list::question(&asked)?).await,
        "devices" => start.with(devices::question(&asked)?).await,
        "tokens" => start.with(tokens::question(&asked)?).await,
        "refusals" => start.with(refusals::question(&asked)?).await,
        "audit" => start.with(audit::question(app, &asked).await?).await,
        _ => Err(Wire::no_such_path().into()),
    }
}

struct Start<'a> {
    app: &'a Arc<App>,
    by: Reader,
    caller: Caller,
    format: Format,
}

impl Start<'_> {
    async fn with<S: Source>(self, question: Question<S>) -> Result<Download, Fault> {
        question.faults.refuse()?;
        let export = Export {
            list: S::LIST,
            format: self.format.as_str(),
            filters: question.asked.told(),
        };
        let exporting = export::begin(self.app, &self.by.0, &self.caller, export).await?;
        let (to, pieces) = mpsc::channel(AHEAD);
        let app = Arc::clone(self.app);
        let day = app.clock.now().format("%Y-%m-%d");
        let name = format!("doorward-{}-{day}.{}", S::LIST, self.format.as_str());
        // It outlives a browser that goes away by as long as it takes to tell the audit log.
        tokio::spawn(write(app, exporting, question.filter, self.format, to));
        Ok(Download {
            name,
            format: self.format,
            pieces,
        })
    }
}

/// Writes an export to its end, whatever that is, and tells the audit log before the file is closed.
async fn write<S: Source>(
    app: Arc<App>,
    mut exporting: Exporting,
    mut source: S,
    format: Format,
    to: Sender<String>,
) {
    let written = write_rows(&app, &mut exporting, &mut source, format, &to).await;
    let mut whole = written.is_ok();
    if let Err(Broken::Failed(error)) = written {
        tracing::warn!(%error, list = S::LIST, "an export broke off");
    }
    if let Err(error) = exporting.end(&app, whole).await {
        tracing::warn!(%error, list = S::LIST, "the end of an export is not in the audit log");
        whole = false;
    }
    let end = if whole {
        format.end()
    } else {
        format.broken_off()
    };
    // Nobody is there to complain to.
    let _ = send(&to, end.to_owned()).await;
}

async fn write_rows<S: Source>(
    app: &App,
    exporting: &mut Exporting,
    source: &mut S,
    format: Format,
    to: &Sender<String>,
) -> Result<(), Broken> {
    let columns = [S::COLUMNS, S::MORE].concat();
    let mut text = format.beginning(&columns);
    let mut first = true;
    loop {
        if !exporting.may_go_on(app) {
            return Err(Broken::Forbidden);
        }
        let (rows, more) = source.next(app).await.map_err(Broken::Failed)?;
        for row in &rows {
            format.row(&columns, first, row, &mut text);
            first = false;
        }
        send(to, std::mem::take(&mut text)).await?;
        exporting.count(rows.len());
        if !more {
            return Ok(());
        }
    }
}

async fn send(to: &Sender<String>, piece: String) -> Result<(), Broken> {
    match timeout(STALLED, to.send(piece)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Broken::Gone),
    }
}
