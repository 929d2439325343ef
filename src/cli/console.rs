//! `swfbeat`: the console on a domain of Amazon SWF, or of anything that speaks like it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::contexts::{self, Hub, Opener, Plan, Ready, Where, start};
use super::failure::{Failure, Kind};
use super::looks::Looks;
use super::{assistant, leave, outlet, takeover, who};
use crate::config::{self, Rate};
use crate::journal::{self, OpenError, Place};
use crate::runtime::Opened;
use crate::swf::{Access, Service, Settings};
use crate::task::{check_length, limit};
use crate::text::{Foreign, printable};
use crate::tui::{self, Signals, Standing};

/// What `swfbeat` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The SWF domain
    #[arg(long, env = "SWFBEAT_DOMAIN", hide_env_values = true, value_name = "NAME")]
    domain: Option<String>,
    /// The context of the config file to start in, instead of its default one
    #[arg(long, env = "SWFBEAT_CONTEXT", hide_env_values = true, value_name = "NAME")]
    context: Option<String>,
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
    let (mut plans, shown) = arguments.plans(&file, |name| env::var(name).ok())?;
    let signals = Signals::install().map_err(|error| cannot_start(&error))?;
    let service = if plans[shown].domain.is_some() {
        connect(&plans[shown].settings)?
    } else {
        let options = plans[shown].options(&arguments.looks);
        if !tui::can_show(&options) {
            return Err(arguments.no_domain(&plans[shown].name));
        }
        let Some(service) = assistant::lead(&mut plans[shown], &options, &signals)? else {
            return Ok(ExitCode::SUCCESS);
        };
        service
    };
    let plan = &plans[shown];
    let place = Where::new(service.region(), service.profile(), service.endpoint());
    let journal = match &plan.journal {
        Some(path) => Place::named(path),
        None => Place::of_service(&place.service)?,
    };
    let settings = plan.journal_settings(&place);
    let Some((opened, kept_by)) = open(&journal, &settings, plan.read_only.is_some(), arguments.take_over)? else {
        return Ok(ExitCode::from(Kind::Journal as u8));
    };
    let read_only = plan.read_only.is_some() || kept_by.is_some();
    let standing = kept_by.clone().map_or(Standing::Open, Standing::LooksOn);
    let openings = Opener::new().map_err(|error| cannot_start(&error))?;
    let link = start(plan, service, &place, opened, read_only).map_err(|why| Failure::new(Kind::Failed, why))?;
    let number = openings.enter(&place, read_only);
    let contexts = plans.iter().enumerate().map(|(index, plan)| tui::Context {
        name: plan.name.clone(),
        place: plan.place(),
        options: plan.options(&arguments.looks),
        standing: if index == shown { standing.clone() } else { Standing::NotOpened },
    });
    let contexts = contexts.collect();
    let mut hub = Hub::new(plans, shown, openings, Ready { number, link, journal, kept_by });
    let ended = leave::played(|| tui::run_contexts(contexts, shown, &mut hub, &signals));
    Ok(leave::leave(hub.into_held(), &signals, &ended, || {}))
}

