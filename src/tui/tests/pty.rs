//! The real loop in a real pseudo-terminal, against an engine that only plays what it was given. The test binary starts
//! itself again as the program under test.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use termlens::{Key as TermKey, MouseMode, Signal as TermSignal, Terminal};

use super::*;
use crate::clock::{self, Boot};
use crate::console::{Command, Level, TaskFacts};
use crate::tui::fixtures::{log_line, task};
use crate::tui::{Engine, EngineGone, Signals, run};

/// Set for the process that is the program under test.
const CHILD: &str = "SWFBEAT_TEST_SCREEN";

/// Has one task, and tells in the log what it was sent.
struct Played {
    wake: UnixStream,
    waker: UnixStream,
    news: News,
}

impl Played {
    fn new() -> Self {
        let (wake, waker) = UnixStream::pair().unwrap();
        wake.set_nonblocking(true).unwrap();
        let mut played = Self { wake, waker, news: News::default() };
        let now = clock::now();
        let status = crate::console::Status { poll_in_flight: false, ..status() };
        played.news.status = Some(Arc::new(status));
        played.news.changed.push(task(1, "swap-17").with(|facts| place_in_time(facts, now.boot)).arc());
        played.news.log.push(log_line(Level::Alarm, "cancel", "swap-17", "requested"));
        played.wake_up();
        played
    }

    fn wake_up(&mut self) {
        self.waker.write_all(&[1]).unwrap();
    }
}

impl Engine for Played {
    fn wake_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    fn take(&mut self) -> News {
        let _ = self.wake.read(&mut [0; 64]);
        std::mem::take(&mut self.news)
    }

    fn send(&mut self, command: Command) -> Result<(), EngineGone> {
        match command {
            Command::StopClaiming => return Err(EngineGone("as the test wanted".into())),
            Command::Keep { .. } => panic!("as the test wanted"),
            _ => {}
        }
        self.news.log.push(log_line(Level::Info, "sent", "", &format!("{command:?}")));
        self.wake_up();
        Ok(())
    }
}

#[test]
#[ignore = "the program under test, started by the tests below"]
fn program() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let signals = Signals::install().unwrap();
    let options = Options { zone: Zone::Fixed(0), ..Options::default() };
    let exit = run(options, &mut Played::new(), &signals).unwrap();
    println!("left with {exit:?}");
}

/// Unsure, because one deadline has passed: by the clock of the machine, whenever that was started.
fn place_in_time(facts: &mut TaskFacts, now: Boot) {
    facts.deadlines[0].at = Some(now + 52_000);
    facts.deadlines[1].at = Some(now + -60_000);
}

fn start() -> Terminal {
    let program = std::env::current_exe().unwrap();
    let args = ["tui::tests::pty::program", "--exact", "--ignored", "--nocapture", "--quiet"];
    let mut terminal = Terminal::builder()
        .size(120, 40)
        .env_clear()
        .env(CHILD, "1")
        .env("TERM", "xterm-256color")
        .timeout(Duration::from_secs(20))
        .args(args)
        .spawn(program)
        .unwrap();
    terminal.wait_until(|screen| screen.contains("swap-17")).unwrap();
    terminal
}

/// Waits for its end, and looks whether the terminal is as before.
fn left_clean(mut terminal: Terminal, exit: &str) {
    terminal.wait_until(|screen| screen.contains(exit)).unwrap();
    let screen = terminal.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && screen.cursor_visible(), "{}", screen.text());
    assert!(!screen.focus_events() && screen.mouse_mode() == MouseMode::None, "{}", screen.text());
    assert!(terminal.wait_exit().unwrap().success());
}

#[test]
fn keys_act_and_the_screen_is_left_clean() {
    let mut terminal = start();
    assert!(terminal.screen().alternate_screen() && terminal.screen().bracketed_paste());
    terminal.wait_until(|screen| screen.bells() == 1).unwrap();
    terminal.send(TermKey::Char(' ')).unwrap();
    terminal.wait_until(|screen| screen.contains("Beat { claims")).unwrap();
    terminal.send(TermKey::Char('c')).unwrap();
    terminal.wait_until(|screen| screen.contains("Complete: swap-17")).unwrap();
    terminal.send(TermKey::Esc).unwrap();
    terminal.wait_until(|screen| !screen.contains("Complete: swap-17")).unwrap();
    terminal.resize(80, 24).unwrap();
    terminal.wait_until(|screen| screen.row_text(23).contains("q quit")).unwrap();
    terminal.send(TermKey::Char('q')).unwrap();
    left_clean(terminal, "left with Quit");
}

