//! From [`Settings`] to a configured SDK client, or a [`SetupError`] that says what is missing and how to set it.

use std::fmt;

use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileRegionProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::{ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_swf as sdk;
use aws_sdk_swf::config::StalledStreamProtectionConfig;
use aws_sdk_swf::config::retry::RetryConfig;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_types::service_config::ServiceConfigKey;
use thiserror::Error;

use crate::text::printable;

use super::Settings;
use super::credentials::{self, IMDS_LIMIT};
use super::failure::root_cause;
use super::roots::RootsError;
use super::transport::{Endpoint, Transport};

/// What [`Access::Fixed`](super::Access::Fixed) uses where no region is given.
const FIXED_REGION: &str = "us-east-1";

/// The way out for everybody who has no AWS account at hand.
const DEMO: &str = "To look around without AWS: swfbeat demo";

/// One source that was asked, and what it said. Printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Which source.
    pub source: String,
    /// Why it has nothing.
    pub said: String,
}

/// Why there is no connection to SWF. Every text is printable; some have several lines.
#[derive(Debug, Error)]
pub enum SetupError {
    /// No region.
    #[error("No AWS region. Tried:\n{}\nSet one with --region eu-west-1, AWS_REGION, or \"region\" in the profile.\n{DEMO}", Listed(.0))]
    NoRegion(Vec<Tried>),
    /// No credentials.
    #[error("No AWS credentials. Tried:\n{}\nSign in (aws sso login, aws configure), choose a profile with --profile NAME, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.\n{DEMO}", Listed(.0))]
    NoCredentials(Vec<Tried>),
    /// A profile was named that is nowhere defined.
    #[error("The AWS profile {name} does not exist. {}\nChoose one with --profile NAME or AWS_PROFILE; profiles live in ~/.aws/config and ~/.aws/credentials.\n{DEMO}", Known(.known))]
    NoProfile {
        /// The name that was asked for.
        name: String,
        /// The profiles there are.
        known: Vec<String>,
    },
    /// The shared config files cannot be read.
    #[error(
        "The AWS config files cannot be read: {0}\nThey are ~/.aws/config and ~/.aws/credentials unless AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name others.\n{DEMO}"
    )]
    ConfigFiles(String),
    /// The endpoint is not a URL the console can use.
    #[error(
        "The endpoint {url} cannot be used: {why}. Give one like https://swf.eu-west-1.amazonaws.com or http://127.0.0.1:4000 with --endpoint-url or AWS_ENDPOINT_URL_SWF.\n{DEMO}"
    )]
    Endpoint {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// TLS has nothing to trust.
    #[error("{0}\n{DEMO}")]
    Roots(#[from] RootsError),
}

struct Listed<'a>(&'a [Tried]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Tried { source, said }) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}  {source}: {said}")?;
        }
        Ok(())
    }
}

struct Known<'a>(&'a [String]);

impl fmt::Display for Known<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("There are none.") } else { write!(f, "There are: {}.", self.0.join(", ")) }
    }
}

/// What was found.
pub struct Found {
    /// For the SDK client.
    pub config: sdk::Config,
    /// How its requests travel.
    pub transport: Transport,
    /// Where they go.
    pub site: Site,
}

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The region.
    pub region: String,
    /// The endpoint, if it is not AWS's own.
    pub endpoint: Option<String>,
    /// The profile, if one was named.
    pub profile: Option<String>,
}

/// Fixed keys, no environment, no files, no proxy.
pub fn fixed(settings: &Settings) -> Result<Found, SetupError> {
    // Without an endpoint the meaningless keys would go to AWS itself.
    let endpoint = settings.endpoint_url.clone().unwrap_or_default();
    let transport = Transport::direct();
    check_endpoint(&endpoint, &transport)?;
    let region = settings.region.clone().unwrap_or_else(|| FIXED_REGION.to_owned());
    let builder = sdk::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.clone()))
        .credentials_provider(Credentials::new("swfbeat", "swfbeat", None, None, "swfbeat"))
        .sleep_impl(TokioSleep::new())
        .endpoint_url(&endpoint);
    let site = Site { region, endpoint: Some(endpoint), profile: None };
    Ok(Found { config: finish(builder, &transport), transport, site })
}

