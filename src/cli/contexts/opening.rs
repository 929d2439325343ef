//! Opening a context while the screen is up: on a thread of its own, because credentials may take half a minute, and
//! what comes of it is told through a pipe that wakes the screen.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::plan::{Plan, Where};
use crate::cli::link::Link;
use crate::cli::postbox::Postbox;
use crate::journal::{self, OpenError, Place};
use crate::runtime::{self, Opened, Parts};
use crate::swf::Service;
use crate::text::{Foreign, printable};

/// A running engine.
#[derive(Debug)]
pub struct Ready {
    /// Its number among all engines of this process.
    pub number: usize,
    /// What passes to and from it.
    pub link: Link,
    /// Its journal.
    pub journal: Place,
    /// Who keeps the journal, if this engine only looks because of that.
    pub kept_by: Option<String>,
}

/// Why a context is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its journal may hold tasks that have not ended for certain; it is not opened otherwise.
    IfNeeded,
    /// Somebody goes there.
    Wanted,
    /// It looks on because another process keeps its journal, and somebody asks whether that has left.
    Again,
}

/// What came of opening a context.
#[derive(Debug)]
pub enum Outcome {
    /// There is an engine of its service already.
    On(usize),
    /// It has a new one.
    Ready(Box<Ready>),
    /// Another process still keeps its journal: which; printable.
    StillKept(String),
    /// Its journal holds nothing that has to be looked after.
    NotNeeded,
    /// Why not; may have several lines and foreign text.
    Failed(String),
    /// Nobody has asked for it, and nobody knows whether there is anything to look after: why; as above.
    Unknown(String),
}

/// An engine by what it is found by.
#[derive(Debug, Clone)]
struct Known {
    number: usize,
    service: String,
    read_only: bool,
}

/// The engines of this process, and the number of the next one.
#[derive(Debug, Default)]
struct Registry {
    known: Vec<Known>,
    next: usize,
}

/// Opens contexts on threads of their own.
#[derive(Debug)]
pub struct Opener {
    registry: Arc<Mutex<Registry>>,
    outcomes: Postbox<(usize, Outcome)>,
}

impl Opener {
    /// Before anything is opened.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn new() -> io::Result<Self> {
        Ok(Self { registry: Arc::default(), outcomes: Postbox::new()? })
    }

    /// Readable when something came of an opening.
    pub fn wake_fd(&self) -> BorrowedFd<'_> {
        self.outcomes.wake_fd()
    }

    /// What came of them; never blocks.
    pub fn take(&mut self) -> Vec<(usize, Outcome)> {
        self.outcomes.take()
    }

    /// Enters an engine that was started without this opener; gives its number.
    pub fn enter(&self, place: &Where, read_only: bool) -> usize {
        enter(&mut lock(&self.registry), place, read_only)
    }

    /// An engine is no more.
    pub fn forget(&self, number: usize) {
        lock(&self.registry).known.retain(|known| known.number != number);
    }

    /// Begins to open a context.
    pub fn open(&self, context: usize, plan: Plan, cause: Cause) {
        let registry = Arc::clone(&self.registry);
        let (postman, failed) = (self.outcomes.postman(), self.outcomes.postman());
        let tell = move |outcome| postman.tell((context, outcome));
        let body = move || match opened(&plan, cause == Cause::IfNeeded) {
            Ok(Some((service, place))) => {
                // Held until it is told, so that nobody hears of an engine before it is there.
                let mut registry = lock(&registry);
                tell(engine(&plan, &mut registry, service, &place, cause));
            }
            Ok(None) => tell(Outcome::NotNeeded),
            Err(failed) => tell(failed),
        };
        if let Err(error) = thread::Builder::new().name("opener".into()).spawn(body) {
            failed.tell((context, Outcome::Failed(format!("the system has no thread left: {error}"))));
        }
    }
}

fn lock(registry: &Mutex<Registry>) -> std::sync::MutexGuard<'_, Registry> {
    // A panic under this lock leaves at most an engine that is not found again.
    registry.lock().unwrap_or_else(PoisonError::into_inner)
}

