//! Who runs the server. Postgres refuses to run as root, so that for root it is another user, to
//! whom its own files are given and who must be able to get to them; for anybody else it is
//! ourselves. Also decides where `data_dir` is, which depends on just that.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::error::Error;
use super::{environment, layout};

/// Where root's data go when the server's user cannot reach the configured place.
const FOR_ROOT: &str = "/var/lib/doorward";

/// The user that `initdb` and `postgres` run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ServerUser {
    /// The one who runs us.
    Ourselves,
    /// Somebody without privileges, since we are root.
    Other { name: String, uid: u32, gid: u32 },
}

impl ServerUser {
    /// For root: whoever owns the cluster that is there already, else `postgres`, else `nobody`.
    pub(super) fn choose(data_dir: &Path) -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        if let Ok(cluster) = fs::metadata(layout::cluster_in(data_dir))
            && cluster.uid() != 0
        {
            let (uid, gid) = (cluster.uid(), cluster.gid());
            return Ok(Self::Other {
                name: uid.to_string(),
                uid,
                gid,
            });
        }
        let passwd = Path::new("/etc/passwd");
        let accounts = fs::read_to_string(passwd).map_err(Error::at("read", passwd))?;
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| find_account(&accounts, name))
            .ok_or(Error::NoServerUser)
    }

    /// A command that will run as this user: with a clean environment, out of reach of the
    /// terminal's Ctrl-C (its own process group), and in a directory that anybody may be in.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(environment::for_server())
            .current_dir("/")
            .process_group(0);
        if let Self::Other { uid, gid, .. } = self {
            // Also drops root's supplementary groups.
            command.uid(*uid).gid(*gid);
        }
        command
    }

    /// Hands a file or directory to this user.
    pub(super) fn give(&self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Ourselves => Ok(()),
            // Not through a symbolic link: the directory may be another user's.
            Self::Other { uid, gid, .. } => lchown(path, Some(*uid), Some(*gid))
                .map_err(Error::at("give to the server's user", path)),
        }
    }

    /// Whether this user can get to `dir`, all of its symbolic links followed. What does not exist
    /// yet counts as passable, since we would make it so; other modes are left as they are.
    pub(super) fn can_reach(&self, dir: &Path) -> bool {
        let mut existing = dir.ancestors();
        let Some(real) = existing.find_map(|ancestor| fs::canonicalize(ancestor).ok()) else {
            return false;
        };
        real.ancestors()
            .all(|ancestor| fs::metadata(ancestor).is_ok_and(|it| self.passes(&it)))
    }

    fn passes(&self, dir: &Metadata) -> bool {
        match self {
            // A file in the way is another fault, which the start will tell.
            _ if !dir.is_dir() => true,
            // Any fault comes out as an error of the file concerned, which says more.
            Self::Ourselves => true,
            Self::Other { uid, .. } if *uid == dir.uid() => dir.mode() & 0o100 != 0,
            Self::Other { gid, .. } if *gid == dir.gid() => dir.mode() & 0o010 != 0,
            Self::Other { .. } => dir.mode() & 0o001 != 0,
        }
    }

    /// As [`can_reach`](Self::can_reach), for `data_dir`: its own mode is ours to set.
    pub(super) fn can_reach_data_dir(&self, data_dir: &Path) -> bool {
        match fs::canonicalize(data_dir) {
            Ok(real) if layout::is_ours(&real).unwrap_or(false) => {
                real.parent().is_none_or(|parent| self.can_reach(parent))
            }
            _ => self.can_reach(data_dir),
        }
    }

    /// For messages.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Ourselves => "doorward's own",
            Self::Other { name, .. } => name,
        }
    }
}

/// The directory that will hold the private cluster and the files beside it: `configured`, made
/// absolute; or for root, where the user that runs the database cannot reach it,
/// `/var/lib/doorward`, with one line for the log that says so.
///
/// To be asked once, before anything is put there. A directory that already holds a cluster is
/// never exchanged for another: its data would seem lost.
#[must_use]
pub fn resolve_data_dir(configured: &Path) -> (PathBuf, Option<String>) {
    let data_dir = std::path::absolute(configured).unwrap_or_else(|_| configured.to_owned());
    match ServerUser::choose(&data_dir) {
        Ok(user) => resolve_for(&user, data_dir),
        // The start will say so, with the way out.
        Err(_) => (data_dir, None),
    }
}

fn resolve_for(user: &ServerUser, data_dir: PathBuf) -> (PathBuf, Option<String>) {
    if user.can_reach_data_dir(&data_dir) || layout::cluster_in(&data_dir).exists() {
        return (data_dir, None);
    }
    let notice = format!(
        "data_dir is {FOR_ROOT}: user {}, who runs the database for root, cannot reach {}",
        user.name(),
        data_dir.display()
    );
    (PathBuf::from(FOR_ROOT), Some(notice))
}

/// The account `name` of a passwd(5) text; a broken line is none.
fn find_account(passwd: &str, name: &str) -> Option<ServerUser> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok().filter(|uid| *uid != 0)?;
        let gid = fields.next()?.parse().ok()?;
        Some(ServerUser::Other {
            name: name.to_owned(),
            uid,
            gid,
        })
    })
}

/// The user we run as.
pub(super) fn our_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn accounts_are_found_by_their_whole_name_and_never_root() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgresql:x:7:7::/:/bin/sh\nbroken:x\n\
                      fake:x:0:0::/:/bin/sh\npostgres:x:101:104:,,,:/var/lib:/bin/bash\n";
        let postgres = ServerUser::Other {
            name: "postgres".to_owned(),
            uid: 101,
            gid: 104,
        };
        assert_eq!(find_account(passwd, "postgres"), Some(postgres));
        for absent in ["nobody", "broken", "fake"] {
            assert_eq!(find_account(passwd, absent), None, "{absent}");
        }
    }

    #[test]
    fn a_data_dir_out_of_the_users_reach_is_exchanged_unless_it_holds_a_cluster() {
        let stranger = ServerUser::Other {
            name: "stranger".to_owned(),
            uid: 65_533,
            gid: 65_533,
        };
        let parent = std::env::temp_dir().join(format!("doorward-reach-{}", std::process::id()));
        let data_dir = parent.join("data");
        fs::create_dir_all(&parent).unwrap();

        fs::set_permissions(&parent, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(
            resolve_for(&stranger, data_dir.clone()),
            (data_dir.clone(), None)
        );

        fs::set_permissions(&parent, fs::Permissions::from_mode(0o700)).unwrap();
        let (moved, notice) = resolve_for(&stranger, data_dir.clone());
        assert_eq!(moved, Path::new(FOR_ROOT));
        assert!(notice.is_some_and(|line| line.contains("stranger") && !line.contains('\n')));
        assert_eq!(
            resolve_for(&ServerUser::Ourselves, data_dir.clone()).0,
            data_dir
        );

        fs::create_dir_all(data_dir.join("postgres")).unwrap();
        assert_eq!(
            resolve_for(&stranger, data_dir.clone()),
            (data_dir.clone(), None)
        );
        fs::remove_dir_all(&parent).unwrap();
    }
}
