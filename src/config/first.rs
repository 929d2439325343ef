//! The first config file, written from what somebody has chosen. Never over one that is there.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use toml::Value;

use super::{Aws, default_text, usual_place};
use crate::text::printable;

/// Where the config file would be, if there is none.
pub fn vacant_place() -> Option<PathBuf> {
    usual_place()
        .filter(|path| matches!(path.symlink_metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound))
}

/// Writes the usual config file: the default one, with these settings switched on.
///
/// # Errors
/// Why it was not written; printable.
pub fn write_first(aws: &Aws) -> Result<(), String> {
    let path = usual_place().ok_or("there is no home for a config file: set HOME or XDG_CONFIG_HOME")?;
    write_to(&path, aws).map_err(|error| {
        let path = path.to_string_lossy();
        format!("the config file {} is not written: {}", printable(&path), printable(&error.to_string()))
    })
}

/// For its owner only: it says where somebody works, and hooks in it are run.
fn write_to(path: &Path, aws: &Aws) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(with(aws).as_bytes())?;
    file.sync_all()
}

/// The commented default with these settings switched on.
fn with(aws: &Aws) -> String {
    let text = |text: &Option<String>| text.clone().map(Value::String);
    let lists = aws.task_lists.iter().cloned().map(Value::String).collect::<Vec<_>>();
    let lists = Some(Value::Array(lists)).filter(|_| !aws.task_lists.is_empty());
    let settings = [
        ("profile", text(&aws.profile)),
        ("region", text(&aws.region)),
        ("endpoint_url", text(&aws.endpoint_url)),
        ("domain", text(&aws.domain)),
        ("task_lists", lists),
        ("identity", text(&aws.identity)),
    ];
    let mut in_aws = false;
    let lines = default_text().lines().map(str::to_owned).collect::<Vec<_>>();
    let lines = lines.into_iter().map(|line| {
        if line.starts_with('[') {
            in_aws = line == "[aws]";
        }
        let setting = settings.iter().find(|(name, _)| in_aws && line.starts_with(&format!("#{name} = ")));
        match setting {
            Some((name, Some(value))) => format!("{name} = {value}"),
            _ => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::Config;

    fn aws() -> Aws {
        Aws {
            profile: Some("o\"ps".into()),
            region: Some("eu-west-1".into()),
            domain: Some("ops\u{1b}".into()),
            task_lists: vec!["manual".into()],
            ..Aws::default()
        }
    }

    #[test]
    fn it_says_what_was_chosen_and_nothing_else() {
        let read = Config::read(&with(&aws())).unwrap();
        assert_eq!(read, Config { aws: aws(), ..Config::default() });
        assert_eq!(with(&Aws::default()), default_text());
    }

    #[test]
    fn it_is_private_and_never_written_over_another() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/config.toml");
        write_to(&path, &aws()).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(write_to(&path, &Aws::default()).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), with(&aws()));
    }
}
