//! The selected task in full: what to do about it, its deadlines, its heartbeats, its input.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::Layout;
use super::list;
use super::paint::{self, put, wrap};
use super::record;
use crate::clock::Boot;
use crate::console::{CallLine, Deadline, TaskFacts, TaskState};
use crate::task::{TimeoutKind, Verdict};
use crate::text::{Foreign, printable};
use crate::tui::Zone;
use crate::tui::countdown::{Left, Moment, ago, duration, span};
use crate::tui::json;
use crate::tui::keymap::Keymap;
use crate::tui::state::{Focus, State};
use crate::tui::tasks::asks_for_cancel;
use crate::tui::theme::Theme;
use crate::tui::views::View;

/// Cells of the labels in front.
const LABEL: usize = 10;
/// Inputs and results are cut here: more lines than anybody scrolls through.
const MOST_LINES: usize = 2_000;
/// So many heartbeats are in the record.
const RECORD: usize = 60;
/// Details are cut here, so that the input below stays in view.
const DETAIL_LINES: usize = 4;

/// Draws the pane.
pub fn draw(buf: &mut Buffer, area: Rect, layout: &Layout, state: &State, theme: &Theme, moment: Moment) {
    let focused = state.focus == Focus::Detail && state.overlay.is_none();
    let selected = state.tasks.selected();
    let title = selected.map_or("Details".into(), |facts| facts.activity_id.line());
    paint::pane(buf, area, layout, &title, "", focused, theme);
    let inside = layout.inside(area);
    let Some(facts) = selected else { return };
    draw_lines(buf, inside, &Lines::of(facts, state, theme, moment, inside.width.into(), Extent::Pane), state, theme);
}

/// Draws a task as a view of its own, with all there is.
pub fn draw_full(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme, moment: Moment) {
    let facts = state.subject();
    let title = facts.map_or("No longer on the list".into(), |facts| facts.activity_id.line());
    let inside = list::frame(buf, layout, &title, "", theme);
    let Some(facts) = facts else {
        let text = state.keymap.fill("This task is no longer on the list. {back} goes back.");
        list::empty(buf, inside, &text, theme);
        return;
    };
    let lines = Lines::of(facts, state, theme, moment, inside.width.into(), Extent::Full);
    draw_lines(buf, inside, &lines, state, theme);
}

fn draw_lines(buf: &mut Buffer, inside: Rect, lines: &Lines, state: &State, theme: &Theme) {
    for (y, line) in (inside.top()..inside.bottom()).zip(lines.0.iter().skip(state.detail_scroll)) {
        let label = format!("{:LABEL$}", line.label);
        let x = put(buf, Position::new(inside.x, y), inside.width, &label, theme.dim);
        put(buf, Position::new(x, y), inside.right().saturating_sub(x), &line.text, line.style);
    }
}

/// How far the pane or the view can be scrolled.
pub fn scroll_max(state: &State, layout: &Layout, moment: Moment) -> usize {
    let (area, extent) = match state.views.now() {
        View::Tasks => (layout.detail, Extent::Pane),
        _ => (Some(layout.body), Extent::Full),
    };
    let (Some(facts), Some(area)) = (state.subject(), area) else { return 0 };
    let inside = layout.inside(area);
    let lines = Lines::of(facts, state, &Theme::plain(), moment, inside.width.into(), extent);
    lines.0.len().saturating_sub(inside.height.into())
}

/// The outage that a kept task survives, and how soon after it the next one.
fn survives(state: &State, facts: &TaskFacts) -> Option<String> {
    let status = state.status.as_ref()?;
    let outage = duration(facts.survives_ms(status)? / 1_000);
    // Rounded up: until then less is survived.
    let again = status.recovers_ms.map(|ms| format!(", again {} after it", duration((ms + 999) / 1_000)));
    Some(format!("; survives {outage} outage{}", again.unwrap_or_default()))
}

/// Everything known of a task, for a face without columns.
pub fn lines(facts: &TaskFacts, state: &State, moment: Moment) -> Vec<String> {
    const ANY: usize = 100_000;
    let lines = Lines::of(facts, state, &Theme::plain(), moment, ANY, Extent::Full);
    let text = |line: &DetailLine| format!("{:LABEL$}{}", line.label, line.text);
    lines.0.iter().map(text).collect()
}

