//! Random commands, answers and failures: what must hold whatever happens.

use proptest::prelude::*;

use super::*;
use crate::task::{Outcome, TimeoutKind};

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    Pass(i64),
    Claim,
    Beat(usize, bool),
    Keep(usize, i64),
    Close(usize, bool),
    Withdraw(usize),
    Answer { index: usize, took: i64, how: u8 },
    Disk(bool),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1i64..40_000).prop_map(Step::Pass),
        2 => Just(Step::Claim),
        2 => (0usize..4, any::<bool>()).prop_map(|(task, new)| Step::Beat(task, new)),
        1 => (0usize..4, 1_000i64..600_000).prop_map(|(task, length)| Step::Keep(task, length)),
        1 => (0usize..4, any::<bool>()).prop_map(|(task, complete)| Step::Close(task, complete)),
        1 => (0usize..4).prop_map(Step::Withdraw),
        8 => (0usize..6, 0i64..3_000, 0u8..10).prop_map(|(index, took, how)| Step::Answer { index, took, how }),
        1 => any::<bool>().prop_map(Step::Disk),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..120)
}

/// What the service knows.
#[derive(Default)]
struct Truth {
    /// By token: when the service set the heartbeat clock last. It acts at the instant of sending, which leaves least.
    clock_set: BTreeMap<String, i64>,
    /// By activity id, which is the run id too: when the task was started.
    started: BTreeMap<String, i64>,
    /// Payloads sent for a token.
    closes: BTreeMap<String, Vec<Request>>,
    claimed: usize,
}

impl Truth {
    fn sent(&mut self, request: &Request) {
        if let Request::Complete { token, .. } | Request::Fail { token, .. } | Request::Cancel { token, .. } = request {
            self.closes.entry(token.expose().to_owned()).or_default().push(request.clone());
        }
    }
}

fn answer(world: &mut World, truth: &mut Truth, index: usize, took: i64, how: u8) {
    if world.calls.is_empty() {
        return;
    }
    let (call, request, sent) = world.calls.remove(index % world.calls.len());
    world.at += took;
    // The service acts somewhere between sending and answer; at sending is what leaves the least time.
    let good = match &request {
        Request::Poll { .. } => {
            truth.claimed += 1;
            let id = format!("task-{}", truth.claimed);
            truth.clock_set.insert(format!("token-of-{id}"), sent.0);
            truth.started.insert(id.clone(), sent.0);
            let mut task = task(&id);
            task.execution.run_id = id.into();
            Answer::Polled(Some(Box::new(task)))
        }
        Request::Heartbeat { token, .. } => {
            truth.clock_set.insert(token.expose().to_owned(), sent.0);
            Answer::Beaten { cancel_requested: how == 9 }
        }
        Request::History { reverse: true, execution, .. } => {
            let started = truth.started.get(execution.run_id.raw()).expect("only claimed tasks are looked up");
            Answer::History(open_history(execution.run_id.raw(), SERVICE_AT_BOOT + started))
        }
        Request::History { .. } => Answer::History(HistoryPage::default()),
        Request::DescribeActivityType { .. } => Answer::ActivityType(Timeouts::default()),
        Request::ListOpen { .. } => Answer::Open { executions: Vec::new(), more: false },
        Request::CountPending { .. } => Answer::Pending { count: 1, truncated: false },
        _ => Answer::Closed,
    };
    let is_poll = matches!(request, Request::Poll { .. });
    let result = match how {
        0 => no_answer(),
        1 => not_sent(),
        2 => refused("ThrottlingException", "Rate exceeded"),
        3 if !is_poll => gone(),
        4 => refused("ExpiredTokenException", "expired"),
        5 if !is_poll => refused("ValidationException", "bad"),
        _ => Ok(good),
    };
    let timing = Timing { sent, received: Boot(world.at), date: None };
    world.event(Event::Answered { call, timing, result });
}

fn claim_at(world: &World, index: usize) -> Vec<ClaimId> {
    world.facts.keys().copied().nth(index).into_iter().collect()
}

