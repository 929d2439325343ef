//! Shared by this room's tests: stamps, tasks and records with as few words as possible.

use crate::clock::{Boot, Wall};
use crate::task::{
    ActivityType, ClaimId, ClaimSource, ClaimedTask, PollNumber, Record, Stamp, TaskToken, WorkflowExecution,
};

/// Wall time when the boot clock shows 0.
pub(super) const WALL_AT_BOOT: i64 = 1_790_000_000_000;

pub(super) fn stamp(boot: i64) -> Stamp {
    Stamp { boot: Boot(boot), wall: Wall(WALL_AT_BOOT + boot), service: None }
}

/// A task whose token contains its activity id; started by event 6.
pub(super) fn task(activity_id: &str) -> ClaimedTask {
    ClaimedTask {
        token: TaskToken::new(format!("token-of-{activity_id}")),
        activity_id: activity_id.into(),
        activity_type: ActivityType { name: "ApproveRelease".into(), version: "1.0".into() },
        started_event_id: 6,
        execution: WorkflowExecution { workflow_id: "release".into(), run_id: "run-1".into() },
        input: Some("{}".into()),
    }
}

/// A claim whose poll was sent at boot 1000 and answered at 2000.
pub(super) fn claimed_record(claim: u64, activity_id: &str, poll: u64) -> Record {
    Record::Claimed {
        claim: ClaimId(claim),
        source: ClaimSource {
            domain: "ops".into(),
            task_list: "manual".into(),
            poll: PollNumber(poll),
            identity: "anna@ops/r1/1".into(),
        },
        task: std::sync::Arc::new(task(activity_id)),
        sent: stamp(1_000),
        received: stamp(2_000),
    }
}
