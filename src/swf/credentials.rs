//! The sources of credentials in the order of every AWS tool, tried once at the start with what each one said.
//!
//! The source that worked is kept for refreshes: an identity never changes under a running console.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_async::rt::sleep::TokioSleep;

use crate::text::printable;

use super::failure::root_cause;
use super::setup::Tried;

/// The instance metadata service gets one attempt and this long, all in all: off EC2 nobody answers.
pub const IMDS_LIMIT: Duration = Duration::from_secs(1);

/// STS, SSO, a container's agent or a credential process get this long at the start.
const SOURCE_LIMIT: Duration = Duration::from_secs(30);

/// A client for the instance metadata service with one attempt; callers bound what they do with it by [`IMDS_LIMIT`].
pub fn imds_client(config: &ProviderConfig) -> imds::Client {
    imds::Client::builder().configure(config).max_attempts(1).build()
}

/// The first source that has credentials, and those credentials inside it, so that they are not asked for twice.
///
/// A profile that was named explicitly comes before the environment, as in the AWS CLI.
///
/// # Errors
/// What each source said.
pub async fn find(config: &ProviderConfig, profile: Option<&str>) -> Result<SharedCredentialsProvider, Vec<Tried>> {
    let mut tried = Vec::new();
    for source in sources(config, profile) {
        let asked = tokio::time::timeout(SOURCE_LIMIT, source.provider.provide_credentials()).await;
        let error = match asked.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(SOURCE_LIMIT))) {
            Ok(credentials) => return Ok(SharedCredentialsProvider::new(Primed::new(credentials, source.provider))),
            Err(error) => error,
        };
        let absent = matches!(error, CredentialsError::CredentialsNotLoaded(_));
        let said = match source.absent {
            Some(words) if absent => words.to_owned(),
            _ => printable(&root_cause(&error)).into_owned(),
        };
        tried.push(Tried { source: source.name.into_owned(), said });
        // A source that is configured and broken must not be passed over in silence for another identity.
        if !absent {
            break;
        }
    }
    Err(tried)
}

struct Source {
    name: Cow<'static, str>,
    /// What to say where the source is not configured at all.
    absent: Option<&'static str>,
    provider: SharedCredentialsProvider,
}

fn sources(config: &ProviderConfig, profile: Option<&str>) -> Vec<Source> {
    let mut profiles = ProfileFileCredentialsProvider::builder().configure(config);
    if let Some(profile) = profile {
        profiles = profiles.profile_name(profile);
    }
    let profile_name =
        profile.map_or(Cow::Borrowed("profile"), |profile| format!("profile {}", printable(profile)).into());
    let imds = ImdsCredentialsProvider::builder().configure(config).imds_client(imds_client(config)).build();
    let environment = Source {
        name: "environment".into(),
        absent: Some("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set"),
        provider: shared(EnvironmentVariableCredentialsProvider::new()),
    };
    let files = Source {
        name: profile_name,
        absent: Some("has no keys, role, SSO session or credential process in ~/.aws/config and ~/.aws/credentials"),
        provider: shared(profiles.build()),
    };
    let web_identity = Source {
        name: "web identity token".into(),
        absent: Some("AWS_WEB_IDENTITY_TOKEN_FILE is not set"),
        provider: shared(WebIdentityTokenCredentialsProvider::builder().configure(config).build()),
    };
    let container = Source {
        name: "container".into(),
        absent: Some("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set"),
        provider: shared(EcsCredentialsProvider::builder().configure(config).build()),
    };
    let metadata = Source { name: "instance metadata".into(), absent: None, provider: shared(Bounded(imds)) };
    match profile {
        None => vec![environment, files, web_identity, container, metadata],
        Some(_) => vec![files, web_identity, container, metadata],
    }
}

fn shared(provider: impl ProvideCredentials + 'static) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(provider)
}

/// What every source is configured with.
pub fn provider_config(transport: &super::transport::Transport) -> ProviderConfig {
    ProviderConfig::empty()
        .with_http_client(transport.clone())
        .with_sleep_impl(TokioSleep::new())
        .with_behavior_version(Some(aws_config::BehaviorVersion::latest()))
}

/// A source of which the first answer is there already.
#[derive(Debug)]
struct Primed {
    first: Mutex<Option<Credentials>>,
    source: SharedCredentialsProvider,
}

impl Primed {
    fn new(first: Credentials, source: SharedCredentialsProvider) -> Self {
        Self { first: Mutex::new(Some(first)), source }
    }
}

impl ProvideCredentials for Primed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => self.source.provide_credentials(),
        }
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.source.fallback_on_interrupt()
    }
}

/// The instance metadata, bounded as a whole: it takes three requests, each with a time limit of its own.
#[derive(Debug)]
struct Bounded(ImdsCredentialsProvider);

impl Bounded {
    async fn bounded(&self) -> provider::Result {
        match tokio::time::timeout(IMDS_LIMIT, self.0.provide_credentials()).await {
            Ok(result) => result,
            Err(_) => Err(CredentialsError::not_loaded("no answer within 1 s")),
        }
    }
}

impl ProvideCredentials for Bounded {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.bounded())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.0.fallback_on_interrupt()
    }
}
