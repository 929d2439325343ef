//! The demo's other side, on a thread of its own: the emulator, the director of the scenario, and its narrator.

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
use crate::console::{Level, LogLine};
use crate::demo::{Scenario, direct};
use crate::emulator::{Control, Options, Server};
use crate::runtime::Teller;
use crate::swf::{Access, Service, Settings};
use crate::wire::Failure as Failed;

/// A running emulator with a scenario on it. Ends with the process: nobody needs it longer, and nothing of it is kept.
#[derive(Debug)]
pub struct Stage {
    addr: SocketAddr,
    control: Control,
    teller: oneshot::Sender<Teller>,
}

/// What the thread says once it listens, or why it does not.
type Ready = Result<(SocketAddr, Control), Failure>;

impl Stage {
    /// Starts the thread; returns as soon as the emulator listens.
    ///
    /// # Errors
    /// The port is taken.
    pub fn build(scenario: Arc<Scenario>, port: u16) -> Result<Self, Failure> {
        let (teller, audience) = oneshot::channel();
        let (ready_in, ready) = mpsc::channel();
        let body = move || {
            if let Err(failure) = perform(&scenario, port, audience, &ready_in) {
                // Nobody waits for it only if `build` has gone.
                let _ = ready_in.send(Err(failure));
            }
        };
        thread::Builder::new().name("emulator".into()).spawn(body).map_err(|error| cannot_start(&error))?;
        let crashed = |_| Failure::new(Kind::Failed, "the emulator has crashed at its start");
        let (addr, control) = ready.recv().map_err(crashed)??;
        Ok(Self { addr, control, teller })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Lets the scenario speak to the screen from now on.
    pub fn narrate(self, teller: Teller) -> Control {
        // It is gone only if the emulator has crashed, and then every call says so.
        let _ = self.teller.send(teller);
        self.control
    }
}

fn perform(
    scenario: &Scenario,
    port: u16,
    audience: oneshot::Receiver<Teller>,
    ready: &mpsc::Sender<Ready>,
) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    runtime.map_err(|error| cannot_start(&error))?.block_on(async {
        let server = Server::bind(Options { port, ..Options::default() }).await?;
        let endpoint_url = Some(format!("http://{}", server.addr()));
        let service =
            Service::connect(&Settings { endpoint_url, access: Access::Fixed, ..Settings::default() }).await?;
        let _ = ready.send(Ok((server.addr(), server.control())));
        let (failed_in, failed) = oneshot::channel();
        let director = async {
            // Received as long as there is an audience.
            let _ = failed_in.send(direct(service.decider(), scenario).await);
        };
        tokio::join!(server.run(), director, narrate(scenario, audience, failed));
        Ok(())
    })
}

/// Says the captions in their time, and why the scenario has stopped if it has.
async fn narrate(scenario: &Scenario, audience: oneshot::Receiver<Teller>, failed: oneshot::Receiver<Failed>) {
    let Ok(teller) = audience.await else { return };
    let captions = async {
        let mut told = Duration::ZERO;
        for caption in &scenario.captions {
            tokio::time::sleep(caption.at.saturating_sub(told)).await;
            told = caption.at;
            teller.tell(line(Level::Info, caption.text.line().into_owned()));
        }
    };
    let ending = async {
        if let Ok(failure) = failed.await {
            teller.tell(line(Level::Error, format!("the scenario has stopped: {}", failure.line())));
        }
    };
    tokio::join!(captions, ending);
}

fn line(level: Level, text: String) -> LogLine {
    LogLine { at: clock::now().wall, level, word: "demo", claim: None, subject: String::new(), text }
}
