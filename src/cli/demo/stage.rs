//! The demo's other side, on a thread of its own: the emulator, the play with its director, and what goes on behind the
//! stage.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc as orders;
use tokio::sync::oneshot;

use super::super::console::cannot_start;
use super::super::failure::{Failure, Kind};
use super::present::{Front, ORDERS, Present};
use crate::console::Command;
use crate::demo::view::{Order, Reports};
use crate::demo::{Admin, Audience, Backstage, Director, House, Scenario};
use crate::emulator::{AdminToken, Control, Options, Server};
use crate::runtime::Remote;
use crate::swf::{Access, Service, Settings};

/// A running emulator with a scenario on it. Ends with the process: nobody needs it longer, and nothing of it is kept.
#[derive(Debug)]
pub struct Stage {
    addr: SocketAddr,
    control: Control,
    audience: oneshot::Sender<Remote>,
    orders: orders::Sender<Order>,
    board: Arc<Mutex<Reports>>,
}

/// What the thread says once it listens, or why it does not.
type Ready = Result<(SocketAddr, Control), Failure>;

/// What the thread is given.
struct Play {
    scenario: Arc<Scenario>,
    port: u16,
    hands_free: bool,
    engine: oneshot::Receiver<Remote>,
    orders: (orders::Sender<Order>, orders::Receiver<Order>),
    board: Arc<Mutex<Reports>>,
}

impl Stage {
    /// Starts the thread; returns as soon as the emulator listens.
    ///
    /// # Errors
    /// The port is taken.
    pub fn build(scenario: Arc<Scenario>, port: u16, hands_free: bool) -> Result<Self, Failure> {
        let (audience, engine) = oneshot::channel();
        let (ready_in, ready) = mpsc::channel();
        let (order, ordered) = orders::channel(ORDERS);
        let board = Arc::new(Mutex::default());
        let orders = (order.clone(), ordered);
        let play = Play { scenario, port, hands_free, engine, orders, board: Arc::clone(&board) };
        let body = move || {
            if let Err(failure) = perform(play, &ready_in) {
                // Nobody waits for it only if `build` has gone.
                let _ = ready_in.send(Err(failure));
            }
        };
        thread::Builder::new().name("emulator".into()).spawn(body).map_err(|error| cannot_start(&error))?;
        let crashed = |_| Failure::new(Kind::Failed, "the emulator has crashed at its start");
        let (addr, control) = ready.recv().map_err(crashed)??;
        Ok(Self { addr, control, audience, orders: order, board })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Lets the play begin: the engine claims the scenario's tasks and its screen shows the captions.
    pub fn begin(self, engine: Remote) -> (Control, Present) {
        // Nobody takes it only if the emulator has crashed, and then every call says so.
        let _ = self.audience.send(engine.clone());
        (self.control, Present { orders: self.orders, board: self.board, engine })
    }
}

fn perform(play: Play, ready: &mpsc::Sender<Ready>) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    runtime.map_err(|error| cannot_start(&error))?.block_on(async {
        let token = AdminToken::random().map_err(|error| cannot_start(&error))?;
        let options = Options { port: play.port, admin: Some(token.clone()), ..Options::default() };
        let server = Server::bind(options).await?;
        let admin = Admin::new(server.addr(), token.reveal().to_owned());
        let endpoint_url = Some(format!("http://{}", server.addr()));
        let service =
            Service::connect(&Settings { endpoint_url, access: Access::Fixed, ..Settings::default() }).await?;
        let _ = ready.send(Ok((server.addr(), server.control())));
        tokio::join!(server.run(), begin(&service, admin, play));
        Ok(())
    })
}

/// Prepares the scenario, has its tasks claimed, and plays it; says why it has stopped if it has.
async fn begin(service: &Service, admin: Admin, play: Play) {
    let scenario = &play.scenario;
    let prepared = Director::prepare(service.decider(), scenario).await;
    let Ok(engine) = play.engine.await else { return };
    let front = Front { engine: engine.clone(), board: play.board };
    let (orders, ordered) = play.orders;
    let (cue, cued) = orders::channel(ORDERS);
    let failure = match prepared {
        Ok(director) => {
            // Not before: SWF refuses a poll of a domain it does not know.
            engine.send(Command::Claim {
                domain: scenario.domain.clone(),
                task_list: scenario.task_list.clone(),
                wanted: scenario.claim,
                identity: None,
            });
            let house = House { audience: &front, orders, cues: cued, hands_free: play.hands_free };
            let backstage = Backstage::new(admin, scenario, &front, cue);
            tokio::select! {
                failure = director.play_before(Some(house)) => failure,
                never = backstage.run(ordered) => match never {},
            }
        }
        Err(failure) => failure,
    };
    front.complain(format!("the scenario has stopped: {}", failure.line()));
}
