//! GetWorkflowExecutionHistory, forward and in reverse, page by page.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::check::{Checks, NAME, PAGE_TOKEN};
use super::super::fault::Result;
use super::super::service::Service;
use super::super::shapes::ExecutionShape;
use super::executions::any_run;
use super::paging;

/// `GetWorkflowExecutionHistory`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Get {
    domain: Option<String>,
    execution: Option<ExecutionShape>,
    next_page_token: Option<String>,
    maximum_page_size: Option<i64>,
    reverse_order: Option<bool>,
}

/// Its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<'a> {
    events: Vec<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// One page of a history.
pub fn page(service: &Service, input: Get) -> Result<Page<'_>> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let (workflow_id, run_id) = checks.execution(input.execution);
    let token = checks.optional("nextPageToken", input.next_page_token, &PAGE_TOKEN);
    let size = checks.page_size(input.maximum_page_size);
    checks.done()?;
    let run = any_run(service, &domain, &workflow_id, &run_id)?;
    let reverse = input.reverse_order.unwrap_or(false);
    let query = ("GetWorkflowExecutionHistory", run, reverse);
    let from = paging::position(service, token.as_deref(), query)?.map(|position| position as i64);
    let history = &service.execution(run).history;
    let last = history.len_at(service.now.saturating_sub(service.history_lag));
    let (events, next) = if reverse {
        history.page_back(from.unwrap_or(last), 1, size)
    } else {
        history.page(from.unwrap_or(1), last, size)
    };
    Ok(Page { events, next_page_token: next.map(|next| paging::token(service, query, next as u64)) })
}
