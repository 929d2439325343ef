//! The demo's story: the caption, the presenter's bar below it, and the summary at the end.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Layout;
use super::paint::{self, put, width, wrap};
use super::table::{ended_text, state_word};
use crate::console::Urgency;
use crate::demo::view::Fault;
use crate::tui::action::Action;
use crate::tui::countdown::{Moment, duration};
use crate::tui::keymap::Keymap;
use crate::tui::stage::Stage;
use crate::tui::state::State;
use crate::tui::theme::Theme;

/// From so many cells on the whole bar is shown; narrower ones show what is in force.
pub const BAR_WIDTH: u16 = 100;
/// The summary's box.
const SUMMARY: u16 = 76;
/// Cells in front of a caption.
const FRONT: u16 = 2;

/// A caption in lines for a screen of this width.
pub fn caption_lines(caption: &str, cells: u16) -> Vec<String> {
    if caption.is_empty() { Vec::new() } else { wrap(caption, usize::from(cells.saturating_sub(FRONT + 1))) }
}

/// Draws caption and bar.
pub fn draw(buf: &mut Buffer, layout: &Layout, state: &State, theme: &Theme, moment: Moment) {
    let Some(scene) = &state.stage else { return };
    let area = layout.strip;
    let bar = scene.has_bar(area.width, layout.boxed) && area.height > 0;
    let mut lines = usize::from(area.height) - usize::from(bar);
    if usize::from(scene.rows) == usize::from(bar) {
        lines = 0;
    }
    for (y, line) in (area.top()..area.bottom()).zip(caption_lines(&scene.caption, area.width)).take(lines) {
        put(buf, Position::new(area.x, y), 1, "»", theme.accent);
        put(buf, Position::new(area.x + FRONT, y), area.width - FRONT, &line, theme.title);
    }
    if bar {
        draw_bar(buf, Rect { y: area.bottom() - 1, height: 1, ..area }, (scene, &state.keymap), theme, moment);
    }
}

/// What the presenter can do and what is in force, each with how long; then what the story's operator has pressed.
fn draw_bar(buf: &mut Buffer, area: Rect, (scene, keymap): (&Stage, &Keymap), theme: &Theme, moment: Moment) {
    let whole = area.width >= BAR_WIDTH;
    let says = whole || scene.paused || !scene.faults.is_empty();
    let shown = scene.auto.shown();
    let mut end = area.right();
    if !shown.is_empty() {
        let most = if says { area.width / 2 } else { area.width };
        let cells = (width(&shown) as u16 + 2).min(most);
        end -= cells;
        put(buf, Position::new(end, area.y), cells, &format!("▸ {shown}"), theme.accent);
    }
    if !says {
        return;
    }
    let mut x = area.x;
    let mut write = |text: &str, style| {
        if x + width(text) as u16 <= end {
            x = put(buf, Position::new(x, area.y), end - x, text, style) + 1;
        }
    };
    let chords: Vec<String> = Action::BAR.iter().map(|action| keymap.shown(*action)).collect();
    // What all begin with is said once.
    let common = Action::BAR[0]
        .prefix()
        .map(|key| format!("{key} "))
        .filter(|prefix| chords.iter().all(|chord| chord.is_empty() || chord.starts_with(prefix)));
    let common = common.unwrap_or_default();
    write(&format!(" {}", common.trim_end()), theme.accent);
    for (action, chord) in Action::BAR.iter().zip(&chords) {
        let since = match action {
            Action::Break(fault) => scene.active(*fault).map(|active| active.since),
            _ => None,
        };
        let key = chord.strip_prefix(&common).unwrap_or(chord);
        match (action, since) {
            (Action::StagePause, _) if scene.paused => write(&format!("[{key} paused]"), theme.warn),
            (Action::Break(fault), Some(since)) => {
                let lasts = duration(((moment.now.boot - since) / 1_000).max(0));
                write(&format!("[{key} {} {lasts}]", fault.name()), theme.warn);
            }
            _ if whole => {
                write(key, theme.accent);
                write(short(*action), theme.dim);
            }
            _ => {}
        }
    }
}

/// What an action is called in the bar.
fn short(action: Action) -> &'static str {
    match action {
        Action::StageCancel => "cancel ",
        Action::StageKill => "kill wf ",
        Action::StageClose => "colleague ",
        Action::StagePause => "pause ",
        Action::Break(fault) => match fault {
            Fault::Cut => "cut ",
            Fault::Slow => "slow ",
            Fault::Throttle => "throttle ",
            Fault::LoseAnswers => "lose answers ",
            Fault::Expire => "expire ",
        },
        _ => action.name(),
    }
}

/// Draws what the story was about and how its tasks have ended.
pub fn draw_summary(buf: &mut Buffer, over: Rect, text: &str, state: &State, theme: &Theme) {
    let cells = usize::from(SUMMARY.min(over.width).saturating_sub(4));
    let mut lines: Vec<_> = wrap(text, cells).into_iter().map(|line| (line, theme.text)).collect();
    lines.push((String::new(), theme.text));
    for facts in state.closed.all() {
        let how = ended_text(facts).unwrap_or_default();
        let text = format!("{} {}, {how}", facts.activity_id.line(), state_word(facts, Urgency::Ended));
        lines.extend(wrap(&text, cells).into_iter().map(|line| (line, theme.title)));
    }
    let held = state.tasks.open();
    lines.push((format!("{held} still held."), theme.dim));
    let inside = paint::popup(buf, over, SUMMARY, lines.len() as u16 + 2, "The end of the story", theme);
    for (y, (line, style)) in (inside.top()..inside.bottom()).zip(&lines) {
        put(buf, Position::new(inside.x, y), inside.width, line, *style);
    }
}