impl Arguments {
    /// What every context is made of, and which of them is started in: that one also of what the command line says.
    fn plans(
        &self,
        file: &config::Config,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(Vec<Plan>, usize), Failure> {
        let asked = self.context.as_deref().filter(|name| !name.is_empty());
        // Whoever names a domain and no context means neither the first one nor its account.
        let given = self.domain.as_deref().is_some_and(|name| !name.is_empty());
        let start = match file.start(asked) {
            Ok(_) if given && asked.is_none() && file.context.is_none() => None,
            Ok(start) => start,
            Err(why) => return Err(Failure::new(Kind::Usage, why)),
        };
        let mut plans = Vec::new();
        if start.is_none() {
            let name = if file.contexts.is_empty() { "" } else { "default" };
            let all = config::Context { own: config::Aws::default(), config: file.clone() };
            plans.push(self.started_in(name, &all, &file.aws, &variable)?);
        }
        for (name, context) in &file.contexts {
            let plan = if start == Some(name) {
                self.started_in(name, context, &file.aws, &variable)?
            } else {
                let settings = contexts::settings(&Settings::default(), &context.own, &file.aws, &variable);
                let identity = who::identity(context.config.aws.identity.as_deref())?;
                let mut plan = Plan::of_context(name, context, identity, settings);
                // It means this process, wherever somebody goes.
                plan.read_only = self.looks_only().or(plan.read_only);
                plan
            };
            plans.push(plan);
        }
        let shown = start.and_then(|start| plans.iter().position(|plan| plan.name == start)).unwrap_or(0);
        Ok((plans, shown))
    }

    /// A context with what the command line says over it.
    fn started_in(
        &self,
        name: &str,
        context: &config::Context,
        file: &config::Aws,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Plan, Failure> {
        let line = Settings {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            access: Access::Chain,
        };
        let settings = contexts::settings(&line, &context.own, file, variable);
        let identity = who::identity(self.identity.as_deref().or(context.config.aws.identity.as_deref()))?;
        let mut plan = Plan::of_context(name, context, identity, settings);
        let given = |what: &'static str, name: &Option<String>| {
            let name = name.as_deref().filter(|name| !name.is_empty());
            name.map(|name| name_of(what, name)).transpose()
        };
        plan.domain = given("--domain", &self.domain)?.or(plan.domain);
        plan.task_list = given("--task-list", &self.task_list)?.or(plan.task_list);
        plan.journal = self.journal.clone().or(plan.journal);
        plan.same_service = self.same_service;
        plan.config.heartbeat_rate = self.heartbeat_rate.or(plan.config.heartbeat_rate);
        if name.is_empty() && plan.read_only.is_some() {
            plan.read_only = Some("this screen only looks: read_only is set in the config file".into());
        }
        plan.read_only = self.looks_only().or(plan.read_only);
        Ok(plan)
    }

    fn looks_only(&self) -> Option<String> {
        self.read_only.then(|| "this screen only looks: it was started with --read-only".into())
    }

    fn no_domain(&self, context: &str) -> Failure {
        let variable = if self.domain.is_some() { "empty" } else { "not set" };
        let file = if context.is_empty() { "no domain".into() } else { format!("no domain in the context {context}") };
        Failure::new(
            Kind::Setup,
            format_args!(
                "No domain. Tried:\n  --domain: not given\n  SWFBEAT_DOMAIN: {variable}\n  config file: {file}\n\
                 Name one with --domain NAME, SWFBEAT_DOMAIN or in the config file; \
                 aws swf list-domains --registration-status REGISTERED shows which there are.\n\
                 In a terminal, swfbeat asks for what is missing. To look around without AWS: swfbeat demo"
            ),
        )
    }
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

fn name_of(what: &'static str, name: &str) -> Result<Foreign, Failure> {
    check_length(what, name, limit::NAME).map_err(|error| Failure::new(Kind::Usage, error))?;
    Ok(name.into())
}

/// Opens the journal as its keeper, or read-only if that was asked for, up front or now: then with who keeps it.
/// `None`: asked, and declined.
fn open(
    place: &Place,
    settings: &journal::Settings,
    read_only: bool,
    take_over: bool,
) -> Result<Option<(Opened, Option<String>)>, Failure> {
    if read_only {
        return Ok(Some((Opened::read_only(place)?, None)));
    }
    match Opened::keeper(place, settings) {
        Ok(opened) => Ok(Some((opened, None))),
        Err(OpenError::Held { by, .. }) if take_over => Ok(Some((takeover::take_over(place, settings, &by)?, None))),
        Err(OpenError::Held { path, by }) => {
            let question = format!(
                "The journal {} is held by {} (--take-over makes it leave). Open it read-only?",
                printable(&path.to_string_lossy()),
                printable(&by)
            );
            match outlet::ask(&question) {
                None => Err(OpenError::Held { path, by }.into()),
                Some(false) => Ok(None),
                Some(true) => Ok(Some((Opened::read_only(place)?, Some(printable(&by).into_owned())))),
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
        let mut with = config::Config::default();
        with.aws = file.clone();
        let (plans, shown) = line.arguments.plans(&with, variable).unwrap();
        plans[shown].settings.clone()
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
