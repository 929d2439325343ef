//! Between the stage's thread and the screen: orders one way, reports the other. Neither side waits for the other.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::Sender;

use crate::clock;
use crate::console::{Level, LogLine};
use crate::demo::Audience;
use crate::demo::view::{Order, Reports};
use crate::runtime::Remote;
use crate::tui::Presenter;

/// Orders that may wait; nobody gives more in the time one takes.
pub const ORDERS: usize = 64;
/// The words of log lines: a caption, and what was done behind the stage.
const CAPTION: &str = "demo";
const STAGE: &str = "stage";

/// The screen's end.
#[derive(Debug)]
pub struct Present {
    pub orders: Sender<Order>,
    pub board: Arc<Mutex<Reports>>,
    pub engine: Remote,
}

impl Presenter for Present {
    fn take(&mut self) -> Reports {
        mem::take(&mut locked(&self.board))
    }

    fn order(&mut self, order: Order) {
        if self.orders.try_send(order).is_err() {
            let text = "not done: the stage does not answer; start the demo again".to_owned();
            self.engine.tell(line(Level::Error, STAGE, text));
        }
    }
}

/// The stage's end: what it says goes into the screen's log.
#[derive(Debug)]
pub struct Front {
    pub engine: Remote,
    pub board: Arc<Mutex<Reports>>,
}

impl Audience for Front {
    fn caption(&self, text: String) {
        self.engine.tell(line(Level::Info, CAPTION, text));
    }

    fn say(&self, text: String) {
        self.engine.tell(line(Level::Info, STAGE, text));
    }

    fn complain(&self, text: String) {
        self.engine.tell(line(Level::Error, STAGE, text));
    }

    fn report(&self, change: &mut dyn FnMut(&mut Reports)) {
        change(&mut locked(&self.board));
        self.engine.wake();
    }
}

/// Nothing panics under this lock but what `change` does, and reports are whole after every step.
fn locked(board: &Mutex<Reports>) -> MutexGuard<'_, Reports> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

fn line(level: Level, word: &'static str, text: String) -> LogLine {
    LogLine { at: clock::now().wall, level, word, claim: None, subject: String::new(), text }
}
