//! The task table. Only rows in view are built; narrow terminals lose columns, never activity, id and countdown.

use std::borrow::Cow;
use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::Layout;
use super::paint::{self, put};
use crate::clock::Boot;
use crate::console::{Claiming, Deadline, PendingCount, TaskFacts, TaskState, Urgency};
use crate::task::{Limit, OutcomeKind, TimeoutKind, Verdict};
use crate::text::printable;
use crate::tui::Zone;
use crate::tui::contexts::Standing;
use crate::tui::countdown::{Left, Moment, duration};
use crate::tui::state::{Focus, State};
use crate::tui::tasks::{InView, Sort, SortBy, asks_for_cancel};
use crate::tui::theme::Theme;

/// The columns of the cursor and of the mark, and a blank: a mark is not to be taken for a state.
const CURSOR: u16 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    State,
    /// The state's first character.
    Glyph,
    Activity,
    Id,
    Bar,
    Heartbeat,
    EndsBy,
    /// The first deadline of all, and which it is.
    First,
    Kept,
}

use Column as C;

/// From 96 cells on.
const WIDE: &[Column] = &[C::State, C::Activity, C::Id, C::Bar, C::Heartbeat, C::EndsBy, C::Kept];
/// From 64 cells on.
const MIDDLE: &[Column] = &[C::State, C::Activity, C::Id, C::Heartbeat, C::EndsBy];
const NARROW: &[Column] = &[C::Glyph, C::Id, C::Activity, C::First];

impl Column {
    /// Cells, if not a share of what is left.
    fn fixed(self) -> Option<u16> {
        match self {
            C::State | C::First => Some(13),
            C::Glyph => Some(1),
            C::Activity | C::Id => None,
            C::Bar => Some(10),
            C::Heartbeat => Some(8),
            C::EndsBy => Some(15),
            C::Kept => Some(7),
        }
    }

    fn head(self) -> &'static str {
        match self {
            C::State => "STATE",
            C::Activity => "ACTIVITY",
            C::Id => "ID",
            C::Bar => "HEARTBEAT",
            C::EndsBy => "ENDS BY",
            C::Kept => "KEPT",
            C::First => "LEFT",
            C::Glyph => "",
            C::Heartbeat => "BEAT",
        }
    }
}

impl Column {
    /// What a list sorted by it is sorted by.
    fn sorted_by(self) -> Option<SortBy> {
        Some(match self {
            C::State | C::Glyph => SortBy::Urgency,
            C::Activity => SortBy::Activity,
            C::Id => SortBy::Id,
            C::Bar | C::Heartbeat => SortBy::Heartbeat,
            C::EndsBy => SortBy::EndsBy,
            C::Kept => SortBy::Kept,
            C::First => return None,
        })
    }
}

/// The columns of a width with their places.
fn columns(area: Rect) -> Vec<(Column, Rect)> {
    let set = match area.width {
        96.. => WIDE,
        64.. => MIDDLE,
        _ => NARROW,
    };
    let gaps = set.len() as u16 - 1;
    let fixed: u16 = set.iter().filter_map(|column| column.fixed()).sum();
    let shared = area.width.saturating_sub(CURSOR + gaps + fixed);
    let mut x = area.x + CURSOR;
    let placed = set.iter().map(|&column| {
        let cells = column.fixed().unwrap_or(if column == C::Id { shared.div_ceil(2) } else { shared / 2 });
        let place = Rect { x, width: cells, ..area };
        x += cells + 1;
        (column, place)
    });
    placed.collect()
}

/// Draws the pane.
pub fn draw(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme, moment: Moment) {
    let focused = state.focus == Focus::Tasks && state.overlay.is_none();
    paint::pane(buf, layout.table, layout, &title(state), &lists(state), focused, theme);
    let mut area = layout.inside(layout.table);
    if state.tasks.shown() == 0 {
        draw_empty(buf, area, state, theme);
        return;
    }
    let columns = columns(area);
    if layout.boxed {
        draw_heads(buf, &columns, state.tasks.sort(), theme);
        area.y += 1;
        area.height = area.height.saturating_sub(1);
    }
    let painter = Painter { theme, moment, zone: state.zone };
    let rows = state.tasks.in_view(area.height.into());
    for (y, InView { facts, urgency, selected, marked }) in (area.y..).zip(rows) {
        let row = Rect { y, height: 1, ..area };
        painter.row(buf, row, &columns, facts, urgency);
        if marked {
            put(buf, Position::new(row.x + 1, y), 1, "◆", theme.accent);
        }
        if selected {
            put(buf, row.as_position(), 1, "▌", theme.accent);
            buf.set_style(row, theme.selected);
        }
    }
}

