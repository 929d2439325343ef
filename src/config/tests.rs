use std::collections::BTreeSet;

use super::*;
use crate::console::HEARTBEAT_RATE;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("/etc/c.toml")).map_err(|error| error.to_string())
}

/// The default with every setting switched on.
fn uncommented() -> String {
    let is_setting = |line: &str| line.starts_with('#') && !line.starts_with("# ") && line.len() > 1;
    let text = default_text();
    let lines = text.lines().map(|line| if is_setting(line) { &line[1..] } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

/// Every key of a table, as the parser lists them when it meets one it does not know.
fn keys(table: &str) -> BTreeSet<String> {
    let text = if table.is_empty() { "? = 1".to_owned() } else { format!("[{table}]\n\"?\" = 1") };
    let error = toml::from_str::<Config>(&text.replace("? =", "\"?\" =")).unwrap_err();
    let (_, expected) = error.message().split_once("expected").expect("the parser lists what it knows");
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_default_reads_like_this() {
    insta::assert_snapshot!("default", default_text());
}

#[test]
fn the_default_says_what_is_so_without_a_file() {
    assert_eq!(parse(""), Ok(Config::default()));
    assert_eq!(parse(&default_text()), Ok(Config::default()));
    let mut uncommented = parse(&uncommented()).unwrap();
    // Of this one it is also known whether anybody has said it.
    let standard = Some(Rate(Some(HEARTBEAT_RATE)));
    assert_eq!(uncommented.heartbeat_rate.take(), standard);
    let example = uncommented.contexts.remove("eu-prod").unwrap();
    let mut of_context = example.config;
    assert_eq!(of_context.heartbeat_rate.take(), standard);
    (of_context.context, of_context.written) = (None, contexts::Written::default());
    assert_eq!((example.own, of_context), (Aws::default(), Config::default()));
    uncommented.written = contexts::Written::default();
    assert_eq!(uncommented, Config::default());
}

const CONTEXTS: &str = r#"
read_only = true
[aws]
profile = "ops"
region = "us-east-1"
[lease]
longest = "12h"
[hooks]
task_due = ["page"]
[contexts.b]
domain = "billing"
read_only = false
region = ""
[contexts.a]
region = "eu-west-1"
lease = { default = "10h" }
hooks.cancel_seen = ["call"]
"#;

#[test]
fn a_context_says_what_differs() {
    let config = parse(CONTEXTS).unwrap();
    let [a, b] = ["a", "b"].map(|name| &config.contexts[name]);
    assert_eq!((a.config.aws.profile.as_deref(), a.config.aws.region.as_deref()), (Some("ops"), Some("eu-west-1")));
    assert_eq!((a.own.profile.as_deref(), a.own.region.as_deref()), (None, Some("eu-west-1")));
    assert_eq!(a.config.lease, LeaseTerms { default_ms: 36_000_000, longest_ms: 43_200_000 });
    assert_eq!((a.config.read_only, b.config.read_only), (true, false));
    assert!(a.config.hooks.of(Occasion::TaskDue).is_some() && a.config.hooks.of(Occasion::CancelSeen).is_some());
    assert!(b.config.hooks.of(Occasion::CancelSeen).is_none());
    assert_eq!((b.config.aws.region.as_deref(), b.own.region.as_deref()), (Some("us-east-1"), None));
}

#[test]
fn the_context_to_start_in_is_the_one_asked_for_or_the_default_or_the_first() {
    let config = parse(CONTEXTS).unwrap();
    assert_eq!(config.start(Some("b")), Ok(Some("b")));
    assert_eq!((config.start(None), config.start(Some(""))), (Ok(Some("a")), Ok(Some("a"))));
    assert_eq!(config.start(Some("c\x1b")), Err("there is no context `c␛`, expected one of `a`, `b`".into()));
    let config = parse(&format!("context = \"b\"\n{CONTEXTS}")).unwrap();
    assert_eq!(config.start(None), Ok(Some("b")));
    let config = parse("[aws]\ndomain = \"d\"\n[contexts.a]\n").unwrap();
    assert_eq!(config.start(None), Ok(None));
    assert!(Config::default().start(Some("x")).unwrap_err().ends_with("expected none: the file has no [contexts]"));
}

#[test]
fn the_default_mentions_every_setting() {
    let written: toml::Table = toml::from_str(&uncommented()).unwrap();
    let names = |table: &toml::Table| table.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&written), keys(""));
    let example = &written["contexts"]["eu-prod"];
    assert_eq!(names(example.as_table().unwrap()), keys("contexts.eu-prod"));
    // Their names are the writer's own.
    let free = ["templates", "filters", "contexts"];
    for (name, value) in written.iter().filter(|(name, _)| !free.contains(&name.as_str())) {
        if let Some(table) = value.as_table() {
            assert_eq!(names(table), keys(name), "[{name}]");
        }
    }
}

#[test]
fn settings_are_read() {
    let config =
        parse("heartbeat_rate = \"none\"\n[aws]\ntask_lists = [\"a\", \"b\"]\n[lease]\nlongest = \"20m\"").unwrap();
    assert_eq!(config.heartbeat_rate, Some(Rate(None)));
    assert_eq!(config.aws.task_lists, ["a", "b"]);
    assert_eq!(config.lease, LeaseTerms { default_ms: 1_200_000, longest_ms: 1_200_000 });
    assert_eq!(parse("[journal]\nretention = \"never\"").unwrap().journal.retention, Retention(None));
    assert_eq!(parse("heartbeat_rate = 12").unwrap().heartbeat_rate, Some(Rate(Some(12.0))));
}

#[test]
fn a_heartbeat_rate_on_the_command_line_is_a_number_or_none() {
    assert_eq!(Rate::parse("none"), Ok(Rate(None)));
    assert_eq!(Rate::parse("40"), Ok(Rate(Some(40.0))));
    for bad in ["0", "-1", "NaN", "inf", "many", ""] {
        assert!(Rate::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn says_why_with_line_key_and_what_would_be_right() {
    let cases = [
        (
            "heartbeat_rat = 3",
            "/etc/c.toml:1:1: heartbeat_rat: unknown field `heartbeat_rat`, expected one of `read_only`",
        ),
        ("\n[lease]\ndefault = 30", ":3:11: default: invalid type: integer `30`, expected a string"),
        ("[lease]\ndefault = \"soon\"", ":2:11: default: \"soon\" is not a length of time like 90s, 30m, 2h or 1h30m"),
        ("[lease]\ndefault = \"9h\"", "default is from 1s to longest, which is 8h"),
        ("[lease]\nlongest = \"169h\"", "longest is at most 168h"),
        (
            "[keys]\ncomplete = \"z\"\nfail = [\"F5\", \"z\"]",
            "/etc/c.toml:3:8: fail: z would do two things: complete and fail; give one of them another key",
        ),
        ("[keys]\ncompleet = \"z\"", ":2:12: compleet: no action is called `compleet`, expected one of `beat`"),
        ("[keys]\nbeat = \"hyper-b\"", "/etc/c.toml:2:8: beat: \"hyper-b\" is no key: write a character"),
        ("[keys]\nbeat = 3", "/etc/c.toml:2:8: beat: expected a key in quotes"),
        ("[keys]\nquit = \"\"", "/etc/c.toml:2:8: quit: quit needs a key"),
        ("[looks]\ntheme = \"pink\"", "unknown variant `pink`, expected one of `auto`, `dark`"),
        ("heartbeat_rate = 0", "expected heartbeats a second from 1 to 1000000, or \"none\""),
        ("heartbeat_rate = \"many\"", "heartbeat_rate: invalid value: string \"many\", expected heartbeats a second"),
        ("[journal]\nretention = \"0d\"", "\"0d\" is not a number of days from 1d to 3650d, or never"),
        ("read_only = \"yes\"", ":1:13: read_only: invalid type: string \"yes\", expected a boolean"),
        ("[aws]\ntask_lists = [\"\"]", "a name is not empty"),
        (
            "[templates.\"SwapDisk\"]\nresults = \"\"",
            ":2:1: results: unknown field `results`, expected one of `details`",
        ),
        ("[templates.SwapDisk]\nresult = 3", ":2:10: result: expected a text in quotes, or a list of texts"),
        ("[templates]\nSwapDisk = 3", ":2:12: SwapDisk: invalid type: integer `3`, expected struct"),
        ("[filters]\nnight = 3", ":2:9: night: invalid type: integer `3`, expected a string"),
        ("[filters]\n\"a b\" = \"kept\"", ":2:9: a filter's name is of 1 to 32 letters, digits, - and _"),
        ("[filters]\nnight = \"\"", ":2:9: night: a filter is one line of 1 to 256 characters"),
        ("[aws\n", ":1:5: "),
        (
            "[contexts.a]\nregoin = \"x\"",
            "/etc/c.toml:2:1: regoin: unknown field `regoin`, expected one of `profile`, `region`",
        ),
        ("[contexts.a]\nread_only = 1", "/etc/c.toml:2:13: read_only: invalid type: integer `1`, expected a boolean"),
        ("[contexts.\"a b\"]", ":1:11: a context's name has letters, digits, - _ and . only, and at most 32 of them"),
        ("context = \"b\"\n[contexts.a]", "/etc/c.toml:1:11: context: there is no context `b`, expected one of `a`"),
        (
            "[lease]\nlongest = \"1h\"\n[contexts.a]\nlease.default = \"2h\"",
            "/etc/c.toml:3:1: context a: default is from 1s to longest, which is 1h",
        ),
    ];
    for (text, words) in cases {
        let error = parse(text).unwrap_err();
        assert!(error.contains(words), "{error}\n{words}");
        assert!(error.contains("--print-config"), "{error}");
    }
}

#[test]
fn inert_text_of_a_hostile_file_stays_text() {
    let error = parse("\"\\u001b[2J\" = 1\n").unwrap_err();
    assert!(error.chars().all(|c| c == '\n' || !c.is_control()), "{error:?}");
}

#[test]
fn a_named_file_must_exist_and_the_usual_one_need_not() {
    let missing = Config::load(Some(Path::new("/nowhere/c.toml"))).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/c.toml cannot be read"), "{missing}");
}
