//! What the service says no with: the type on the wire, the message in SWF's words, the HTTP status.
//!
//! Texts as seen on the wire or in the tests of people who compared with AWS; where they disagree, one is chosen.

use serde::Serialize;

const MODEL: &str = "com.amazonaws.swf.base.model#";
const VALIDATE: &str = "com.amazon.coral.validate#";
const SERVICE: &str = "com.amazon.coral.service#";
const AVAILABILITY: &str = "com.amazon.coral.availability#";
const ACCESS_DENIED: &str = "AccessDeniedException";

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// HTTP status; 400 for nearly everything.
    pub status: u16,
    namespace: &'static str,
    name: &'static str,
    message: String,
}

/// The service's results.
pub type Result<T> = std::result::Result<T, Fault>;

#[derive(Serialize)]
struct Body<'a> {
    __type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    /// IAM's denials write it large.
    #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
    large_message: Option<&'a str>,
}

impl Fault {
    fn model(name: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, namespace: MODEL, name, message: message.into() }
    }

    fn unknown(message: String) -> Self {
        Self::model("UnknownResourceFault", message)
    }

    /// Of the machinery around every AWS service.
    pub fn service(status: u16, name: &'static str, message: impl Into<String>) -> Self {
        Self { status, namespace: SERVICE, name, message: message.into() }
    }

    /// A request whose values break the rules of their shapes.
    pub fn validation(message: impl Into<String>) -> Self {
        Self { status: 400, namespace: VALIDATE, name: "ValidationException", message: message.into() }
    }

    /// A task or page token that this service did not make.
    pub fn invalid_token() -> Self {
        Self::validation("Invalid token")
    }

    /// A page token older than 24 hours.
    pub fn old_page_token() -> Self {
        Self::validation("Specified token has exceeded its maximum lifetime")
    }

    /// A body that is not JSON, or has a member of the wrong type. Never quotes the body: it may hold a token.
    pub fn serialization(error: &serde_json::Error) -> Self {
        let what = if error.is_data() { "A member has the wrong type" } else { "The body is not valid JSON" };
        let message = format!("{what}, at line {}, column {}", error.line(), error.column());
        Self::service(400, "SerializationException", message)
    }

    /// An operation SWF or this emulator does not have.
    pub fn unknown_operation(operation: &str) -> Self {
        let name: String = operation.chars().take(128).collect();
        Self::service(400, "UnknownOperationException", format!("The swfbeat emulator has no operation '{name}'"))
    }

    /// Not `POST /`.
    pub fn not_found() -> Self {
        Self::service(404, "UnknownOperationException", "SWF operations are sent with POST to /")
    }

    /// A body over the limit of 1 MB.
    pub fn too_large(limit: usize) -> Self {
        Self::service(413, "RequestEntityTooLargeException", format!("The request is larger than {limit} bytes"))
    }

    /// A body that did not arrive in time, or broke off.
    pub fn unread_body() -> Self {
        Self::service(408, "RequestTimeoutException", "The body of the request did not arrive")
    }

    /// Something in the emulator went wrong; SWF says no more either.
    pub fn internal() -> Self {
        Self::service(500, "InternalFailure", "")
    }

    /// More requests than the quota allows.
    pub fn throttled() -> Self {
        let message = "Rate exceeded".to_owned();
        Self { status: 400, namespace: AVAILABILITY, name: "ThrottlingException", message }
    }

    /// IAM does not allow it.
    pub fn access_denied(message: String) -> Self {
        Self::service(400, ACCESS_DENIED, message)
    }

    /// There is no such domain.
    pub fn unknown_domain(domain: &str) -> Self {
        Self::unknown(format!("Unknown domain: {domain}"))
    }

    /// The domain is registered already.
    pub fn domain_exists(domain: &str) -> Self {
        Self::model("DomainAlreadyExistsFault", domain)
    }

    /// The domain is deprecated.
    pub fn domain_deprecated(domain: &str) -> Self {
        Self::model("DomainDeprecatedFault", domain)
    }

    /// No domain has this ARN.
    pub fn unknown_resource(arn: &str) -> Self {
        Self::unknown(format!("Unknown resource: {arn}"))
    }

    /// A domain would have more than `limit` tags.
    pub fn too_many_tags(limit: usize) -> Self {
        Self::model("TooManyTagsFault", format!("A resource has at most {limit} tags"))
    }

    /// `type_name` is `ActivityType=[name=…, version=…]` or the same for a workflow type.
    pub fn unknown_type(type_name: &str) -> Self {
        Self::unknown(format!("Unknown type: {type_name}"))
    }

    /// The type is registered already; it is named as above.
    pub fn type_exists(type_name: String) -> Self {
        Self::model("TypeAlreadyExistsFault", type_name)
    }

    /// The type is deprecated; it is named as above.
    pub fn type_deprecated(type_name: String) -> Self {
        Self::model("TypeDeprecatedFault", type_name)
    }

    /// Only a deprecated type may be deleted.
    pub fn type_not_deprecated() -> Self {
        let message = "The type is currently registered and cannot be deleted in its current state";
        Self::model("TypeNotDeprecatedFault", message)
    }

    /// Neither the start nor the type says it.
    pub fn default_undefined(member: &str) -> Self {
        Self::model("DefaultUndefinedFault", member)
    }

    /// The workflow id has an open execution.
    pub fn already_started() -> Self {
        Self::model("WorkflowExecutionAlreadyStartedFault", "Already Started")
    }

    /// Something has grown to a limit of the service.
    pub fn limit_exceeded(what: &str) -> Self {
        Self::model("LimitExceededFault", what)
    }

    /// No open execution has this workflow id.
    pub fn no_open_execution(workflow_id: &str) -> Self {
        Self::unknown(format!("Unknown execution, workflowId = {workflow_id}"))
    }

    /// There is no such run, or it is closed and the request needs it open.
    pub fn unknown_execution(workflow_id: &str, run_id: &str) -> Self {
        Self::unknown(format!("Unknown execution: WorkflowExecution=[workflowId={workflow_id}, runId={run_id}]"))
    }

    /// The activity task is closed.
    pub fn unknown_activity(scheduled_event_id: i64) -> Self {
        Self::unknown(format!("Unknown activity, scheduledEventId = {scheduled_event_id}"))
    }

    /// The decision task is closed.
    pub fn unknown_decision_task(scheduled_event_id: i64) -> Self {
        Self::unknown(format!("Unknown decision task, scheduledEventId = {scheduled_event_id}"))
    }

    /// The body on the wire.
    pub fn body(&self) -> Vec<u8> {
        let message = Some(self.message.as_str());
        let (message, large_message) = if self.name == ACCESS_DENIED { (None, message) } else { (message, None) };
        super::answer::json(&Body { __type: format!("{}{}", self.namespace, self.name), message, large_message })
    }
}
