//! The first start: what the assistant needs to know, who asks the account for it, and where the answers go.

use std::collections::HashMap;
use std::env;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::console::{cannot_start, connect};
use super::contexts::Plan;
use super::failure::{Failure, Kind};
use super::postbox::Postbox;
use crate::config;
use crate::swf::{Service, Settings, SetupError, catalog};
use crate::text::Foreign;
use crate::tui::assistant::{self, Answers, Choice, Found, Outcome, Question, Scout, Start};
use crate::tui::{self, Signals};
use crate::wire::{self, Class};

/// Each call of a list gets this long.
const LIMIT: Duration = Duration::from_secs(10);

/// Leads through what the plan does not say yet, and gives the service that was chosen, connected. `None`: somebody wants
/// none of it.
///
/// # Errors
/// The AWS config files cannot be read, there is no terminal, or what was chosen cannot be written down.
pub fn lead(plan: &mut Plan, options: &tui::Options, signals: &Signals) -> Result<Option<Service>, Failure> {
    let mut scout = Asker {
        plan: plan.clone(),
        services: Arc::default(),
        found: Postbox::new().map_err(|error| cannot_start(&error))?,
    };
    let outcome = assistant::run(options, start(plan)?, &mut scout, signals);
    let answers = match outcome.map_err(|error| Failure::new(Kind::Setup, error))? {
        Outcome::Chosen(answers) => answers,
        Outcome::Left | Outcome::Signal(_) | Outcome::TerminalLost => return Ok(None),
    };
    plan.settings.profile.clone_from(&answers.profile);
    plan.settings.region = Some(answers.region.clone());
    plan.domain = Some(answers.domain.as_str().into());
    plan.task_list = Some(Foreign::from(answers.task_list.as_str())).filter(|name| !name.is_empty());
    if answers.write {
        write(plan, &answers)?;
    }
    // Connected already, unless its account was never asked.
    let key = (answers.profile, answers.region);
    let known = scout.services.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    let service = known.map_or_else(|| connect(&plan.settings), Ok)?;
    service.reconnect();
    Ok(Some(service))
}

fn start(plan: &Plan) -> Result<Start, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let profiles = runtime.map_err(|error| cannot_start(&error))?.block_on(catalog::profiles())?;
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let keys = set("AWS_ACCESS_KEY_ID").is_some();
    Ok(Start {
        // Keys in the environment come before every profile that nobody has named.
        profiles: profiles.into_iter().filter(|_| !keys).map(|profile| (profile.name, profile.region)).collect(),
        profile: plan.settings.profile.clone().or_else(|| set("AWS_PROFILE")),
        region: plan.settings.region.clone(),
        region_around: set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")),
        endpoint: plan.settings.endpoint_url.clone().or_else(|| set("AWS_ENDPOINT_URL_SWF")),
        task_list: plan.task_list.as_ref().map(|name| name.raw().to_owned()),
        file: config::vacant_place().map(|path| path.to_string_lossy().into_owned()),
    })
}

fn write(plan: &Plan, answers: &Answers) -> Result<(), Failure> {
    let task_lists = if answers.task_list.is_empty() { Vec::new() } else { vec![answers.task_list.clone()] };
    let aws = config::Aws {
        profile: answers.profile.clone(),
        region: Some(answers.region.clone()),
        endpoint_url: plan.settings.endpoint_url.clone(),
        domain: Some(answers.domain.clone()),
        task_lists,
        identity: None,
    };
    config::write_first(&aws).map_err(|why| Failure::new(Kind::Failed, why))
}

/// Services by profile and region.
type Services = HashMap<(Option<String>, String), Service>;

/// Asks the account, each question on a thread of its own.
struct Asker {
    plan: Plan,
    /// Those connected already: credentials may have cost a login.
    services: Arc<Mutex<Services>>,
    found: Postbox<(u64, Found)>,
}

impl Scout for Asker {
    fn wake_fd(&self) -> BorrowedFd<'_> {
        self.found.wake_fd()
    }

    fn ask(&mut self, number: u64, question: Question, so_far: &Answers) {
        let (postman, failed) = (self.found.postman(), self.found.postman());
        let (services, so_far) = (Arc::clone(&self.services), so_far.clone());
        let mut settings = self.plan.settings.clone();
        settings.profile.clone_from(&so_far.profile);
        settings.region = Some(so_far.region.clone());
        let body = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let found = match runtime {
                Ok(runtime) => runtime.block_on(answer(&settings, &services, &question, &so_far)),
                Err(error) => Err(format!("the system has nothing left to ask with: {error}")),
            };
            postman.tell((number, found));
        };
        if let Err(error) = thread::Builder::new().name("scout".into()).spawn(body) {
            failed.tell((number, Err(format!("the system has no thread left: {error}"))));
        }
    }

    fn take(&mut self) -> Vec<(u64, Found)> {
        self.found.take()
    }
}

async fn answer(settings: &Settings, services: &Mutex<Services>, question: &Question, so_far: &Answers) -> Found {
    let key = (so_far.profile.clone(), so_far.region.clone());
    let known = services.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    let service = match known {
        Some(service) => service,
        None => Service::connect(settings).await.map_err(|error| setup(&error, settings.endpoint_url.is_some()))?,
    };
    services.lock().unwrap_or_else(PoisonError::into_inner).insert(key, service.clone());
    // A connection belongs to the runtime it was made on.
    service.reconnect();
    match question {
        Question::Domains => domains(&service).await,
        Question::TaskLists => task_lists(&service, &so_far.domain.as_str().into()).await,
    }
}

async fn domains(service: &Service) -> Found {
    let domains = service.domains(LIMIT).await.map_err(|failure| words(&failure, "swf:ListDomains"))?;
    Ok(domains.into_iter().map(|name| Choice { value: name.raw().to_owned(), note: String::new() }).collect())
}

async fn task_lists(service: &Service, domain: &Foreign) -> Found {
    let permission = "swf:ListActivityTypes and swf:DescribeActivityType";
    let lists = service.task_lists(domain, LIMIT).await.map_err(|failure| words(&failure, permission))?;
    let choice = |list: catalog::KnownList| {
        let first = list.types.first().map(|it| format!("{} {}", it.name.line(), it.version.line()));
        let more = list.types.len().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Choice { value: list.name.raw().to_owned(), note: format!("{}{more}", first.unwrap_or_default()) }
    };
    Ok(lists.into_iter().map(choice).collect())
}

/// Why there is no connection; the way to the demo was said already. `elsewhere`: the endpoint is not AWS's own.
fn setup(error: &SetupError, elsewhere: bool) -> String {
    let text = error.to_string();
    let lines = text.lines().filter(|line| !line.contains("swfbeat demo"));
    let any = "An emulator takes any: AWS_ACCESS_KEY_ID=emulator AWS_SECRET_ACCESS_KEY=emulator";
    let any = (elsewhere && matches!(error, SetupError::NoCredentials(_))).then_some(any);
    lines.chain(any).collect::<Vec<_>>().join("\n")
}

/// Why a list could not be had, and what to do about it.
fn words(failure: &wire::Failure, permission: &str) -> String {
    let what = match failure.class {
        Class::Denied => format!("It needs the permission {permission}; without it, type the name."),
        Class::Expired => "Sign in anew (aws sso login), or choose another profile.".into(),
        Class::Throttled => "The account is busy: try again.".into(),
        Class::NotApplied | Class::Unknown => "Check region, endpoint and network.".into(),
        _ => "Type the name.".into(),
    };
    format!("It cannot be listed: {}\n{what}", failure.message.line())
}
