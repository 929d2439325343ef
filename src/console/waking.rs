//! After the machine slept, the process was stopped or a clock was moved: say so, and begin anew with what was in flight
//! (engine rules, "Countdown that never overstates", 7).

use crate::clock::Now;
use crate::task::Record;

use super::Console;
use super::agenda::Job;
use super::event::{Effect, Level};
use super::live::Purpose;
use super::watch::Oddity;

impl Console {
    /// Says what time did; `true` if nothing ran for a while, so that what is in flight is as good as lost.
    pub(super) fn look_at_clocks(&mut self, now: Now) -> bool {
        let wake = self.next_wake();
        let looked = self.watch.look(now, wake);
        if self.clock.drifts_by(self.watch.drift_ppm()) {
            self.dirty.extend(self.ledger.claims.keys());
            let text = "this machine's clock is being moved slowly: countdowns allow for as much";
            self.say_once(now, "clock", text.to_owned());
        }
        let (text, asleep) = match looked {
            None => return false,
            Some(Oddity::Suspended(ms)) => (format!("the machine slept for {} s", ms / 1_000), true),
            Some(Oddity::Frozen(ms)) => (format!("this process did not run for {} s", ms / 1_000), true),
            Some(Oddity::Stepped(ms)) => (format!("the wall clock was moved by {} s", ms / 1_000), false),
        };
        self.say(now, Level::Warn, "clock", None, text);
        // Requests are signed with the wall clock, and credentials expire by it.
        self.new_credentials(now);
        self.dirty.extend(self.ledger.claims.keys());
        self.arm_follow_ups(now);
        asleep
    }

    /// Connections are dead, and nobody knows what became of the attempts in flight: they are given up, and what they were
    /// for waits in the queues again, where the earliest deadline is first. Polls are waited for all the same.
    pub(super) fn woke(&mut self, now: Now) {
        self.out.push(Effect::Reconnect);
        let lost = self.calls.iter().filter(|(_, purpose)| !matches!(purpose, Purpose::Poll { .. }));
        let lost: Vec<_> = lost.map(|(call, purpose)| (call, purpose.clone())).collect();
        for (call, purpose) in lost {
            self.calls.remove(call);
            self.out.push(Effect::Abandon(call));
            self.no_longer_in_flight(now, call, &purpose);
            match purpose {
                Purpose::Beat { claim, due } => self.make_ready(now, claim, due),
                Purpose::Close { claim } => {
                    self.append_lazily(Record::Attempt { claim, maybe_applied: true });
                    self.agenda.set(Job::Close(claim), now.boot);
                }
                Purpose::Ask(ask) => self.ask_anew(ask),
                Purpose::Read { query, .. } => {
                    self.out.push(Effect::Unread { query, why: "the machine slept: it is asked again".into() });
                }
                Purpose::Count { .. } => self.agenda.set(Job::Count, now.boot),
                // The search asks again by itself, and a poll is waited for.
                Purpose::Orphans(_) | Purpose::Poll { .. } => {}
            }
        }
        self.go_on_sending();
    }
}
