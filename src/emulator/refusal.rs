//! What AWS says no with before SWF itself has looked at a request.
//!
//! Types, texts and the key `Message` as seen from SWF where somebody quoted them, otherwise from other services that
//! speak AWS JSON 1.0.

use serde::Deserialize;

use super::fault::Fault;
use super::mint::Ticket;
use super::service::{Answer, Service};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Over the quota.
    Throttled,
    /// The session of temporary credentials is over.
    ExpiredCredentials,
    /// The service is in trouble, as this HTTP status of 500 or more says.
    Trouble(u16),
    /// The request is not signed.
    Unsigned,
    /// There is no such access key.
    UnknownKey,
    /// The `Authorization` header lacks something; the sentence says what.
    Incomplete(String),
    /// The signature is wrong, or not of this time; the sentence says which.
    Signature(String),
}

impl From<&Refusal> for Fault {
    fn from(refusal: &Refusal) -> Self {
        let (status, name, message) = match refusal {
            Refusal::Throttled => return Self::throttled(),
            Refusal::ExpiredCredentials => {
                (400, "ExpiredTokenException", "The security token included in the request is expired")
            }
            Refusal::Trouble(500) => return Self::internal(),
            Refusal::Trouble(status) => (
                *status,
                "ServiceUnavailableException",
                "The request has failed due to a temporary failure of the server.",
            ),
            Refusal::Unsigned => (400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
            Refusal::UnknownKey => {
                (400, "UnrecognizedClientException", "The security token included in the request is invalid.")
            }
            Refusal::Incomplete(message) => (400, "IncompleteSignatureException", message.as_str()),
            Refusal::Signature(message) => (400, "InvalidSignatureException", message.as_str()),
        };
        Self::service(status, name, message)
    }
}

/// What a body says about the domain.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Subject {
    domain: Option<String>,
    name: Option<String>,
    task_token: Option<String>,
    resource_arn: Option<String>,
}

impl Service {
    /// The answer to a request that is refused at `now`, without any effect.
    pub fn refuse(&mut self, refusal: &Refusal) -> Answer {
        self.say_no(&refusal.into())
    }

    /// The answer of IAM to a caller who may not do this.
    pub fn deny(&mut self, operation: &str, body: &[u8]) -> Answer {
        let account = &self.config.account;
        let resource = self.resource(operation, body);
        let message = format!(
            "User: arn:aws:iam::{account}:user/emulator is not authorized to perform: swf:{operation} on resource: \
             {resource}"
        );
        self.say_no(&Fault::access_denied(message))
    }

    fn say_no(&mut self, fault: &Fault) -> Answer {
        self.answer(fault.status, fault.body())
    }

    /// The ARN that IAM looks at: a domain, or all of them where none is named.
    fn resource(&self, operation: &str, body: &[u8]) -> String {
        let subject: Subject = serde_json::from_slice(body).unwrap_or_default();
        if let Some(arn) = subject.resource_arn {
            return arn;
        }
        let named = subject.name.filter(|_| operation.ends_with("Domain"));
        let of_token = |token: String| match self.mint.read(&token)? {
            Ticket::Activity { run, .. } | Ticket::Decision { run, .. } => {
                self.executions.get(run).map(|execution| execution.domain.to_string())
            }
            Ticket::Page { .. } | Ticket::DecisionPage { .. } => None,
        };
        let domain = subject.domain.or(named).or_else(|| of_token(subject.task_token?));
        let (region, account) = (&self.config.region, &self.config.account);
        format!("arn:aws:swf:{region}:{account}:/domain/{}", domain.as_deref().unwrap_or("*"))
    }
}