#[test]
fn the_title_counts_and_copies_reach_the_clipboard() {
    let mut terminal = start();
    terminal.wait_until(|screen| screen.title() == "1 unsure - swfbeat ops-demo").unwrap();
    terminal.send(TermKey::Char('y')).unwrap();
    terminal.wait_until(|screen| screen.contains("copy activity id")).unwrap();
    terminal.send(TermKey::Char('i')).unwrap();
    terminal.wait_until(|screen| screen.contains("is sent to the clipboard")).unwrap();
    terminal.wait_until(|screen| screen.clipboard().is_some_and(|copied| copied.text() == Some("swap-17"))).unwrap();
    terminal.send(TermKey::Char('q')).unwrap();
    left_clean(terminal, "left with Quit");
}

#[test]
fn the_mouse_presses_buttons_until_it_is_the_terminals() {
    let mut terminal = start();
    assert!(terminal.screen().mouse_mode() != MouseMode::None && terminal.screen().focus_events());
    for (button, sent) in [("  Cancel  ", false), ("  Complete  ", true)] {
        if !terminal.screen().contains("Complete: swap-17") {
            terminal.send(TermKey::Char('c')).unwrap();
            terminal.wait_until(|screen| screen.contains("Complete: swap-17")).unwrap();
        }
        terminal.send(TermKey::Enter).unwrap();
        terminal.wait_until(|screen| screen.contains("Complete swap-17?")).unwrap();
        if !sent {
            terminal.send(TermKey::Right).unwrap();
            terminal.wait_until(|screen| screen.contains(button)).unwrap();
        }
        let (row, column) = terminal.screen().find(button).unwrap();
        terminal.click(column + 3, row).unwrap();
        terminal.wait_until(|screen| !screen.contains("Complete swap-17?")).unwrap();
        assert_eq!(
            terminal
                .wait_until_for(
                    |screen| screen.contains("Close { claims"),
                    Duration::from_secs(if sent { 20 } else { 0 })
                )
                .is_ok(),
            sent
        );
    }
    terminal.send(TermKey::Ctrl('t')).unwrap();
    terminal.wait_until(|screen| screen.mouse_mode() == MouseMode::None).unwrap();
    terminal.send(TermKey::Char('q')).unwrap();
    left_clean(terminal, "left with Quit");
}

#[test]
fn signals_end_it_and_the_screen_is_left_clean() {
    for (signal, exit) in
        [(TermSignal::Term, "Signal(15)"), (TermSignal::Int, "Signal(2)"), (TermSignal::Hup, "Signal(1)")]
    {
        let mut terminal = start();
        terminal.signal(signal).unwrap();
        left_clean(terminal, exit);
    }
}

#[test]
fn a_countdown_goes_on_without_news() {
    let mut terminal = start();
    terminal.wait_until(|screen| screen.contains("0:50")).unwrap();
    terminal.wait_until(|screen| screen.contains("0:48")).unwrap();
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let mut terminal = start();
    terminal.send(TermKey::Ctrl('z')).unwrap();
    terminal.wait_until(|screen| !screen.alternate_screen() && screen.cursor_visible()).unwrap();
    let pid = rustix::process::Pid::from_raw(terminal.pid().unwrap().cast_signed()).unwrap();
    // The terminal is given back just before the stop; a SIGCONT in between would be lost.
    let back = (0..50).any(|_| {
        rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
        let back = |screen: &termlens::Screen| screen.alternate_screen() && screen.contains("swap-17");
        terminal.wait_until_for(back, Duration::from_millis(200)).is_ok()
    });
    assert!(back, "{}", terminal.screen().text());
    terminal.send(TermKey::Char('q')).unwrap();
    left_clean(terminal, "left with Quit");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let mut terminal = start();
    terminal.send(TermKey::Char('a')).unwrap();
    terminal.wait_until(|screen| screen.contains("Keep alive: swap-17")).unwrap();
    terminal.send(TermKey::Enter).unwrap();
    terminal.wait_until(|screen| screen.contains("as the test wanted")).unwrap();
    let screen = terminal.screen();
    assert!(!screen.alternate_screen() && screen.cursor_visible(), "{}", screen.text());
    assert!(!terminal.wait_exit().unwrap().success());
}

#[test]
fn an_engine_that_is_gone_ends_it() {
    let mut terminal = start();
    terminal.send(TermKey::Char('P')).unwrap();
    left_clean(terminal, "as the test wanted");
}
