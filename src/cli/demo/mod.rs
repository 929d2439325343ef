//! `swfbeat demo`: the console on an embedded SWF, with a scenario being played there.

mod autopilot;
mod present;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use tempfile::TempDir;

use super::console::{cannot_start, connect, named};
use super::failure::{Failure, Kind};
use super::leave::Held;
use super::link::Link;
use super::looks::Looks;
use super::{leave, who};
use crate::clock;
use crate::config;
use crate::console::{Config, HEARTBEAT_RATE, Rules};
use crate::demo::Scenario;
use crate::journal::{self, Place};
use crate::runtime::{self, Hooks, Opened, Parts};
use crate::swf::{Access, Settings};
use crate::tui::{self, Signals};

pub use autopilot::Autopilot;
pub use present::Present;
use stage::Stage;

/// What `swfbeat demo` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A scenario of the program's own (tour, missed-heartbeat, cancellation, outage, idle), or a file
    #[arg(long, default_value = "tour", value_name = "NAME|FILE")]
    scenario: String,
    /// Play the operator's part too, without hands; `b p` makes the story stand still
    #[arg(long, conflicts_with = "plain")]
    auto: bool,
    /// Where tasks are written down, instead of a temporary file that goes with the demo
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// The emulator's TCP port on 127.0.0.1, 0 for any free one
    #[arg(long, default_value_t = 0, value_name = "N")]
    port: u16,
    /// The config file, of which the demo takes what concerns the screen and leases
    #[arg(long, env = "SWFBEAT_CONFIG", hide_env_values = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    looks: Looks,
}

/// Plays the demo; returns after it was left.
///
/// # Errors
/// The scenario has a mistake, the port is taken, the journal cannot be opened, or the engine or the screen failed.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let file = config::Config::load(named(arguments.config.as_ref()))?;
    let scenario = Arc::new(Scenario::find(&arguments.scenario)?);
    check(&scenario)?;
    let looks = arguments.looks.options(&file);
    if arguments.auto && !tui::can_show(&looks) {
        let what = "--auto plays on a screen, and there is none here: start it in a terminal that can move its cursor";
        return Err(Failure::new(Kind::Usage, what));
    }
    let stage = Stage::build(Arc::clone(&scenario), arguments.port, arguments.auto)?;
    let identity = who::identity(None)?;
    let settings = journal::Settings::new(identity.raw(), clock::boot_id(), "the demo");
    let config = Config {
        identity,
        run: who::run(),
        boot_id: clock::boot_id(),
        service: "demo emulator".into(),
        context: "".into(),
        domain: scenario.domain.clone(),
        seed: who::seed(),
        heartbeat_rate: Some(HEARTBEAT_RATE),
        lease: file.lease,
        low_tolerance_ms: 0,
        rules: Rules::default(),
        read_only: false,
    };
    let endpoint_url = Some(stage.endpoint());
    let service = connect(&Settings { endpoint_url, access: Access::Fixed, ..Settings::default() })?;
    let signals = Signals::install().map_err(|error| cannot_start(&error))?;
    let (started, _temporary) = if let Some(path) = &arguments.journal {
        let opened = Opened::keeper(&Place::named(path), &settings)?;
        (runtime::start(Parts { config, service, opened, hooks: Hooks::default() }), None)
    } else {
        let directory = temporary()?;
        let place = Place::named(directory.path().join("journal.db"));
        (runtime::start_afresh(config, service, place, settings), Some(directory))
    };
    let handle = started.map_err(|error| cannot_start(&error))?;
    let (emulator, presenter) = stage.begin(handle.remote());
    let options = tui::Options {
        task_list: Some(scenario.task_list.clone()),
        demo: Some(scenario.title.line().into_owned()),
        ..looks
    };
    let mut link = Link::new(handle, Some(Autopilot::new(scenario))).with_presenter(presenter);
    let shown = leave::played(|| tui::run(options, &mut link, &signals));
    Ok(leave::leave(vec![Held::new(String::new(), link, None)], &signals, &shown, || emulator.release_polls()))
}

/// What the names of actions and keys in a scenario mean only the screen knows.
fn check(scenario: &Scenario) -> Result<(), Failure> {
    for told in scenario.captions.iter().chain(&scenario.end) {
        let at = told.at.as_secs();
        tui::check_sentence(told.text.raw()).map_err(|why| {
            Failure::new(Kind::Usage, format_args!("the caption at {at}s of the scenario cannot be told: {why}"))
        })?;
    }
    for timed in &scenario.acts {
        let at = timed.at.as_secs();
        tui::check_act(&timed.act).map_err(|why| {
            Failure::new(Kind::Usage, format_args!("the act at {at}s of the scenario cannot be done: {why}"))
        })?;
    }
    Ok(())
}

/// For the journal; removed when the demo is over.
fn temporary() -> Result<TempDir, Failure> {
    tempfile::Builder::new().prefix("swfbeat-demo-").tempdir().map_err(|error| {
        let what = format_args!("there is no place for a temporary journal: {error}; name one with --journal");
        Failure::new(Kind::Failed, what)
    })
}