fn enter(registry: &mut Registry, place: &Where, read_only: bool) -> usize {
    let number = registry.next;
    registry.next += 1;
    registry.known.push(Known { number, service: place.service.clone(), read_only });
    number
}

/// Connects, if it has to be.
fn opened(plan: &Plan, only_if_needed: bool) -> Result<Option<(Service, Where)>, Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Outcome::Failed(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        if only_if_needed && !is_needed(plan).await.map_err(Outcome::Unknown)? {
            return Ok(None);
        }
        if plan.domain.is_none() {
            let why = format!("no domain: give it one in [contexts.{}] of the config file", plan.name);
            return Err(Outcome::Failed(why));
        }
        let service = Service::connect(&plan.settings).await;
        let service = service.map_err(|error| Outcome::Failed(error.to_string()))?;
        let place = Where::new(service.region(), service.profile(), service.endpoint());
        Ok(Some((service, place)))
    })
}

/// Whether its journal holds tasks that have not ended for certain.
async fn is_needed(plan: &Plan) -> Result<bool, String> {
    let found = Service::find(&plan.settings).await.map_err(|error| error.to_string())?;
    let place = Where::new(&found.region, found.profile.as_deref(), found.endpoint.as_deref());
    Ok(journal::holds_open(&journal_of(plan, &place)?))
}

fn journal_of(plan: &Plan, place: &Where) -> Result<Place, String> {
    match &plan.journal {
        Some(path) => Ok(Place::named(path)),
        None => Place::of_service(&place.service).map_err(|error| error.to_string()),
    }
}

/// The engine of its service: the one that runs, or a new one.
fn engine(plan: &Plan, registry: &mut Registry, service: Service, place: &Where, cause: Cause) -> Outcome {
    let looks = plan.read_only.is_some();
    let fits = |known: &&Known| known.service == place.service && (looks || !known.read_only);
    if let Some(known) = registry.known.iter().find(fits) {
        return Outcome::On(known.number);
    }
    let started = journal_of(plan, place).map_err(Outcome::Failed).and_then(|journal| {
        let (opened, kept_by) = open_journal(plan, place, &journal, cause)?;
        let link = start(plan, service, place, opened, looks || kept_by.is_some()).map_err(Outcome::Failed)?;
        Ok((link, journal, kept_by))
    });
    match started {
        Ok((link, journal, kept_by)) => {
            let number = enter(registry, place, looks || kept_by.is_some());
            Outcome::Ready(Box::new(Ready { number, link, journal, kept_by }))
        }
        Err(outcome) => outcome,
    }
}

/// As its keeper; or to look on, if that is wanted or another process keeps it: then who. An error is what came of it.
fn open_journal(
    plan: &Plan,
    place: &Where,
    journal: &Place,
    cause: Cause,
) -> Result<(Opened, Option<String>), Outcome> {
    let failed = |error: OpenError| Outcome::Failed(error.to_string());
    let look_on = |by| Ok((Opened::read_only(journal).map_err(failed)?, by));
    if plan.read_only.is_some() {
        return look_on(None);
    }
    match Opened::keeper(journal, &plan.journal_settings(place)) {
        Ok(opened) => Ok((opened, None)),
        Err(OpenError::Held { by, .. }) => {
            let by = printable(&by).into_owned();
            if cause == Cause::Again { Err(Outcome::StillKept(by)) } else { look_on(Some(by)) }
        }
        Err(error) => Err(failed(error)),
    }
}

/// Starts an engine on an open journal.
///
/// # Errors
/// The system has no thread or descriptor left.
pub fn start(plan: &Plan, service: Service, place: &Where, opened: Opened, read_only: bool) -> Result<Link, String> {
    let domain = plan.domain.clone().unwrap_or_else(|| Foreign::from(""));
    let parts = Parts { config: plan.engine(place, domain, read_only), service, opened, hooks: plan.hooks() };
    let handle = runtime::start(parts).map_err(|error| format!("cannot start: {error}"))?;
    Ok(Link::new(handle, None))
}