struct DetailLine {
    label: &'static str,
    text: String,
    style: Style,
}

/// The lines of a task, each at most as wide as the pane.
struct Lines(Vec<DetailLine>);

impl Lines {
    fn of(facts: &TaskFacts, state: &State, theme: &Theme, moment: Moment, cells: usize, extent: Extent) -> Self {
        let mut lines = Writer { lines: Vec::new(), cells, theme, keymap: &state.keymap, extent };
        let zone = state.zone;
        lines.calls(facts, moment);
        lines.state(facts, survives(state, facts), moment, zone);
        lines.note(facts, moment, zone);
        lines.deadlines(facts, moment.stands_until);
        lines.heartbeats(facts, moment, zone);
        let beats: Vec<_> = match extent {
            Extent::Pane => Vec::new(),
            Extent::Full => state.log.beats(facts.id).take(RECORD).collect(),
        };
        lines.record(&beats);
        lines.identity(facts, moment, zone);
        lines.foreign("input", facts.input.as_ref(), MOST_LINES);
        lines.beats(&beats, zone);
        Self(lines.lines)
    }
}

struct Writer<'a> {
    lines: Vec<DetailLine>,
    cells: usize,
    theme: &'a Theme,
    keymap: &'a Keymap,
    extent: Extent,
}

/// How much is shown of what may be long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// The beginning, so that the rest stays in view.
    Pane,
    /// All of it, JSON laid out.
    Full,
}

