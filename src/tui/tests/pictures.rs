//! Pictures of whole screens at three sizes, with and without colours, as an operator sees them.

use super::*;
use crate::console::{AutoClaim, CallEnd, CallLine, Claiming, Command, Connection, Found, Level, LogLine, Status};
use crate::task::ClaimId;
use crate::text::printable;
use crate::tui::Read;
use crate::tui::canvas::{Canvas, simplify};
use crate::tui::contexts::Standing;
use crate::tui::fixtures::{call, event, hostile, log_line, task, zoo};
use crate::tui::theme::Background;
use crate::wire::{Answer, Attributes, HistoryEvent, HistoryPage};

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];

fn log() -> Vec<LogLine> {
    vec![
        log_line(Level::Info, "claim", "swap-17", "from manual-ops"),
        log_line(Level::Alarm, "cancel", "drain-rack-42", "requested: respond canceled or go on"),
        log_line(Level::Error, "gone", "keys-3", "timed out: HEARTBEAT, last details 40%"),
        log_line(Level::Info, "beat", "swap-17", "ok, 8 ms"),
    ]
}

fn full(width: u16, height: u16) -> State {
    let mut state = screen(zoo());
    state.area = Rect::new(0, 0, width, height);
    update::news(&mut state, News { log: log(), calls: calls(), ..News::default() }, T0.boot);
    state
}

/// Calls of the first task and of others.
fn calls() -> Vec<CallLine> {
    let mut calls: Vec<_> = [8, 9, 7, 30, 8, 8, 41].map(|took_ms| call(1, took_ms)).into();
    calls.push(CallLine { end: CallEnd::Throttled, ..call(1, 4) });
    calls.push(CallLine { end: CallEnd::NoAnswer("connection reset".into()), ..call(1, 3_000) });
    calls.push(CallLine { late_ms: Some(1_250), ..call(1, 12) });
    calls.push(CallLine { operation: "CountPendingActivityTasks", claim: None, late_ms: None, ..call(1, 17) });
    calls.push(call(2, 8));
    calls
}

/// What the history of the first task's workflow looks like.
fn history() -> HistoryPage {
    let scheduled = |activity_id: &str| Attributes::Scheduled {
        activity_id: activity_id.into(),
        timeouts: crate::task::Timeouts::default(),
    };
    let events = [
        (9, Attributes::CancelRequested { activity_id: "drain-rack-42".into() }, ("activity", "drain-rack-42")),
        (8, Attributes::Other, ("identity", "decider")),
        (7, Attributes::Completed { started_event_id: 5, result: None }, ("result", "{\"ok\":true}\x1b[31m")),
        (6, Attributes::Started { scheduled_event_id: 4, identity: None }, ("identity", "anna@ops/r1/1")),
        (5, Attributes::Started { scheduled_event_id: 3, identity: None }, ("identity", "bob@ops/r7/3")),
        (4, scheduled("drain-rack-42"), ("activity", "drain-rack-42")),
        (3, scheduled("check-rack-42"), ("activity", "check-rack-42")),
    ];
    let events = events.map(|(id, attributes, (name, text))| {
        let says = vec![(name, text.into()), ("input", "{\"rack\":42,\"row\":\"north\"}".into())];
        HistoryEvent { says, ..event(id, attributes) }
    });
    HistoryPage { events: events.into(), next_page_token: Some("more".into()) }
}

/// Answers what the view on top wants to read.
fn answer(state: &mut State, read: Read) {
    let Some(Wish::Send(Command::Read { query, .. })) = update::reads(state, T0.boot) else {
        panic!("nothing is asked")
    };
    update::news(state, News { read: vec![(query, read)], ..News::default() }, T0.boot);
}

fn select(state: &mut State, id: u64) {
    type_in(state, "g");
    while state.subject().unwrap().id != ClaimId(id) {
        type_in(state, "j");
    }
}

fn snapshot(name: &str, state: &mut State, theme: &Theme) {
    let (buf, cursor) = draw(state, theme);
    insta::assert_snapshot!(name, picture(&buf, cursor));
}