/// What the column whose head is at a place is sorted by, if there are heads.
pub fn head_at(layout: &Layout, state: &State, at: Position) -> Option<SortBy> {
    let area = layout.inside(layout.table);
    if !layout.boxed || state.tasks.shown() == 0 || at.y != area.y {
        return None;
    }
    // Up to the next column, so that there are no gaps.
    let columns = columns(area);
    let (column, _) = columns.iter().rev().find(|(_, place)| place.x <= at.x)?;
    column.sorted_by().filter(|_| at.x < area.right())
}

fn title(state: &State) -> String {
    let tasks = &state.tasks;
    let (all, shown) = (tasks.len(), tasks.shown());
    if all == 0 {
        return "Tasks".into();
    }
    let mut title = format!("Tasks by {}", tasks.sort().title());
    if let Some(index) = tasks.selected_index().filter(|_| all > 1) {
        let _ = write!(title, " {} of {shown}", index + 1);
    }
    if !tasks.filter().is_empty() {
        let _ = write!(title, " ({all} in all) /{}", printable(tasks.filter().text()));
    }
    match tasks.mark_counts() {
        (0, _) => {}
        (marked, 0) => drop(write!(title, " ◆ {marked} marked")),
        (marked, hidden) => drop(write!(title, " ◆ {marked} marked, {hidden} not shown")),
    }
    if let Some(frozen) = tasks.frozen() {
        let _ = write!(title, " ❄ frozen since {}", state.zone.minute(frozen.since));
    }
    title
}

/// What is claimed from where, and what waits there.
fn lists(state: &State) -> String {
    let Some(status) = &state.status else { return String::new() };
    let claiming = status.claiming.iter().map(|claiming| claiming_text(claiming, state.zone));
    let pending = status.pending.iter().map(|PendingCount { task_list, count, truncated, .. }| {
        format!("{}: {count}{} waiting", task_list.line(), if *truncated { "+" } else { "" })
    });
    claiming.chain(pending).collect::<Vec<_>>().join(" · ")
}

/// What is claimed from a list, and until when it goes on by itself.
fn claiming_text(claiming: &Claiming, zone: Zone) -> String {
    let list = claiming.task_list.line();
    let Some(auto) = claiming.auto else { return format!("claiming {} from {list}", claiming.wanted) };
    let pauses = if auto.pauses { " (pauses: nobody acts)" } else { "" };
    let until = zone.minute(auto.until_wall);
    // Short: beside the table's own title it has to fit into 80 columns.
    format!("hold {} from {list} to {until}{pauses}", auto.below)
}

fn draw_heads(buf: &mut Buffer, columns: &[(Column, Rect)], sort: Sort, theme: &Theme) {
    let has_bar = columns.iter().any(|(column, _)| *column == C::Bar);
    for (column, place) in columns {
        // One head over bar and time.
        if has_bar && *column == C::Heartbeat {
            continue;
        }
        if column.sorted_by() == Some(sort.by) {
            let head = format!("{} {}", column.head(), sort.arrow());
            put(buf, place.as_position(), place.width, &head, theme.title);
        } else {
            put(buf, place.as_position(), place.width, column.head(), theme.dim);
        }
    }
}

/// An empty table says why, and what to press.
fn draw_empty(buf: &mut Buffer, area: Rect, state: &State, theme: &Theme) {
    let text = match &state.status {
        _ if state.tasks.len() > 0 => {
            let all = state.tasks.len();
            let keys = state.keymap.fill("{back} takes it away, {filter} changes it.");
            format!("None of the {all} tasks matches the filter. {keys}")
        }
        None => match state.around.shown().map(|one| &one.standing) {
            Some(Standing::Failed(why)) => format!("Not open: {why}"),
            _ => "connecting…".to_owned(),
        },
        Some(_) if state.only_looks() => "No tasks in this journal.".into(),
        Some(status) => match status.claiming.first() {
            Some(claiming) => {
                let stop = state.keymap.fill("{stop-claiming} stops it.");
                format!("No tasks yet: waiting for one from {}. {stop}", claiming.task_list.line())
            }
            None => state.keymap.fill("No tasks. {claim} claims some from a task list."),
        },
    };
    let lines = paint::wrap(&text, usize::from(area.width).saturating_sub(4));
    for (y, line) in (area.y + u16::from(area.height > 3)..area.bottom()).zip(lines) {
        put(buf, Position::new(area.x + 2, y), area.width.saturating_sub(2), &line, theme.dim);
    }
}

struct Painter<'a> {
    theme: &'a Theme,
    moment: Moment,
    zone: Zone,
}

