//! Keys to commands: what each act sends, what is asked first, what is refused and why.

use super::*;
use crate::clock::Now;
use crate::console::{Command, Details, Level};
use crate::task::{ClaimId, Limit, Outcome, OutcomeKind, TimeoutKind, Verdict};
use crate::tui::fixtures::{Build, log_line, task, zoo};
use crate::tui::keys::Key;
use crate::tui::state::{Focus, Overlay};
use crate::tui::views::View;

const ESC: &str = "\x1b";
const RIGHT: &str = "\x1b[C";
const ENTER: &str = "\r";

pub fn one(build: Build) -> State {
    screen(vec![build.arc()])
}

pub fn send(command: Command) -> Vec<Wish> {
    vec![Wish::Send(command)]
}

fn beat(details: &str) -> Vec<Wish> {
    send(Command::Beat { claims: vec![ClaimId(1)], details: Details::New(details.into()) })
}

fn close(outcome: Outcome) -> Vec<Wish> {
    send(Command::Close { claims: vec![ClaimId(1)], outcome })
}

pub fn message(state: &State) -> &str {
    state.message.as_ref().map_or("", |message| &message.text)
}

#[test]
fn space_beats_with_the_same_details() {
    let mut state = one(task(1, "a").details("words"));
    assert_eq!(type_in(&mut state, " "), send(Command::Beat { claims: vec![ClaimId(1)], details: Details::Same }));
}

#[test]
fn attended_a_key_that_is_held_down_is_one_act() {
    let mut state = one(task(1, "a").kept());
    let space = Key::char(' ');
    let mut acts = |at: i64, key: Key| update::key(&mut state, key, Now { boot: T0.boot + at, ..T0 }).is_some();
    assert!(acts(0, space));
    // Held: the first repeat comes after the keyboard's delay, the others soon after one another.
    assert!(acts(500, space));
    assert!(!(533..=2_000).step_by(33).any(|at| acts(at, space)));
    assert!(acts(2_119 + 120, space), "let go, and pressed again");
    assert!(acts(2_240, Key::char('1')), "another key is another act");
    assert!(acts(2_241, space));
}

#[test]
fn a_held_key_that_can_do_nothing_any_more_says_why() {
    let mut state = one(task(1, "a"));
    let space = Key::char(' ');
    assert!(press(&mut state, space).is_some());
    let timed_out = Verdict::TimedOut { kind: TimeoutKind::Heartbeat, details: None };
    let news = News { changed: vec![task(1, "a").ended(timed_out).arc()], ..News::default() };
    update::news(&mut state, news, T0.boot);
    assert!(press(&mut state, space).is_none());
    assert_eq!(message(&state), "a has ended; D takes it off the list");
}

#[test]
fn attended_a_pasted_text_is_no_act() {
    let mut state = one(task(1, "a").kept());
    assert_eq!(type_in(&mut state, "\x1b[200~   1 a\r\x1b[201~"), []);
    assert!(message(&state).contains("a paste was ignored"));
}

#[test]
fn the_lease_form_says_until_when() {
    let mut state = one(task(1, "a"));
    let note = |state: &State| {
        let Some(Overlay::Form(form)) = &state.overlay else { panic!("no form") };
        form.note(state.lease, T0.wall, state.zone)
    };
    type_in(&mut state, "a");
    assert_eq!(note(&state).as_deref(), Some("until 14:33, 30 min"));
    type_in(&mut state, "\x1513:00");
    assert_eq!(note(&state), None, "too long, as sending it says");
    state.lease.longest_ms = 24 * 3_600_000;
    assert_eq!(note(&state).as_deref(), Some("until 13:00 tomorrow, 22 h 56 min"));
}

#[test]
fn digits_beat_with_a_percentage_at_once_unless_it_replaces_words() {
    assert_eq!(type_in(&mut one(task(1, "a")), "1"), beat("10%"));
    assert_eq!(type_in(&mut one(task(1, "a").details("30 %")), "0"), beat("100%"));
    let mut state = one(task(1, "a").details("waiting for parts"));
    assert_eq!(type_in(&mut state, "5"), []);
    assert_eq!(type_in(&mut state, ENTER), [], "Cancel is the default");
    assert_eq!(type_in(&mut state, &format!("5{RIGHT}{ENTER}")), beat("50%"));
}