#[test]
fn every_state_at_every_size() {
    for (width, height) in SIZES {
        let mut state = full(width, height);
        select(&mut state, 1);
        snapshot(&format!("full_{width}x{height}"), &mut state, &Theme::dark());
        snapshot(&format!("full_{width}x{height}_plain"), &mut state, &Theme::plain());
    }
}

#[test]
fn a_lapsing_lease_shows_in_words_and_counts_down() {
    let lapsing = task(1, "rel-1").kept().with(|facts| {
        let lease = facts.lease.as_mut().unwrap();
        lease.until = T0.boot + 118_500;
    });
    let mut state = screen(vec![lapsing.arc(), task(2, "rel-2").kept().arc()]);
    let picture = picture(&draw(&mut state, &Theme::plain()).0, None);
    assert!(picture.contains("◔ lapsing") && picture.contains("◔ 1:57") && picture.contains("1 lapsing"), "{picture}");
}

#[test]
fn every_theme_and_ascii() {
    let themes = [
        ("light", Theme::light()),
        ("high_contrast", Theme::high_contrast()),
        ("color_blind", Theme::color_blind(Background::Dark)),
    ];
    for (name, theme) in themes {
        let mut state = full(120, 40);
        select(&mut state, 1);
        snapshot(&format!("theme_{name}"), &mut state, &theme);
    }
    let mut state = full(120, 40);
    select(&mut state, 1);
    let (mut buf, cursor) = draw(&mut state, &Theme::plain());
    simplify(&mut buf);
    let picture = picture(&buf, cursor);
    // The map of styles begins with a dot that is not of the screen.
    assert!(picture.chars().all(|c| c.is_ascii() || c == '\u{b7}'));
    insta::assert_snapshot!("ascii", picture);
}

#[test]
fn details_of_every_kind_of_task() {
    for (id, name) in [
        (6, "unconfirmed"),
        (7, "not_closed"),
        (8, "refused"),
        (9, "timed_out"),
        (13, "unknown"),
        (14, "not_saved"),
        (16, "hostile"),
    ] {
        let mut state = full(80, 24);
        select(&mut state, id);
        type_in(&mut state, "\r");
        snapshot(&format!("detail_{name}"), &mut state, &Theme::dark());
    }
}

#[test]
fn forms_questions_and_help() {
    let cases = [
        ("form_details", "d"),
        ("form_result", "cone\ntwo"),
        ("form_fail", "f\tsdb"),
        ("form_keep", "a\x159h\r"),
        ("form_claim", "p"),
        ("question_complete", "cdone\r"),
        ("question_quit", "q"),
        ("help", "?"),
        ("marked_filtered_sorted", "M/rel\r ss"),
        ("filter_typed", "/state:due"),
        ("filter_empty", "/"),
        ("filter_finds_nothing", "/nothing\r"),
        ("question_bulk", "Mcdone\r"),
        ("frozen", "mz"),
    ];
    for (name, keys) in cases {
        for (width, height) in SIZES {
            let mut state = full(width, height);
            select(&mut state, 3);
            type_in(&mut state, keys);
            snapshot(&format!("{name}_{width}x{height}"), &mut state, &Theme::dark());
        }
    }
    let mut state = full(80, 24);
    select(&mut state, 13);
    type_in(&mut state, "t\x1b[C");
    snapshot("form_timeout", &mut state, &Theme::dark());
    let mut state = full(80, 24);
    select(&mut state, 3);
    type_in(&mut state, &format!("d\x1b[200~{}\x1b[201~", "x".repeat(3_000)));
    snapshot("form_too_long", &mut state, &Theme::plain());
}

