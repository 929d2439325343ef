//! What can be done with a text in a form: edited outside, undone, checked, begun from a template.

use super::keys::one;
use super::*;
use crate::tui::fixtures::task;
use crate::tui::form::{Body, Form, Templates};
use crate::tui::state::Overlay;

const CTRL_E: &str = "\x05";
const CTRL_T: &str = "\x14";
const UNDO: &str = "\x1bu";
const JSON: &str = "\x1bj";

fn form(state: &State) -> &Form {
    let Some(Overlay::Form(form)) = &state.overlay else { panic!("no form") };
    form
}

fn text(state: &State) -> String {
    let form = form(state);
    let Body::Text(editor) = &form.fields[form.at].body else { panic!("no text") };
    editor.text()
}

fn problem(state: &State) -> &str {
    form(state).problem.as_deref().unwrap_or_default()
}

fn remark(state: &State) -> &str {
    form(state).remark.as_deref().unwrap_or_default()
}

#[test]
fn the_field_with_the_cursor_goes_to_the_editor_and_its_text_comes_back() {
    let mut state = one(task(1, "a"));
    let wish = type_in(&mut state, &format!("fdisk gone\tsdb{CTRL_E}"));
    assert_eq!(wish, [Wish::Edit { text: "sdb".into(), name: "details" }]);
    update::edited(&mut state, Ok("sdb1\r\nsdb2\n\n".into()));
    assert_eq!((text(&state).as_str(), problem(&state)), ("sdb1\nsdb2\n", ""), "one line end of the last line goes");
    type_in(&mut state, UNDO);
    assert_eq!(text(&state), "sdb");
    update::edited(&mut state, Ok("sdb\n".into()));
    assert_eq!(remark(&state), "the editor has left details as it was");
    type_in(&mut state, UNDO);
    assert_eq!(text(&state), "", "what was left as it was is no step");
}

#[test]
fn an_editor_that_fails_leaves_the_text() {
    let mut state = one(task(1, "a"));
    type_in(&mut state, &format!("cone{CTRL_E}"));
    update::edited(&mut state, Err("vi ended with exit code 1".into()));
    assert_eq!(text(&state), "one");
    assert_eq!(problem(&state), "vi ended with exit code 1; result is as it was");
}

#[test]
fn too_long_a_text_is_taken_and_said() {
    let mut state = one(task(1, "a"));
    type_in(&mut state, &format!("d{CTRL_E}"));
    update::edited(&mut state, Ok("x".repeat(3_000)));
    assert_eq!(text(&state).len(), 3_000);
    assert_eq!(problem(&state), "details has 3000 characters, SWF takes at most 2048: shorten it");
    // A form that was left meanwhile is not there any more.
    type_in(&mut state, "\x1b");
    update::edited(&mut state, Ok("late".into()));
    assert!(state.overlay.is_none());
}

#[test]
fn json_is_checked_when_asked_and_never_demanded() {
    let mut state = one(task(1, "a"));
    type_in(&mut state, &format!("c\x1b[200~{{\n  \"ok\": yes}}\x1b[201~{JSON}"));
    assert!(problem(&state).starts_with("no JSON: line 2, column 9: expected value"), "{}", problem(&state));
    type_in(&mut state, "true,");
    assert_eq!(text(&state), "{\n  \"ok\": true,yes}", "the cursor is where it is wrong");
    type_in(&mut state, "\r");
    assert!(matches!(state.overlay, Some(Overlay::Confirm(_))), "it can be sent all the same");
    type_in(&mut state, &format!("\r{UNDO}"));
    type_in(&mut state, &format!("\x15\x1b[A\x15\x1b[200~[1]\x1b[201~{JSON}"));
    assert!(problem(&state).contains("trailing"), "{}", problem(&state));
}

#[test]
fn templates_are_gone_through_and_end_with_ones_own_text() {
    let mut state = one(task(1, "a").of_type("SwapDisk", "2.1"));
    state.templates = toml::from_str("[SwapDisk]\nresult = [\"swapped\", \"was fine\"]").unwrap();
    type_in(&mut state, &format!("cmine{CTRL_T}"));
    assert_eq!((text(&state).as_str(), remark(&state)), {
        ("swapped", "template 1 of 2; ctrl-t goes on, alt-u takes it back")
    });
    type_in(&mut state, CTRL_T);
    assert_eq!(text(&state), "was fine");
    type_in(&mut state, CTRL_T);
    assert_eq!((text(&state).as_str(), remark(&state)), ("mine", "your own text again"));
    assert!(form(&state).footer().contains(&("ctrl-t", "template")));
    type_in(&mut state, "\x1b");
    type_in(&mut state, &format!("f{CTRL_T}"));
    assert!(remark(&state).starts_with("no template: [templates]"), "{}", remark(&state));
}

#[test]
fn marked_tasks_share_only_the_templates_that_all_have() {
    let templates: Templates = toml::from_str("[SwapDisk]\nresult = \"swapped\"\n[\"*\"]\ndetails = \"done\"").unwrap();
    let tasks = vec![task(1, "a").of_type("SwapDisk", "2.1").arc(), task(2, "b").arc()];
    let mut state = screen(tasks);
    state.templates = templates;
    type_in(&mut state, &format!("Mc{CTRL_T}"));
    assert_eq!(text(&state), "");
    type_in(&mut state, "\x1b");
    type_in(&mut state, &format!("d{CTRL_T}"));
    assert_eq!(text(&state), "done");
}
