//! The demo's side of the screen: captions, the presenter's bar and its orders, the service's pane, the story's operator.

use std::fmt::Write;

use super::*;
use crate::clock::{Boot, Now, Wall};
use crate::console::Level;
use crate::demo::view::{Act, Active, Clock, Fault, Order, Reports, TaskName, Written};
use crate::demo::{BUILTIN, Scenario};
use crate::tui::auto;
use crate::tui::fixtures::{log_line, task};
use crate::tui::keymap::{Keymap, Rebinding, check_sentence};
use crate::tui::state::Overlay;

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];

/// A screen of the demo with a few tasks, and a caption.
fn demo(caption: &str, (width, height): (u16, u16)) -> State {
    let options = Options { zone: Zone::Fixed(0), demo: Some("a tour".into()), ..Options::default() };
    let mut state = State::new(options, Rect::new(0, 0, width, height));
    let tasks = vec![
        task(1, "drain-rack-42").heartbeat(60, 41).kept().arc(),
        task(2, "swap-17").heartbeat(60, 32).arc(),
        task(3, "keys-3").heartbeat(60, 21).arc(),
    ];
    let log = vec![log_line(Level::Info, "demo", "", caption)];
    let news = News { changed: tasks, status: Some(Arc::new(status())), log, ..News::default() };
    update::news(&mut state, news, T0.boot);
    state.settle(Moment::new(T0));
    state
}

fn report(state: &mut State, reports: Reports) {
    update::reports(state, reports, T0.boot);
}

fn name(activity_id: &str) -> TaskName {
    let run_id = "22f4a1c0ffee".into();
    TaskName { workflow_id: "release-7".into(), run_id, activity_id: activity_id.into() }
}

/// What the service has: two of the tasks, one of them wanted back, and one that nobody has claimed.
fn service() -> Reports {
    let clock = |activity_id, heartbeat: Option<i64>, cancel_requested| Clock {
        task: name(activity_id),
        started: heartbeat.is_some(),
        cancel_requested,
        heartbeat: heartbeat.map(|left| T0.boot + left),
        end: Some(T0.boot + 3_491_000),
    };
    let clocks = vec![
        clock("drain-rack-42", Some(41_900), true),
        clock("swap-17", Some(33_000), false),
        clock("new-1", None, false),
    ];
    let event = |number, event_type: &str, says: &str| Written {
        number,
        at: Wall(T0.wall.0 + 1_000 * number as i64),
        workflow_id: "rack-42".into(),
        id: 7,
        event_type: event_type.into(),
        says: says.into(),
    };
    let events = vec![
        event(1, "WorkflowExecutionStarted", "input {\"rack\":42}"),
        event(2, "ActivityTaskStarted", "identity anna@ops/r1/1"),
        event(3, "ActivityTaskTimedOut", "details \x1b[31m40 % · timeoutType HEARTBEAT"),
        event(4, "ActivityTaskCancelRequested", "activityId drain-rack-42"),
    ];
    Reports { clocks: Some(clocks), events, ..Reports::default() }
}

/// What a stage may report, hostile text included.
pub fn anything(chance: &mut dyn FnMut() -> u64) -> Reports {
    let mut reports = service();
    let active = |fault| Active { fault, since: T0.boot };
    reports.faults = (chance() == 0).then(|| Fault::ALL.map(active).into());
    reports.paused = (chance() == 0).then(|| chance() == 0);
    reports.clocks = reports.clocks.filter(|_| chance() > 0);
    reports.summary = (chance() == 0).then(|| "It is over. ".repeat(1 + 20 * chance() as usize));
    reports
}

fn shown(state: &mut State) -> String {
    let (buf, cursor) = draw(state, &Theme::dark());
    picture(&buf, cursor)
}

fn orders(wishes: Vec<Wish>) -> Vec<Order> {
    let order = |wish| if let Wish::Order(order) = wish { order } else { panic!("{wish:?} instead of an order") };
    wishes.into_iter().map(order).collect()
}

