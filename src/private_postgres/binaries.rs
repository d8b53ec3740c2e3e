//! Finds the server's programs where packages put them. Only programs of the major version that
//! made the cluster can open it, which is why every place is asked for its version.

use std::fs;
use std::path::{Path, PathBuf};

use super::account::ServerUser;
use super::environment;
use super::error::Error;

/// The oldest version that knows all the settings we give.
const OLDEST_MAJOR: u32 = 13;

/// Places with a version in their name: parent, what stands before the version, what follows it.
const VERSIONED: [(&str, &str, &str); 9] = [
    ("/usr/lib/postgresql", "", "bin"),          // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                   // PGDG on Fedora, RHEL
    ("/usr/libexec", "postgresql", ""),          // Alpine
    ("/usr/lib", "postgresql", "bin"),           // openSUSE
    ("/usr/lib64", "postgresql-", "bin"),        // Gentoo
    ("/opt/homebrew/opt", "postgresql@", "bin"), // macOS on ARM
    ("/usr/local/opt", "postgresql@", "bin"),    // macOS on Intel
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ("/usr/local", "pgsql", "bin"), // built by hand
];

/// A directory with `initdb`, `postgres` and `pg_ctl` of one version.
#[derive(Debug)]
pub(super) struct Binaries {
    dir: PathBuf,
    major: u32,
}

impl Binaries {
    /// Those of version `wanted`, or where that is `None` the first that will do.
    pub(super) async fn find(user: &ServerUser, wanted: Option<Wanted<'_>>) -> Result<Self, Error> {
        let places = match environment::binaries_override() {
            Some(named) if major_of(&named, user).await.is_none() => {
                return Err(Error::BadOverride(named));
            }
            Some(named) => vec![named],
            None => usual_places(user).await,
        };
        Self::find_in(&places, user, wanted).await
    }

    async fn find_in(
        places: &[PathBuf],
        user: &ServerUser,
        wanted: Option<Wanted<'_>>,
    ) -> Result<Self, Error> {
        for dir in places {
            let Some(major) = major_of(dir, user).await else {
                continue;
            };
            if wanted.is_none_or(|wanted| wanted.major == major) {
                return Ok(Self {
                    dir: dir.clone(),
                    major,
                });
            }
        }
        match wanted {
            Some(Wanted { major, by }) => Err(Error::WrongMajor {
                cluster: by.to_owned(),
                made_by: major,
            }),
            None => Err(Error::NoBinaries),
        }
    }

    /// The path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(super) fn major(&self) -> u32 {
        self.major
    }
}

/// A version, and the cluster that asks for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) major: u32,
    pub(super) by: &'a Path,
}

/// In the order of trust: what the shell would run, what the development package points to, and
/// then where packages leave programs that are not on the path, the newest first.
async fn usual_places(user: &ServerUser) -> Vec<PathBuf> {
    let mut places = environment::search_path();
    if let Some(bindir) = output_of(user, Path::new("pg_config"), "--bindir").await {
        places.push(PathBuf::from(bindir.trim()));
    }
    for (parent, before, after) in VERSIONED {
        places.extend(
            versions_in(Path::new(parent), before)
                .into_iter()
                .map(|dir| dir.join(after)),
        );
    }
    places
}

/// The subdirectories of `parent` that are called `before` and a version, the newest first.
fn versions_in(parent: &Path, before: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            Some((
                version(entry.file_name().to_str()?.strip_prefix(before)?)?,
                entry.path(),
            ))
        })
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, path)| path).collect()
}

/// `16` and `9.6` are versions, and so is nothing at all, which is older than any other.
fn version(text: &str) -> Option<Vec<u32>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split('.').map(|part| part.parse().ok()).collect()
}

/// The major version of the programs in `dir`, if they are there and this user can run them.
async fn major_of(dir: &Path, user: &ServerUser) -> Option<u32> {
    let there = |name| dir.join(name).is_file();
    if !there("initdb") || !there("postgres") || !user.can_reach(dir) {
        return None;
    }
    let said = output_of(user, &dir.join("postgres"), "--version").await?;
    parse_major(&said).filter(|major| *major >= OLDEST_MAJOR)
}

/// From `postgres (PostgreSQL) 15.18 (Debian 15.18-0)`, or `… 19beta1`.
fn parse_major(said: &str) -> Option<u32> {
    let (_, version) = said.split_once("(PostgreSQL) ")?;
    let end = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    version.get(..end)?.parse().ok()
}

/// What a program says to one argument; `None` for any failure, since others are left to try.
async fn output_of(user: &ServerUser, program: &Path, argument: &str) -> Option<String> {
    let output = user
        .command(program)
        .arg(argument)
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_sorted_as_numbers() {
        assert_eq!(
            parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(parse_major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(parse_major("postgres (EnterpriseDB) 15.1\n"), None);
        assert!(version("16") > version("9.6") && version("9.6") > version(""));
        assert_eq!(version("common"), None);
    }

    #[tokio::test]
    async fn a_machine_without_postgres_is_told_how_to_get_it() {
        let user = ServerUser::Ourselves;
        let error = Binaries::find_in(&["/nonexistent".into()], &user, None)
            .await
            .unwrap_err();
        let line = error.to_string();
        for way_out in [
            "apt-get install postgresql",
            "dnf install",
            "brew install",
            "DATABASE_URL",
        ] {
            assert!(line.contains(way_out), "{line}");
        }
        assert!(!line.contains('\n'));
    }

    #[tokio::test]
    async fn a_cluster_of_another_version_names_the_version_it_needs() {
        let wanted = Wanted {
            major: 99,
            by: Path::new("/srv/doorward/postgres"),
        };
        let error = Binaries::find(&ServerUser::Ourselves, Some(wanted))
            .await
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("/srv/doorward/postgres was made by Postgres 99"),
            "{error}"
        );
    }
}