#[test]
fn details_start_from_the_last_ones_and_are_not_sent_too_long_or_empty() {
    let mut state = one(task(1, "a").details("step 1"));
    assert_eq!(type_in(&mut state, &format!("d of 3{ENTER}")), beat("step 1 of 3"));
    let mut state = one(task(1, "a"));
    assert_eq!(type_in(&mut state, &format!("d{ENTER}")), []);
    assert_eq!(type_in(&mut state, &format!("\x1b[200~{}\x1b[201~{ENTER}", "x".repeat(3_000))), []);
    let Some(Overlay::Form(form)) = &state.overlay else { panic!("the form is gone") };
    let problem = "details has 3000 characters, SWF takes at most 2048: shorten it";
    assert_eq!(form.problem.as_deref(), Some(problem));
}

#[test]
fn a_result_of_several_lines_can_be_pasted_and_is_asked_about() {
    let mut state = one(task(1, "a"));
    assert_eq!(type_in(&mut state, &format!("c\x1b[200~one\r\ntwo\x1b[201~\nthree{ENTER}")), []);
    assert!(matches!(state.overlay, Some(Overlay::Confirm(_))));
    assert_eq!(type_in(&mut state, ENTER), [], "Cancel is the default, and goes back to the text");
    let result = Some("one\ntwo\nthree".into());
    assert_eq!(type_in(&mut state, &format!("{ENTER}\t{ENTER}")), close(Outcome::Completed { result }));
    assert!(state.overlay.is_none());
}

#[test]
fn failing_takes_a_reason_and_details() {
    let mut state = one(task(1, "a"));
    let outcome = Outcome::Failed { reason: Some("disk gone".into()), details: Some("sdb".into()) };
    assert_eq!(type_in(&mut state, &format!("fdisk gone\tsdb{ENTER}{RIGHT}{ENTER}")), close(outcome));
    assert_eq!(type_in(&mut state, &format!("f{}{ENTER}", "r".repeat(257))), []);
    let Some(Overlay::Form(form)) = &state.overlay else { panic!("the form is gone") };
    assert!(form.problem.as_ref().unwrap().contains("at most 256"));
}

#[test]
fn a_cancel_request_is_answered_with_x_or_i() {
    let outcome = Outcome::Canceled { details: None };
    assert_eq!(type_in(&mut one(task(1, "a").cancel()), &format!("x{ENTER}{RIGHT}{ENTER}")), close(outcome));
    assert_eq!(type_in(&mut one(task(1, "a").cancel()), "i"), send(Command::GoOn { claims: vec![ClaimId(1)] }));
    let mut state = one(task(1, "a"));
    assert_eq!(type_in(&mut state, "x"), []);
    assert_eq!(message(&state), "no cancel request was seen for a; space asks the service, f fails the task");
}

#[test]
fn keeping_alive_has_an_end() {
    let keep = |length_ms| send(Command::Keep { claims: vec![ClaimId(1)], length_ms });
    let mut state = one(task(1, "a"));
    assert_eq!(type_in(&mut state, &format!("a{ENTER}")), keep(1_800_000));
    assert_eq!(type_in(&mut state, &format!("a\x152h{ENTER}")), keep(7_200_000));
    assert_eq!(type_in(&mut state, &format!("a\x15until 14:32{ENTER}")), keep(1_718_000));
    assert_eq!(type_in(&mut state, &format!("a\x159h{ENTER}{ESC}")), []);
    let stop = send(Command::StopKeeping { claims: vec![ClaimId(1)] });
    assert_eq!(type_in(&mut one(task(1, "a").kept()), "A"), stop);
    assert_eq!(type_in(&mut one(task(1, "a").kept()), &format!("a\x15stop{ENTER}")), stop);
    assert_eq!(type_in(&mut state, "A"), []);
    assert_eq!(message(&state), "a is not kept alive");
}

#[test]
fn only_unknown_timeouts_can_be_set() {
    let mut state = one(task(1, "a").with(|facts| facts.deadlines[1].limit = None));
    let set = |limit| send(Command::SetTimeout { claim: ClaimId(1), kind: TimeoutKind::StartToClose, limit });
    assert_eq!(type_in(&mut state, &format!("t300{ENTER}")), set(Limit::Seconds(300)));
    assert_eq!(type_in(&mut state, &format!("tnone{ENTER}")), set(Limit::None));
    assert_eq!(type_in(&mut state, &format!("tsoon{ENTER}{ESC}")), []);
    let mut state = one(task(1, "a"));
    assert_eq!(type_in(&mut state, "t"), []);
    assert_eq!(message(&state), "every timeout of a is known for certain");
}

