//! What answers, and failures, say about the service as a whole: told once, and for everybody.

use crate::clock::Now;
use crate::wire::Failure;

use super::Console;
use super::agenda::Job;
use super::event::Level;
use super::facts::Connection;

impl Console {
    /// The service answered, well or badly, after so many milliseconds; `None` if that measures no round trip (a poll, a
    /// refusal).
    pub(super) fn heard(&mut self, now: Now, rtt_ms: Option<i64>) {
        if self.reach.answered(now.boot, rtt_ms.unwrap_or(self.reach.rtt_ms())) {
            self.say(now, Level::Info, "service", None, "back in reach");
        } else if let Some(at) = self.reach.steady_at() {
            self.agenda.set_by(Job::Reach, at);
        }
    }

    /// Something may be sent again, or a service that came and went is back. Whoever sends looks by itself.
    pub(super) fn look_at_reach(&mut self, now: Now) {
        if let Some(at) = self.reach.steady_at() {
            if at <= now.boot {
                self.heard(now, None);
            } else {
                self.agenda.set_by(Job::Reach, at);
            }
        }
    }

    /// What a failure says about the service or our access, for everybody.
    pub(super) fn heard_failure(&mut self, now: Now, failure: &Failure) {
        if !self.reach.failed(failure, now.boot) {
            return;
        }
        let (level, text) = match self.reach.connection() {
            Connection::NoAccess { why, .. } => {
                (Level::Alarm, format!("no access: {why}; tokens are kept, renew the credentials, they are read again"))
            }
            Connection::Throttled { .. } => {
                (Level::Warn, "throttled: the account's request rate is used up; sending slower".to_owned())
            }
            _ => {
                self.ask_whether_back(now);
                (Level::Warn, format!("out of reach: {}; trying on", failure.line()))
            }
        };
        self.say(now, level, "service", None, text);
    }
}
