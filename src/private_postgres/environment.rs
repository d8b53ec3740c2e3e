//! The one place where the private Postgres looks at the process's environment: before there is a
//! configuration, and because binaries are found the way a shell finds them.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// All that the server's processes inherit: where programs and libraries are. Not `PG*`, which
/// would redirect them, and not our own secrets, which the server's user could read in /proc.
const INHERITED: [&str; 4] = [
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LOCALE_ARCHIVE",
];

/// `DOORWARD_PG_BIN`: the directory with `initdb` and `postgres`; where set, no other is tried.
pub(super) fn binaries_override() -> Option<PathBuf> {
    env::var_os("DOORWARD_PG_BIN")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from)
}

/// The absolute directories of `PATH`, in order.
pub(super) fn search_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .collect()
}

/// The whole environment of the server's processes.
pub(super) fn for_server() -> Vec<(&'static str, OsString)> {
    let inherited = INHERITED
        .into_iter()
        .filter_map(|name| Some((name, env::var_os(name)?)));
    // A locale that surely exists: macOS refuses to start Postgres without one, and the log
    // stays in English, which is what we search it for.
    inherited.chain([("LC_ALL", OsString::from("C"))]).collect()
}
