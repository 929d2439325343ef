//! The first line: where, how many, how well the service is reached, what time it is.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::paint::{put, width};
use crate::console::{Connection, Status, Urgency};
use crate::tui::contexts::Standing;
use crate::tui::countdown::{Moment, duration};
use crate::tui::state::State;
use crate::tui::theme::Theme;

/// Narrower ones show no seconds.
const NARROW: u16 = 60;

type Part = (String, Style);

/// Draws it. What does not fit is left out: the name first, then where, then the least urgent counts.
pub fn draw(buf: &mut Buffer, area: Rect, state: &State, theme: &Theme, moment: Moment) {
    let narrow = area.width < NARROW;
    let clock = if narrow { state.zone.minute(moment.now.wall) } else { state.zone.clock(moment.now.wall) };
    let right = [connection(state, theme, moment), (clock, theme.text)];
    let counts = counts(state, theme);
    let place = place(state);
    let right_cells = cells(&right);
    let room = usize::from(area.width).saturating_sub(right_cells + 2);

    let mut left = Vec::new();
    if room >= cells(&counts) + width(&place) + 14 {
        left.push(("swfbeat".to_owned(), theme.title));
    }
    let name = state.around.shown().map(|one| one.name.clone());
    if room >= cells(&counts) + width(&place) + 3 {
        left.push((place, theme.text));
    } else if let Some(name) = name.filter(|name| room >= cells(&counts) + width(name) + 3) {
        left.push((name, theme.text));
    }
    left.extend(counts);
    left.extend(survives(state, theme).filter(|part| cells(&left) + width(&part.0) + 2 <= room));

    let mut x = area.x + 1;
    let end = area.right().saturating_sub(right_cells as u16 + 1);
    for (index, (text, style)) in left.iter().enumerate() {
        // Only the most urgent one is cut off rather than left out; none touches what is on the right.
        if index > 0 && usize::from(x) + width(text) >= usize::from(end) {
            break;
        }
        x = put(buf, Position::new(x, area.y), end.saturating_sub(x), text, *style) + 2;
    }
    let mut x = end;
    for (text, style) in &right {
        x = put(buf, Position::new(x, area.y), area.right().saturating_sub(x), text, *style) + 2;
    }
}

/// The cells that parts take, two more between each.
fn cells(parts: &[Part]) -> usize {
    parts.iter().map(|(text, _)| width(text) + 2).sum::<usize>().saturating_sub(2)
}

/// The context by its name if it has one, which says more than where it is; where it is otherwise.
fn place(state: &State) -> String {
    let place = |status: &Status| format!("{} · {}", status.domain.line(), status.service.line());
    let place = state.status.as_deref().map_or_else(String::new, place);
    match state.around.shown() {
        Some(one) => format!("{}: {}", one.name, if place.is_empty() { &one.place } else { &place }),
        None => place,
    }
}

/// What wants a person in other contexts.
fn elsewhere(state: &State, theme: &Theme) -> Option<Part> {
    let (words, place) = state.around.elsewhere()?;
    let cancel = words.iter().any(|word| word.ends_with("cancel"));
    let (glyph, style) = if cancel { ("✖", theme.alarm) } else { ("▲", theme.warn) };
    Some((format!("{glyph} {} in {place}", words.join(", ")), style))
}

/// What there is how often, most urgent first.
fn counts(state: &State, theme: &Theme) -> Vec<Part> {
    let tasks = &state.tasks;
    let orphans = state.status.as_ref().map_or(0, |status| status.possible_orphans);
    let due = tasks.count(Urgency::Due) + tasks.count(Urgency::Critical);
    let counted = [
        (tasks.cancels(), "cancel", theme.alarm),
        (tasks.count(Urgency::NotSaved), "NOT SAVED", theme.danger),
        (due, "due", theme.warn),
        (tasks.count(Urgency::Unsure), "unsure", theme.danger),
        (tasks.count(Urgency::Lapsing), "lapsing", theme.warn),
        (tasks.follow_ups(), "to follow up", theme.warn),
        (tasks.count(Urgency::Closing), "closing", theme.text),
        (state.status.as_ref().map_or(0, |status| status.left_out), "left out", theme.danger),
        (orphans, "possible orphans", theme.warn),
    ];
    let mut parts = Vec::new();
    if state.only_looks() {
        parts.push(("READ ONLY".to_owned(), theme.warn));
    }
    match state.status.as_deref() {
        Some(Status { not_saved: Some(_), .. }) => parts.push(("JOURNAL NOT WRITABLE".to_owned(), theme.danger)),
        Some(Status { disk_full: Some(_), .. }) => parts.push(("DISK FULL".to_owned(), theme.danger)),
        _ => {}
    }
    let present = counted.into_iter().filter(|(count, ..)| *count > 0);
    let mut elsewhere = elsewhere(state, theme);
    for (count, word, style) in present {
        // What wants a person here comes first, then what does elsewhere.
        if matches!(word, "closing" | "left out" | "possible orphans") {
            parts.extend(elsewhere.take());
        }
        parts.push(match word {
            "cancel" => (format!("✖ {count} {word}"), style),
            _ => (format!("{count} {word}"), style),
        });
    }
    parts.extend(elsewhere);
    parts.push((format!("{} held", tasks.open()), theme.text));
    parts
}

/// The outage that all kept tasks survive.
fn survives(state: &State, theme: &Theme) -> Option<Part> {
    let seconds = state.status.as_ref()?.survives_ms? / 1_000;
    Some((format!("survives {} outage", words(seconds)), theme.dim))
}

fn words(seconds: i64) -> String {
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

fn connection(state: &State, theme: &Theme, moment: Moment) -> Part {
    let since = |since| duration(((moment.now.boot - since) / 1_000).max(0));
    if matches!(state.around.shown().map(|one| &one.standing), Some(Standing::Failed(_))) {
        return ("✗ not open".into(), theme.danger);
    }
    match state.status.as_deref() {
        Some(Status { draining: true, .. }) => ("leaving…".into(), theme.warn),
        // A screen that only looks never calls anybody.
        Some(Status { read_only: true, .. }) => ("○ looking on".into(), theme.dim),
        None => ("○ connecting…".into(), theme.dim),
        Some(status) => match &status.connection {
            // Without a task and without a claim there is nothing to say to a service, for hours if need be.
            Connection::Untried => ("○ nothing sent yet".into(), theme.dim),
            Connection::Online { rtt_ms } => (format!("● {rtt_ms} ms"), theme.ok),
            Connection::OutOfReach { since: at, .. } => (format!("✗ out of reach {}", since(*at)), theme.danger),
            Connection::Throttled { since: at } => (format!("▲ throttled {}", since(*at)), theme.warn),
            Connection::NoAccess { since: at, .. } => (format!("✗ no access {}", since(*at)), theme.danger),
        },
    }
}
