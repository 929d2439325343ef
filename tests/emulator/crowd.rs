//! Many at once.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use swfbeat::clock;
use swfbeat::emulator::Options;

use crate::client::{Emulator, SOON, activity_poll};

/// Polls, each on a connection of its own.
const POLLS: u64 = 5_000;
/// Open activity tasks an execution may have.
const TASKS: usize = 1_000;

/// As many polls as the system lets us have open files for: two each, as client and server are one process here.
fn polls() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let needed = 2 * POLLS + 200;
    let possible = maximum.map_or(needed, |maximum| maximum.min(needed));
    if current.is_some_and(|current| current < possible) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum }).unwrap();
    }
    ((possible - 200) / 2) as usize
}

#[test]
fn five_thousand_held_polls_are_answered_in_the_order_of_their_arrival() {
    let polls = polls();
    let emulator = Emulator::with(Options { max_connections: polls + 50, poll_hold: SOON * 60, ..Options::default() });
    emulator.register();
    let body = activity_poll().to_string();
    let mut connections = Vec::new();
    for held in 1..=polls {
        let mut connection = emulator.connect();
        connection.send("PollForActivityTask", &body);
        let deadline = clock::now().boot + SOON.as_millis() as i64;
        while emulator.control.held_polls() < held {
            assert!(clock::now().boot < deadline, "poll {held} is not held");
            std::thread::yield_now();
        }
        connections.push(connection);
    }
    let ids: Vec<String> = (0..polls).map(|n| format!("a{n}")).collect();
    for (n, some) in ids.chunks(TASKS).enumerate() {
        emulator.schedule_all(&format!("w{n}"), some);
    }
    let got: Vec<Value> =
        connections.iter_mut().map(|connection| connection.receive().json()["activityId"].clone()).collect();
    assert_eq!(got, ids);
    assert_eq!(emulator.control.held_polls(), 0);
}
