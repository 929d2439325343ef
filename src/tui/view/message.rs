//! The message line: the newest refusal or failure; else what is wrong for longer, and what to do about it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::put;
use crate::console::{Connection, Level};
use crate::tui::contexts::{Standing, Summary};
use crate::tui::countdown::{Moment, span};
use crate::tui::state::State;
use crate::tui::theme::Theme;

/// Draws it.
pub fn draw(buf: &mut Buffer, area: Rect, state: &State, theme: &Theme, moment: Moment) {
    let standing = || standing(state, moment).map(|text| (Level::Error, text));
    let message = state.message.as_ref().map(|message| (message.level, message.text.clone()));
    let message = message.or_else(standing);
    let Some((level, text)) = message else { return };
    let (glyph, style) = match level {
        Level::Info => (" ", theme.text),
        Level::Warn => ("▲ ", theme.warn),
        Level::Error => ("✗ ", theme.danger),
        Level::Alarm => ("✖ ", theme.alarm),
    };
    let x = put(buf, area.as_position(), area.width, glyph, style);
    put(buf, ratatui::layout::Position::new(x, area.y), area.right().saturating_sub(x), &text, style);
}

/// Trouble that lasts.
fn standing(state: &State, moment: Moment) -> Option<String> {
    if let Some(Summary { name, standing: Standing::Failed(why), .. }) = state.around.shown() {
        let why = why.lines().next().unwrap_or_default();
        return Some(format!("{name} is not open: {why}; the log (l) says more, X and enter try again"));
    }
    let status = state.status.as_ref()?;
    if let Some(why) = &status.not_saved {
        return Some(format!("the journal cannot be written, nothing more is claimed: {why}"));
    }
    if let Some(why) = &status.disk_full {
        return Some(format!("the disk is full, nothing more is claimed: {why}"));
    }
    let lasts = |since| span(moment.now.boot - since);
    match &status.connection {
        Connection::Untried | Connection::Online { .. } => None,
        Connection::OutOfReach { since: at, why } => Some(format!("no answer for {}, trying on: {why}", lasts(*at))),
        Connection::Throttled { since: at } => {
            Some(format!("throttled for {}: the account's quota is used up, sending slower", lasts(*at)))
        }
        Connection::NoAccess { since: at, why } => {
            Some(format!("no access for {}: {why}; log in anew, then r", lasts(*at)))
        }
    }
}
