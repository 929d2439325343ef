//! What a context is made of, before anything is connected.

use std::path::PathBuf;

use crate::cli::looks::Looks;
use crate::cli::who;
use crate::clock;
use crate::config::{self, Aws};
use crate::console::{self, Command, HEARTBEAT_RATE, HeartbeatRate, Occasion, Rules};
use crate::journal;
use crate::runtime::Hooks;
use crate::swf::Settings;
use crate::text::{Foreign, printable};
use crate::tui;

/// Everything a context says, from the file and, for the one that is started in, from the command line.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What it is called; empty for the only one there is.
    pub name: String,
    /// Where the service is and who we are.
    pub settings: Settings,
    /// The journal, if it is not the usual one of its service.
    pub journal: Option<PathBuf>,
    /// The journal is of this service, whatever it was made with.
    pub same_service: bool,
    /// The domain, if it names one.
    pub domain: Option<Foreign>,
    /// What `p` offers.
    pub task_list: Option<Foreign>,
    /// Who claims.
    pub identity: Foreign,
    /// Why it only looks, if it does.
    pub read_only: Option<String>,
    /// All the rest.
    pub config: config::Config,
}

/// Where a service is: what its journal and its engine are found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Where {
    /// Tells different services apart.
    pub service: String,
    /// For people.
    pub shown: Foreign,
}

impl Where {
    /// From what was found out.
    pub fn new(region: &str, profile: Option<&str>, endpoint: Option<&str>) -> Self {
        let profile = profile.map(|name| format!(" profile {name}")).unwrap_or_default();
        let url = endpoint.map(|url| format!(" endpoint {url}")).unwrap_or_default();
        Self { service: format!("{region}{profile}{url}"), shown: endpoint.unwrap_or(region).into() }
    }
}

/// The heartbeat rates that contexts on one engine set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// What holds for all: the lowest, because the quota is the account's; the usual one if none sets any.
    pub lowest: HeartbeatRate,
    /// They are not the same.
    pub differ: bool,
}

impl Rates {
    /// Of these contexts. One that only looks sends none.
    pub fn of<'a>(plans: impl IntoIterator<Item = &'a Plan>) -> Self {
        let set =
            plans.into_iter().filter(|plan| plan.read_only.is_none()).filter_map(|plan| plan.config.heartbeat_rate);
        let set: Vec<_> = set.map(|rate| rate.0.unwrap_or(f64::INFINITY)).collect();
        let lowest = set.iter().copied().reduce(f64::min).unwrap_or(HEARTBEAT_RATE);
        Self {
            lowest: HeartbeatRate(Some(lowest).filter(|rate| rate.is_finite())),
            differ: set.iter().any(|&rate| rate > lowest),
        }
    }
}

impl Plan {
    /// A context of the file that nobody says anything about on the command line.
    pub fn of_context(name: &str, context: &config::Context, identity: Foreign, settings: Settings) -> Self {
        let config = context.config.clone();
        let why = format!("the context {name} only looks: read_only is set in the config file");
        Self {
            name: name.to_owned(),
            settings,
            journal: config.journal.file.as_ref().map(PathBuf::from),
            same_service: false,
            domain: config.aws.domain.as_deref().map(Into::into),
            task_list: config.aws.task_lists.first().map(|name| name.as_str().into()),
            identity,
            read_only: config.read_only.then_some(why),
            config,
        }
    }

    /// Where it is, as far as it says so itself; printable.
    pub fn place(&self) -> String {
        let domain = self.domain.as_ref().map(|domain| domain.line().into_owned());
        let Settings { region, profile, endpoint_url, .. } = &self.settings;
        let region = endpoint_url.as_ref().or(region.as_ref()).map(|text| printable(text).into_owned());
        let profile = profile.as_ref().map(|name| format!("profile {}", printable(name)));
        domain.into_iter().chain(region).chain(profile).collect::<Vec<_>>().join(" · ")
    }

    /// How the screen is to look and behave in it.
    pub fn options(&self, looks: &Looks) -> tui::Options {
        tui::Options {
            read_only: self.read_only.clone(),
            task_list: self.task_list.clone(),
            ..looks.options(&self.config)
        }
    }

    /// Whose journal it is and how long things stay in it.
    pub fn journal_settings(&self, place: &Where) -> journal::Settings {
        journal::Settings {
            same_service: self.same_service,
            retention_ms: self.config.journal.retention.0,
            ..journal::Settings::new(self.identity.raw(), clock::boot_id(), &*place.service)
        }
    }