#[test]
fn claiming_names_a_task_list_and_how_many() {
    let claim = |task_list: &str, wanted| {
        send(Command::Claim { domain: "ops-demo".into(), task_list: task_list.into(), wanted, identity: None })
    };
    let mut state = screen(Vec::new());
    assert_eq!(type_in(&mut state, &format!("p{ENTER}")), claim("manual-ops", 1));
    assert_eq!(type_in(&mut state, &format!("p\x15night \t\x157{ENTER}")), claim("night", 7));
    assert_eq!(type_in(&mut state, &format!("p{ENTER}")), claim("night", 1), "the last list is offered again");
    assert_eq!(type_in(&mut state, &format!("p\x15{ENTER}{ESC}")), []);
    assert_eq!(type_in(&mut state, "P"), send(Command::StopClaiming));
}

#[test]
fn ended_tasks_can_only_be_dismissed() {
    let verdict = Verdict::Ours { kind: OutcomeKind::Completed, from_history: false };
    let mut state = one(task(1, "a").ended(verdict));
    for key in [" ", "5", "d", "a", "c", "f", "x", "i", "t", "w"] {
        assert_eq!(type_in(&mut state, key), [], "{key}");
        assert!(state.overlay.is_none() && !message(&state).is_empty(), "{key}");
    }
    assert_eq!(type_in(&mut state, "D"), send(Command::Dismiss { claims: vec![ClaimId(1)] }));
    assert_eq!(type_in(&mut one(task(1, "a")), "\x1b[3~"), []);
}

#[test]
fn a_close_is_taken_back_only_if_it_was_certainly_not_applied() {
    let withdraw = send(Command::WithdrawClose { claim: ClaimId(1) });
    assert_eq!(type_in(&mut one(task(1, "a").closing(1, false, Some("Rate exceeded"))), "w"), withdraw);
    assert_eq!(type_in(&mut one(task(1, "a").closing(2, true, Some("timed out"))), "w"), []);
    assert_eq!(type_in(&mut one(task(1, "a").closing(0, false, None)), "w"), []);
}

#[test]
fn a_task_that_ended_while_its_form_was_open_is_not_closed_again() {
    let mut state = one(task(1, "a"));
    type_in(&mut state, "cdone");
    let ended = task(1, "a").ended(Verdict::ExecutionClosed { event_type: "x".into() }).arc();
    update::news(&mut state, News { changed: vec![ended], ..News::default() }, T0.boot);
    assert_eq!(type_in(&mut state, &format!("{ENTER}{RIGHT}{ENTER}")), []);
    update::news(&mut state, News { removed: vec![ClaimId(1)], ..News::default() }, T0.boot);
    assert_eq!(type_in(&mut state, ENTER), []);
}

#[test]
fn a_question_about_a_task_that_ended_meanwhile_sends_nothing() {
    let mut state = one(task(1, "a"));
    type_in(&mut state, &format!("c{ENTER}{RIGHT}"));
    let ended = task(1, "a").ended(Verdict::ExecutionClosed { event_type: "x".into() }).arc();
    update::news(&mut state, News { changed: vec![ended], ..News::default() }, T0.boot);
    assert_eq!(type_in(&mut state, ENTER), []);
    assert!(message(&state).contains("has ended"), "{}", message(&state));
}

#[test]
fn quitting_asks_only_if_something_depends_on_this_process() {
    let mut state = screen(vec![task(1, "a").arc()]);
    let alone = crate::console::Status { poll_in_flight: false, ..status() };
    update::news(&mut state, News { status: Some(Arc::new(alone)), ..News::default() }, T0.boot);
    assert_eq!(type_in(&mut state, "q"), [Wish::Quit]);
    assert_eq!(type_in(&mut state, "\x03"), [Wish::Quit]);
    let kept = News { changed: vec![task(1, "a").kept().arc()], ..News::default() };
    update::news(&mut state, kept, T0.boot);
    assert_eq!(type_in(&mut state, &format!("q{ENTER}")), [], "Cancel is the default");
    assert_eq!(type_in(&mut state, &format!("q{RIGHT}{ENTER}")), [Wish::Quit]);
    assert_eq!(type_in(&mut state, "\x03\x03"), [Wish::Quit]);
    state.overlay = None;
    assert_eq!(type_in(&mut state, &format!("cdone\x03{ESC}")), []);
    assert!(matches!(state.overlay, Some(Overlay::Form(_))), "what was typed is still there");
}