/// The whole chain of every AWS tool.
pub async fn chain(settings: &Settings) -> Result<Found, SetupError> {
    let transport = Transport::from_env();
    let providers = credentials::provider_config(&transport);
    let profile = profile(settings).await?;
    let region = region(settings, &providers).await?;
    let providers = providers.with_region(Some(region.clone()));
    let credentials = credentials::find(&providers, settings.profile.as_deref());
    let credentials = Box::pin(credentials).await.map_err(SetupError::NoCredentials)?;

    let config = Box::pin(loader(settings, &transport, &region).credentials_provider(credentials).load()).await;
    let endpoint = endpoint(settings, &config);
    if let Some(url) = &endpoint {
        check_endpoint(url, &transport)?;
    } else {
        transport.prepare(&Endpoint { https: true, host: "amazonaws.com" })?;
    }
    let builder = sdk::config::Builder::from(&config);
    let site = Site { region: region.to_string(), endpoint, profile };
    Ok(Found { config: finish(builder, &transport), transport, site })
}

/// The same without credentials.
pub async fn site(settings: &Settings) -> Result<Site, SetupError> {
    let transport = Transport::from_env();
    let profile = profile(settings).await?;
    let region = region(settings, &credentials::provider_config(&transport)).await?;
    let config = Box::pin(loader(settings, &transport, &region).no_credentials().load()).await;
    Ok(Site { region: region.to_string(), endpoint: endpoint(settings, &config), profile })
}

/// Of the SDK's settings, without credentials.
fn loader(settings: &Settings, transport: &Transport, region: &Region) -> ConfigLoader {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    loader = loader.http_client(transport.clone()).region(region.clone());
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &settings.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader
}

/// What every client of ours has in common: one attempt, no opinion on how long an answer takes (a long poll is silent
/// for a minute, and the SDK's watchdog would kill it), and marks on the way.
fn finish(builder: sdk::config::Builder, transport: &Transport) -> sdk::Config {
    builder
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(transport.traced())
        .build()
}

/// The profile that was named, if it exists; naming one that does not is a mistake, not a reason to use another identity.
async fn profile(settings: &Settings) -> Result<Option<String>, SetupError> {
    let named = settings.profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok()).filter(|name| !name.is_empty());
    let Some(name) = named else { return Ok(None) };
    let profiles = profile_files(Some(name.clone())).await?;
    if profiles.get_profile(&name).is_some() {
        return Ok(Some(name));
    }
    let mut known: Vec<_> = profiles.profiles().map(|name| printable(name).into_owned()).collect();
    known.sort_unstable();
    Err(SetupError::NoProfile { name: printable(&name).into_owned(), known })
}

/// The shared config files.
#[expect(clippy::default_trait_access, reason = "their types are not public under names that are meant to be used")]
pub async fn profile_files(name: Option<String>) -> Result<ProfileSet, SetupError> {
    let (fs, env, files) = (&Default::default(), &Default::default(), &Default::default());
    let loaded = aws_config::profile::load(fs, env, files, name.map(Into::into)).await;
    loaded.map_err(|error| SetupError::ConfigFiles(printable(&root_cause(&error)).into_owned()))
}

