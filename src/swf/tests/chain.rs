//! The whole chain of credentials, region and endpoint, each time in a process of its own with an environment of its own.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;

/// What the child process prints before its findings.
const MARK: &str = "found> ";

/// Not a test by itself: the child process. Connects, makes one heartbeat, prints what came of it.
#[tokio::test]
#[ignore = "run by the other tests as a child process"]
async fn child() {
    let setting = |name| std::env::var(name).ok();
    let settings =
        Settings { profile: setting("TEST_PROFILE"), endpoint_url: setting("TEST_ENDPOINT"), ..Settings::default() };
    match Service::connect(&settings).await {
        Ok(service) => {
            let limit = setting("TEST_LIMIT_MS").map_or(LIMIT, |ms| Duration::from_millis(ms.parse().unwrap()));
            let mut said = Vec::new();
            for _ in 0..setting("TEST_BEATS").map_or(1, |beats| beats.parse().unwrap()) {
                said.push(match service.call(heartbeat(), limit).await.result {
                    Ok(_) => "answered".to_owned(),
                    Err(failure) => format!("{:?}: {}", failure.class, failure.line()),
                });
            }
            let said = said.join("; ");
            let (region, endpoint, profile) = (service.region(), service.endpoint(), service.profile());
            println!("{MARK}{region} {} {} {said}", endpoint.unwrap_or("-"), profile.unwrap_or("-"));
        }
        Err(error) => println!("{MARK}{error}"),
    }
}

/// A home directory with these two files.
fn home(config: &str, credentials: &str) -> TempDir {
    let home = TempDir::new().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    std::fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
    home
}

/// What the child finds with nothing in its environment but these.
async fn found(home: &Path, env: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "swf::tests::chain::child", "--ignored", "--nocapture"]);
    command.env_clear().env("HOME", home).envs(env.iter().copied()).stderr(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, found) = text.split_once(MARK).unwrap_or_else(|| panic!("no findings in {text:?}"));
    found.split("\ntest ").next().unwrap_or(found).trim_end().to_owned()
}

const KEYS: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_REGION", "eu-west-1")];
/// One authority, so that no test needs the system to have a bundle.
const ROOTS: (&str, &str) =
    ("SSL_CERT_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/src/swf/testdata/isrg-root-x2.pem"));
const NO_IMDS: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");

fn with_keys<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    KEYS.iter().chain(more).copied().collect()
}

#[tokio::test]
async fn keys_region_and_endpoint_from_the_environment() {
    let server = Scripted::start([answer(200, "{}")]).await;
    let endpoint = format!("http://{}", server.addr);
    let env = with_keys(&[
        ("AWS_ENDPOINT_URL_SWF", &endpoint),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        // Nothing listens there: loopback is not asked for through a proxy.
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ]);
    let home = home("", "");
    assert_eq!(found(home.path(), &env).await, format!("eu-west-1 {endpoint} - answered"));
    assert!(server.requests()[0].contains("Credential=AKIDENV/"));
}

#[tokio::test]
async fn a_profile_named_explicitly_comes_before_the_environment() {
    let server = Scripted::start([answer(200, "{}")]).await;
    let endpoint = format!("http://{}", server.addr);
    let config = format!(
        "[profile ops]\nregion = us-west-2\nservices = local\n[services local]\nswf =\n  endpoint_url = {endpoint}\n"
    );
    let home = home(&config, "[ops]\naws_access_key_id = AKIDOPS\naws_secret_access_key = secret\n");
    let mut env = with_keys(&[("TEST_PROFILE", "ops")]);
    env.retain(|&(name, _)| name != "AWS_REGION");
    assert_eq!(found(home.path(), &env).await, format!("us-west-2 {endpoint} ops answered"));
    env[2] = ("AWS_PROFILE", "ops");
    assert_eq!(found(home.path(), &env).await, format!("us-west-2 {endpoint} ops answered"));
    let requests = server.requests();
    assert!(requests[0].contains("Credential=AKIDOPS/") && requests[1].contains("Credential=AKIDENV/"), "{requests:?}");
}

#[tokio::test]
async fn a_profile_that_does_not_exist_is_named_with_those_that_do() {
    let home = home("[profile ops]\nregion = us-west-2\n[default]\n", "");
    let text = found(home.path(), &with_keys(&[("AWS_PROFILE", "opps\u{1b}[31m")])).await;
    assert!(text.starts_with("The AWS profile opps␛[31m does not exist. There are: default, ops.\n"), "{text}");
    assert!(text.ends_with("swfbeat demo"), "{text}");
}

#[tokio::test]
async fn without_a_region_it_says_where_it_looked() {
    let home = home("", "");
    let text = found(home.path(), &[KEYS[0], KEYS[1], NO_IMDS]).await;
    assert!(text.starts_with("No AWS region. Tried:\n"), "{text}");
    assert!(
        text.contains("AWS_REGION") && text.contains("instance metadata") && text.ends_with("swfbeat demo"),
        "{text}"
    );
}

