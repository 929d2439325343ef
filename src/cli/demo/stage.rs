//! The demo's other side, on a thread of its own: the emulator, and the play with its director and its narrator.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::oneshot;

use super::super::console::cannot_start;
use super::super::failure::{Failure, Kind};
use crate::clock;
use crate::console::{Command, Level, LogLine};
use crate::demo::{Director, Scenario};
use crate::emulator::{Control, Options, Server};
use crate::runtime::Remote;
use crate::swf::{Access, Service, Settings};

/// A running emulator with a scenario on it. Ends with the process: nobody needs it longer, and nothing of it is kept.
#[derive(Debug)]
pub struct Stage {
    addr: SocketAddr,
    control: Control,
    audience: oneshot::Sender<Remote>,
}

/// What the thread says once it listens, or why it does not.
type Ready = Result<(SocketAddr, Control), Failure>;

impl Stage {
    /// Starts the thread; returns as soon as the emulator listens.
    ///
    /// # Errors
    /// The port is taken.
    pub fn build(scenario: Arc<Scenario>, port: u16) -> Result<Self, Failure> {
        let (audience, engine) = oneshot::channel();
        let (ready_in, ready) = mpsc::channel();
        let body = move || {
            if let Err(failure) = perform(&scenario, port, engine, &ready_in) {
                // Nobody waits for it only if `build` has gone.
                let _ = ready_in.send(Err(failure));
            }
        };
        thread::Builder::new().name("emulator".into()).spawn(body).map_err(|error| cannot_start(&error))?;
        let crashed = |_| Failure::new(Kind::Failed, "the emulator has crashed at its start");
        let (addr, control) = ready.recv().map_err(crashed)??;
        Ok(Self { addr, control, audience })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Lets the play begin: the engine claims the scenario's tasks and its screen shows the captions.
    pub fn begin(self, engine: Remote) -> Control {
        // Nobody takes it only if the emulator has crashed, and then every call says so.
        let _ = self.audience.send(engine);
        self.control
    }
}

fn perform(
    scenario: &Scenario,
    port: u16,
    engine: oneshot::Receiver<Remote>,
    ready: &mpsc::Sender<Ready>,
) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    runtime.map_err(|error| cannot_start(&error))?.block_on(async {
        let server = Server::bind(Options { port, ..Options::default() }).await?;
        let endpoint_url = Some(format!("http://{}", server.addr()));
        let service =
            Service::connect(&Settings { endpoint_url, access: Access::Fixed, ..Settings::default() }).await?;
        let _ = ready.send(Ok((server.addr(), server.control())));
        tokio::join!(server.run(), play(&service, scenario, engine));
        Ok(())
    })
}

/// Prepares the scenario, has its tasks claimed, and plays it; says its captions, and why it has stopped if it has.
async fn play(service: &Service, scenario: &Scenario, engine: oneshot::Receiver<Remote>) {
    let prepared = Director::prepare(service.decider(), scenario).await;
    let Ok(engine) = engine.await else { return };
    let failure = match prepared {
        Ok(director) => {
            // Not before: SWF refuses a poll of a domain it does not know.
            engine.send(Command::Claim {
                domain: scenario.domain.clone(),
                task_list: scenario.task_list.clone(),
                wanted: scenario.claim,
            });
            tokio::select! {
                failure = director.play() => failure,
                never = narrate(scenario, &engine) => match never {},
            }
        }
        Err(failure) => failure,
    };
    engine.tell(line(Level::Error, format!("the scenario has stopped: {}", failure.line())));
}

/// Says the captions in their time.
async fn narrate(scenario: &Scenario, engine: &Remote) -> Infallible {
    let mut told = Duration::ZERO;
    for caption in &scenario.captions {
        tokio::time::sleep(caption.at.saturating_sub(told)).await;
        told = caption.at;
        engine.tell(line(Level::Info, caption.text.line().into_owned()));
    }
    std::future::pending().await
}

fn line(level: Level, text: String) -> LogLine {
    LogLine { at: clock::now().wall, level, word: "demo", claim: None, subject: String::new(), text }
}