#[test]
fn tasks_out_of_view_depend_on_this_process_too() {
    let mut state = screen((1..=30).map(|id| task(id, &format!("t-{id}")).kept().arc()).collect());
    type_in(&mut state, "G");
    state.settle(Moment::new(T0));
    type_in(&mut state, "q");
    let Some(Overlay::Confirm(question)) = &state.overlay else { panic!("no question") };
    assert!(question.lines[0].starts_with("30 tasks kept alive"), "{:?}", question.lines);
}

#[test]
fn suspending_asks_if_tasks_are_kept() {
    assert_eq!(type_in(&mut one(task(1, "a")), "\x1a"), [Wish::Suspend { job: true }]);
    let mut state = one(task(1, "a").kept());
    assert_eq!(type_in(&mut state, &format!("\x1a{ENTER}")), []);
    assert_eq!(type_in(&mut state, &format!("\x1a{RIGHT}{ENTER}")), [Wish::Suspend { job: true }]);
}

#[test]
fn a_paste_outside_a_form_does_nothing_and_says_so() {
    let mut state = one(task(1, "a"));
    assert_eq!(type_in(&mut state, "\x1b[200~q c\r\x1b[201~"), []);
    assert!(state.overlay.is_none() && message(&state).contains("paste"));
}

#[test]
fn keys_do_nothing_on_a_screen_too_small_to_see_what_they_do_but_quit() {
    let mut state = one(task(1, "a"));
    state.area.width = 39;
    assert_eq!(type_in(&mut state, " c\rp5?"), []);
    assert!(state.overlay.is_none());
    assert!(type_in(&mut state, "q").contains(&Wish::Quit) || state.overlay.is_some());
}

#[test]
fn a_read_only_screen_refuses_every_act_and_quits_at_once() {
    let mut state = screen(zoo());
    state.read_only = Some("this context only looks".into());
    for key in [" ", "5", "d", "a", "A", "c", "f", "x", "i", "t", "w", "D", "p", "P", "r"] {
        assert_eq!(type_in(&mut state, key), [], "{key}");
        assert!(message(&state).contains("only looks"), "{key}: {}", message(&state));
    }
    assert_eq!(type_in(&mut state, "q"), [Wish::Quit]);
}

#[test]
fn an_alarm_says_so() {
    let mut state = screen(Vec::new());
    let log = vec![
        log_line(Level::Info, "beat", "a", "ok"),
        log_line(Level::Alarm, "cancel", "a", "requested: x cancels it, i goes on"),
    ];
    update::news(&mut state, News { log, ..News::default() }, T0.boot);
    assert_eq!(message(&state), "a: requested: x cancels it, i goes on");
    type_in(&mut state, "j");
    assert!(!message(&state).is_empty(), "a key at once does not wipe it");
}

#[test]
fn a_caption_of_the_demo_stays_where_it_can_be_read() {
    let demo = Options { demo: Some("a tour".into()), ..Options::default() };
    let mut state = State::new(demo, Rect::new(0, 0, 120, 40));
    let log = vec![log_line(Level::Info, "demo", "", "press space"), log_line(Level::Info, "beat", "a", "ok")];
    update::news(&mut state, News { log, ..News::default() }, T0.boot);
    assert_eq!(state.stage.as_ref().unwrap().caption, "press space");
    update::news(&mut state, News { changed: vec![task(1, "a").kept().arc()], ..News::default() }, T0.boot);
    type_in(&mut state, "q");
    let Some(Overlay::Confirm(question)) = &state.overlay else { panic!("no question") };
    assert_eq!(question.lines.last().map(String::as_str), Some("The demo ends with it."));
}

