//! A hundred thousand timers.

use serde_json::{Value, json};

use super::{World, start_timer};

/// Executions with as many timers as one may have.
const EXECUTIONS: usize = 100;
const TIMERS: usize = 1_000;

/// The timers of an execution and the seconds after which they fire, in no order.
fn timers(execution: usize) -> impl Iterator<Item = (String, usize)> {
    (0..TIMERS).map(move |n| (format!("t{n}"), 1 + (n * 7_919 + execution * 104_729) % 86_000))
}

#[test]
fn a_hundred_thousand_timers_fire_at_their_instants_and_in_their_order() {
    let mut world = World::new();
    for execution in 0..EXECUTIONS {
        world.start(&format!("w{execution}"));
        let decisions: Vec<Value> = timers(execution).map(|(id, at)| start_timer(&id, &at.to_string())).collect();
        world.decide(json!(decisions));
    }
    let mut due: Vec<usize> = (0..EXECUTIONS).flat_map(timers).map(|(_, at)| at).collect();
    due.sort_unstable();
    let started = world.service.events_after(0, usize::MAX).last().unwrap().number;
    let mut wakes = Vec::new();
    while let Some(at) = world.service.next_wake().filter(|at| *at < super::START + 86_400_000) {
        wakes.push(((at - super::START) / 1_000) as usize);
        world.now = at;
        world.service.advance(at);
    }
    let distinct = due.iter().collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(wakes.len(), distinct, "one wake an instant, none in between");
    let fired: Vec<usize> = world
        .service
        .events_after(started, usize::MAX)
        .into_iter()
        .map(|written| serde_json::from_str::<Value>(written.event.get()).unwrap())
        .filter(|event| event["eventType"] == "TimerFired")
        .map(|event| (super::at(&event) / 1_000) as usize)
        .collect();
    assert_eq!(fired, due);
}
