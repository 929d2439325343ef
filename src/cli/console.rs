//! `swfbeat`: the console on a domain of Amazon SWF, or of anything that speaks like it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::failure::{Failure, Kind};
use super::link::Link;
use super::looks::Looks;
use super::{leave, outlet, takeover, who};
use crate::clock;
use crate::config::{self, Rate};
use crate::console::{Config, Occasion, Rules};
use crate::journal::{self, OpenError, Place};
use crate::runtime::{self, Hooks, Opened, Parts};
use crate::swf::{Access, Service, Settings};
use crate::task::{check_length, limit};
use crate::text::{Foreign, printable};
use crate::tui::{self, Signals};

/// What `swfbeat` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The SWF domain
    #[arg(long, env = "SWFBEAT_DOMAIN", hide_env_values = true, value_name = "NAME")]
    domain: Option<String>,
    /// The task list that `p` offers to claim from
    #[arg(long, env = "SWFBEAT_TASK_LIST", hide_env_values = true, value_name = "NAME")]
    task_list: Option<String>,
    /// A profile of the AWS config files, instead of AWS_PROFILE
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The AWS region, instead of AWS_REGION or the profile's
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Another SWF, such as that of `swfbeat emulator`
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Who claims, as the workflow's history will have it: at most 200 characters, user@host if left out
    #[arg(long, value_name = "TEXT")]
    identity: Option<String>,
    /// Heartbeats a second at the most, or none for no limit; 80 if left out, SWF gives 160 to the whole account and region
    #[arg(long, value_name = "N|none", value_parser = Rate::parse)]
    heartbeat_rate: Option<Rate>,
    /// Where tasks are written down, instead of a file for each service in $XDG_STATE_HOME/swfbeat
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// The journal is of this service, whatever endpoint, region and profile it was made with
    #[arg(long)]
    same_service: bool,
    /// Look on while another swfbeat keeps the journal: no polls, no heartbeats, no closes
    #[arg(long)]
    read_only: bool,
    /// Make another swfbeat that holds the journal leave, as SIGTERM does, and go on with its tasks
    #[arg(long, conflicts_with = "read_only")]
    take_over: bool,
    /// The config file, instead of $XDG_CONFIG_HOME/swfbeat/config.toml; everything here wins over it
    #[arg(long, env = "SWFBEAT_CONFIG", hide_env_values = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write the default config file with every setting explained, and do nothing else
    #[arg(long)]
    pub print_config: bool,
    #[command(flatten)]
    looks: Looks,
}

/// Opens the console; returns after it was left.
///
/// # Errors
/// Something is missing, the journal cannot be opened, or the engine or the screen failed.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let file = config::Config::load(named(arguments.config.as_ref()))?;
    let domain = domain(arguments.domain.as_deref(), file.aws.domain.as_deref())?;
    let task_list = arguments.task_list.as_deref().filter(|name| !name.is_empty());
    let task_list = task_list.or(file.aws.task_lists.first().map(String::as_str));
    let task_list = task_list.map(|name| name_of("--task-list", name)).transpose()?;
    let identity = who::identity(arguments.identity.as_deref().or(file.aws.identity.as_deref()))?;
    let service = connect(&arguments.settings(&file.aws, |name| env::var(name).ok()))?;
    let name = service_name(&service);
    let place = match arguments.journal.clone().or(file.journal.file.as_ref().map(PathBuf::from)) {
        Some(path) => Place::named(path),
        None => Place::of_service(&name)?,
    };
    let settings = journal::Settings {
        same_service: arguments.same_service,
        retention_ms: file.journal.retention.0,
        ..journal::Settings::new(identity.raw(), clock::boot_id(), name)
    };
    let Some((opened, read_only)) =
        open(&place, &settings, arguments.read_only || file.read_only, arguments.take_over)?
    else {
        return Ok(ExitCode::from(Kind::Journal as u8));
    };
    let config = Config {
        identity,
        run: who::run(),
        boot_id: clock::boot_id(),
        service: service.endpoint().unwrap_or(service.region()).into(),
        domain,
        seed: who::seed(),
        heartbeat_rate: arguments.heartbeat_rate.unwrap_or(file.heartbeat_rate).0,
        lease: file.lease,
        low_tolerance_ms: file.warnings.tolerance.0,
        rules: Rules::default(),
        read_only,
    };
    let options = tui::Options { read_only, task_list, ..arguments.looks.options(&file) };
    let signals = Signals::install().map_err(|error| cannot_start(&error))?;
    let handle = runtime::start(Parts { config, service, opened, hooks: hooks(&file.hooks) })
        .map_err(|error| cannot_start(&error))?;
    let mut link = Link::new(handle, None);
    let shown = tui::run(options, &mut link, &signals);
    Ok(leave::leave(link, &signals, &shown, Some(&place), || {}))
}

impl Arguments {
    /// Where the service is: the command line wins over the environment, that over the config file, and that over the
    /// profile. `variable` reads the environment.
    fn settings(&self, file: &config::Aws, variable: impl Fn(&str) -> Option<String>) -> Settings {
        let set = |names: &[&str]| names.iter().any(|name| variable(name).is_some_and(|value| !value.is_empty()));
        let chosen = self.profile.clone().or_else(|| variable("AWS_PROFILE").filter(|name| !name.is_empty()));
        // What the file says beside its profile does not fit another one.
        let fits = chosen.is_none() || file.profile.is_none() || chosen == file.profile;
        let of_file = |value: &Option<String>, names: &[&str]| value.clone().filter(|_| fits && !set(names));
        Settings {
            profile: self.profile.clone().or_else(|| file.profile.clone().filter(|_| chosen.is_none())),
            region: self.region.clone().or_else(|| of_file(&file.region, &["AWS_REGION", "AWS_DEFAULT_REGION"])),
            endpoint_url: self
                .endpoint_url
                .clone()
                .or_else(|| of_file(&file.endpoint_url, &["AWS_ENDPOINT_URL_SWF", "AWS_ENDPOINT_URL"])),
            access: Access::Chain,
        }
    }
}

