//! How requests travel: one connection pool a route, TLS built on the first https request and not before, proxies from
//! the environment, and a [`Trace`] of how far each call got.
//!
//! The SDK's own clients parse every trust root even for `http://`, and once more for each client. Not here: what an
//! answer means.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::roots::{self, RootsError};

/// How long a connection may take to be made, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

tokio::task_local! {
    /// The trace of the call this task is in.
    static TRACE: Arc<Trace>;
}

/// How far one call to the service got, and what its answer's headers said.
#[derive(Debug, Default)]
pub struct Trace {
    connection: OnceLock<CaptureSmithyConnection>,
    date: OnceLock<i64>,
}

impl Trace {
    /// Runs a call and watches it. The calls it makes for credentials are not watched.
    pub async fn watch<F: Future>(self: &Arc<Self>, call: F) -> F::Output {
        TRACE.scope(Arc::clone(self), call).await
    }

    /// Whether the call had a connection to write to: if not, the service certainly never saw it.
    ///
    /// Exact where the source chain of an error is not: a limit that runs out while connecting leaves no error at all.
    pub fn was_connected(&self) -> bool {
        self.connection.get().is_some_and(|connection| connection.get().is_some())
    }

    /// The answer's `Date` in milliseconds since 1970, unless some cache had it for a while (`Age`).
    pub fn date(&self) -> Option<i64> {
        self.date.get().copied()
    }

    fn connecting(&self, request: &mut HttpRequest) {
        let connection = request.extension::<CaptureSmithyConnection>().cloned().unwrap_or_else(|| {
            let connection = CaptureSmithyConnection::new();
            request.add_extension(connection.clone());
            connection
        });
        // Without SDK retries there is one request a call.
        let _ = self.connection.set(connection);
    }

    fn answered(&self, headers: &Headers) {
        if headers.get("age").is_some() {
            return;
        }
        let date = headers.get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        if let Some(date) = date.and_then(|date| date.to_millis().ok()) {
            let _ = self.date.set(date);
        }
    }
}

/// The HTTP client of every SDK client in the process. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Transport {
    pools: Arc<RwLock<Arc<Pools>>>,
    traced: bool,
}

impl Transport {
    /// Uses the proxies of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`), but never for
    /// loopback and link-local addresses.
    pub fn from_env() -> Self {
        Self::new(true)
    }

    /// Never uses a proxy.
    pub fn direct() -> Self {
        Self::new(false)
    }

    fn new(proxied: bool) -> Self {
        Self { pools: Arc::new(RwLock::new(Arc::new(Pools::new(proxied)))), traced: false }
    }

    /// The same, leaving its marks in the [`Trace`] of the call it is used in.
    pub fn traced(&self) -> Self {
        Self { pools: Arc::clone(&self.pools), traced: true }
    }

    /// Whatever is sent from now on goes out on new connections. What is in flight stays where it is.
    pub fn reconnect(&self) {
        let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        *pools = Arc::new(Pools::new(pools.proxied));
    }

    fn pools(&self) -> Arc<Pools> {
        Arc::clone(&self.pools.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Finds out now whether an https endpoint can be trusted at all.
    pub fn prepare(&self, endpoint: &Endpoint<'_>) -> Result<(), RootsError> {
        self.pools().get(endpoint).map(|_| ())
    }
}

impl HttpClient for Transport {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Transport {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let pools = self.pools();
        let connector = match pools.get(&Endpoint::of(request.uri())) {
            Ok(connector) => connector,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let trace = if self.traced { TRACE.try_with(Arc::clone).ok() } else { None };
        let Some(trace) = trace else { return connector.call(request) };
        trace.connecting(&mut request);
        let answer = connector.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            trace.answered(answer.headers());
            Ok(answer)
        })
    }
}

/// One pool a route, each built when it is first needed.
#[derive(Debug, Default)]
struct Pools {
    proxied: bool,
    plain: OnceLock<Connector>,
    plain_proxied: OnceLock<Connector>,
    tls: OnceLock<Result<Connector, RootsError>>,
    tls_proxied: OnceLock<Result<Connector, RootsError>>,
}

impl Pools {
    fn new(proxied: bool) -> Self {
        Self { proxied, ..Self::default() }
    }