#[test]
fn panes_take_turns_and_esc_goes_back() {
    let mut state = screen(zoo());
    let first = state.subject().unwrap().id;
    type_in(&mut state, "\tjjjj");
    assert_eq!((state.focus, state.subject().unwrap().id), (Focus::Detail, first));
    type_in(&mut state, "\t\t");
    assert_eq!(state.focus, Focus::Tasks);
    type_in(&mut state, "\t");
    for keys in [ESC, "jG"] {
        type_in(&mut state, keys);
    }
    assert_eq!((state.focus, state.tasks.selected_index()), (Focus::Tasks, Some(15)));
}

#[test]
fn views_open_over_the_tasks_and_esc_goes_back_one_by_one() {
    let mut state = screen(zoo());
    type_in(&mut state, "\rl");
    assert_eq!((state.views.now(), state.views.claim()), (View::Log, Some(state.tasks.selected().unwrap().id)));
    type_in(&mut state, "l");
    assert_eq!((state.views.now(), state.views.claim()), (View::Log, None));
    type_in(&mut state, ESC);
    assert_eq!(state.views.now(), View::Detail);
    type_in(&mut state, "W");
    assert_eq!(type_in(&mut state, " "), []);
    assert_eq!(message(&state), "beat does nothing in this view: esc goes back");
    for _ in 0..3 {
        type_in(&mut state, ESC);
    }
    assert_eq!(state.views.now(), View::Tasks);
}

#[test]
fn acts_in_the_view_of_a_task_are_about_that_task() {
    let mut state = screen(vec![task(1, "a").arc(), task(2, "b").arc()]);
    type_in(&mut state, "j\r");
    update::news(&mut state, News { changed: vec![task(9, "c").cancel().arc()], ..News::default() }, T0.boot);
    let beaten = send(Command::Beat { claims: vec![ClaimId(2)], details: Details::Same });
    assert_eq!(type_in(&mut state, " "), beaten);
}

#[test]
fn an_ended_task_is_among_the_closed_also_when_it_was_taken_off_the_list() {
    let verdict = Verdict::Ours { kind: OutcomeKind::Completed, from_history: false };
    let mut state = screen(vec![task(1, "a").ended(verdict).arc()]);
    assert_eq!(type_in(&mut state, "CD"), send(Command::Dismiss { claims: vec![ClaimId(1)] }));
    update::news(&mut state, News { removed: vec![ClaimId(1)], ..News::default() }, T0.boot);
    assert_eq!(state.subject().unwrap().id, ClaimId(1));
    type_in(&mut state, "D");
    assert!(message(&state).contains("taken off the list"), "{}", message(&state));
    type_in(&mut state, "\r");
    assert_eq!((state.views.now(), state.subject().unwrap().id), (View::Detail, ClaimId(1)));
}

#[test]
fn a_task_list_is_claimed_from_where_it_is_shown() {
    let mut state = screen(vec![task(1, "a").with(|facts| facts.task_list = "night".into()).arc()]);
    type_in(&mut state, "W");
    draw(&mut state, &Theme::plain());
    let claim = Command::Claim { domain: "ops-demo".into(), task_list: "night".into(), wanted: 1, identity: None };
    assert_eq!(type_in(&mut state, "j\r\r"), send(claim));
}

fn three() -> State {
    screen(vec![task(1, "a").arc(), task(2, "b").details("words").kept().arc(), task(3, "c").heartbeat(60, 55).arc()])
}

fn question(state: &State) -> (&str, &[String]) {
    match &state.overlay {
        Some(Overlay::Confirm(question)) => (&question.title, &question.lines),
        other => panic!("no question but {other:?}"),
    }
}

#[test]
fn an_act_on_marked_tasks_asks_once_and_names_them() {
    let mut state = three();
    assert_eq!(type_in(&mut state, "M "), []);
    let (title, lines) = question(&state);
    assert_eq!((title, lines[0].split(", ").count()), ("Beat 3 tasks?", 3));
    assert_eq!(type_in(&mut state, ENTER), [], "Cancel is the default");
    let wishes = type_in(&mut state, &format!(" {RIGHT}{ENTER}"));
    let [Wish::Send(Command::Beat { claims, details: Details::Same })] = wishes.as_slice() else {
        panic!("{wishes:?}")
    };
    assert_eq!(claims.len(), 3);
    assert_eq!(type_in(&mut state, "5"), []);
    let (title, lines) = question(&state);
    assert_eq!(
        (title, lines.last().map(String::as_str)),
        ("Beat 3 tasks with 50%?", Some("It replaces the details words"))
    );
}