#[test]
fn every_caption_of_every_story_can_be_read_at_every_size() {
    let mut all = String::new();
    for (name, _) in BUILTIN {
        let scenario = Scenario::builtin(name).unwrap();
        for caption in scenario.captions.iter().chain(&scenario.end) {
            assert_eq!(check_sentence(caption.text.raw()), Ok(()), "{name}");
            let text = Keymap::default().tell(&caption.text.line());
            let _ = writeln!(all, "{name} {:>3} s  {text}", caption.at.as_secs());
            for size in SIZES {
                let mut state = demo(&caption.text.line(), size);
                let shown: String = shown(&mut state)
                    .lines()
                    .filter_map(|line| Some(line.strip_prefix("» ")?.trim_end().to_owned() + " "))
                    .collect();
                // In the smallest size the last sentence is in a box of its own.
                if size.1 > 12 || scenario.end.as_ref() != Some(caption) {
                    assert_eq!(shown.trim_end(), text, "{name} at {size:?}");
                }
            }
        }
    }
    insta::assert_snapshot!("captions", all);
}

#[test]
fn a_story_names_the_keys_that_are_bound() {
    let changes = [("claim", &["F5"][..]), ("canceled", &[])];
    let changes = changes.map(|(name, keys)| Rebinding::parse(name, keys.iter().copied()).unwrap());
    let options =
        Options { keymap: Keymap::with(&changes).unwrap(), demo: Some("a tour".into()), ..Options::default() };
    let mut state = State::new(options, Rect::new(0, 0, 120, 40));
    let caption = "Claim it with {claim}; answer with {canceled}, or go on with {go-on}. {\"rack\": 1}";
    let told = "Claim it with F5; answer with : canceled, or go on with i. {\"rack\": 1}";
    let log = vec![log_line(Level::Info, "demo", "", caption), log_line(Level::Info, "stage", "{claim}", "{beat}")];
    update::news(&mut state, News { log, ..News::default() }, T0.boot);
    let text = shown(&mut state);
    assert!(text.contains(&format!("» {told}")), "{text}");
    assert!(text.contains("{claim}  {beat}"), "only captions are about keys: {text}");
    let heard: Vec<_> = state.log.said().map(|line| line.text.clone()).collect();
    assert_eq!(heard, ["{beat}", told], "newest first, and in the log as above it");
    report(&mut state, Reports { summary: Some("{canceled} was the answer.".into()), ..Reports::default() });
    assert!(shown(&mut state).contains(": canceled was the answer."));
}

#[test]
fn the_service_is_beside_the_tasks_where_there_is_room_and_a_view_elsewhere() {
    for size in SIZES {
        let mut state = demo("drain-rack-42 is wanted back.", size);
        assert_eq!(update::watch(&mut state), None, "nobody asks for what nobody sees");
        type_in(&mut state, "B");
        state.settle(Moment::new(T0));
        assert_eq!(update::watch(&mut state), Some(Wish::Order(Order::Watch(true))));
        assert_eq!(update::watch(&mut state), None, "it is said once");
        report(&mut state, service());
        insta::assert_snapshot!(format!("service_{}x{}", size.0, size.1), shown(&mut state));
        type_in(&mut state, if size.1 == 40 { "B" } else { "\x1b" });
        assert_eq!(update::watch(&mut state), Some(Wish::Order(Order::Watch(false))));
    }
}

#[test]
fn the_pane_is_not_read_under_another_view_nor_when_it_does_not_fit() {
    let mut state = demo("", (120, 40));
    type_in(&mut state, "B");
    assert_eq!(update::watch(&mut state), Some(Wish::Order(Order::Watch(true))));
    type_in(&mut state, "l");
    assert_eq!(update::watch(&mut state), Some(Wish::Order(Order::Watch(false))));
    type_in(&mut state, "\x1b");
    assert_eq!(update::watch(&mut state), Some(Wish::Order(Order::Watch(true))));
    state.area = Rect::new(0, 0, 80, 24);
    assert_eq!(update::watch(&mut state), Some(Wish::Order(Order::Watch(false))));
}