    /// What its engine is told, if it is the first of its service.
    pub fn engine(&self, place: &Where, domain: Foreign, read_only: bool) -> console::Config {
        console::Config {
            identity: self.identity.clone(),
            run: who::run(),
            boot_id: clock::boot_id(),
            service: place.shown.clone(),
            context: self.name.as_str().into(),
            domain,
            seed: who::seed(),
            heartbeat_rate: Rates::of([self]).lowest.0,
            lease: self.config.lease,
            low_tolerance_ms: self.config.warnings.tolerance.0,
            rules: Rules::default(),
            read_only,
        }
    }

    /// What its engine is told, if another context of its service was first.
    pub fn join(&self, heartbeat_rate: HeartbeatRate) -> Command {
        let domain = self.domain.clone().unwrap_or_else(|| "".into());
        Command::Join { name: self.name.as_str().into(), domain, heartbeat_rate }
    }

    /// Claims as this context does.
    pub fn claims(&self, command: Command) -> Command {
        let identity = Some(self.identity.clone());
        match command {
            Command::Claim { domain, task_list, wanted, .. } => Command::Claim { domain, task_list, wanted, identity },
            Command::AutoClaim { domain, task_list, below, length_ms, .. } => {
                Command::AutoClaim { domain, task_list, below, length_ms, identity }
            }
            other => other,
        }
    }

    /// The programs that call somebody.
    pub fn hooks(&self) -> Hooks {
        let hooks = &self.config.hooks;
        Occasion::ALL.into_iter().filter_map(|occasion| Some((occasion, hooks.of(occasion)?.to_vec()))).collect()
    }
}

/// Where the service of a context is: what the command line says wins, then what the context says itself, then the
/// environment, then the rest of the file, then the profile. `variable` reads the environment.
pub fn settings(line: &Settings, own: &Aws, file: &Aws, variable: impl Fn(&str) -> Option<String>) -> Settings {
    let set = |names: &[&str]| names.iter().any(|name| variable(name).is_some_and(|value| !value.is_empty()));
    // Whatever names a profile above the file: what the file says beside its own profile does not fit another one.
    let above = line.profile.clone().or_else(|| own.profile.clone());
    let chosen = above.clone().or_else(|| variable("AWS_PROFILE").filter(|name| !name.is_empty()));
    let own_fits = line.profile.is_none() || own.profile.is_none() || line.profile == own.profile;
    let file_fits = chosen.is_none() || file.profile.is_none() || chosen == file.profile;
    let value = |line: &Option<String>, own: &Option<String>, file: &Option<String>, names: &[&str]| {
        let own = || own.clone().filter(|_| own_fits);
        let file = || file.clone().filter(|_| file_fits && !set(names));
        line.clone().or_else(own).or_else(file)
    };
    Settings {
        profile: above.or_else(|| file.profile.clone().filter(|_| chosen.is_none())),
        region: value(&line.region, &own.region, &file.region, &["AWS_REGION", "AWS_DEFAULT_REGION"]),
        endpoint_url: value(
            &line.endpoint_url,
            &own.endpoint_url,
            &file.endpoint_url,
            &["AWS_ENDPOINT_URL_SWF", "AWS_ENDPOINT_URL"],
        ),
        access: line.access,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rate;

    #[test]
    fn the_lowest_rate_that_any_context_sets_holds_for_all_and_one_that_only_looks_has_no_say() {
        let plan = |rate: Option<Option<f64>>, looks: bool| {
            let mut config = config::Config::default();
            config.heartbeat_rate = rate.map(Rate);
            let context = config::Context { own: Aws::default(), config };
            let read_only = looks.then(|| "it only looks".into());
            Plan { read_only, ..Plan::of_context("a", &context, "anna".into(), Settings::default()) }
        };
        let rates = |plans: &[Plan]| {
            let Rates { lowest, differ } = Rates::of(plans);
            (lowest.0, differ)
        };
        let [unset, low, high, none] =
            [None, Some(Some(40.0)), Some(Some(120.0)), Some(None)].map(|it| plan(it, false));
        assert_eq!(rates(&[unset.clone(), unset.clone()]), (Some(80.0), false));
        assert_eq!(rates(&[unset, high.clone()]), (Some(120.0), false));
        assert_eq!(rates(&[high.clone(), low, none.clone()]), (Some(40.0), true));
        assert_eq!(rates(&[none.clone(), high.clone()]), (Some(120.0), true));
        assert_eq!(rates(&[none, plan(Some(Some(1.0)), true)]), (None, false));
    }
}
