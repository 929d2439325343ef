//! The contexts of the operator that share this console, and with it the heartbeat rate. Whoever is called about a task is
//! told in which one it is.

use crate::clock::Now;
use crate::text::Foreign;

use super::Console;
use super::event::{HeartbeatRate, Level};

/// Them by name and domain, the one that the console was started for first.
#[derive(Debug)]
pub(super) struct Contexts(Vec<(Foreign, Foreign)>);

impl Contexts {
    /// With one.
    pub(super) fn new(name: Foreign, domain: Foreign) -> Self {
        Self(vec![(name, domain)])
    }

    /// One more.
    pub(super) fn join(&mut self, name: Foreign, domain: Foreign) {
        self.0.push((name, domain));
    }

    /// The name of the one whose domain this is; of the first for any other domain, and for what is of none.
    pub(super) fn of(&self, domain: Option<&Foreign>) -> Foreign {
        let its = self.0.iter().find(|(_, its)| Some(its) == domain);
        its.or(self.0.first()).map_or_else(|| "".into(), |(name, _)| name.clone())
    }
}

impl Console {
    /// One more context shares this console. What was promised to the kept tasks goes before its heartbeat rate.
    pub(super) fn join(&mut self, now: Now, name: Foreign, domain: Foreign, rate: HeartbeatRate) {
        let before = HeartbeatRate(self.config.heartbeat_rate);
        let HeartbeatRate(cap) = rate;
        if rate != before && self.load.fits(cap) {
            self.config.heartbeat_rate = cap;
            self.quotas.heartbeats().set_cap(cap);
            self.load.set_cap(cap, self.quotas.goodput());
        } else if rate != before {
            let text = format!(
                "{} wants no more than {} heartbeats a second, and the kept tasks need more: the rate stays as it is; stop \
                 keeping some and start again",
                name.line(),
                cap.unwrap_or(f64::INFINITY)
            );
            self.say(now, Level::Error, "context", None, text);
        }
        self.contexts.join(name, domain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_in_the_first_context_of_its_domain_or_in_the_first() {
        let mut contexts = Contexts::new("ops".into(), "ops".into());
        contexts.join("billing".into(), "billing".into());
        contexts.join("again".into(), "billing".into());
        let of = |domain: &str| contexts.of(Some(&domain.into())).raw().to_owned();
        assert_eq!([of("ops"), of("billing"), of("other")], ["ops", "billing", "ops"]);
        assert_eq!(contexts.of(None).raw(), "ops");
    }
}
