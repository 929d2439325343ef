//! Lambda functions: this service has none, and says so as SWF does in a region without them.

use super::super::events::ScheduleLambdaFunctionFailed;
use super::super::execution::Run;
use super::super::service::Service;

impl Service {
    /// Answers a ScheduleLambdaFunction decision with its failure.
    pub fn refuse_lambda(&mut self, run: Run, id: &str, name: &str, decided: i64) {
        let cause = "LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION";
        let event = ScheduleLambdaFunctionFailed { id, name, cause, decision_task_completed_event_id: decided };
        self.record(run, &event);
        self.need_decision(run);
    }
}
