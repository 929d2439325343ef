//! Every history event of every execution in the order they were written, for those who watch the service.
//!
//! Not on SWF's wire. An execution that is forgotten takes its events along, which leaves gaps in their numbers. Costs nothing until somebody asks; what was written since the last question is collected then.

use serde::Serialize;
use serde_json::value::RawValue;

use super::execution::Run;
use super::service::Service;

/// A history event, and where it happened.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// Counts all events of the service from 1.
    pub number: u64,
    /// The domain.
    pub domain: String,
    /// The workflow id.
    pub workflow_id: String,
    /// The run id.
    pub run_id: String,
    /// The event as SWF writes it.
    pub event: Box<RawValue>,
}

/// What was collected so far.
#[derive(Debug)]
pub(super) struct Feed {
    /// Run and event id of each event.
    order: Vec<(Run, i64)>,
    /// The executions that may have more, each with the last event collected.
    growing: Vec<(Run, i64)>,
    /// The first execution that is new.
    next: Run,
}

impl Default for Feed {
    fn default() -> Self {
        Self { order: Vec::new(), growing: Vec::new(), next: Run(0) }
    }
}

impl Service {
    /// The events after the one of this number, at most `limit` of them, as of the service's clock.
    pub fn events_after(&mut self, number: u64, limit: usize) -> Vec<Written> {
        self.collect_events();
        let later = usize::try_from(number).ok().and_then(|from| self.feed.order.get(from..)).unwrap_or_default();
        let numbered = (number.saturating_add(1)..).zip(later);
        numbered.filter_map(|(number, (run, id))| self.written(number, *run, *id)).take(limit).collect()
    }

    fn written(&self, number: u64, run: Run, id: i64) -> Option<Written> {
        let execution = self.executions.get(run)?;
        let event = execution.history.page(id, id, 1).0.first().copied()?.to_owned();
        let [domain, workflow_id, run_id] =
            [&execution.domain, &execution.workflow_id, &execution.run_id].map(|name| String::from(&**name));
        Some(Written { number, domain, workflow_id, run_id, event })
    }

    fn collect_events(&mut self) {
        let executions = &self.executions;
        let Feed { order, growing, next } = &mut self.feed;
        growing.extend((next.0..executions.next().0).map(|run| (Run(run), 0)));
        *next = executions.next();
        let mut fresh = Vec::new();
        growing.retain_mut(|(run, collected)| {
            let Some(execution) = executions.get(*run) else { return false };
            let last = execution.history.len();
            fresh.extend((*collected + 1..=last).map(|id| (execution.history.written_at(id), *run, id)));
            *collected = last;
            execution.is_open()
        });
        fresh.sort_unstable();
        order.extend(fresh.into_iter().map(|(_, run, id)| (run, id)));
    }
}
