//! Amazon SWF through its SDK: settings in, plain [`crate::wire`] values in and out.
//!
//! The only room that knows the SDK. One attempt a call, bounded by the caller: retries, pacing and what to do about a
//! failure belong to `console`. The demo's decider calls SWF through [`decider`].

pub mod catalog;
mod credentials;
pub mod decider;
mod decision;
mod failure;
mod roots;
mod setup;
mod telling;
#[cfg(test)]
mod tests;
mod translate;
mod transport;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_swf as sdk;
use aws_sdk_swf::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::task::{TaskToken, WorkflowExecution};
use crate::text::Foreign;
use crate::wire::{Answer, Failure, Request};

pub use roots::RootsError;
pub use setup::{SetupError, Site, Tried};
use transport::{Trace, Transport};

/// How long a poll may go without an answer. SWF holds it for 60 s and a little more; under 70 s polls get lost.
const POLL_LIMIT: Duration = Duration::from_secs(75);

/// Where the service is and who we are.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `--region`, before `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile and the instance metadata.
    pub region: Option<String>,
    /// `--profile`: a profile of the shared config files, before every other source of credentials.
    pub profile: Option<String>,
    /// `--endpoint-url`, before `AWS_ENDPOINT_URL_SWF`, `AWS_ENDPOINT_URL` and the profile.
    pub endpoint_url: Option<String>,
    /// Where everything else comes from.
    pub access: Access,
}

/// Where credentials come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// The chain of every AWS tool: environment, profiles, SSO, roles, containers, instance metadata.
    #[default]
    Chain,
    /// Fixed, meaningless keys, and us-east-1 unless a region is given: for an emulator. Reads no environment and no
    /// files, uses no proxy, and needs [`Settings::endpoint_url`].
    Fixed,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The `Date` header in milliseconds since 1970: only if there was one without `Age`, and never of a poll.
    pub date: Option<i64>,
    /// What the service answered, or why there is no answer.
    pub result: Result<Answer, Failure>,
}

/// A connection to one SWF endpoint under one identity. Clones share everything and are cheap.
#[derive(Debug, Clone)]
pub struct Service {
    shared: Arc<Shared>,
}

/// One SDK client serves polls and short calls alike: retries are off, and what else would differ, the time a call may
/// take, is bounded here for each call, where it is also known whether the request was ever written.
#[derive(Debug)]
struct Shared {
    client: sdk::Client,
    transport: Transport,
    settings: Settings,
    site: Site,
}

