//! `swfbeat`: the console on a domain of Amazon SWF, or of anything that speaks like it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::failure::{Failure, Kind};
use super::link::Link;
use super::{Color, leave, outlet, who};
use crate::clock;
use crate::console::{Config, Rules};
use crate::journal::{OpenError, Place};
use crate::runtime::{self, Opened, Parts};
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
    /// Heartbeats a second at the most, or none for no limit; SWF gives 160 to the whole account and region
    #[arg(long, value_name = "N|none", default_value = "80", value_parser = heartbeat_rate)]
    heartbeat_rate: HeartbeatRate,
    /// Where tasks are written down, instead of a file for each service in $XDG_STATE_HOME/swfbeat
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Look on while another swfbeat keeps the journal: no polls, no heartbeats, no closes
    #[arg(long)]
    read_only: bool,
    /// Whether to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

/// A limit, or none.
#[derive(Debug, Clone, Copy, PartialEq)]
struct HeartbeatRate(Option<f64>);

fn heartbeat_rate(text: &str) -> Result<HeartbeatRate, String> {
    if text == "none" {
        return Ok(HeartbeatRate(None));
    }
    match text.parse::<f64>() {
        Ok(rate) if (1.0..=1e6).contains(&rate) => Ok(HeartbeatRate(Some(rate))),
        _ => Err("heartbeats a second from 1 to 1000000, or none".to_owned()),
    }
}

/// Opens the console; returns after it was left.
///
/// # Errors
/// Something is missing, the journal cannot be opened, or the engine or the screen failed.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let domain = domain(arguments.domain.as_deref())?;
    let task_list = arguments.task_list.as_deref().filter(|name| !name.is_empty());
    let task_list = task_list.map(|name| name_of("--task-list", name)).transpose()?;
    let identity = who::identity(arguments.identity.as_deref())?;
    let service = connect(&Settings {
        region: arguments.region.clone(),
        profile: arguments.profile.clone(),
        endpoint_url: arguments.endpoint_url.clone(),
        access: Access::Chain,
    })?;
    let place = match &arguments.journal {
        Some(path) => Place::named(path),
        None => Place::of_service(&journal_name(&service))?,
    };
    let Some((opened, read_only)) = open(&place, &identity, arguments.read_only)? else {
        return Ok(ExitCode::from(Kind::Journal as u8));
    };
    let config = Config {
        identity,
        run: who::run(),
        boot_id: clock::boot_id(),
        service: service.endpoint().unwrap_or(service.region()).into(),
        domain,
        seed: who::seed(),
        heartbeat_rate: arguments.heartbeat_rate.0,
        rules: Rules::default(),
        read_only,
    };
    let options = tui::Options { color: arguments.color.into(), read_only, task_list, ..tui::Options::default() };
    let signals = Signals::install().map_err(|error| cannot_start(&error))?;
    let handle = runtime::start(Parts { config, service, opened }).map_err(|error| cannot_start(&error))?;
    let mut link = Link::new(handle, None);
    let shown = tui::run(options, &mut link, &signals);
    Ok(leave::leave(link, &signals, &shown, || {}))
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

fn domain(given: Option<&str>) -> Result<Foreign, Failure> {
    match given {
        Some(name) if !name.is_empty() => name_of("--domain", name),
        _ => {
            let variable = if given.is_some() { "empty" } else { "not set" };
            Err(Failure::new(
                Kind::Setup,
                format_args!(
                    "No domain. Tried:\n  --domain: not given\n  SWFBEAT_DOMAIN: {variable}\n\
                     Name one with --domain NAME or SWFBEAT_DOMAIN; aws swf list-domains --registration-status REGISTERED \
                     shows which there are.\nTo look around without AWS: swfbeat demo"
                ),
            ))
        }
    }
}

fn name_of(what: &'static str, name: &str) -> Result<Foreign, Failure> {
    check_length(what, name, limit::NAME).map_err(|error| Failure::new(Kind::Usage, error))?;
    Ok(name.into())
}

/// Tells the journals of different services apart.
fn journal_name(service: &Service) -> String {
    let parts = [Some(service.region()), service.profile(), service.endpoint()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Opens the journal as its keeper, or read-only if that was asked for, now or up front. `None`: asked, and declined.
fn open(place: &Place, identity: &Foreign, read_only: bool) -> Result<Option<(Opened, bool)>, Failure> {
    if read_only {
        return Ok(Some((Opened::read_only(place)?, true)));
    }
    match Opened::keeper(place, identity.raw()) {
        Ok(opened) => Ok(Some((opened, false))),
        Err(OpenError::Held { path, by }) => {
            let question = format!(
                "The journal {} is held by {}. Open it read-only?",
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
    use super::*;

    #[test]
    fn a_heartbeat_rate_is_a_number_or_none() {
        assert_eq!(heartbeat_rate("none"), Ok(HeartbeatRate(None)));
        assert_eq!(heartbeat_rate("40"), Ok(HeartbeatRate(Some(40.0))));
        for bad in ["0", "-1", "NaN", "inf", "many", ""] {
            assert!(heartbeat_rate(bad).is_err(), "{bad}");
        }
    }
}
