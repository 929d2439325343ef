//! The keys that actions come with; what the config changes of them is in `keymap`.

use crossterm::event::KeyCode;

use super::{A, Action};
use crate::demo::view::Fault;
use crate::tui::clipboard::Part;
use crate::tui::keys::Key;

impl Action {
    /// The keys it comes with, after its prefix if it has one; the one to show first.
    pub fn keys(self) -> &'static [Key] {
        const DIGITS: [Key; 10] = [
            Key::char('1'),
            Key::char('2'),
            Key::char('3'),
            Key::char('4'),
            Key::char('5'),
            Key::char('6'),
            Key::char('7'),
            Key::char('8'),
            Key::char('9'),
            Key::char('0'),
        ];
        match self {
            A::Beat => &const { [Key::char(' ')] },
            A::Percent(percent) => {
                DIGITS.get((usize::from(percent) / 10).wrapping_sub(1)..).map_or(&[], |from| &from[..1])
            }
            A::Details | A::Copy(Part::Details) => &const { [Key::char('d')] },
            A::Service => &const { [Key::char('B')] },
            A::Note | A::Break(Fault::Cut) | A::Copy(Part::Input) => &const { [Key::char('n')] },
            A::Break(Fault::LoseAnswers) | A::OpenLog => &const { [Key::char('l')] },
            A::StageKill => &const { [Key::char('k')] },
            A::StageClose => &const { [Key::char('o')] },
            A::Keep => &const { [Key::char('a')] },
            A::StopKeeping => &const { [Key::char('A')] },
            A::Complete | A::StageCancel => &const { [Key::char('c')] },
            A::Fail => &const { [Key::char('f')] },
            A::Cancel => &const { [Key::char('x')] },
            A::GoOn | A::Copy(Part::Id) => &const { [Key::char('i')] },
            A::Withdraw | A::Copy(Part::Workflow) => &const { [Key::char('w')] },
            A::SetTimeout | A::Break(Fault::Throttle) => &const { [Key::char('t')] },
            A::Dismiss => &const { [Key::char('D'), Key::plain(KeyCode::Delete)] },
            A::Claim | A::StagePause => &const { [Key::char('p')] },
            A::AutoClaim => &const { [Key::char('H')] },
            A::StopClaiming => &const { [Key::char('P')] },
            A::Orphans => &const { [Key::char('O')] },
            A::Reload | A::Copy(Part::Run) => &const { [Key::char('r')] },
            A::Mark => &const { [Key::char('m')] },
            A::MarkRange => &const { [Key::char('v')] },
            A::MarkAll => &const { [Key::char('M')] },
            A::MarkInvert => &const { [Key::char('*')] },
            A::Unmark => &const { [Key::char('u')] },
            A::Filter => &const { [Key::char('/')] },
            A::Sort | A::Break(Fault::Slow) => &const { [Key::char('s')] },
            A::SortReverse => &const { [Key::char('S')] },
            A::Follow => &const { [Key::char('F')] },
            A::Freeze => &const { [Key::char('z')] },
            A::Up => &const { [Key::char('k'), Key::plain(KeyCode::Up)] },
            A::Down => &const { [Key::char('j'), Key::plain(KeyCode::Down)] },
            A::First => &const { [Key::char('g'), Key::plain(KeyCode::Home)] },
            A::Last => &const { [Key::char('G'), Key::plain(KeyCode::End)] },
            A::PageUp => &const { [Key::ctrl('u'), Key::plain(KeyCode::PageUp)] },
            A::PageDown => &const { [Key::ctrl('d'), Key::plain(KeyCode::PageDown)] },
            A::NextPane => &const { [Key::plain(KeyCode::Tab)] },
            A::Open => &const { [Key::plain(KeyCode::Enter)] },
            A::OpenEvents | A::Break(Fault::Expire) => &const { [Key::char('e')] },
            A::OpenWaiting => &const { [Key::char('W')] },
            A::OpenClosed => &const { [Key::char('C')] },
            A::Back => &const { [Key::plain(KeyCode::Esc)] },
            A::Contexts => &const { [Key::char('X')] },
            A::Palette => &const { [Key::char(':'), Key::ctrl('p')] },
            A::Mouse => &const { [Key::ctrl('t')] },
            A::Repaint => &const { [Key::ctrl('l')] },
            A::Suspend => &const { [Key::ctrl('z')] },
            A::Help => &const { [Key::char('?')] },
            A::Quit => &const { [Key::char('q'), Key::ctrl('c')] },
        }
    }
}