#[test]
fn keys_of_the_presenter_become_orders_and_the_second_time_they_heal() {
    let mut state = demo("", (120, 40));
    type_in(&mut state, "g");
    assert_eq!(orders(type_in(&mut state, "bn")), [Order::Set(Fault::Cut, true)]);
    report(
        &mut state,
        Reports { faults: Some(vec![Active { fault: Fault::Cut, since: T0.boot + -65_000 }]), ..Reports::default() },
    );
    assert_eq!(orders(type_in(&mut state, "bnbs")), [Order::Set(Fault::Cut, false), Order::Set(Fault::Slow, true)]);
    let subject = state.subject().unwrap().activity_id.raw().to_owned();
    let task = || name(&subject);
    assert_eq!(
        orders(type_in(&mut state, "bcbkbo")),
        [Order::Cancel(task()), Order::Kill(task()), Order::Close(task())]
    );
    assert_eq!(orders(type_in(&mut state, "bp")), [Order::Pause(true)]);
    report(&mut state, Reports { paused: Some(true), ..Reports::default() });
    assert_eq!(orders(type_in(&mut state, "bp")), [Order::Pause(false)]);
    for size in SIZES {
        state.area = Rect::new(0, 0, size.0, size.1);
        insta::assert_snapshot!(format!("bar_{}x{}", size.0, size.1), shown(&mut state));
    }
}

#[test]
fn entries_of_the_bar_and_of_the_hints_take_a_press() {
    let mut state = demo("", (120, 40));
    let subject = state.subject().unwrap().activity_id.raw().to_owned();
    let press = |state: &mut State, word: &str| {
        let (buf, _) = draw(state, &Theme::plain());
        let rows = (0..40u16).map(|y| (y, (0..120).map(|x| buf[(x, y)].symbol()).collect::<String>()));
        let at = |(y, row): (u16, String)| Some((row[..row.find(word)?].chars().count() + 1, y + 1));
        let (x, y) = rows.filter_map(at).next_back().unwrap_or_else(|| panic!("no {word}"));
        orders(type_in(state, &format!("\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m")))
    };
    for (word, order) in [
        ("c cancel", Order::Cancel(name(&subject))),
        ("cancel", Order::Cancel(name(&subject))),
        ("n cut", Order::Set(Fault::Cut, true)),
        (" slow", Order::Set(Fault::Slow, true)),
        ("throttle", Order::Set(Fault::Throttle, true)),
        ("lose answers", Order::Set(Fault::LoseAnswers, true)),
        ("expire", Order::Set(Fault::Expire, true)),
        ("kill wf", Order::Kill(name(&subject))),
        ("colleague", Order::Close(name(&subject))),
        ("p pause", Order::Pause(true)),
    ] {
        assert_eq!(press(&mut state, word), [order], "{word}");
    }
    assert_eq!(press(&mut state, " b c"), [], "what all begin with is no entry");
    let faults = vec![Active { fault: Fault::Slow, since: T0.boot + -7_000 }];
    report(&mut state, Reports { faults: Some(faults), ..Reports::default() });
    assert_eq!(press(&mut state, "slow 0:07]"), [Order::Set(Fault::Slow, false)]);
    type_in(&mut state, "b");
    assert_eq!(press(&mut state, "kill workflow"), [Order::Kill(name(&subject))]);
    assert!(state.pressed.is_empty());
    type_in(&mut state, "b");
    assert_eq!(press(&mut state, "╯"), [], "the border of the hints hides what is under it");
    type_in(&mut state, "?");
    assert_eq!(press(&mut state, "n cut"), [], "the bar is under something");
    type_in(&mut state, "\x1b");
    type_in(&mut state, "\x14");
    assert_eq!(press(&mut state, "n cut"), [], "the mouse is the terminal's");
    state.area = Rect::new(0, 0, 80, 24);
    state.mouse = true;
    let faults = vec![Active { fault: Fault::Slow, since: T0.boot + -7_000 }];
    report(&mut state, Reports { faults: Some(faults), ..Reports::default() });
    draw(&mut state, &Theme::plain());
    assert_eq!(
        orders(type_in(&mut state, "\x1b[<0;4;22M")),
        [Order::Set(Fault::Slow, false)],
        "narrow: what is in force"
    );
}