/// The programs of the config file.
fn hooks(file: &config::Hooks) -> Hooks {
    Occasion::ALL.into_iter().filter_map(|occasion| Some((occasion, file.of(occasion)?.to_vec()))).collect()
}

/// A config file that was named; an empty name, as in an empty variable, names none.
pub fn named(config: Option<&PathBuf>) -> Option<&Path> {
    config.map(PathBuf::as_path).filter(|path| !path.as_os_str().is_empty())
}

/// The system has no thread, descriptor or signal handler left.
pub fn cannot_start(error: &std::io::Error) -> Failure {
    Failure::new(Kind::Failed, format_args!("cannot start: {error}"))
}

/// Resolves region, endpoint and credentials on a runtime of its own: the engine's begins later, on its thread.
pub fn connect(settings: &Settings) -> Result<Service, Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| cannot_start(&error))?;
    Ok(runtime.block_on(Service::connect(settings))?)
}

fn domain(given: Option<&str>, of_file: Option<&str>) -> Result<Foreign, Failure> {
    if let Some(name) = given.filter(|name| !name.is_empty()).or(of_file) {
        return name_of("--domain", name);
    }
    let variable = if given.is_some() { "empty" } else { "not set" };
    Err(Failure::new(
        Kind::Setup,
        format_args!(
            "No domain. Tried:\n  --domain: not given\n  SWFBEAT_DOMAIN: {variable}\n  config file: no domain\n\
             Name one with --domain NAME, SWFBEAT_DOMAIN or in the config file; \
             aws swf list-domains --registration-status REGISTERED shows which there are.\n\
             To look around without AWS: swfbeat demo"
        ),
    ))
}

fn name_of(what: &'static str, name: &str) -> Result<Foreign, Failure> {
    check_length(what, name, limit::NAME).map_err(|error| Failure::new(Kind::Usage, error))?;
    Ok(name.into())
}

/// Tells different services apart, for their journals.
fn service_name(service: &Service) -> String {
    let profile = service.profile().map(|name| format!(" profile {name}")).unwrap_or_default();
    let endpoint = service.endpoint().map(|url| format!(" endpoint {url}")).unwrap_or_default();
    format!("{}{profile}{endpoint}", service.region())
}

/// Opens the journal as its keeper, or read-only if that was asked for, now or up front. `None`: asked, and declined.
fn open(
    place: &Place,
    settings: &journal::Settings,
    read_only: bool,
    take_over: bool,
) -> Result<Option<(Opened, bool)>, Failure> {
    if read_only {
        return Ok(Some((Opened::read_only(place)?, true)));
    }
    match Opened::keeper(place, settings) {
        Ok(opened) => Ok(Some((opened, false))),
        Err(OpenError::Held { by, .. }) if take_over => Ok(Some((takeover::take_over(place, settings, &by)?, false))),
        Err(OpenError::Held { path, by }) => {
            let question = format!(
                "The journal {} is held by {} (--take-over makes it leave). Open it read-only?",
                printable(&path.to_string_lossy()),
                printable(&by)
            );
            match outlet::ask(&question) {
                None => Err(OpenError::Held { path, by }.into()),
                Some(false) => Ok(None),
                Some(true) => Ok(Some((Opened::read_only(place)?, true))),
            }
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn settings(line: &[&str], file: &config::Aws, environment: &[(&str, &str)]) -> Settings {
        let line = Line::parse_from([&["swfbeat"], line].concat());
        let variable =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        line.arguments.settings(file, variable)
    }

    fn file() -> config::Aws {
        let some = |text: &str| Some(text.to_owned());
        config::Aws {
            profile: some("ops"),
            region: some("eu-west-1"),
            endpoint_url: some("http://file"),
            ..config::Aws::default()
        }
    }

    #[test]
    fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
        let found = settings(&[], &file(), &[]);
        assert_eq!((found.profile.as_deref(), found.region.as_deref()), (Some("ops"), Some("eu-west-1")));
        assert_eq!(found.endpoint_url.as_deref(), Some("http://file"));
        // The SDK reads the environment by itself: what is set there is left to it.
        let found = settings(&[], &file(), &[("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL", "http://env")]);
        assert_eq!((found.region, found.endpoint_url), (None, None));
        let found = settings(&["--region", "us-west-2"], &file(), &[("AWS_REGION", "us-east-1")]);
        assert_eq!(found.region.as_deref(), Some("us-west-2"));
        let found = settings(&[], &file(), &[("AWS_REGION", ""), ("AWS_PROFILE", "")]);
        assert_eq!((found.profile.as_deref(), found.region.as_deref()), (Some("ops"), Some("eu-west-1")));
    }

    #[test]
    fn region_and_endpoint_of_the_file_do_not_count_for_another_profile() {
        let found = settings(&["--profile", "other"], &file(), &[]);
        assert_eq!((found.profile.as_deref(), found.region, found.endpoint_url), (Some("other"), None, None));
        let found = settings(&[], &file(), &[("AWS_PROFILE", "other")]);
        assert_eq!((found.profile, found.region), (None, None));
        let general = config::Aws { profile: None, ..file() };
        let found = settings(&["--profile", "other"], &general, &[]);
        assert_eq!(found.region.as_deref(), Some("eu-west-1"));
    }
}
