//! Random keys, pastes, sizes and facts: nothing panics, and no task is closed without its question.

use proptest::prelude::*;

use super::*;
use crate::clock::{Now, Wall};
use crate::console::Command;
use crate::task::ClaimId;
use crate::tui::fixtures::{hostile, zoo};
use crate::tui::state::Overlay;

#[derive(Debug, Clone)]
enum Step {
    Bytes(Vec<u8>),
    Paste(String),
    Size(u16, u16),
    Facts(usize, u64),
    Remove(u64),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let keys = "[ -~]{1,8}|\\x1b\\[[A-HZ]|\\x1b\\[[1-8]~|[\\x00-\\x1f]|\r|\t|\x1b\\[C\r";
    prop_oneof![
        8 => keys.prop_map(|keys| Step::Bytes(keys.into_bytes())),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Step::Bytes),
        1 => any::<String>().prop_map(Step::Paste),
        1 => (1u16..200, 1u16..60).prop_map(|(width, height)| Step::Size(width, height)),
        2 => (0usize..16, 1u64..30).prop_map(|(kind, id)| Step::Facts(kind, id)),
        1 => (1u64..30).prop_map(Step::Remove),
        1 => (0i64..4_000_000).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn nothing_panics_and_nothing_is_closed_unasked(steps in prop::collection::vec(step(), 1..60)) {
        let mut state = screen(zoo());
        let mut now = T0;
        let mut parser = Parser::default();
        for step in steps {
            match step {
                Step::Bytes(bytes) => {
                    for input in parser.advance(&bytes).into_iter().chain(parser.expire()) {
                        match input {
                            Input::Key(key) => {
                                // A close may only come from the question on the screen.
                                let asked = matches!(&state.overlay, Some(Overlay::Confirm(question)) if question.chosen);
                                let wish = update::key(&mut state, key, now);
                                let closes = matches!(wish, Some(Wish::Send(Command::Close { .. })));
                                prop_assert!(asked || !closes);
                            }
                            Input::Paste(text) => update::paste(&mut state, &text),
                            Input::Mouse(_) | Input::Focus(_) | Input::Background(_) => {}
                        }
                    }
                }
                Step::Paste(text) => update::paste(&mut state, &text),
                Step::Size(width, height) => state.area = Rect::new(0, 0, width, height),
                Step::Facts(kind, id) => {
                    let facts = if kind == 15 { hostile(id) } else { zoo()[kind].clone() };
                    let facts = Arc::new(TaskFacts { id: ClaimId(id), ..(*facts).clone() });
                    update::news(&mut state, News { changed: vec![facts], ..News::default() }, now.boot);
                }
                Step::Remove(id) => {
                    update::news(&mut state, News { removed: vec![ClaimId(id)], ..News::default() }, now.boot);
                }
                Step::Wait(millis) => {
                    now = Now { boot: now.boot + millis, mono: now.mono + millis, wall: Wall(now.wall.0 + millis) };
                }
            }
            state.tasks.advance(now.boot);
            let moment = Moment::new(now);
            state.settle(moment);
            let mut buf = Buffer::empty(state.area);
            let cursor = view::draw(&mut buf, &state, &Theme::dark(), moment);
            prop_assert!(cursor.is_none_or(|at| state.area.contains(at)), "{cursor:?} in {:?}", state.area);
            prop_assert!(state.tasks.shown() == 0 || state.tasks.selected().is_some());
        }
    }
}
