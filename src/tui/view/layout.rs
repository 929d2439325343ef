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

/// High enough for the service's pane as well.
const TALL: u16 = 36;
/// Lines of the service's pane, border included.
const SERVICE: u16 = 12;
/// The service's clocks in their own view are at least so many lines, heads included.
const CLOCKS: u16 = 3;

/// What is to be shown beside the task table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    /// The pane that arrows move in.
    pub focus: Focus,
    /// Lines of caption and bar.
    pub strip: u16,
    /// The service's pane, if there is room.
    pub service: bool,
}

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
    /// The service's own clocks and history, border included.
    pub service: Option<Rect>,
    /// The demo's caption and the presenter's bar.
    pub strip: Rect,
    /// All between header and strip, for the views that fill the screen, border included.
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
    pub fn of(area: Rect, shape: Shape) -> Self {
        let focus = shape.focus;
        let too_small = area.width < MIN_WIDTH || area.height < MIN_HEIGHT;
        let line = |row: u16| Rect { y: area.y + row, height: 1, ..area }.intersection(area);
        let boxed = Self::is_boxed(area);
        // Half of a small screen is for the tasks, whatever else there is to say.
        let strip = shape.strip.min(area.height.saturating_sub(3) / 2);
        let middle = area.height.saturating_sub(3 + strip);
        let beside = shape.service && area.width >= WIDE && area.height >= TALL;
        let bottom = match (boxed, focus) {
            (true, _) if beside => 9,
            (true, _) => (middle * 2 / 5).max(9),
            // With so few lines, a caption takes the place of the details.
            (false, Focus::Tasks) => {
                if strip > 0 {
                    0
                } else {
                    4
                }
            }
            // With so few lines, what has the focus gets most of them.
            (false, _) => middle.saturating_sub(3),
        };
        // The table keeps its border, its heads and two tasks.
        let bottom = bottom.min(middle.saturating_sub(if boxed { 5 } else { 3 }));
        let body = Rect { y: area.y + 1, height: middle, ..area }.intersection(area);
        let between = if beside { SERVICE.min(middle - bottom) } else { 0 };
        let table = Rect { y: area.y + 1, height: middle - bottom - between, ..area }.intersection(area);
        let service = beside.then_some(Rect { y: table.bottom(), height: between, ..area }.intersection(area));
        let pane = Rect { y: table.bottom() + between, height: bottom, ..area }.intersection(area);
        let (detail, log) = if bottom == 0 {
            (None, None)
        } else if area.width >= WIDE {
            let left = Rect { width: area.width.div_ceil(2), ..pane };
            let right = Rect { x: left.right(), width: area.width - left.width, ..pane };
            (Some(left), Some(right))
        } else if focus == Focus::Log {
            (None, Some(pane))
        } else {
            (Some(pane), None)
        };
        let strip = Rect { y: body.bottom(), height: strip, ..area }.intersection(area);
        let over = Rect { height: area.height.saturating_sub(2), ..area };
        let (message, footer) = (line(area.height.saturating_sub(2)), line(area.height.saturating_sub(1)));
        Self { too_small, boxed, header: line(0), table, detail, log, service, strip, body, message, footer, over }
    }

    /// Whether panes have borders on all sides at a size.
    pub fn is_boxed(area: Rect) -> bool {
        area.height >= HIGH
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

    /// Lines of the service's clocks in their own view, heads included: what the tasks need, at most half.
    pub fn clock_rows(&self, tasks: usize) -> usize {
        let half = self.body_rows() / 2;
        (tasks + 1).clamp(usize::from(CLOCKS).min(half), half)
    }

    /// Lines of the service's history in its own view, at least.
    pub fn written_rows(&self) -> usize {
        self.body_rows() - self.body_rows() / 2
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
        fn every_area_is_inside_the_terminal(width in 0u16..300, height in 0u16..100, focus in 0..3, strip in 0u16..8, service in any::<bool>()) {
            let area = Rect::new(0, 0, width, height);
            let focus = [Focus::Tasks, Focus::Detail, Focus::Log][usize::try_from(focus).unwrap()];
            let layout = Layout::of(area, Shape { focus, strip, service });
            let panes = [Some(layout.header), Some(layout.table), layout.detail, layout.log, layout.service];
            for pane in panes.into_iter().flatten().chain([layout.body, layout.strip, layout.message, layout.footer, layout.over]) {
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