#[test]
fn marked_tasks_are_closed_with_one_text_and_one_question() {
    let mut state = three();
    assert_eq!(type_in(&mut state, &format!("Mcall done{ENTER}")), []);
    assert_eq!(question(&state).0, "Complete 3 tasks?");
    let ended = Verdict::Ours { kind: OutcomeKind::Completed, from_history: false };
    let news = News { changed: vec![task(1, "a").ended(ended).arc()], ..News::default() };
    update::news(&mut state, news, T0.boot);
    let wishes = type_in(&mut state, &format!("{RIGHT}{ENTER}"));
    let [Wish::Send(Command::Close { claims, .. })] = wishes.as_slice() else { panic!("{wishes:?}") };
    assert!(claims.len() == 2 && !claims.contains(&ClaimId(1)), "what has ended meanwhile is left out");
    assert!(message(&state).contains("a has ended"), "{}", message(&state));
}

#[test]
fn what_cannot_be_done_to_some_is_left_out_and_said() {
    let mut state = three();
    assert_eq!(type_in(&mut state, "MA"), []);
    let (title, lines) = question(&state);
    assert_eq!((title, &lines[0][..]), ("Stop keeping b?", "b"));
    assert!(lines[1].starts_with("Left out: ") && lines[1].contains("and 1 more"), "{}", lines[1]);
    type_in(&mut state, &format!("{ENTER}x"));
    assert!(message(&state).starts_with("none of the marked tasks: no cancel request"), "{}", message(&state));
    type_in(&mut state, "t");
    assert!(message(&state).contains("one task at a time"), "{}", message(&state));
}

#[test]
fn a_lease_for_marked_tasks_is_asked_once() {
    let mut state = three();
    assert_eq!(type_in(&mut state, &format!("Ma{ENTER}")), []);
    assert_eq!(question(&state).0, "Keep alive for 3 tasks?");
    let wishes = type_in(&mut state, &format!("{RIGHT}{ENTER}"));
    assert!(matches!(wishes.as_slice(), [Wish::Send(Command::Keep { claims, .. })] if claims.len() == 3), "{wishes:?}");
}

#[test]
fn a_filter_shows_at_once_what_it_lets_through_and_esc_takes_it_back() {
    let mut state = screen(zoo());
    type_in(&mut state, "/swap");
    assert_eq!(state.tasks.shown(), 1);
    type_in(&mut state, ESC);
    assert_eq!(state.tasks.shown(), 16);
    type_in(&mut state, &format!("/state:due{ENTER}"));
    assert_eq!((state.tasks.shown(), state.tasks.filter().text()), (2, "state:due"));
    type_in(&mut state, "/\x1b[200~ type:flash\n\x1b[201~\r");
    assert_eq!(state.tasks.filter().text(), "state:due type:flash");
    type_in(&mut state, ESC);
    assert!(state.tasks.filter().is_empty());
}

#[test]
fn the_list_is_sorted_and_frozen_by_keys_and_an_alarm_moves_it_again() {
    let mut state = three();
    type_in(&mut state, "ss");
    assert_eq!(state.tasks.sort().title(), "id ▾");
    type_in(&mut state, "Sz");
    assert_eq!(state.tasks.sort().title(), "id ▴");
    assert!(state.tasks.frozen().is_some());
    update::news(&mut state, News { changed: vec![task(9, "x").cancel().arc()], ..News::default() }, T0.boot);
    assert_eq!((message(&state), state.tasks.frozen().is_some()), ("x wants you: the list moves again", false));
    type_in(&mut state, "zz");
    assert!(state.tasks.frozen().is_none());
    type_in(&mut state, "F");
    assert!(state.tasks.holds_row());
}

#[test]
fn marks_count_only_where_they_are_to_be_seen() {
    let mut state = three();
    type_in(&mut state, "Mg\r");
    let subject = state.subject().unwrap().id;
    let beat = Command::Beat { claims: vec![subject], details: Details::Same };
    assert_eq!(type_in(&mut state, " "), send(beat));
    type_in(&mut state, ESC);
    type_in(&mut state, "u");
    assert_eq!(state.tasks.mark_counts(), (0, 0));
    type_in(&mut state, "u");
    assert_eq!(message(&state), "nothing is marked: m marks");
}