impl Service {
    /// Resolves region, endpoint and credentials. Makes no SWF call; asks STS, SSO or the instance metadata (for at most
    /// a second) if that is where credentials come from.
    ///
    /// # Errors
    /// [`SetupError`]: what is missing, what was tried, how to set it.
    pub async fn connect(settings: &Settings) -> Result<Self, SetupError> {
        let found = match settings.access {
            Access::Chain => Box::pin(setup::chain(settings)).await?,
            Access::Fixed => setup::fixed(settings)?,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                client: sdk::Client::from_conf(found.config),
                transport: found.transport,
                settings: settings.clone(),
                site: found.site,
            }),
        })
    }

    /// Where [`Service::connect`] would go, without credentials: reads the environment and the config files, and asks the
    /// instance metadata (for at most a second) if nothing else names a region.
    ///
    /// # Errors
    /// [`SetupError`], as far as it is not about credentials.
    pub async fn find(settings: &Settings) -> Result<Site, SetupError> {
        match settings.access {
            Access::Chain => Box::pin(setup::site(settings)).await,
            Access::Fixed => setup::fixed(settings).map(|found| found.site),
        }
    }

    /// The same settings, everything read anew: the SDK caches profile files for ever.
    ///
    /// # Errors
    /// As [`Service::connect`]; this service stays usable.
    pub async fn reload(&self) -> Result<Self, SetupError> {
        Self::connect(&self.shared.settings).await
    }

    /// Forgets the connections there are, because the machine slept: new calls make new ones.
    pub fn reconnect(&self) {
        self.shared.transport.reconnect();
    }

    /// The region in use.
    pub fn region(&self) -> &str {
        &self.shared.site.region
    }

    /// The endpoint in use, if it is not AWS's own for the region.
    pub fn endpoint(&self) -> Option<&str> {
        self.shared.site.endpoint.as_deref()
    }

    /// The profile in use, if one was named by the settings or `AWS_PROFILE`.
    pub fn profile(&self) -> Option<&str> {
        self.shared.site.profile.as_deref()
    }

    /// A client for the calls of a decider.
    pub fn decider(&self) -> decider::Client {
        decider::Client::new(self.shared.client.clone())
    }

    /// Makes one call, with exactly one attempt. `limit` bounds all of it, connecting included; a poll has a limit of its
    /// own (75 s).
    ///
    /// Dropping the future closes the connection: never do that to a poll, the service may have started a task for it.
    pub async fn call(&self, request: Request, limit: Duration) -> Reply {
        let client = &self.shared.client;
        match request {
            Request::Poll { domain, task_list, identity } => {
                let call = client.poll_for_activity_task().domain(domain.raw()).identity(identity.raw());
                let send = call.task_list(name_of(&task_list)).send();
                let reply = perform(POLL_LIMIT, None, send, translate::polled).await;
                Reply { date: None, ..reply }
            }
            Request::Heartbeat { token, details } => {
                let call = client.record_activity_task_heartbeat().task_token(token.expose());
                let send = call.set_details(raw(details)).send();
                perform(limit, Some(&token), send, |it| Answer::Beaten { cancel_requested: it.cancel_requested() })
                    .await
            }
            Request::Complete { token, result } => {
                let call = client.respond_activity_task_completed().task_token(token.expose());
                perform(limit, Some(&token), call.set_result(raw(result)).send(), |_| Answer::Closed).await
            }
            Request::Fail { token, reason, details } => {
                let call = client.respond_activity_task_failed().task_token(token.expose());
                let send = call.set_reason(raw(reason)).set_details(raw(details)).send();
                perform(limit, Some(&token), send, |_| Answer::Closed).await
            }
            Request::Cancel { token, details } => {
                let call = client.respond_activity_task_canceled().task_token(token.expose());
                perform(limit, Some(&token), call.set_details(raw(details)).send(), |_| Answer::Closed).await
            }
            Request::History { domain, execution, reverse, page_size, page_token } => {
                let call = client.get_workflow_execution_history().domain(domain.raw()).reverse_order(reverse);
                let call = call.execution(execution_of(&execution)).maximum_page_size(page_size.into());
                perform(limit, None, call.set_next_page_token(page_token).send(), translate::history).await
            }
            Request::DescribeActivityType { domain, activity_type } => {
                let call = client.describe_activity_type().domain(domain.raw());
                let send = call.activity_type(decider::activity_type_of(&activity_type)).send();
                perform(limit, None, send, translate::activity_type).await
            }
            Request::ListOpen { domain, oldest, page_size } => {
                let call = client.list_open_workflow_executions().domain(domain.raw());
                let send = call.start_time_filter(since(oldest)).maximum_page_size(page_size.into()).send();
                perform(limit, None, send, translate::open).await
            }
            Request::CountPending { domain, task_list } => {
                let call = client.count_pending_activity_tasks().domain(domain.raw());
                let send = call.task_list(name_of(&task_list)).send();
                perform(limit, None, send, |it| Answer::Pending {
                    count: u32::try_from(it.count()).unwrap_or(0),
                    truncated: it.truncated(),
                })
                .await
            }
        }
    }
}

/// Awaits one SDK call for at most `limit` and takes its end apart.
fn perform<T, E>(
    limit: Duration,
    secret: Option<&TaskToken>,
    send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    translate: impl FnOnce(T) -> Answer,
) -> impl Future<Output = Reply>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let trace = Arc::new(Trace::default());
    let answer = attempt(Arc::clone(&trace), limit, secret, send);
    async move {
        let result = answer.await.map(translate);
        Reply { date: trace.date(), result }
    }
}

fn attempt<T, E>(
    trace: Arc<Trace>,
    limit: Duration,
    secret: Option<&TaskToken>,
    send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> impl Future<Output = Result<T, Failure>>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    // The SDK's futures are some 8 KB. On the heap at once, they are not part of every future around them.
    let send = Box::pin(send);
    async move {
        match tokio::time::timeout(limit, trace.watch(send)).await {
            Ok(answer) => answer.map_err(|error| failure::failure(&error, &trace, secret)),
            Err(_) => Err(failure::out_of_time(limit, &trace)),
        }
    }
}

fn raw(text: Option<Foreign>) -> Option<String> {
    text.map(|text| text.raw().to_owned())
}

#[expect(clippy::expect_used, reason = "fails only without a name, and it is given here")]
fn name_of(task_list: &Foreign) -> sdk::types::TaskList {
    sdk::types::TaskList::builder().name(task_list.raw()).build().expect("a task list with a name")
}

#[expect(clippy::expect_used, reason = "fails only without the oldest date, and it is given here")]
fn since(oldest: i64) -> sdk::types::ExecutionTimeFilter {
    let oldest = aws_smithy_types::DateTime::from_millis(oldest);
    sdk::types::ExecutionTimeFilter::builder().oldest_date(oldest).build().expect("a filter with its oldest date")
}

#[expect(clippy::expect_used, reason = "fails only without both ids, and they are given here")]
fn execution_of(execution: &WorkflowExecution) -> sdk::types::WorkflowExecution {
    let builder = sdk::types::WorkflowExecution::builder();
    let builder = builder.workflow_id(execution.workflow_id.raw()).run_id(execution.run_id.raw());
    builder.build().expect("an execution with both ids")
}