fn check(world: &World, truth: &Truth) -> Result<(), TestCaseError> {
    let mut tokens = BTreeMap::new();
    for (_, request, _) in &world.calls {
        let (token, weight) = match request {
            Request::Heartbeat { token, .. } => (token, 1),
            Request::Complete { token, .. } | Request::Fail { token, .. } | Request::Cancel { token, .. } => (token, 2),
            _ => continue,
        };
        *tokens.entry(token.expose().to_owned()).or_insert(0) += weight;
    }
    prop_assert!(
        tokens.values().all(|&weight| weight <= 2),
        "one close in flight a token, or a beat and a second attempt"
    );
    for facts in world.facts.values() {
        let token = format!("token-of-{}", facts.activity_id.raw());
        let heartbeat = facts.deadline(TimeoutKind::Heartbeat).and_then(|deadline| deadline.at);
        if let (Some(at), Some(set)) = (heartbeat, truth.clock_set.get(&token)) {
            prop_assert!(at.0 <= set + 60_000, "overstated: {at:?} set {set}");
        }
    }
    for (token, closes) in &truth.closes {
        let first = &closes[0];
        let withdrawn = world.disk.iter().any(|record| matches!(record, Record::IntentWithdrawn { .. }));
        prop_assert!(withdrawn || closes.iter().all(|close| close == first), "two outcomes for {token}");
    }
    Ok(())
}

/// What is durable, in words that are equal only if it is. (Numbers given out for what never reached the disk are not.)
fn durable(Ledger { claims, open_polls, .. }: &Ledger) -> String {
    format!("{claims:?} {open_polls:?}")
}

/// A restart at this moment, with what is synced so far, would come to the same durable state as the live run has.
fn check_replay(world: &World) -> Result<(), TestCaseError> {
    let mut replayed = Ledger::default();
    world.disk.iter().for_each(|record| replayed.apply(record, true));
    prop_assert_eq!(durable(&world.console.ledger), durable(&replayed), "live, then replayed");
    Ok(())
}

proptest! {
    /// no-overstatement, one-outcome, no-lost-token and one request in flight, under everything at once.
    #[test]
    fn promises_hold_whatever_happens(steps in steps()) {
        let mut world = World::new();
        let mut truth = Truth::default();
        // Nothing was lost since the last restart: what is written lazily is lost while the disk refuses.
        let mut whole = true;
        for step in steps {
            let sent_before: Vec<_> = world.calls.iter().map(|(call, ..)| *call).collect();
            match step {
                Step::Pass(ms) => world.pass(ms),
                Step::Claim => {
                    world.command(Command::Claim { domain: "ops".into(), task_list: "manual".into(), wanted: 1, identity: None });
                }
                Step::Beat(task, new) => {
                    let details = if new { Details::New("50 %".into()) } else { Details::Same };
                    world.command(Command::Beat { claims: claim_at(&world, task), details });
                }
                Step::Keep(task, length_ms) => world.command(Command::Keep { claims: claim_at(&world, task), length_ms }),
                Step::Close(task, complete) => {
                    let outcome =
                        if complete { Outcome::Completed { result: None } } else { Outcome::Canceled { details: None } };
                    world.command(Command::Close { claims: claim_at(&world, task), outcome });
                }
                Step::Withdraw(task) => {
                    for claim in claim_at(&world, task) {
                        world.command(Command::WithdrawClose { claim });
                    }
                }
                Step::Answer { index, took, how } => answer(&mut world, &mut truth, index, took, how),
                Step::Disk(true) => { world.disk_works = true; world.disk_writes(); }
                Step::Disk(false) => { world.disk_works = false; world.disk_refuses(); whole = false; }
                Step::Restart => {
                    whole = true;
                    // What the disk never took is lost with the process; nothing else is.
                    let saved: Vec<_> = world.facts.values().filter(|facts| facts.saved).map(|facts| facts.id).collect();
                    let disk = std::mem::take(&mut world.disk);
                    world = World::restarted(world.at + 500, disk);
                    for claim in saved {
                        prop_assert!(world.facts.contains_key(&claim), "a claim was lost");
                    }
                }
            }
            for (call, request, _) in &world.calls {
                if !sent_before.contains(call) {
                    truth.sent(request);
                }
            }
            check(&world, &truth)?;
            if whole {
                check_replay(&world)?;
            }
        }
    }
}