    fn get(&self, endpoint: &Endpoint<'_>) -> Result<&Connector, RootsError> {
        let proxied = self.proxied && !endpoint.is_local();
        let pool = match (endpoint.https, proxied) {
            (false, false) => return Ok(self.plain.get_or_init(|| builder(proxied).build_http())),
            (false, true) => return Ok(self.plain_proxied.get_or_init(|| builder(proxied).build_http())),
            (true, false) => &self.tls,
            (true, true) => &self.tls_proxied,
        };
        let built = pool.get_or_init(|| {
            let context = roots::load()?;
            Ok(builder(proxied).tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context).build())
        });
        built.as_ref().map_err(Clone::clone)
    }
}

fn builder(proxied: bool) -> ConnectorBuilder {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    let builder = Connector::builder().connector_settings(settings);
    if proxied { builder.proxy_config(ProxyConfig::from_env()) } else { builder }
}

/// What the route to a URL depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// Whether TLS is needed.
    pub https: bool,
    /// The host without port; an IPv6 address in brackets.
    pub host: &'a str,
}

impl<'a> Endpoint<'a> {
    /// Takes scheme and host out of a URL.
    pub fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let address = authority.rsplit('@').next().unwrap_or(authority);
        let host = match address.find(']') {
            Some(end) => &address[..=end],
            None => address.split(':').next().unwrap_or(address),
        };
        Self { https: scheme.eq_ignore_ascii_case("https"), host }
    }

    /// Loopback, or link-local like the instance metadata service: no proxy could reach what is meant.
    fn is_local(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        match host.parse() {
            Ok(std::net::IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local(),
            Ok(std::net::IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unicast_link_local(),
            Err(_) => host.eq_ignore_ascii_case("localhost") || host.ends_with(".localhost"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_and_host_decide_the_route() {
        let cases = [
            ("https://swf.us-east-1.amazonaws.com/", true, "swf.us-east-1.amazonaws.com", false),
            ("http://127.0.0.1:4000", false, "127.0.0.1", true),
            ("http://[::1]:4000/x", false, "[::1]", true),
            ("HTTPS://localhost:443?q", true, "localhost", true),
            ("http://user@swf.localhost", false, "swf.localhost", true),
            ("http://169.254.169.254/latest", false, "169.254.169.254", true),
            ("http://10.0.0.1:80", false, "10.0.0.1", false),
            ("http://127.0.0.1.example.com", false, "127.0.0.1.example.com", false),
        ];
        for (url, https, host, local) in cases {
            let endpoint = Endpoint::of(url);
            assert_eq!((endpoint.https, endpoint.host, endpoint.is_local()), (https, host, local), "{url}");
        }
    }

    #[test]
    fn http_never_builds_tls() {
        let transport = Transport::from_env();
        transport.prepare(&Endpoint::of("http://127.0.0.1:1")).unwrap();
        transport.prepare(&Endpoint::of("http://example.com")).unwrap();
        let pools = transport.pools();
        assert!(pools.tls.get().is_none() && pools.tls_proxied.get().is_none());
        assert!(pools.plain.get().is_some() && pools.plain_proxied.get().is_some());
    }

    #[test]
    fn after_a_sleep_there_are_new_pools_for_every_clone() {
        let transport = Transport::direct();
        transport.prepare(&Endpoint::of("http://127.0.0.1:1")).unwrap();
        let clone = transport.traced();
        transport.reconnect();
        assert!(clone.pools().plain.get().is_none() && !clone.pools().proxied);
    }

    fn date(headers: &[(&'static str, &'static str)]) -> Option<i64> {
        let trace = Trace::default();
        let mut all = Headers::new();
        for &(name, value) in headers {
            all.insert(name, value);
        }
        trace.answered(&all);
        trace.date()
    }

    #[test]
    fn a_date_counts_only_without_an_age() {
        let header = ("date", "Tue, 15 Nov 1994 08:12:31 GMT");
        assert_eq!(date(&[header]), Some(784_887_151_000));
        assert_eq!(date(&[header, ("age", "3")]), None);
        assert_eq!(date(&[("date", "yesterday")]), None);
        assert_eq!(date(&[]), None);
    }
}