#[test]
fn every_view_at_every_size() {
    let cases =
        [("view_detail", "\r"), ("view_events", "e"), ("view_log", "l"), ("view_waiting", "W"), ("view_closed", "C")];
    for (name, keys) in cases {
        for (width, height) in SIZES {
            let mut state = full(width, height);
            select(&mut state, 1);
            type_in(&mut state, keys);
            if name == "view_events" {
                answer(&mut state, Ok(Found::Answer(Answer::History(history()))));
            }
            snapshot(&format!("{name}_{width}x{height}"), &mut state, &Theme::dark());
            snapshot(&format!("{name}_{width}x{height}_plain"), &mut state, &Theme::plain());
        }
    }
}

/// A night shift looks at what happened before midnight, and at what an earlier start of the machine has left.
#[test]
fn times_of_other_days_say_which() {
    const DAY_MS: i64 = 86_400_000;
    let mut old = task(1, "drain-rack-42");
    old.0.claimed_at.0 -= DAY_MS;
    let beat = old.0.last_beat.as_mut().unwrap();
    (beat.sent, beat.sent_wall.0) = (None, beat.sent_wall.0 - DAY_MS);
    for (width, height) in SIZES {
        let mut state = screen(vec![old.0.clone().into()]);
        state.area = Rect::new(0, 0, width, height);
        type_in(&mut state, "\r");
        snapshot(&format!("other_day_detail_{width}x{height}"), &mut state, &Theme::dark());
        type_in(&mut state, "e");
        let mut page = history();
        page.events.iter_mut().skip(2).for_each(|event| event.at -= DAY_MS);
        answer(&mut state, Ok(Found::Answer(Answer::History(page))));
        snapshot(&format!("other_day_events_{width}x{height}"), &mut state, &Theme::dark());
    }
}

#[test]
fn an_empty_view_says_why_and_what_to_press() {
    let cases = [
        ("empty_log_of_a_task", "\rl"),
        ("empty_waiting", "W"),
        ("empty_closed", "C"),
        ("reading_events_of_a_task", "e"),
        ("unread_events_of_a_task", "e"),
    ];
    for (name, keys) in cases {
        let options = Options { zone: Zone::Fixed(0), ..Options::default() };
        let mut state = State::new(options, Rect::new(0, 0, 80, 24));
        let changed = if name.ends_with("task") { vec![task(1, "a").arc()] } else { Vec::new() };
        let idle = Status { claiming: [].into(), pending: [].into(), ..status() };
        update::news(&mut state, News { changed, status: Some(Arc::new(idle)), ..News::default() }, T0.boot);
        type_in(&mut state, keys);
        if name.starts_with("unread") {
            answer(&mut state, Err("AccessDeniedException: not authorized".into()));
        }
        snapshot(name, &mut state, &Theme::dark());
    }
}

#[test]
fn commands_by_name_and_keys_that_belong_together() {
    for (name, keys) in [("palette", ":cred"), ("palette_all", ":\x1b[B"), ("hints", "y")] {
        for (width, height) in SIZES {
            let mut state = full(width, height);
            select(&mut state, 3);
            type_in(&mut state, keys);
            snapshot(&format!("{name}_{width}x{height}"), &mut state, &Theme::dark());
        }
    }
    let mut state = full(80, 24);
    type_in(&mut state, ":");
    snapshot("palette_plain", &mut state, &Theme::plain());
}

#[test]
fn an_empty_screen_says_why() {
    let options = Options { zone: Zone::Fixed(0), ..Options::default() };
    let mut state = State::new(options, Rect::new(0, 0, 80, 24));
    snapshot("connecting", &mut state, &Theme::dark());
    let idle = Status { claiming: [].into(), pending: [].into(), ..status() };
    let why = "ExpiredToken: The security token is expired".to_owned();
    let connection = Connection::NoAccess { since: T0.boot + -130_000, why };
    let looking_on = Status { connection: Connection::Untried, read_only: true, survives_ms: None, ..idle.clone() };
    let no_access = Status { connection, ..idle.clone() };
    for (name, status) in [("empty", idle), ("no_access", no_access), ("read_only", looking_on)] {
        update::news(&mut state, News { status: Some(Arc::new(status)), ..News::default() }, T0.boot);
        snapshot(name, &mut state, &Theme::dark());
    }
}

