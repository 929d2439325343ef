use super::*;
use crate::demo::Scenario;

const HEAD: &str = "title = \"t\"\ndomain = \"d\"\ntask_list = \"l\"\nclaim = 1\n";
const WORKFLOW: &str = "[[workflow]]\nid = \"w\"\ntype = \"W\"\nversion = \"1\"\ntimeout = \"1h\"\n";
const ACTIVITY: &str =
    "[[workflow.activity]]\nid = \"a\"\ntype = \"A\"\nversion = \"1\"\nheartbeat = \"1m\"\nstart_to_close = \"NONE\"\n";

fn error(text: &str) -> String {
    parse(text, "x.toml").expect_err("a mistake").to_string()
}

/// The smallest scenario with one piece of its text replaced.
fn with(from: &str, to: &str) -> String {
    let text = format!("{HEAD}{WORKFLOW}{ACTIVITY}");
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn the_smallest_scenario_has_its_defaults() {
    let scenario = parse(&with("", ""), "x.toml").unwrap();
    let (workflow, activity) = (&scenario.workflows[0], &scenario.workflows[0].activities[0]);
    assert_eq!((workflow.timeout, workflow.after, workflow.repeat), (3_600, Duration::ZERO, None));
    assert_eq!((activity.heartbeat, activity.start_to_close), (Limit::Seconds(60), Limit::None));
    assert_eq!((activity.schedule_to_close, activity.schedule_to_start), (Limit::None, Limit::None));
    assert_eq!((activity.after, activity.pause, activity.keep, activity.again.len()), (0, 0, None, 0));
    assert_eq!(scenario.decision_task_list().raw(), "l-deciders");
}

#[test]
fn lengths_of_time_are_read_as_people_write_them() {
    for (text, seconds) in [("45s", 45), ("30m", 1_800), ("1h30m", 5_400), ("1h1m1s", 3_661), ("90m", 5_400), ("0s", 0)]
    {
        assert_eq!(Seconds::parse(text).map(|it| it.0), Some(seconds), "{text}");
    }
    for bad in ["", "5", "s", "1m1h", "1.5h", "-1s", " 1s", "1 s", "5x", "99999999h", "123456789s", "+1s", "1s1s"] {
        assert!(Seconds::parse(bad).is_none(), "{bad}");
    }
}

#[test]
fn mistakes_name_file_line_column_key_and_what_would_be_right() {
    let cases = [
        (
            with("\"1m\"", "\"5x\""),
            "x.toml:14:13: heartbeat: \"5x\" is not a length of time like 45s, 30m or 1h30m of at least 1s, nor \"NONE\"",
        ),
        (
            with("\"NONE\"", "\"0s\""),
            "x.toml:15:18: start_to_close: \"0s\" is not a length of time like 45s, 30m or 1h30m of at least 1s, nor \"NONE\"",
        ),
        (with("\"1h\"", "\"NONE\""), "x.toml:9:11: timeout: \"NONE\" is not a length of time like 45s, 30m or 1h30m"),
        (with("\"1h\"", "\"9000h\""), "x.toml:9:11: timeout: a workflow takes from 1s to a year"),
        (with("claim = 1", "claim = 1001"), "x.toml:4:9: claim: at most 1000 tasks"),
        (
            with("domain = \"d\"", "domain = \"a:b\""),
            "x.toml:2:10: domain: a name has no : / | and no control characters",
        ),
        (
            with("domain = \"d\"", "domain = \"\""),
            "x.toml:2:10: domain: a name is not empty, not \"arn\", and has no blanks around it",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(error(&text), expected);
    }
}

#[test]
fn wrong_kinds_and_unknown_keys_come_with_what_is_allowed() {
    let text = error(&with("heartbeat", "heartbeet"));
    assert!(
        text.starts_with("x.toml:14:1: heartbeet: unknown field `heartbeet`, expected one of `id`, `type`"),
        "{text}"
    );
    assert!(text.contains("`heartbeat`"), "{text}");
    let text = error(&format!("{}again = [\"lost\"]\n", with("", "")));
    assert!(text.starts_with("x.toml:16:"), "{text}");
    assert!(
        text.contains("unknown variant `lost`, expected one of `completed`, `failed`, `canceled`, `timed out`"),
        "{text}"
    );
    let text = error(&with("claim = 1", "claim = \"many\""));
    assert!(text.starts_with("x.toml:4:9: claim: invalid type: string \"many\", expected u32"), "{text}");
    let text = error(&with("version = \"1\"\ntimeout", "timeout"));
    assert!(text.starts_with("x.toml:5:1: version: missing field `version`"), "{text}");
    let text = error(&with("title = \"t\"\n", ""));
    assert!(text.contains(" title: missing field `title`") || text.contains(":title: "), "{text}");
    let text = error(&with("title = \"t\"", "title = t"));
    assert!(text.starts_with("x.toml:1:"), "{text}");
}

#[test]
fn lengths_of_texts_are_those_of_swf() {
    let long = "x".repeat(2_049);
    let text = error(&format!("{}beat = \"{long}\"\n", with("", "")));
    assert_eq!(text, "x.toml:16:8: beat: the text has 2049 characters, SWF takes at most 2048: shorten it");
    let text = error(&with("id = \"a\"", &format!("id = \"{}\"", "x".repeat(241))));
    assert!(text.starts_with("x.toml:11:6: id: the name has 241 characters, SWF takes at most 240"), "{text}");
}

#[test]
fn ids_are_unique_and_what_is_named_exists() {
    let text = error(&format!("{}{ACTIVITY}", with("", "")));
    assert_eq!(text, "x.toml:17:6: id: a second a; ids are unique in a scenario");
    let other = ACTIVITY.replace("\"a\"", "\"b\"");
    let text = error(&format!("{}{WORKFLOW}{other}", with("", "")));
    assert_eq!(text, "x.toml:17:6: id: a second w; ids are unique in a scenario");
    let text = error(&format!("{}[[happening]]\nat = \"1s\"\ncancel = \"b\"\n", with("", "")));
    assert_eq!(text, "x.toml:18:10: cancel: there is no activity b; there are: a");
    let text = error(&format!("{}[[happening]]\nat = \"1s\"\nterminate = \"a\"\n", with("", "")));
    assert_eq!(text, "x.toml:18:13: terminate: there is no workflow a; there are: w");
}

#[test]
fn a_happening_is_exactly_one_thing() {
    for what in ["", "cancel = \"a\"\nterminate = \"w\"\n", "fault = \"cut\"\n", "cancel = \"a\"\nfor = \"1s\"\n"] {
        let text = error(&format!("{}[[happening]]\nat = \"1s\"\n{what}", with("", "")));
        assert!(text.starts_with("x.toml:16:1: "), "{text}");
        assert!(text.ends_with("exactly one of cancel, cancel_workflow, terminate, and fault with for"), "{text}");
    }
}

#[test]
fn faults_and_acts_are_read_and_an_act_without_anything_is_a_mistake() {
    let more = "[[happening]]\nat = \"1s\"\nfault = \"lose-answers\"\nfor = \"20s\"\n\
                [[act]]\nat = \"2s\"\ntask = \"a\"\ndo = \"complete\"\nwrite = \"x\"\npress = \"enter right  enter\"\n\
                [end]\nat = \"3s\"\ntext = \"over\"\n";
    let scenario = parse(&format!("{}{more}", with("", "")), "x.toml").unwrap();
    let lasts = Duration::from_secs(20);
    assert_eq!(scenario.happenings[0].what, What::Break { fault: Fault::LoseAnswers, lasts });
    assert_eq!(scenario.acts[0].act.press, ["enter", "right", "enter"]);
    assert_eq!(scenario.end.unwrap().text.raw(), "over");
    let text = error(&format!("{}[[act]]\nat = \"1s\"\n", with("", "")));
    assert_eq!(text, "x.toml:16:1: at least one of task, do, write and press");
    let text = error(&format!("{}[[happening]]\nat = \"1s\"\nfault = \"flood\"\nfor = \"1s\"\n", with("", "")));
    assert!(text.contains("unknown variant `flood`, expected one of `cut`, `slow`"), "{text}");
}

#[test]
fn nothing_to_do_and_too_long_a_keep_are_mistakes() {
    assert!(error(&format!("{HEAD}workflow = []\n")).contains("workflow: at least one [[workflow]]"));
    let text = error(&format!("{HEAD}{WORKFLOW}activity = []\n"));
    assert!(text.contains("activity: at least one [[workflow.activity]]"), "{text}");
    let text = error(&format!("{}keep = \"8h1s\"\n", with("", "")));
    assert_eq!(text, "x.toml:16:8: keep: a keep-alive lasts at most 8h");
}

#[test]
fn hostile_text_stays_text() {
    let text = error(&with("\"1m\"", "\"\\u001b[31m\""));
    assert!(text.contains("\"␛[31m\" is not a length of time"), "{text}");
}

#[test]
fn scenarios_are_found_by_name_then_by_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mine.toml");
    std::fs::write(&path, with("", "")).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(Scenario::find(path).unwrap().title.raw(), "t");
    assert_eq!(Scenario::find("idle").unwrap().claim, 20);
    let text = Scenario::find("nowhere").unwrap_err().to_string();
    assert!(
        text.starts_with(
            "There is no scenario nowhere: the program has tour, missed-heartbeat, cancellation, outage, idle"
        ),
        "{text}"
    );
    let text = Scenario::find(directory.path().to_str().unwrap()).unwrap_err().to_string();
    assert!(text.contains("cannot be read: "), "{text}");
}
