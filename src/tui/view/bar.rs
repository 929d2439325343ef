//! The presenter's bar: what is in it and where, for the eye and for the mouse.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::Layout;
use super::paint::{put, width};
use crate::demo::view::Fault;
use crate::tui::action::Action;
use crate::tui::countdown::{Moment, duration};
use crate::tui::keymap::Keymap;
use crate::tui::stage::Stage;
use crate::tui::state::State;
use crate::tui::theme::Theme;

/// From so many cells on the whole bar is shown; narrower ones show what is in force.
pub const BAR_WIDTH: u16 = 100;

/// A piece of the bar.
struct Piece {
    text: String,
    looks: fn(&Theme) -> Style,
    /// What a press on it does.
    action: Option<Action>,
}

/// Where it is, if it is shown.
pub fn area(layout: &Layout, scene: &Stage) -> Option<Rect> {
    let strip = layout.strip;
    let shown = scene.has_bar(strip.width, layout.boxed) && strip.height > 0;
    shown.then(|| Rect { y: strip.bottom() - 1, height: 1, ..strip })
}

/// Draws what the presenter can do and what is in force, each with how long; then what the story's operator has pressed.
pub fn draw(buf: &mut Buffer, area: Rect, (scene, keymap): (&Stage, &Keymap), theme: &Theme, moment: Moment) {
    let room = room(area, scene);
    let shown = scene.auto.shown();
    if !shown.is_empty() {
        put(buf, Position::new(room.right(), area.y), area.width - room.width, &format!("▸ {shown}"), theme.accent);
    }
    for (place, piece) in places(room, pieces(area, scene, keymap, moment)) {
        put(buf, place.as_position(), place.width, &piece.text, (piece.looks)(theme));
    }
}

/// What a press there does, as if by its key.
pub fn action_at(layout: &Layout, state: &State, at: Position, moment: Moment) -> Option<Action> {
    let scene = state.stage.as_ref()?;
    let area = area(layout, scene)?;
    let mut places = places(room(area, scene), pieces(area, scene, &state.keymap, moment));
    // The cell behind a piece belongs to it: between a key and its name nothing else is meant.
    places.find(|(place, _)| Rect { width: place.width + 1, ..*place }.contains(at))?.1.action
}

/// What the last keys of the story's operator leave of it: nothing if there is nothing else to say.
fn room(area: Rect, scene: &Stage) -> Rect {
    let shown = scene.auto.shown();
    if shown.is_empty() {
        return area;
    }
    let says = area.width >= BAR_WIDTH || scene.paused || !scene.faults.is_empty();
    let most = if says { area.width / 2 } else { area.width };
    Rect { width: area.width - (width(&shown) as u16 + 2).min(most), ..area }
}

/// Everything in it, from the left.
fn pieces(area: Rect, scene: &Stage, keymap: &Keymap, moment: Moment) -> Vec<Piece> {
    let whole = area.width >= BAR_WIDTH;
    if !whole && !scene.paused && scene.faults.is_empty() {
        return Vec::new();
    }
    let chords: Vec<String> = Action::BAR.iter().map(|action| keymap.shown(*action)).collect();
    // What all begin with is said once.
    let common = Action::BAR[0]
        .prefix()
        .map(|key| format!("{key} "))
        .filter(|prefix| chords.iter().all(|chord| chord.is_empty() || chord.starts_with(prefix)));
    let common = common.unwrap_or_default();
    let piece = |text: String, looks, action| Piece { text, looks, action };
    let mut pieces = vec![piece(format!(" {}", common.trim_end()), |theme| theme.accent, None)];
    for (&action, chord) in Action::BAR.iter().zip(&chords) {
        let since = match action {
            Action::Break(fault) => scene.active(fault).map(|active| active.since),
            _ => None,
        };
        let key = chord.strip_prefix(&common).unwrap_or(chord);
        match (action, since) {
            (Action::StagePause, _) if scene.paused => {
                pieces.push(piece(format!("[{key} paused]"), |theme| theme.warn, Some(action)));
            }
            (Action::Break(fault), Some(since)) => {
                let lasts = duration(((moment.now.boot - since) / 1_000).max(0));
                pieces.push(piece(format!("[{key} {} {lasts}]", fault.name()), |theme| theme.warn, Some(action)));
            }
            _ if whole => {
                pieces.push(piece(key.to_owned(), |theme| theme.accent, Some(action)));
                pieces.push(piece(short(action).to_owned(), |theme| theme.dim, Some(action)));
            }
            _ => {}
        }
    }
    pieces
}

/// Each in its place; what has none is left out.
fn places(room: Rect, pieces: Vec<Piece>) -> impl Iterator<Item = (Rect, Piece)> {
    let mut x = room.x;
    pieces.into_iter().filter_map(move |piece| {
        let place = Rect { x, width: width(&piece.text) as u16, ..room };
        let fits = place.right() <= room.right();
        if fits {
            x = place.right() + 1;
        }
        fits.then_some((place, piece))
    })
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
