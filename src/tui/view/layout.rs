//! Where everything goes at a size.

use ratatui::layout::Rect;

use crate::tui::state::Focus;

/// Narrower terminals only say so.
pub const MIN_WIDTH: u16 = 40;
/// Lower ones too.
pub const MIN_HEIGHT: u16 = 12;

/// Wide enough for details and log side by side.
const WIDE: u16 = 100;
/// High enough for borders and column heads.
const HIGH: u16 = 20;

/// The areas of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Nothing fits.
    pub too_small: bool,
    /// Panes have borders on all sides and the table has heads; else each has one line with its title on top.
    pub boxed: bool,
    /// One line.
    pub header: Rect,
    /// The tasks, border included.
    pub table: Rect,
    /// The selected task, border included.
    pub detail: Option<Rect>,
    /// What happened, border included.
    pub log: Option<Rect>,
    /// All between header and message line, for the views that fill the screen, border included.
    pub body: Rect,
    /// One line.
    pub message: Rect,
    /// One line.
    pub footer: Rect,
    /// Where forms and questions may lie: all but message and footer.
    pub over: Rect,
}

impl Layout {
    /// For a terminal of this size.
    pub fn of(area: Rect, focus: Focus) -> Self {
        let too_small = area.width < MIN_WIDTH || area.height < MIN_HEIGHT;
        let line = |row: u16| Rect { y: area.y + row, height: 1, ..area }.intersection(area);
        let middle = area.height.saturating_sub(3);
        let boxed = area.height >= HIGH;
        let bottom = match (boxed, focus) {
            (true, _) => (middle * 2 / 5).max(9),
            (false, Focus::Tasks) => 4,
            // With so few lines, what has the focus gets most of them.
            (false, _) => middle.saturating_sub(3),
        };
        let bottom = bottom.min(middle);
        let body = Rect { y: area.y + 1, height: middle, ..area }.intersection(area);
        let table = Rect { y: area.y + 1, height: middle - bottom, ..area }.intersection(area);
        let pane = Rect { y: table.bottom(), height: bottom, ..area }.intersection(area);
        let (detail, log) = if area.width >= WIDE {
            let left = Rect { width: area.width.div_ceil(2), ..pane };
            let right = Rect { x: left.right(), width: area.width - left.width, ..pane };
            (Some(left), Some(right))
        } else if focus == Focus::Log {
            (None, Some(pane))
        } else {
            (Some(pane), None)
        };
        let over = Rect { height: area.height.saturating_sub(2), ..area };
        let (message, footer) = (line(area.height.saturating_sub(2)), line(area.height.saturating_sub(1)));
        Self { too_small, boxed, header: line(0), table, detail, log, body, message, footer, over }
    }

    /// What is inside a pane's border.
    pub fn inside(&self, pane: Rect) -> Rect {
        if self.boxed {
            Rect {
                x: pane.x + 2.min(pane.width),
                y: pane.y + 1.min(pane.height),
                width: pane.width.saturating_sub(4),
                height: pane.height.saturating_sub(2),
            }
        } else {
            Rect { y: pane.y + 1.min(pane.height), height: pane.height.saturating_sub(1), ..pane }
        }
    }

    /// Tasks in view.
    pub fn table_rows(&self) -> usize {
        usize::from(self.inside(self.table).height.saturating_sub(u16::from(self.boxed)))
    }

    /// Lines of the detail pane.
    pub fn detail_rows(&self) -> usize {
        self.detail.map_or(0, |pane| self.inside(pane).height.into())
    }

    /// Lines of a view that fills the screen.
    pub fn body_rows(&self) -> usize {
        self.inside(self.body).height.into()
    }

    /// The same under column heads, which there are where there is room for them.
    pub fn list_rows(&self) -> usize {
        self.body_rows().saturating_sub(self.boxed.into())
    }

    /// Lines of the history, above what the event under the cursor says.
    pub fn event_rows(&self) -> usize {
        self.list_rows().saturating_sub(if self.boxed { super::events::SELECTED.into() } else { 0 })
    }

    /// Lines of the log pane.
    pub fn log_rows(&self) -> usize {
        self.log.map_or(0, |pane| self.inside(pane).height.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_area_is_inside_the_terminal(width in 0u16..300, height in 0u16..100, focus in 0..3) {
            let area = Rect::new(0, 0, width, height);
            let focus = [Focus::Tasks, Focus::Detail, Focus::Log][usize::try_from(focus).unwrap()];
            let layout = Layout::of(area, focus);
            let panes = [Some(layout.header), Some(layout.table), layout.detail, layout.log, Some(layout.message)];
            for pane in panes.into_iter().flatten().chain([layout.body, layout.footer, layout.over]) {
                prop_assert_eq!(pane.intersection(area).area(), pane.area());
                let inside = layout.inside(pane);
                prop_assert_eq!(inside.intersection(pane).area(), inside.area());
            }
            if !layout.too_small {
                prop_assert!(layout.table_rows() >= 2);
            }
        }
    }
}
