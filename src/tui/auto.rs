//! The story's operator: what a scenario has him do becomes actions and keys in their time, and these do what they would do
//! for anybody. Not here: what they do.

use std::collections::VecDeque;

use super::action::Action;
use super::keymap::named;
use super::keys::Key;
use super::state::State;
use super::update::{self, Wish};
use crate::clock::{Boot, Now};
use crate::demo::view::Act;
use crate::text::{Foreign, printable};

/// So that eyes can follow, milliseconds: after the cursor has moved, before an action, between keys, between letters.
const SELECTED_MS: i64 = 900;
const ACTION_MS: i64 = 900;
const KEY_MS: i64 = 800;
const LETTER_MS: i64 = 45;
/// So long a task is waited for that is not on the list yet.
const PATIENCE_MS: i64 = 10_000;
/// So many of the last keys are shown, and for so long.
const SHOWN: usize = 6;
const SHOWN_MS: i64 = 4_000;

/// One movement of the hand.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stroke {
    Select(Foreign),
    Do(Action),
    Key(Key),
    Letter(char),
    /// The act is done.
    End,
}

impl Stroke {
    /// How long eyes need before the next one.
    fn pause_ms(&self) -> i64 {
        match self {
            Self::Select(_) => SELECTED_MS,
            Self::Do(_) => ACTION_MS,
            Self::Key(_) => KEY_MS,
            Self::Letter(_) => LETTER_MS,
            Self::End => 0,
        }
    }
}

/// What is still to be done, and what was done last.
#[derive(Debug, Default)]
pub struct Auto {
    strokes: VecDeque<Stroke>,
    /// When the next one is due.
    at: Option<Boot>,
    /// Since when a task is waited for.
    waits: Option<Boot>,
    /// The last keys and words, and when the last of them came.
    shown: VecDeque<String>,
    shown_at: Option<Boot>,
}

/// Whether an act names only actions and keys that there are.
///
/// # Errors
/// What there is not, printable.
pub fn check(act: &Act) -> Result<(), String> {
    strokes(act).map(drop)
}

fn strokes(act: &Act) -> Result<Vec<Stroke>, String> {
    let mut strokes: Vec<_> = act.task.iter().cloned().map(Stroke::Select).collect();
    if let Some(name) = &act.action {
        strokes.push(Stroke::Do(named(name).ok_or_else(|| format!("no action is called {}", printable(name)))?));
    }
    let letters = act.write.iter().flat_map(|text| text.raw().chars());
    strokes.extend(letters.map(Stroke::Letter));
    for key in &act.press {
        strokes.push(Stroke::Key(Key::parse(key).ok_or_else(|| format!("{} is no key", printable(key)))?));
    }
    strokes.push(Stroke::End);
    Ok(strokes)
}

impl Auto {
    /// Takes an act to do after those that are not done yet.
    pub fn add(&mut self, act: &Act, now: Boot) {
        // What was not checked before is left out: there is no such action to do.
        self.strokes.extend(strokes(act).unwrap_or_default());
        self.at = self.at.or(Some(now));
    }

    /// Something is still to be done.
    pub fn is_playing(&self) -> bool {
        !self.strokes.is_empty() || !self.shown.is_empty()
    }

    /// When to look again.
    pub fn next_at(&self) -> Option<Boot> {
        let fades = self.shown_at.map(|at| at + SHOWN_MS);
        [self.at, fades].into_iter().flatten().min()
    }

    /// The last keys, for whoever wants to learn them.
    pub fn shown(&self) -> String {
        self.shown.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Leaves out the rest of an act that has become impossible: its keys would mean something else.
    fn give_up(&mut self) {
        while self.strokes.pop_front().is_some_and(|stroke| stroke != Stroke::End) {}
    }

    fn show(&mut self, text: String, now: Boot) {
        if self.shown.len() == SHOWN {
            self.shown.pop_front();
        }
        self.shown.push_back(text);
        self.shown_at = Some(now);
    }
}

/// Does what is due; called whenever time goes on.
pub fn play(state: &mut State, now: Now) -> Option<Wish> {
    let scene = state.stage.as_mut()?;
    let auto = &mut scene.auto;
    if auto.shown_at.is_some_and(|at| now.boot - at >= SHOWN_MS) {
        (auto.shown, auto.shown_at) = (VecDeque::new(), None);
    }
    if auto.at.is_none_or(|at| at > now.boot) {
        return None;
    }
    // The next act begins when its time has come, but not on the heels of this one.
    let Some(stroke) = auto.strokes.front().cloned() else {
        auto.at = None;
        return None;
    };
    auto.at = Some(now.boot + stroke.pause_ms());
    if scene.paused {
        return None;
    }
    if let Stroke::Select(task) = &stroke {
        let found = select(state, task);
        let auto = &mut state.stage.as_mut()?.auto;
        let waits = *auto.waits.get_or_insert(now.boot);
        if !found && now.boot - waits < PATIENCE_MS {
            return None;
        }
        auto.waits = None;
        if !found {
            auto.give_up();
            return None;
        }
    }
    state.stage.as_mut()?.auto.strokes.pop_front();
    perform(state, &stroke, now)
}

/// Moves the cursor to a task of this name, an open one if there is one.
fn select(state: &mut State, task: &Foreign) -> bool {
    let named = state.tasks.such(|facts| facts.activity_id == *task);
    let open = named.iter().find(|facts| !facts.has_ended());
    let id = open.or(named.last()).map(|facts| facts.id);
    if let Some(id) = id {
        state.tasks.select(id);
    }
    id.is_some()
}

fn perform(state: &mut State, stroke: &Stroke, now: Now) -> Option<Wish> {
    match *stroke {
        Stroke::Select(_) | Stroke::End => None,
        Stroke::Do(action) => {
            let text = format!("{} {}", state.keymap.shown(action), action.title());
            let refused = action.disabled_reason(state).is_some();
            let auto = &mut state.stage.as_mut()?.auto;
            auto.show(text, now.boot);
            if refused {
                auto.give_up();
            }
            update::act(state, action, now)
        }
        Stroke::Key(key) => {
            state.stage.as_mut()?.auto.show(key.to_string(), now.boot);
            update::key(state, key, now)
        }
        Stroke::Letter(c) if state.overlay.is_some() => {
            update::key(state, if c == '\n' { Key::ctrl('j') } else { Key::char(c) }, now)
        }
        // Without a form letters would be keys.
        Stroke::Letter(_) => {
            state.stage.as_mut()?.auto.give_up();
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;
    use crate::demo::Scenario;

    #[test]
    fn every_act_of_the_programs_stories_can_be_done() {
        for (name, _) in crate::demo::BUILTIN {
            let scenario = Scenario::builtin(name).unwrap();
            for timed in &scenario.acts {
                assert_eq!(check(&timed.act), Ok(()), "{name} at {:?}", timed.at);
            }
        }
    }

    #[test]
    fn what_there_is_not_is_said() {
        let act = |action: Option<&str>, press: &[&str]| Act {
            action: action.map(Into::into),
            press: press.iter().map(|key| (*key).into()).collect(),
            ..Act::default()
        };
        assert_eq!(check(&act(Some("dance"), &[])), Err("no action is called dance".into()));
        assert_eq!(check(&act(None, &["enter", "strike"])), Err("strike is no key".into()));
        assert_eq!(check(&act(Some("complete"), &["right", "enter"])), Ok(()));
    }

    #[test]
    fn an_arrow_is_written_as_it_is_shown() {
        assert_eq!(Key::parse("→"), Some(Key::plain(KeyCode::Right)));
    }
}
