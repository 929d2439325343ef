//! Takes the SDK's errors apart, once: how far the call got, and what AWS said in its own words.
//!
//! What that means is decided by [`crate::wire::classify`] alone. No message that leaves here has a task token in it:
//! SWF quotes the value it refuses.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_swf::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::task::TaskToken;
use crate::wire::{Failure, Phase};

use super::transport::Trace;

/// The code under which missing credentials are classified; AWS itself never sends it.
const NO_CREDENTIALS: &str = "CredentialsNotLoaded";

/// What an SDK error is in plain values.
pub fn failure<E>(error: &SdkError<E, HttpResponse>, trace: &Trace, secret: Option<&TaskToken>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            let code = answer.err().code().filter(|code| !code.is_empty());
            let message = match answer.err().message() {
                Some(message) if !message.is_empty() => redacted(message, secret),
                _ => format!("HTTP {status}"),
            };
            Failure::new(Some(status), code, &message, Phase::Answered)
        }
        // Its source may quote the body, and the body of a poll has a token.
        SdkError::ResponseError(answer) => {
            let status = answer.raw().status().as_u16();
            if !answer.raw().status().is_success() {
                return Failure::new(Some(status), None, &format!("HTTP {status}"), Phase::Answered);
            }
            let message = format!("the answer broke off or could not be read (HTTP {status})");
            Failure::new(Some(status), None, &message, Phase::NoAnswer)
        }
        error => unanswered(error, trace),
    }
}

/// A call whose time ran out.
pub fn out_of_time(limit: Duration, trace: &Trace) -> Failure {
    let phase = phase(trace);
    let what = if phase == Phase::NotSent { "no connection" } else { "no answer" };
    Failure::new(None, None, &format!("{what} within {} ms", limit.as_millis()), phase)
}

fn unanswered(error: &(dyn Error + 'static), trace: &Trace) -> Failure {
    let cause = root_cause(error);
    if chain(error).any(<dyn Error>::is::<CredentialsError>) {
        return Failure::new(None, Some(NO_CREDENTIALS), &format!("no credentials: {cause}"), Phase::NotSent);
    }
    let phase = phase(trace);
    let what = if phase == Phase::NotSent { "cannot connect" } else { "no answer" };
    Failure::new(None, None, &format!("{what}: {cause}"), phase)
}

fn phase(trace: &Trace) -> Phase {
    if trace.was_connected() { Phase::NoAnswer } else { Phase::NotSent }
}

/// The innermost error: the SDK wraps it in four layers that say "dispatch failure" and the like.
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map_or_else(String::new, ToString::to_string)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<std::io::Error>() {
        // `source` of an I/O error skips the error it carries.
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

fn redacted(message: &str, secret: Option<&TaskToken>) -> String {
    match secret {
        Some(token) if !token.expose().is_empty() => message.replace(token.expose(), "(the task token)"),
        _ => message.to_owned(),
    }
}