impl Writer<'_> {
    /// A labelled text, wrapped beside its label.
    fn put(&mut self, label: &'static str, text: &str, style: Style) {
        let wrapped = wrap(text, self.cells.saturating_sub(LABEL));
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        self.lines.extend(labels.zip(wrapped).map(|(label, text)| DetailLine { label, text, style }));
    }

    fn text(&mut self, label: &'static str, text: &str) {
        self.put(label, text, self.theme.text);
    }

    /// A foreign text with its own line breaks, at most so many lines of it where there is little room.
    fn foreign(&mut self, label: &'static str, text: Option<&Foreign>, most: usize) {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return };
        let (most, json) = match self.extent {
            Extent::Pane => (most, None),
            Extent::Full => (MOST_LINES, json::pretty(text.raw())),
        };
        let before = self.lines.len();
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        let lines: Vec<String> = match json {
            Some(lines) => lines.iter().map(|line| printable(line).into_owned()).collect(),
            None => text.lines().map(Cow::into_owned).collect(),
        };
        for (label, line) in labels.zip(lines) {
            self.text(label, &line);
            if self.lines.len() > before + most {
                self.lines.truncate(before + most);
                self.put("", "…", self.theme.dim);
                break;
            }
        }
    }

    /// What wants an answer, with the keys that give it.
    fn calls(&mut self, facts: &TaskFacts, moment: Moment) {
        if let Some(cancel) = facts.cancel.filter(|_| asks_for_cancel(facts)) {
            let seen = ago(moment.now.wall.0.saturating_sub(cancel.seen_at.0));
            // The keys first: a small pane has two lines for it.
            let keys = self.keymap.fill("{canceled} canceled, {go-on} go on");
            let text = format!("✖ REQUESTED: {keys}; seen {seen}");
            self.put("CANCEL", &text, self.theme.alarm);
        }
        if facts.workflow_cancel && facts.cancel.is_none() && !facts.has_ended() {
            let text = "somebody asked to cancel the workflow; its decider has not told this task";
            self.put("workflow", text, self.theme.warn);
        }
        if !facts.saved {
            let text = "the claim is not on disk: if this process ends, its token is lost; close it or make room";
            self.put("NOT SAVED", text, self.theme.danger);
        }
        if let Some((since, why)) = facts.trouble.as_deref() {
            let since = span(moment.now.boot - *since);
            self.put("trouble", &format!("heartbeats have failed for {since}: {why}"), self.theme.danger);
        }
    }

    fn state(&mut self, facts: &TaskFacts, survives: Option<String>, moment: Moment, zone: Zone) {
        match &facts.state {
            TaskState::Held => {
                let answered = facts.cancel.is_some_and(|cancel| cancel.answered);
                let note = if answered { "; goes on despite a cancel request" } else { "" };
                match facts.lease {
                    Some(_) if facts.left_out => {
                        let text = self.keymap.fill(
                            "left out: the heartbeat rate does not suffice for all kept tasks. No heartbeat goes out by \
                             itself: {beat} beats, {keep-alive} puts it first in line",
                        );
                        self.put("state", &text, self.theme.danger);
                    }
                    Some(lease) => {
                        let left = duration(((lease.until - moment.stands_until) / 1_000).max(0));
                        let until = zone.minute_and_day(lease.until_wall, moment.now.wall);
                        let survives = survives.unwrap_or_default();
                        self.text("state", &format!("held, kept alive until {until}, {left} more{survives}{note}"));
                    }
                    None => {
                        let keys = self.keymap.fill("{beat} beats, {keep-alive} keeps alive");
                        self.text("state", &format!("held, by hand: {keys}{note}"));
                    }
                }
            }
            TaskState::Refused { said } => {
                let text = format!("refused, which proves nothing yet; the token stays. The service said: {said}");
                self.put("state", &text, self.theme.danger);
            }
            TaskState::Closing { kind, attempts, unconfirmed, trouble } => {
                self.closing(kind.word(), *attempts, *unconfirmed, trouble.as_deref());
            }
            TaskState::Ended { verdict, at } => {
                self.text(
                    "ended",
                    &format!("{}, known since {}", verdict_text(verdict), zone.clock_or_day(*at, moment.now.wall)),
                );
                self.written(verdict);
            }
        }
    }

    fn note(&mut self, facts: &TaskFacts, moment: Moment, zone: Zone) {
        let Some(note) = &facts.note else { return };
        self.foreign("note", Some(&note.text), DETAIL_LINES);
        let Some(at) = note.follow_up.filter(|_| !facts.has_ended()) else { return };
        let when = zone.minute_and_day(at, moment.now.wall);
        if note.due {
            self.put("FOLLOW UP", &format!("⚑ since {when}"), self.theme.warn);
        } else {
            self.text("follow up", &format!("at {when}"));
        }
    }

    fn closing(&mut self, word: &str, attempts: u32, unconfirmed: bool, trouble: Option<&str>) {
        let tries = if attempts == 1 { "1 attempt".into() } else { format!("{attempts} attempts") };
        let sure = match (unconfirmed, trouble) {
            (true, _) => "not sure yet whether the service has it".to_owned(),
            (false, None) => "on its way".to_owned(),
            (false, Some(_)) => self.keymap.fill("not applied so far; {withdraw-close} takes it back"),
        };
        self.put("state", &format!("closing as {word}, {tries}: {sure}"), self.theme.warn);
        if let Some(trouble) = trouble {
            self.put("", trouble, self.theme.danger);
        }
    }

    fn written(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::TimedOut { details, .. } => self.foreign("last", details.as_ref(), DETAIL_LINES),
            Verdict::ClosedByOther { written, .. } => self.foreign("written", written.as_ref(), MOST_LINES),
            _ => {}
        }
    }

    /// Those that run, the countdowns below each other; then those without a limit, and those nobody knows.
    fn deadlines(&mut self, facts: &TaskFacts, stands_until: Boot) {
        if facts.has_ended() {
            return;
        }
        for deadline in facts.deadlines.iter().filter(|deadline| deadline.at.is_some()) {
            let left = Left::of(deadline, stands_until).to_string();
            let maybe = match facts.maybe.filter(|_| deadline.kind == TimeoutKind::Heartbeat) {
                Some(maybe) => format!(", maybe {}", duration(((maybe - stands_until) / 1_000).max(0))),
                None => String::new(),
            };
            self.text(label(deadline.kind), &format!("{left:>8} of {}{maybe}", limit(deadline)));
        }
        let names = |such: &dyn Fn(&Deadline) -> bool| {
            let such = facts.deadlines.iter().filter(|deadline| deadline.at.is_none() && such(deadline));
            such.map(|deadline| label(deadline.kind)).collect::<Vec<_>>().join(", ")
        };
        let unlimited = names(&|deadline| !deadline.is_unknown());
        if !unlimited.is_empty() {
            self.text("no limit", &unlimited);
        }
        let unknown = names(&Deadline::is_unknown);
        if !unknown.is_empty() {
            let sets = || self.keymap.fill("{set-timeout} sets one");
            let looking_up = if facts.looking_up { "being looked up".to_owned() } else { sets() };
            self.put("unknown", &format!("{unknown}; {looking_up}"), self.theme.warn);
        }
    }

    fn heartbeats(&mut self, facts: &TaskFacts, moment: Moment, zone: Zone) {
        let mut text = match &facts.last_beat {
            Some(beat) => {
                let when = || format!("at {}", zone.clock_or_day(beat.sent_wall, moment.now.wall));
                let when = beat.sent.map_or_else(when, |sent| ago(moment.now.boot - sent));
                format!("{when}, {} ms, {} in all", beat.took_ms, beat.count)
            }
            None => "none yet".into(),
        };
        if facts.in_flight {
            text.push_str("; one is on its way");
        } else if let Some(next) = facts.next_beat.filter(|_| !facts.has_ended()) {
            let left = ((next - moment.now.boot) / 1_000).max(0);
            text = format!("{text}; next in {left} s");
        }
        self.text("last beat", &text);
        self.foreign("details", facts.details.as_ref(), DETAIL_LINES);
    }

    /// How the last heartbeats went.
    fn record(&mut self, beats: &[&CallLine]) {
        if !beats.is_empty() {
            let cells = self.cells.saturating_sub(LABEL);
            self.text("record", &record::bars(beats, cells));
            self.text("", &record::numbers(beats));
        }
    }

    /// The same one by one, newest first.
    fn beats(&mut self, beats: &[&CallLine], zone: Zone) {
        let labels = std::iter::once("beats").chain(std::iter::repeat(""));
        for (label, beat) in labels.zip(beats) {
            self.put(label, &record::line(beat, zone), self.theme.dim);
        }
    }

    fn identity(&mut self, facts: &TaskFacts, moment: Moment, zone: Zone) {
        let execution = &facts.execution;
        self.text("workflow", &format!("{} / {}", execution.workflow_id.line(), execution.run_id.line()));
        let activity_type = &facts.activity_type;
        let (name, version) = (activity_type.name.line(), activity_type.version.line());
        let claimed = zone.clock_or_day(facts.claimed_at, moment.now.wall);
        self.text("activity", &format!("{name} {version}, claimed {claimed} from {}", facts.task_list.line()));
    }
}

