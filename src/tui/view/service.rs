//! The demo's service as it is itself: what is left of each task by its own clocks, beside what the console says, and
//! every history event as it is written.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::Layout;
use super::list::{self, Width};
use super::paint::{self, put, put_right};
use crate::console::TaskFacts;
use crate::demo::view::{Clock, Written};
use crate::task::TimeoutKind;
use crate::tui::countdown::{Left, Moment, duration};
use crate::tui::stage::Stage;
use crate::tui::state::State;
use crate::tui::theme::Theme;

/// From so many cells on, events have seconds and what they say.
const WIDE: u16 = 70;

/// Draws the pane beside the tasks: clocks on the left, history on the right.
pub fn draw_pane(buf: &mut Buffer, area: Rect, layout: &Layout, state: &State, theme: &Theme, moment: Moment) {
    let Some(scene) = &state.stage else { return };
    let left = Rect { width: area.width / 2, ..area };
    let right = Rect { x: left.right(), width: area.width - left.width, ..area };
    paint::pane(buf, left, layout, "The service's clocks", "B hides", false, theme);
    paint::pane(buf, right, layout, "The service's history", "newest first", false, theme);
    draw_clocks(buf, layout.inside(left), (state, scene), theme, moment);
    draw_events(buf, layout.inside(right), (state, scene), None, theme);
}

/// Draws the view: clocks above, history below.
pub fn draw_full(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme, moment: Moment) {
    let Some(scene) = &state.stage else { return };
    let area = list::frame(buf, layout, "The service, by its own clocks", "", theme);
    let clocks = layout.clock_rows(scene.clocks.as_ref().map_or(0, Vec::len)) as u16;
    draw_clocks(buf, Rect { height: clocks, ..area }, (state, scene), theme, moment);
    let below = Rect { y: area.y + clocks, height: area.height - clocks, ..area };
    if below.height > 0 {
        put(buf, below.as_position(), below.width, &"─".repeat(below.width.into()), theme.dim);
        put(
            buf,
            Position::new(below.x + 1, below.y),
            below.width.saturating_sub(1),
            " history, newest first ",
            theme.title,
        );
        let rest = Rect { y: below.y + 1, height: below.height - 1, ..below };
        draw_events(buf, rest, (state, scene), Some(scene.cursor.at), theme);
    }
}

/// A line a task: what the service will give it, and what the console promises.
fn draw_clocks(buf: &mut Buffer, area: Rect, (state, scene): (&State, &Stage), theme: &Theme, moment: Moment) {
    let Some(clocks) = &scene.clocks else {
        list::empty(buf, area, "asking the service…", theme);
        return;
    };
    let numbers = [Width::Cells(8), Width::Cells(8), Width::Cells(8)];
    let places = list::columns(area, &[&[Width::Parts(1)], &numbers[..]].concat());
    let heads = [("TASK", false), ("SERVICE", true), ("CONSOLE", true), ("ENDS BY", true)];
    for ((head, right), place) in heads.into_iter().zip(&places) {
        if right {
            put_right(buf, *place, head, theme.dim);
        } else {
            put(buf, place.as_position(), place.width, head, theme.dim);
        }
    }
    for (y, (name, clock)) in (area.top() + 1..area.bottom()).zip(known(clocks, state, scene)) {
        let at = |column: usize| Rect { y, ..places[column] };
        let style = match clock {
            None => theme.danger,
            Some(clock) if clock.cancel_requested => theme.alarm,
            Some(clock) if clock.started => theme.text,
            Some(_) => theme.dim,
        };
        let glyph = if clock.is_some_and(|clock| clock.cancel_requested) { "✖" } else { " " };
        put(buf, Position::new(area.x, y), 1, glyph, style);
        put(buf, at(0).as_position(), at(0).width, &name, style);
        let Some(clock) = clock else {
            put_right(buf, at(1), "gone", theme.danger);
            continue;
        };
        put_right(buf, at(1), &by_service(clock, moment), style);
        put_right(buf, at(2), &by_console(clock, state, moment), theme.text);
        put_right(buf, at(3), &ends_by(clock, moment), theme.dim);
    }
}