#[test]
fn outside_the_demo_they_say_why_not() {
    let mut state = screen(vec![task(1, "a").arc()]);
    for keys in ["B", "bn", "bk", "bp"] {
        assert_eq!(type_in(&mut state, keys), []);
        assert_eq!(state.message.take().unwrap().text, "only in the demo: swfbeat demo");
    }
}

#[test]
fn the_storys_operator_does_what_keys_do() {
    let mut state = demo("", (120, 40));
    let act = Act {
        task: Some("swap-17".into()),
        action: Some("complete".into()),
        write: Some("swapped".into()),
        press: ["enter", "right", "enter"].map(Into::into).into(),
    };
    report(&mut state, Reports { acts: vec![act], ..Reports::default() });
    let mut wishes = Vec::new();
    let (mut pictures, mut at) = (Vec::new(), 0);
    while at < 20_000 {
        let now = Now { boot: T0.boot + at, ..T0 };
        let before = state.stage.as_ref().unwrap().auto.shown();
        wishes.extend(auto::play(&mut state, now));
        let after = state.stage.as_ref().unwrap().auto.shown();
        if before != after {
            pictures.push(after);
        }
        at += 10;
    }
    let [Wish::Send(crate::console::Command::Close { claims, .. })] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(claims[..], [crate::task::ClaimId(2)]);
    assert_eq!(pictures.last().unwrap(), "", "what was pressed fades");
    assert_eq!(pictures[pictures.len() - 2], "c complete enter → enter");
    assert!(!state.stage.as_ref().unwrap().auto.is_playing());
}

#[test]
fn an_act_that_has_become_impossible_is_left_out_to_its_last_key() {
    let mut state = demo("", (120, 40));
    let act = |task: &str, action: &str| Act {
        task: Some(task.into()),
        action: Some(action.into()),
        write: Some("D\n".into()),
        press: vec!["enter".into()],
    };
    let acts = vec![act("nobody", "complete"), act("swap-17", "canceled"), act("keys-3", "beat")];
    report(&mut state, Reports { acts, ..Reports::default() });
    let wishes: Vec<_> =
        (0..400).filter_map(|step| auto::play(&mut state, Now { boot: T0.boot + step * 100, ..T0 })).collect();
    assert!(matches!(&wishes[..], [Wish::Send(crate::console::Command::Beat { .. })]), "{wishes:?}");
    assert!(state.overlay.is_none() && !state.stage.as_ref().unwrap().auto.is_playing());
}

#[test]
fn a_story_that_stands_still_presses_nothing() {
    let mut state = demo("", (120, 40));
    let act = Act { action: Some("help".into()), ..Act::default() };
    report(&mut state, Reports { acts: vec![act], paused: Some(true), ..Reports::default() });
    for second in 0..60 {
        auto::play(&mut state, Now { boot: T0.boot + second * 1_000, ..T0 });
        assert!(state.overlay.is_none());
    }
    report(&mut state, Reports { paused: Some(false), ..Reports::default() });
    auto::play(&mut state, Now { boot: Boot(T0.boot.0 + 62_000), ..T0 });
    assert!(matches!(state.overlay, Some(Overlay::Help { .. })));
}

#[test]
fn the_end_says_how_the_tasks_have_ended_and_any_key_puts_it_away() {
    for size in SIZES {
        let mut state = demo("", size);
        let ended = super::super::fixtures::zoo().into_iter().filter(|facts| facts.has_ended()).collect();
        update::news(&mut state, News { changed: ended, ..News::default() }, T0.boot);
        report(&mut state, Reports { summary: Some("A task ends when nobody beats it.".into()), ..Reports::default() });
        insta::assert_snapshot!(format!("summary_{}x{}", size.0, size.1), shown(&mut state));
        assert_eq!(type_in(&mut state, "c"), []);
        assert!(state.overlay.is_none(), "and it does nothing else");
    }
}