#[test]
fn at_80_columns_the_title_says_until_when_auto_claim_goes_on_and_that_it_pauses() {
    let auto = AutoClaim {
        below: 9,
        length_ms: 3_600_000,
        until: T0.boot + 60_000,
        until_wall: T0.wall,
        warnings: 1,
        pauses: true,
    };
    let claiming = Claiming {
        domain: "ops-demo".into(),
        task_list: "manual-ops".into(),
        wanted: 0,
        auto: Some(auto),
        identity: None,
    };
    let mut state = full(80, 24);
    let status = Status { claiming: [claiming].into(), ..status() };
    update::news(&mut state, News { status: Some(Arc::new(status)), ..News::default() }, T0.boot);
    let (buf, cursor) = draw(&mut state, &Theme::dark());
    let title = picture(&buf, cursor).lines().find(|line| line.contains("Tasks by")).unwrap().to_owned();
    assert!(title.contains(&format!("hold 9 from manual-ops to {} (pauses", state.zone.minute(T0.wall))), "{title}");
}

#[test]
fn too_small_says_so() {
    let mut state = full(39, 12);
    snapshot("too_small", &mut state, &Theme::dark());
}

#[test]
fn more_tasks_than_rows_keep_the_cursor_in_view() {
    let mut state = screen((1..=500).map(|id| task(id, &format!("rack-{id}")).arc()).collect());
    state.area = Rect::new(0, 0, 40, 12);
    type_in(&mut state, "G");
    snapshot("scrolled", &mut state, &Theme::plain());
}

#[test]
fn inert_text_hostile_data_brings_no_control_byte_into_a_frame() {
    let evil = "\x1b]0;pwn\x07\u{202e}\u{9b}31m";
    let mut state = full(120, 40);
    let line = log_line(Level::Error, "gone", &printable(evil), &printable(evil));
    update::news(&mut state, News { changed: vec![hostile(1)], log: vec![line], ..News::default() }, T0.boot);
    select(&mut state, 1);
    type_in(&mut state, &format!("d\x1b[200~{evil}"));
    type_in(&mut state, "\x1b[201~");
    for keys in ["", "\x1b", "c\r", "\x1b", "\x1b", "q"] {
        type_in(&mut state, keys);
        let mut canvas = Canvas::new(state.area, false);
        state.settle(Moment::new(T0));
        let bytes = canvas.frame(|buf| view::draw(buf, &state, &Theme::dark(), Moment::new(T0))).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!((text.matches("\x1b[?2026h").count(), text.matches("\x1b[?2026l").count()), (1, 1));
        let own = strip_own_sequences(&text);
        let bad: Vec<_> = own
            .chars()
            .filter(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{feff}'))
            .collect();
        assert!(bad.is_empty(), "{bad:?}");
    }
}

/// Takes out `ESC [ … letter`, which is all the canvas writes.
fn strip_own_sequences(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest =
        parts.map(|part| part.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).get(1..).unwrap_or_default());
    rest.fold(first, |all, part| all + part)
}

#[test]
fn contexts_in_the_header_and_in_their_list() {
    for (width, height) in SIZES {
        let mut desks = crate::tui::contexts::tests::three();
        desks.resize(Rect::new(0, 0, width, height));
        snapshot(&format!("contexts_header_{width}x{height}"), desks.shown_mut(), &Theme::dark());
        type_in(desks.shown_mut(), "X");
        snapshot(&format!("contexts_list_{width}x{height}"), desks.shown_mut(), &Theme::dark());
        snapshot(&format!("contexts_list_{width}x{height}_plain"), desks.shown_mut(), &Theme::plain());
    }
    let mut desks = crate::tui::contexts::tests::three();
    desks.show(2);
    desks.news(
        2,
        News { standing: Some(Standing::Failed("No AWS region. Tried: …".into())), ..News::default() },
        T0.boot,
    );
    snapshot("contexts_failed", desks.shown_mut(), &Theme::dark());
}