/// At most [`LABEL`] cells.
fn label(kind: TimeoutKind) -> &'static str {
    match kind {
        TimeoutKind::Heartbeat => "heartbeat",
        TimeoutKind::StartToClose => "to close",
        TimeoutKind::ScheduleToClose => "scheduled",
        TimeoutKind::ScheduleToStart => "to start",
        TimeoutKind::Execution => "execution",
    }
}

fn limit(deadline: &Deadline) -> String {
    deadline.limit.map_or_else(String::new, |(limit, source)| format!("{limit} ({})", source.word()))
}

fn verdict_text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Ours { kind, from_history: false } => format!("{} by us", kind.word()),
        Verdict::Ours { kind, from_history: true } => {
            format!("{} as history has it: by us, or by an identical close", kind.word())
        }
        Verdict::ClosedByOther { kind, .. } => format!("{} by somebody else", kind.word()),
        Verdict::TimedOut { kind, .. } => format!("timed out: {}", kind.name()),
        Verdict::ExecutionClosed { event_type } => format!("its workflow closed: {}", event_type.line()),
        Verdict::Unproven { why } => format!("how is unproven: {}", printable(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::Options;
    use crate::tui::fixtures::{T0, call, zoo};

    #[test]
    fn no_line_is_wider_than_the_pane() {
        let mut state = State::new(Options::default(), Rect::new(0, 0, 80, 24));
        state.log.call(call(1, 8));
        for facts in zoo() {
            for cells in 20..80 {
                let lines = Lines::of(&facts, &state, &Theme::plain(), Moment::new(T0), cells, Extent::Full);
                assert!(
                    lines.0.iter().all(|line| paint::width(&line.text) + LABEL <= cells),
                    "{} at {cells}",
                    facts.id
                );
            }
        }
    }
}