impl Painter<'_> {
    fn row(&self, buf: &mut Buffer, row: Rect, columns: &[(Column, Rect)], facts: &TaskFacts, urgency: Urgency) {
        let ended = ended_text(facts);
        for (column, place) in columns {
            let place = Rect { y: row.y, height: 1, ..*place };
            let (text, style) = match column {
                C::State | C::Glyph => (state_text(facts, urgency), self.style(urgency)),
                C::Activity => {
                    let activity_type = &facts.activity_type;
                    let text = format!("{} {}", activity_type.name.line(), activity_type.version.line());
                    (text.into(), self.rest(urgency))
                }
                C::Id => {
                    self.id(buf, place, facts, urgency);
                    continue;
                }
                // One text across all that counts no more.
                _ if ended.is_some() => {
                    let text = ended.as_deref().unwrap_or_default();
                    put(buf, place.as_position(), row.right().saturating_sub(place.x), text, self.theme.dim);
                    return;
                }
                _ => self.running(*column, facts, place.width),
            };
            // Of the state's words, only the glyph in front has room in its narrow column.
            let text = if *column == C::Glyph { text.chars().take(1).collect() } else { text };
            put(buf, place.as_position(), place.width, &text, style);
        }
    }

    /// The activity id, and behind it that there is a note, or that its time has come.
    fn id(&self, buf: &mut Buffer, place: Rect, facts: &TaskFacts, urgency: Urgency) {
        let mark = match &facts.note {
            None => None,
            Some(note) if note.due => Some(("⚑", self.theme.warn)),
            Some(_) => Some(("✎", self.theme.dim)),
        };
        let room = place.width.saturating_sub(if mark.is_some() { 2 } else { 0 });
        let x = put(buf, place.as_position(), room, &facts.activity_id.line(), self.rest(urgency));
        if let Some((glyph, style)) = mark {
            put(buf, Position::new(x + 1, place.y), 1, glyph, style);
        }
    }

    fn running(&self, column: Column, facts: &TaskFacts, cells: u16) -> (Cow<'static, str>, Style) {
        let stands = self.moment.stands_until;
        let heartbeat = facts.deadline(TimeoutKind::Heartbeat);
        let (text, deadline) = match (column, heartbeat) {
            (C::Bar, Some(deadline)) => (bar(deadline, stands, cells.into()), heartbeat),
            (C::Heartbeat, Some(deadline)) => (format!("{:>7}", Left::of(deadline, stands)), heartbeat),
            (C::EndsBy, _) => (ends_by(facts, stands), facts.ends_by()),
            (C::First, _) => (first(facts, stands), facts.first_deadline()),
            (C::Kept, _) => return self.kept(facts),
            _ => (String::new(), None),
        };
        // Each countdown in the colour of its own urgency, whatever else is the matter with the task.
        let urgency = deadline.and_then(|deadline| facts.deadline_urgency(deadline, self.moment.now.boot));
        (text.into(), urgency.map_or(self.theme.text, |urgency| self.style(urgency)))
    }

    /// Until when heartbeats go out by themselves; once a warning is due, how long that is.
    fn kept(&self, facts: &TaskFacts) -> (Cow<'static, str>, Style) {
        let Some(lease) = facts.lease else { return ("by hand".into(), self.theme.dim) };
        if facts.left_out {
            return ("no room".into(), self.theme.danger);
        }
        if lease.warning(self.moment.now.boot).is_none() {
            return (self.zone.minute(lease.until_wall).into(), self.theme.dim);
        }
        let left = duration(((lease.until - self.moment.stands_until) / 1_000).max(0));
        (format!("◔ {left}").into(), self.theme.warn)
    }

    fn style(&self, urgency: Urgency) -> Style {
        match urgency {
            Urgency::NotSaved | Urgency::Critical | Urgency::Unsure => self.theme.danger,
            Urgency::Cancel => self.theme.alarm,
            Urgency::Due | Urgency::Lapsing | Urgency::Closing => self.theme.warn,
            Urgency::Held => self.theme.ok,
            Urgency::Ended => self.theme.dim,
        }
    }

    fn rest(&self, urgency: Urgency) -> Style {
        if urgency == Urgency::Ended { self.theme.dim } else { self.theme.text }
    }
}

/// A glyph and a word or two; the glyph alone must do where there is no room.
fn state_text(facts: &TaskFacts, urgency: Urgency) -> Cow<'static, str> {
    let word = state_word(facts, urgency);
    // A cancel request shows even where something else comes first.
    if asks_for_cancel(facts) && urgency != Urgency::Cancel { format!("{word} ✖").into() } else { word.into() }
}

