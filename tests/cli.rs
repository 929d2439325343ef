//! The binary on the command line, without a terminal: what it says and how it exits when something is wrong.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use swfbeat::journal::{Journal, Place, Settings};
use tempfile::{TempDir, tempdir};

/// The binary in an environment that knows nothing: no AWS settings, an empty home.
struct Bare {
    home: TempDir,
}

impl Bare {
    fn new() -> Self {
        Self { home: tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin("swfbeat"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).stdin(Stdio::null());
        // Wherever the tests run, there may be an instance with a role.
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    /// Everything needed up to the journal.
    fn equipped(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.envs([("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "eu-west-1")]);
        command.env("SWFBEAT_DOMAIN", "ops");
        command
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }
}

/// Runs to the end; exit code and stderr, which never has a backtrace or anything that acts on a terminal.
fn fails(mut command: Command) -> (i32, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(stdout.is_empty(), "{}", String::from_utf8_lossy(&stdout));
    assert!(!stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"), "{stderr}");
    assert!(stderr.chars().all(|c| c == '\n' || !c.is_control()), "{stderr:?}");
    (status.code().expect("an exit code"), stderr)
}

#[track_caller]
fn assert_fails(command: Command, code: i32, words: &[&str]) {
    let (found, stderr) = fails(command);
    assert_eq!(found, code, "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word:?} is not in: {stderr}");
    }
}

#[test]
fn help_names_verbs_and_exit_codes() {
    let output = Bare::new().command(&["--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for word in ["demo", "emulator", "--domain", "SWFBEAT_DOMAIN", "--read-only", "Exit codes:"] {
        assert!(help.contains(word), "{word} is not in: {help}");
    }
    let output = Bare::new().command(&["--version"]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), concat!("swfbeat ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn wrong_arguments() {
    let bare = Bare::new();
    assert_fails(bare.command(&["--frobnicate"]), 2, &["unexpected argument '--frobnicate'", "--help"]);
    assert_fails(bare.command(&["demo", "--port", "many"]), 2, &["invalid value 'many' for '--port"]);
    assert_fails(bare.command(&["emulator", "--poll-hold", "soon"]), 2, &["such as 60s"]);
    assert_fails(bare.command(&["emulator", "--account", "1"]), 2, &["twelve digits"]);
    assert_fails(bare.command(&["emulator", "--fault", "*=burn"]), 2, &["'burn' is no fault", "lost-answer"]);
    assert_fails(bare.command(&["emulator", "--rate", "ListDomains=5"]), 2, &["bucket/refill"]);
    assert_fails(bare.command(&["emulator", "--deny", "ListDomains,Nothing"]), 2, &["'Nothing' is no operation"]);
    assert_fails(bare.command(&["emulator", "--access-key", "A"]), 2, &["--secret-key"]);
    assert_fails(
        bare.command(&["--domain", "d", "--identity", &"x".repeat(300)]),
        2,
        &["--identity has 300 characters"],
    );
    assert_fails(
        bare.command(&["--domain", &"x".repeat(300)]),
        2,
        &["--domain has 300 characters, SWF takes at most 256"],
    );
}

#[test]
fn inert_text_a_hostile_argument_cannot_act_on_the_terminal() {
    let bare = Bare::new();
    assert_fails(bare.command(&["--owned\x1b]0;owned\x07"]), 2, &["unexpected argument"]);
    assert_fails(bare.command(&["demo", "--port", "\x1b[2J\x07"]), 2, &["invalid value"]);
    assert_fails(bare.command(&["demo", "--scenario", "\x1b[2J"]), 2, &["␛[2J"]);
    assert_fails(bare.equipped(&["--journal", "/no/\x1b[2J/x.db"]), 4, &["␛[2J"]);
}

#[test]
fn what_is_missing_is_named_with_what_was_tried_and_a_way_out() {
    let bare = Bare::new();
    let demo = "swfbeat demo";
    assert_fails(bare.command(&[]), 3, &["No domain", "--domain: not given", "SWFBEAT_DOMAIN: not set", demo]);

    let mut empty = bare.command(&[]);
    empty.env("SWFBEAT_DOMAIN", "");
    assert_fails(empty, 3, &["SWFBEAT_DOMAIN: empty"]);

    assert_fails(bare.command(&["--domain", "d"]), 3, &["No AWS region", "AWS_REGION", "--region", demo]);
    let region = ["--domain", "d", "--region", "eu-west-1"];
    assert_fails(bare.command(&region), 3, &["No AWS credentials", "AWS_ACCESS_KEY_ID", "--profile", demo]);
    let profile = ["--domain", "d", "--profile", "nobody"];
    assert_fails(bare.command(&profile), 3, &["profile nobody does not exist"]);
    let endpoint = ["--endpoint-url", "not a url"];
    assert_fails(bare.equipped(&endpoint), 3, &["not a url", "--endpoint-url", demo]);
    let endpoint = ["--endpoint-url", "ftp://swf.example"];
    assert_fails(bare.equipped(&endpoint), 3, &["does not begin with http:// or https://", demo]);
}

#[test]
fn the_config_file_gives_what_is_not_said_otherwise() {
    let bare = Bare::new();
    let named = bare.path("c.toml");
    fs::write(&named, "[aws]\ndomain = \"ops\"\nregion = \"eu-west-1\"\n").unwrap();
    assert_fails(bare.command(&["--config", &named]), 3, &["No AWS credentials"]);
    let mut by_variable = bare.command(&["--endpoint-url", "ftp://x"]);
    by_variable.env("SWFBEAT_CONFIG", &named).env("SWFBEAT_DOMAIN", "");
    by_variable.envs([("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")]);
    assert_fails(by_variable, 3, &["ftp://x"]);
    assert_fails(bare.command(&[]), 3, &["config file: no domain"]);

    fs::create_dir_all(bare.home.path().join(".config/swfbeat")).unwrap();
    fs::write(bare.home.path().join(".config/swfbeat/config.toml"), "\n[leese]\n").unwrap();
    assert_fails(bare.command(&[]), 2, &["config.toml:2:2: leese: unknown field", "`lease`", "--print-config"]);
    assert_fails(bare.command(&["demo"]), 2, &["config.toml:2:2: leese"]);
    assert_fails(bare.command(&["--config", &bare.path("none.toml")]), 2, &["none.toml cannot be read"]);
}

#[test]
fn the_default_config_is_printed_and_can_be_used() {
    let bare = Bare::new();
    let output = bare.command(&["--print-config"]).output().unwrap();
    assert!(output.status.success());
    let file = bare.path("c.toml");
    fs::write(&file, &output.stdout).unwrap();
    assert_fails(bare.command(&["--config", &file]), 3, &["No domain"]);
}

#[test]
fn an_empty_environment_makes_no_journal() {
    let bare = Bare::new();
    fails(bare.command(&["--domain", "d"]));
    assert_eq!(fs::read_dir(bare.home.path()).unwrap().count(), 0);
}

fn private(path: &str, content: &[u8]) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_journal_that_cannot_be_used_is_explained_and_left_alone() {
    let bare = Bare::new();
    let path = bare.path("j.db");
    let open = || bare.equipped(&["--journal", &path]);

    private(&path, &b"not a database, ".repeat(100));
    let before = fs::read(&path).unwrap();
    assert_fails(open(), 4, &["is not a swfbeat journal"]);
    assert_eq!(fs::read(&path).unwrap(), before);

    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert_fails(open(), 4, &["its mode 644 lets others in: chmod 600"]);
    fs::remove_file(&path).unwrap();

    fs::create_dir(&path).unwrap();
    assert_fails(open(), 4, &["is not a swfbeat journal"]);
    let link = bare.path("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_fails(bare.equipped(&["--journal", &link]), 4, &["it is a symbolic link"]);
    assert_fails(bare.equipped(&["--journal", &bare.path("no/j.db")]), 4, &["cannot be opened: No such file"]);
    let missing = bare.path("missing.db");
    assert_fails(bare.equipped(&["--journal", &missing, "--read-only"]), 4, &["there is no journal"]);
    assert!(!Path::new(&missing).exists());
}

fn held_by_ann() -> Settings {
    Settings::new("ann@host", "boot".into(), "eu-west-1")
}

#[test]
fn a_journal_of_another_service_is_left_alone() {
    let bare = Bare::new();
    let path = bare.path("j.db");
    let settings = Settings::new("ann@host", "boot".into(), "eu-west-1 profile ops");
    let (journal, _) = Journal::open(&Place::named(&path), &settings, |_| {}).unwrap();
    journal.close(Duration::from_secs(10)).unwrap();
    let before = fs::read(&path).unwrap();
    let words = ["belongs to another service, eu-west-1 profile ops, and not to eu-west-1:", "--same-service"];
    assert_fails(bare.equipped(&["--journal", &path]), 4, &words);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_journal_of_a_newer_version_is_left_alone() {
    let bare = Bare::new();
    let path = bare.path("j.db");
    let (journal, _) = Journal::open(&Place::named(&path), &held_by_ann(), |_| {}).unwrap();
    journal.close(Duration::from_secs(10)).unwrap();
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&path).unwrap();
    assert_fails(bare.equipped(&["--journal", &path]), 4, &["has format 99", "use a newer swfbeat"]);
    assert_fails(bare.equipped(&["--journal", &path, "--read-only"]), 4, &["has format 99"]);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_held_journal_says_who_holds_it_and_offers_to_look_on() {
    let bare = Bare::new();
    let path = bare.path("j.db");
    let _held = Journal::open(&Place::named(&path), &held_by_ann(), |_| {}).unwrap();
    let pid = format!("pid {}, ann@host, since", std::process::id());
    assert_fails(bare.equipped(&["--journal", &path]), 4, &["is held by", &pid, "--read-only"]);
}

#[test]
fn a_broken_scenario_is_explained_with_its_line() {
    let bare = Bare::new();
    let path = bare.path("mine.toml");
    fs::write(&path, "title = \"x\"\ndomain = \"d\"\nclaim = \"many\"\n").unwrap();
    assert_fails(bare.command(&["demo", "--scenario", &path]), 2, &["mine.toml:3:", "claim"]);
    assert_fails(bare.command(&["demo", "--scenario", "nope"]), 2, &["no scenario nope", "tour", "idle"]);

    let tour = include_str!("../assets/scenarios/tour.toml");
    fs::write(&path, tour.replacen("heartbeat = \"90s\"", "heartbeat = \"90\"", 1)).unwrap();
    assert_fails(bare.command(&["demo", "--scenario", &path]), 2, &["mine.toml:", "heartbeat: \"90\"", "like 45s"]);
    fs::write(&path, tour.replacen("heartbeat =", "hartbeat =", 1)).unwrap();
    assert_fails(bare.command(&["demo", "--scenario", &path]), 2, &["`hartbeat`", "expected one of", "`heartbeat`"]);
    fs::write(&path, b"title = \"\xff\"").unwrap();
    assert_fails(bare.command(&["demo", "--scenario", &path]), 2, &["mine.toml cannot be read", "UTF-8"]);
    assert_fails(bare.command(&["demo", "--scenario", &bare.path("")]), 2, &["cannot be read: Is a directory"]);
}

#[test]
fn a_story_plays_itself_only_on_a_screen() {
    let bare = Bare::new();
    assert_fails(bare.command(&["demo", "--auto"]), 2, &["--auto plays on a screen", "start it in a terminal"]);
    assert_fails(bare.command(&["demo", "--auto", "--plain"]), 2, &["cannot be used with"]);
}

#[test]
fn a_taken_port_is_named() {
    let bare = Bare::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for verb in ["emulator", "demo"] {
        assert_fails(bare.command(&[verb, "--port", &port]), 1, &["cannot listen on 127.0.0.1", "--port"]);
    }
}

/// An emulator with these arguments, and the first line it prints.
fn emulator(bare: &Bare, arguments: &[&str]) -> (Child, String) {
    let mut command = bare.command(&["emulator"]);
    let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = Vec::new();
    // Byte by byte, so that the rest is left for others to read.
    let out = child.stdout.as_mut().unwrap();
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        out.read_exact(&mut byte).unwrap();
        line.extend(byte);
    }
    (child, String::from_utf8(line).unwrap().trim_end().to_owned())
}

/// One request; head and body of its answer.
fn ask(endpoint: &str, operation: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).unwrap();
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-amz-target: S.{operation}\r\n");
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Ends it in good order; what else it printed.
fn ended(mut child: Child) -> String {
    let mut out = child.stdout.take().unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(wait(child), Some(0));
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    rest
}

/// Waits for the end, but not for ever.
fn wait(mut child: Child) -> Option<i32> {
    for _ in 0..200 {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(25));
    }
    child.kill().unwrap();
    panic!("still running after 5 s");
}

#[test]
fn the_emulator_prints_its_endpoint_and_ends_on_a_signal() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let bare = Bare::new();
        let mut child = bare.command(&["emulator"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let endpoint = lines.next().unwrap();
        let port: u16 = endpoint.strip_prefix("http://127.0.0.1:").unwrap().parse().unwrap();
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok(), "it listens when it says so");
        assert_eq!(lines.next().unwrap(), format!("export AWS_ENDPOINT_URL_SWF={endpoint}"));
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(wait(child), Some(0), "{signal:?}");
    }
}

#[test]
fn the_network_is_let_in_only_in_so_many_words() {
    let bare = Bare::new();
    let words = ["everybody who can reach it", "--i-know-this-is-open-to-the-network"];
    assert_fails(bare.command(&["emulator", "--bind", "0.0.0.0"]), 2, &words);
    let (mut child, line) = emulator(&bare, &["--bind", "0.0.0.0", "--i-know-this-is-open-to-the-network"]);
    assert!(line.starts_with("http://127.0.0.1:"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_emulator_logs_a_line_of_json_for_every_request() {
    let bare = Bare::new();
    let arguments = ["--json", "--admin", "--account", "210987654321", "--fault", "ListDomains=error:503x1"];
    let (child, first) = emulator(&bare, &arguments);
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(first["adminToken"].as_str().unwrap().len(), 43);
    let endpoint = first["endpoint"].as_str().unwrap();
    let list = "{\"registrationStatus\": \"REGISTERED\"}";
    assert!(ask(endpoint, "ListDomains", list).starts_with("HTTP/1.1 503"));
    ask(endpoint, "RegisterDomain", "{\"name\": \"d\", \"workflowExecutionRetentionPeriodInDays\": \"1\"}");
    assert!(ask(endpoint, "ListDomains", list).contains("arn:aws:swf:us-east-1:210987654321:/domain/d"));
    ask(endpoint, "Nothing", "{\"taskToken\": \"secret\"}");
    let lines = ended(child);
    assert!(!lines.contains("secret"), "{lines}");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|line| (&line["operation"], &line["status"], &line["error"])).collect();
    let expected = [
        (json!("ListDomains"), json!(503), json!("ServiceUnavailableException")),
        (json!("RegisterDomain"), json!(200), Value::Null),
        (json!("ListDomains"), json!(200), Value::Null),
        (json!("Nothing"), json!(400), json!("UnknownOperationException")),
    ];
    assert_eq!(told, expected.iter().map(|(a, b, c)| (a, b, c)).collect::<Vec<_>>());
    assert_eq!(lines[0]["fault"], "refused");
    assert!(lines[0]["time"].as_str().unwrap().ends_with('Z') && lines[0]["ms"].is_i64(), "{}", lines[0]);
}

#[test]
fn too_few_open_files_are_said_and_do_not_stop_it() {
    let bare = Bare::new();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 100 && exec \"$0\" emulator"]).arg(cargo_bin("swfbeat"));
    let mut child =
        command.env("HOME", bare.home.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut complaint = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut complaint).unwrap();
    let expected = "swfbeat: no more than 100 files may be open (ulimit -Hn), so no more than 36 connections are served at \
                    a time\n";
    assert_eq!(complaint, expected);
    assert!(ended(child).starts_with("http://127.0.0.1:"));
}

#[test]
fn an_emulator_goes_on_where_the_last_one_stopped() {
    let bare = Bare::new();
    let path = bare.path("state");
    let arguments = ["--state", path.as_str()];
    let register = "{\"name\": \"kept\", \"workflowExecutionRetentionPeriodInDays\": \"1\"}";
    let (child, endpoint) = emulator(&bare, &arguments);
    assert!(ask(&endpoint, "RegisterDomain", register).starts_with("HTTP/1.1 200"));
    let mut second = bare.command(&["emulator"]);
    second.args(arguments);
    assert_fails(second, 1, &[&path, "another emulator uses it", "another --state"]);
    ended(child);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let (mut child, endpoint) = emulator(&bare, &arguments);
    assert!(ask(&endpoint, "DescribeDomain", "{\"name\": \"kept\"}").contains("REGISTERED"));
    ask(&endpoint, "DeprecateDomain", "{\"name\": \"kept\"}");
    let written = |word: &str| fs::read_to_string(&path).unwrap().contains(word);
    assert!(!written("DEPRECATED"));
    // Not only on exit.
    for _ in 0..400 {
        if written("DEPRECATED") {
            break;
        }
        thread::sleep(Duration::from_millis(25));
    }
    assert!(written("DEPRECATED"));
    child.kill().unwrap();
    child.wait().unwrap();
    let (child, endpoint) = emulator(&bare, &arguments);
    assert!(ask(&endpoint, "DescribeDomain", "{\"name\": \"kept\"}").contains("DEPRECATED"));
    ended(child);
}

#[test]
fn a_broken_state_is_explained_and_stays_as_it_is() {
    let bare = Bare::new();
    let path = bare.path("state");
    for broken in ["", "not json", "{\"format\": \"swfbeat emulator\""] {
        fs::write(&path, broken).unwrap();
        let words = [path.as_str(), "not the state of an emulator", "stays as it is"];
        assert_fails(bare.command(&["emulator", "--state", &path]), 1, &words);
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }
    let nowhere = bare.path("no/folder/state");
    assert_fails(bare.command(&["emulator", "--state", &nowhere]), 1, &[&nowhere, "another --state"]);
}