#[tokio::test]
async fn without_credentials_it_says_what_each_source_said_and_waits_for_none_more_than_a_second() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let imds = format!("http://{}", silent.local_addr().unwrap());
    let home = home("", "");
    let before = crate::clock::now().boot;
    let text = found(home.path(), &[KEYS[2], ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &imds)]).await;
    let took = crate::clock::now().boot - before;
    assert!(text.starts_with("No AWS credentials. Tried:\n  environment: "), "{text}");
    assert!(text.contains("\n  instance metadata: no answer within 1 s\n"), "{text}");
    assert!(text.contains("--profile") && text.ends_with("swfbeat demo"), "{text}");
    assert!((1_000..2_500).contains(&took), "{took} ms");
}

#[tokio::test]
async fn a_source_that_is_broken_is_not_passed_over() {
    let config = "[default]\ncredential_process = false\n";
    let home = home(config, "");
    let text = found(home.path(), &[KEYS[2], NO_IMDS]).await;
    assert!(text.starts_with("No AWS credentials. Tried:\n"), "{text}");
    assert!(text.contains("  profile: ") && !text.contains("instance metadata"), "{text}");
}

#[tokio::test]
async fn mistakes_have_a_sentence_each() {
    let home = home("", "");
    let text = found(home.path(), &with_keys(&[("AWS_ENDPOINT_URL_SWF", "localhost:4000")])).await;
    assert!(text.starts_with("The endpoint localhost:4000 cannot be used: it does not begin with http"), "{text}");
    let text = found(home.path(), &with_keys(&[("AWS_CA_BUNDLE", "/nowhere/ca.pem")])).await;
    assert!(
        text.starts_with("The CA bundle /nowhere/ca.pem named by AWS_CA_BUNDLE cannot be used: No such file"),
        "{text}"
    );
    std::fs::write(home.path().join(".aws/config"), "[profile ops\n").unwrap();
    let text = found(home.path(), &with_keys(&[("AWS_PROFILE", "ops")])).await;
    assert!(text.starts_with("The AWS config files cannot be read: "), "{text}");
}

#[tokio::test]
async fn other_hosts_are_asked_for_through_the_proxy_unless_excepted() {
    let proxy = Scripted::start([answer(200, "{}")]).await;
    let address = format!("http://{}", proxy.addr);
    let home = home("", "");
    let mut env = with_keys(&[("TEST_ENDPOINT", "http://swf.invalid"), ("HTTP_PROXY", &address)]);
    assert_eq!(found(home.path(), &env).await, "eu-west-1 http://swf.invalid - answered");
    assert!(proxy.requests()[0].starts_with("POST http://swf.invalid/ HTTP/1.1"), "{:?}", proxy.requests());
    env.push(("NO_PROXY", "swf.invalid"));
    assert!(found(home.path(), &env).await.contains("cannot connect"));
}

#[tokio::test]
async fn https_goes_through_the_proxy_as_a_tunnel() {
    let proxy = Scripted::start([answer(503, "")]).await;
    let address = format!("http://{}", proxy.addr);
    let home = home("", "");
    let text = found(home.path(), &with_keys(&[ROOTS, ("HTTPS_PROXY", &address)])).await;
    assert!(text.starts_with("eu-west-1 - - NotApplied: cannot connect: "), "{text}");
    assert!(proxy.requests()[0].starts_with("CONNECT swf.eu-west-1.amazonaws.com:443"), "{:?}", proxy.requests());
}

#[tokio::test]
async fn a_handshake_without_end_means_not_applied() {
    let server = Scripted::start([Step::Hang]).await;
    let endpoint = format!("https://{}", server.addr);
    let home = home("", "");
    // The server waits for the end of an HTTP request, the client for the server's part of the handshake.
    let env = with_keys(&[ROOTS, ("TEST_ENDPOINT", &endpoint), ("TEST_LIMIT_MS", "200")]);
    let text = found(home.path(), &env).await;
    assert_eq!(text, format!("eu-west-1 {endpoint} - NotApplied: no connection within 200 ms"));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn credentials_that_cannot_be_renewed_are_expired_and_nothing_is_sent() {
    let server = Scripted::start([answer(200, "{}")]).await;
    let endpoint = format!("http://{}", server.addr);
    let home = home("", "");
    // Answers once, with keys that are about to expire, and then no more.
    let script = home.path().join("keys.sh");
    let keys = r#"{"Version":1,"AccessKeyId":"AKIDTEMP","SecretAccessKey":"s","SessionToken":"t","Expiration":"2020-01-01T00:00:00Z"}"#;
    std::fs::write(&script, format!("cd {}\nmkdir once || exit 1\necho '{keys}'\n", home.path().display())).unwrap();
    let config = format!("[default]\ncredential_process = /bin/sh {}\n", script.display());
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    let env = [KEYS[2], NO_IMDS, ("PATH", "/usr/bin:/bin"), ("TEST_ENDPOINT", &endpoint), ("TEST_BEATS", "2")];
    let text = found(home.path(), &env).await;
    assert!(text.contains("; Expired: CredentialsNotLoaded: no credentials: "), "{text}");
    let requests = server.requests();
    assert!(requests.len() == 1 && requests[0].contains("Credential=AKIDTEMP/"), "{text} {requests:?}");
}
