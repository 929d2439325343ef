//! What one would write first: one loop around the SDK, a heap of due times, a fixed interval, what fails is sent again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_swf::Client;
use aws_sdk_swf::operation::record_activity_task_heartbeat::RecordActivityTaskHeartbeatError;
use clap::Args;
use swfbeat::clock;
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::JoinSet;

use crate::endpoint::client;
use crate::outcome::{Lateness, Outcome, threads};
use crate::plan;

/// Calls in flight at the most.
const WIDTH: usize = 64;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long)]
    pub plan: PathBuf,
    #[arg(long)]
    pub endpoint: String,
    /// From one heartbeat to the next, milliseconds.
    #[arg(long)]
    pub interval: i64,
    /// From a failure to the next try, milliseconds.
    #[arg(long, default_value_t = 500)]
    pub again: i64,
}

enum End {
    Beaten,
    Failed,
    Dead,
}

pub fn run(arguments: &Arguments) {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).unwrap();
    runtime.block_on(keep(arguments));
    // What is in flight is of no interest any more.
    std::process::exit(0);
}

async fn keep(arguments: &Arguments) {
    let client = client(&arguments.endpoint);
    let now = clock::now();
    let (began, end) = (now.boot.0, now.boot.0 + crate::process::seconds() * 1_000);
    let mut heap = BinaryHeap::new();
    let mut tokens = Vec::new();
    for (index, task) in plan::load(&arguments.plan).into_iter().enumerate() {
        let due = task.beaten.map_or(began, |beaten| beaten + arguments.interval);
        heap.push(Reverse((due, index)));
        tokens.push(task.token);
    }
    let before = threads();
    let mut outcome = Outcome { began: now.wall.0, ..Outcome::default() };
    let (mut lateness, mut rest) = (Lateness::default(), tokens.len());
    let mut beaten = vec![false; tokens.len()];
    let mut calls: JoinSet<(End, usize, i64, i64)> = JoinSet::new();
    loop {
        let now = clock::now().boot.0;
        if now >= end {
            break;
        }
        let next = heap.peek().map_or(end, |Reverse((due, _))| *due);
        if next <= now && calls.len() < WIDTH && !heap.is_empty() {
            let Some(Reverse((due, index))) = heap.pop() else { continue };
            let call = beat(client.clone(), tokens[index].clone());
            calls.spawn_local(async move { (call.await, index, due, now) });
            continue;
        }
        let wait = if calls.len() < WIDTH { (next.min(end) - now).max(0) } else { end - now };
        tokio::select! {
            Some(ended) = calls.join_next() => {
                let (result, index, due, sent) = ended.unwrap();
                match result {
                    End::Beaten => {
                        outcome.beats += 1;
                        let now = clock::now().boot.0;
                        heap.push(Reverse(((due + arguments.interval).max(now), index)));
                        if std::mem::replace(&mut beaten[index], true) {
                            lateness.add(sent - due);
                        } else {
                            rest -= 1;
                            outcome.first_round = (rest == 0).then(|| now - began).or(outcome.first_round);
                        }
                    }
                    End::Failed => heap.push(Reverse((clock::now().boot.0 + arguments.again, index))),
                    End::Dead => outcome.dead += 1,
                }
            }
            () = tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())) => {}
        }
    }
    outcome.ended = clock::now().wall.0;
    outcome.late = lateness.figures();
    outcome.print(&before);
}

async fn beat(client: Client, token: String) -> End {
    match client.record_activity_task_heartbeat().task_token(token).send().await {
        Ok(_) => End::Beaten,
        Err(error) => match error.into_service_error() {
            RecordActivityTaskHeartbeatError::UnknownResourceFault(_) => End::Dead,
            _ => End::Failed,
        },
    }
}
