//! The last line: the keys that are valid now.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{put, width};
use crate::tui::action::Action;
use crate::tui::keymap::Keymap;
use crate::tui::state::{Overlay, State};
use crate::tui::theme::Theme;
use crate::tui::views::View;

/// Draws it: what fits, most telling first; the way back, help and quit always.
pub fn draw(buf: &mut Buffer, area: Rect, state: &State, theme: &Theme) {
    let hint = |action| hint(action, &state.keymap);
    let back = (state.views.now() != View::Tasks).then_some(Action::Back);
    let always: Vec<_> = back.into_iter().chain([Action::Help, Action::Quit]).map(hint).collect();
    let hints = match &state.overlay {
        None => {
            let mut room = usize::from(area.width).saturating_sub(1 + always.iter().map(cells).sum::<usize>());
            let valid = Action::footer(state.views.now())
                .iter()
                .copied()
                .filter(|action| {
                    action.disabled_reason(state).is_none() && state.keymap.chords(*action).next().is_some()
                })
                .map(hint);
            // A long one that does not fit is no reason to leave out the short ones behind it.
            let fitting = valid.filter(|hint| {
                let fits = cells(hint) <= room;
                room -= if fits { cells(hint) } else { 0 };
                fits
            });
            fitting.chain(always).collect()
        }
        Some(Overlay::Summary(_)) => fixed(&[("any key", "back")]),
        Some(Overlay::Palette(_)) => fixed(&[("↑↓", "choose"), ("enter", "do it"), ("esc", "back")]),
        Some(Overlay::Help { .. }) => {
            let scroll = format!("{} {}", state.keymap.shown(Action::Down), state.keymap.shown(Action::Up));
            fixed(&[(&scroll, "scroll"), ("any other key", "back")])
        }
        Some(Overlay::Form(form)) => fixed(&form.footer()),
        Some(Overlay::Filter(_)) => {
            let saved = [("tab", "saved filter")].into_iter().filter(|_| !state.filters.is_empty());
            let hints: Vec<_> = [("enter", "keep"), ("esc", "as before")].into_iter().chain(saved).collect();
            fixed(&[&hints[..], &[("↑↓", "move"), ("ctrl-u", "clear")]].concat())
        }
        Some(Overlay::Contexts(_)) => fixed(&[("↑↓", "choose"), ("enter", "go there"), ("esc", "back")]),
        Some(Overlay::Confirm(_)) => fixed(&[("←→", "choose"), ("enter", "do it"), ("esc", "cancel")]),
    };
    let mut x = area.x + 1;
    for (key, name) in hints {
        // Half a hint is none.
        if usize::from(area.right().saturating_sub(x)) + 2 < cells(&(key.clone(), name.clone())) {
            continue;
        }
        for (text, style) in [(key, theme.accent), (name, theme.text)] {
            x = put(buf, Position::new(x, area.y), area.right().saturating_sub(x), &text, style) + 1;
        }
        x += 1;
    }
}

type Hint = (String, String);

fn hint(action: Action, keymap: &Keymap) -> Hint {
    let key = match action {
        // One hint for all ten.
        Action::Percent(_) => format!("{}…{}", keymap.shown(Action::Percent(10)), keymap.shown(Action::Percent(100))),
        _ => keymap.shown(action),
    };
    (key, action.name().to_owned())
}

fn fixed(hints: &[(&str, &str)]) -> Vec<Hint> {
    hints.iter().map(|(key, name)| ((*key).to_owned(), (*name).to_owned())).collect()
}

fn cells(hint: &Hint) -> usize {
    width(&hint.0) + width(&hint.1) + 3
}