async fn region(settings: &Settings, providers: &ProviderConfig) -> Result<Region, SetupError> {
    if let Some(region) = settings.region.as_ref().filter(|region| !region.is_empty()) {
        return Ok(Region::new(region.clone()));
    }
    let mut files = ProfileFileRegionProvider::builder().configure(providers);
    if let Some(profile) = &settings.profile {
        files = files.profile_name(profile);
    }
    let near = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(files.build());
    if let Some(region) = near.region().await {
        return Ok(region);
    }
    let imds = aws_config::imds::region::Builder::default();
    let imds = imds.configure(providers).imds_client(credentials::imds_client(providers)).build();
    match tokio::time::timeout(IMDS_LIMIT, imds.region()).await {
        Ok(Some(region)) => Ok(region),
        _ => Err(SetupError::NoRegion(vec![
            tried("--region", "not given"),
            tried("environment", "AWS_REGION and AWS_DEFAULT_REGION are not set"),
            tried("profile", "has no region"),
            tried("instance metadata", "has none, is switched off, or did not answer within 1 s"),
        ])),
    }
}

fn tried(source: &str, said: &str) -> Tried {
    Tried { source: source.to_owned(), said: said.to_owned() }
}

/// The endpoint if it is not AWS's own, in the order in which the SDK's own builder looks.
fn endpoint(settings: &Settings, config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("SWF").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let configured = || config.service_config()?.load_config(key.ok()?);
    settings.endpoint_url.clone().or_else(configured).or_else(|| config.endpoint_url().map(str::to_owned))
}

fn check_endpoint(url: &str, transport: &Transport) -> Result<(), SetupError> {
    let bad = |why| Err(SetupError::Endpoint { url: printable(url).into_owned(), why });
    if url.is_empty() {
        return bad("it is empty");
    }
    let Some((scheme, rest)) = url.split_once("://") else { return bad("it does not begin with http:// or https://") };
    if !matches!(scheme, "http" | "https") {
        return bad("it does not begin with http:// or https://");
    }
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return bad("it has blanks or control characters");
    }
    if rest.contains(['?', '#', '@']) {
        return bad("it has more than a host, a port and a path");
    }
    let endpoint = Endpoint::of(url);
    if endpoint.host.is_empty() {
        return bad("it has no host");
    }
    if !url.starts_with(&format!("{scheme}://{}", endpoint.host)) || !has_valid_port(rest, endpoint.host) {
        return bad("its port is not a number from 1 to 65535");
    }
    Ok(transport.prepare(&endpoint)?)
}

fn has_valid_port(rest: &str, host: &str) -> bool {
    let after = rest[host.len()..].split('/').next().unwrap_or_default();
    after.is_empty() || after.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(url: &str) -> Option<&'static str> {
        match check_endpoint(url, &Transport::direct()) {
            Ok(()) => None,
            Err(SetupError::Endpoint { why, .. }) => Some(why),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn bad_endpoints_are_refused_in_words() {
        for good in ["http://127.0.0.1:4000", "http://localhost", "http://[::1]:80/", "http://swf.example/path"] {
            assert_eq!(why(good), None, "{good}");
        }
        for bad in
            ["", "localhost:4000", "ftp://x", "http://", "http://a b", "http://a:99999", "http://a:", "http://a?b"]
        {
            assert!(why(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn fixed_keys_never_go_to_aws() {
        assert!(matches!(fixed(&Settings::default()), Err(SetupError::Endpoint { .. })));
        let settings = Settings { endpoint_url: Some("http://127.0.0.1:1".into()), ..Settings::default() };
        let found = fixed(&settings).unwrap();
        assert_eq!((found.site.region.as_str(), found.site.endpoint), ("us-east-1", settings.endpoint_url));
    }

    #[test]
    fn errors_say_what_was_tried_and_offer_the_demo() {
        let text =
            SetupError::NoCredentials(vec![tried("environment", "not set"), tried("profile", "none")]).to_string();
        assert!(text.starts_with("No AWS credentials. Tried:\n  environment: not set\n  profile: none\n"), "{text}");
        assert!(text.ends_with("swfbeat demo"), "{text}");
        let text = SetupError::NoProfile { name: "prod".into(), known: vec!["dev".into(), "test".into()] }.to_string();
        assert!(text.starts_with("The AWS profile prod does not exist. There are: dev, test.\n"), "{text}");
    }
}