/// The names of the tasks and the service's clocks of them: first those that it has none of, though they are held.
fn known<'a>(
    clocks: &'a [Clock],
    state: &'a State,
    scene: &'a Stage,
) -> impl Iterator<Item = (Cow<'a, str>, Option<&'a Clock>)> {
    let open = state.tasks.all().filter(|facts| !facts.has_ended());
    let gone = open.filter(|facts| scene.clock_of(facts).is_none()).map(|facts| (facts.activity_id.line(), None));
    gone.chain(clocks.iter().map(|clock| (clock.task.activity_id.line(), Some(clock))))
}

/// The clocks in words, a line a task.
pub fn clock_lines(state: &State, moment: Moment) -> Vec<String> {
    let Some((scene, clocks)) = state.stage.as_ref().and_then(|scene| Some((scene, scene.clocks.as_ref()?))) else {
        return Vec::new();
    };
    let line = |(name, clock): (Cow<'_, str>, Option<&Clock>)| {
        let Some(clock) = clock else { return format!("{name}: gone by the service") };
        let cancel = if clock.cancel_requested { ", cancel requested" } else { "" };
        let [service, console, end] =
            [by_service(clock, moment), by_console(clock, state, moment), ends_by(clock, moment)];
        format!("{name}: service {service}, console {console}, ends by {end}{cancel}")
    };
    known(clocks, state, scene).map(line).collect()
}

/// An event in words.
pub fn event_line(event: &Written, state: &State) -> String {
    let (workflow, kind, says) = (event.workflow_id.line(), event.event_type.line(), event.says.line());
    format!("{} history {workflow}: {kind} {says}", state.zone.clock(event.at)).trim_end().to_owned()
}

fn ends_by(clock: &Clock, moment: Moment) -> String {
    clock.end.map_or_else(|| "none".into(), |at| left(at - moment.now.boot))
}

/// What the service will really give: the truth at the moment of the frame.
fn by_service(clock: &Clock, moment: Moment) -> String {
    match clock.heartbeat {
        _ if !clock.started => "waits".into(),
        None => "none".into(),
        Some(at) => left(at - moment.now.boot),
    }
}

/// What the table says of the same task.
fn by_console(clock: &Clock, state: &State, moment: Moment) -> String {
    let task = |facts: &&std::sync::Arc<TaskFacts>| {
        !facts.has_ended() && facts.activity_id == clock.task.activity_id && facts.execution.run_id == clock.task.run_id
    };
    let Some(facts) = state.tasks.all().find(task) else { return "–".into() };
    let heartbeat = facts.deadlines.iter().find(|deadline| deadline.kind == TimeoutKind::Heartbeat);
    heartbeat.map_or_else(String::new, |deadline| Left::of(deadline, moment.stands_until).to_string())
}

fn left(millis: i64) -> String {
    duration(millis.max(0) / 1_000)
}

fn draw_events(buf: &mut Buffer, area: Rect, (state, scene): (&State, &Stage), cursor: Option<usize>, theme: &Theme) {
    if scene.events.is_empty() {
        list::empty(buf, area, "no event yet", theme);
        return;
    }
    let offset = cursor.map_or(0, |_| scene.cursor.offset);
    let wide = area.width >= WIDE;
    let events = scene.events.iter().enumerate().skip(offset);
    for (y, (index, event)) in (area.top()..area.bottom()).zip(events) {
        let clock = if wide { state.zone.clock(event.at) } else { state.zone.minute(event.at) };
        let x = put(buf, Position::new(area.x, y), area.width, &clock, theme.dim) + 1;
        let x = put(buf, Position::new(x, y), area.right().saturating_sub(x), &event.workflow_id.line(), theme.dim) + 1;
        let room = area.right().saturating_sub(x);
        let x = put(buf, Position::new(x, y), room, &event.event_type.line(), style(event, theme)) + 1;
        put(buf, Position::new(x, y), area.right().saturating_sub(x), &event.says.line(), theme.dim);
        if cursor == Some(index) {
            buf.set_style(Rect { y, height: 1, ..area }, theme.selected);
        }
    }
}

/// What ends something stands out.
fn style(event: &Written, theme: &Theme) -> Style {
    let name = event.event_type.raw();
    if name.contains("TimedOut") || name.contains("Terminated") || name.ends_with("Failed") {
        theme.danger
    } else if name.contains("Cancel") {
        theme.warn
    } else if name.starts_with("ActivityTask") {
        theme.title
    } else {
        theme.text
    }
}