/// A glyph and a word or two.
pub fn state_word(facts: &TaskFacts, urgency: Urgency) -> &'static str {
    match (&facts.state, urgency) {
        (TaskState::Ended { verdict, .. }, _) => ended_word(verdict),
        (_, Urgency::NotSaved) => "! NOT SAVED",
        (TaskState::Closing { unconfirmed: true, .. }, _) => "? unconfirmed",
        (TaskState::Closing { trouble: Some(_), .. }, _) => "! not closed",
        (TaskState::Closing { .. }, _) => "… closing",
        (TaskState::Refused { .. }, _) => "? refused",
        (_, Urgency::Cancel) => "✖ cancel",
        (_, Urgency::Critical) => "▲ critical",
        (_, Urgency::Due) => "△ due",
        (_, Urgency::Unsure) => "? unsure",
        (_, Urgency::Lapsing) => "◔ lapsing",
        _ if facts.lease.is_some() => "● held",
        _ => "○ held",
    }
}

/// A glyph and a word for how a task ended.
pub fn ended_word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Ours { kind: OutcomeKind::Completed, .. } => "✓ completed",
        Verdict::Ours { kind: OutcomeKind::Failed, .. } => "✗ failed",
        Verdict::Ours { kind: OutcomeKind::Canceled, .. } => "⊘ canceled",
        Verdict::ClosedByOther { .. } => "✝ by another",
        Verdict::TimedOut { .. } => "✝ timed out",
        Verdict::ExecutionClosed { .. } => "✝ wf closed",
        Verdict::Unproven { .. } => "✝ unproven",
    }
}

/// How it ended, across the columns that count no more.
pub fn ended_text(facts: &TaskFacts) -> Option<String> {
    let TaskState::Ended { verdict, .. } = &facts.state else { return None };
    Some(match verdict {
        Verdict::Ours { from_history: true, .. } => "as history has it: ours, or identical".into(),
        Verdict::Ours { .. } => "by us".into(),
        Verdict::ClosedByOther { kind, written } => match written {
            Some(written) => format!("{}: {}", kind.word(), written.line()),
            None => kind.word().into(),
        },
        Verdict::TimedOut { kind, details: Some(details) } => format!("{}, last \"{}\"", kind.name(), details.line()),
        Verdict::TimedOut { kind, details: None } => format!("{}, no details", kind.name()),
        Verdict::ExecutionClosed { event_type } => event_type.line().into_owned(),
        Verdict::Unproven { why } => printable(why).into_owned(),
    })
}

/// How much of the timeout is left, in blocks, rounded down.
fn bar(deadline: &Deadline, stands_until: Boot, cells: usize) -> String {
    let Left::Seconds { seconds, .. } = Left::of(deadline, stands_until) else { return String::new() };
    let whole = deadline.limit.and_then(|(limit, _)| limit.millis()).unwrap_or(0).max(1);
    let full = (seconds.saturating_mul(1_000).saturating_mul(cells as i64) / whole).clamp(0, cells as i64) as usize;
    "█".repeat(full) + &"░".repeat(cells - full)
}

/// What no heartbeat can move: the earliest of three deadlines and which; `+?` if one of them is unknown.
fn ends_by(facts: &TaskFacts, stands_until: Boot) -> String {
    let mut others = facts.deadlines.iter().filter(|deadline| deadline.kind != TimeoutKind::Heartbeat);
    let unknown = others.any(Deadline::is_unknown);
    match facts.ends_by() {
        Some(deadline) => {
            let left = format!("{:>7} {}", Left::of(deadline, stands_until), deadline.kind.short());
            if unknown { left + " +?" } else { left }
        }
        None if unknown => "unknown".into(),
        None => "   none".into(),
    }
}

/// The first of all four and which.
fn first(facts: &TaskFacts, stands_until: Boot) -> String {
    match facts.first_deadline() {
        Some(deadline) => format!("{:>7} {}", Left::of(deadline, stands_until), deadline.kind.short()),
        None if facts.deadlines.iter().all(|deadline| matches!(deadline.limit, Some((Limit::None, _)))) => {
            "   none".into()
        }
        None => "unknown".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_and_activity_id_and_countdown_are_never_lost() {
        for cells in 36..200 {
            let area = Rect::new(0, 0, cells, 1);
            let columns = columns(area);
            for (column, place) in &columns {
                assert!(place.right() <= area.right() && place.width > 0, "{column:?} at {cells}");
            }
            let has = |column| columns.iter().any(|(present, _)| *present == column);
            assert!(has(C::Activity) && has(C::Id) && (has(C::Heartbeat) || has(C::First)));
        }
        assert!(paint::width("? unconfirmed") <= 13);
    }
}
