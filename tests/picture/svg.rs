//! A terminal's grid as an SVG: text as text, borders and bars as shapes, so that they close whatever the font.

use std::fmt::Write;

use termlens::{Color, Screen, Style};

/// One cell.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
/// From the top of a cell to the line that letters stand on.
const BASELINE: f64 = 13.2;
/// Around the grid, and the bar with the title above it.
const MARGIN: f64 = 14.0;
const BAR: f64 = 34.0;

const BACKGROUND: &str = "#11151d";
const FRAME: &str = "#2b3340";
const TEXT: &str = "#d5dbe6";
/// Text that is dim.
const DIM: &str = "#7f8a9b";
/// The sixteen ANSI colours, the bright ones like the others but for black.
const ANSI: [&str; 8] = ["#3b4453", "#f47c7c", "#8ccf7e", "#f2c66d", "#7aa8f0", "#e08df0", "#62c6da", "#d5dbe6"];

/// Width and height of a picture of so many columns and rows.
pub fn extent((columns, rows): (u16, u16)) -> (u32, u32) {
    let width = f64::from(columns) * WIDTH + 2.0 * MARGIN;
    let height = f64::from(rows) * HEIGHT + BAR + MARGIN;
    (width.ceil() as u32, height.ceil() as u32)
}

/// The picture, in a window with a title.
pub fn draw(screen: &Screen, title: &str) -> String {
    let rows: String = (0..screen.rows()).map(|index| row(screen, index)).collect();
    window(screen.size(), title, &rows)
}

/// A row of a screen where it belongs; nothing where nothing is to be seen.
pub fn row(screen: &Screen, index: u16) -> String {
    let mut out = String::new();
    for run in runs(screen, index) {
        run.draw(&mut out, f64::from(index) * HEIGHT + BAR);
    }
    out
}

/// A window of so many columns and rows, with a title and what is in it.
pub fn window(size: (u16, u16), title: &str, content: &str) -> String {
    let (width, height) = extent(size);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">\n\
         <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"9\" fill=\"{BACKGROUND}\" stroke=\"{FRAME}\"/>\n",
        width - 1,
        height - 1,
    );
    for (n, colour) in ["#f47c7c", "#f2c66d", "#8ccf7e"].into_iter().enumerate() {
        let _ =
            writeln!(out, "<circle cx=\"{}\" cy=\"17\" r=\"5\" fill=\"{colour}\" fill-opacity=\".8\"/>", 20 + 18 * n);
    }
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"21\" text-anchor=\"middle\" font-family=\"system-ui,sans-serif\" font-size=\"12.5\" \
         fill=\"{DIM}\">{title}</text>",
        width / 2
    );
    let _ = writeln!(
        out,
        "<g font-family=\"ui-monospace,'JetBrains Mono',SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" \
         font-size=\"14\" stroke-width=\"1.1\" fill=\"none\">"
    );
    out.push_str(content);
    out.push_str("</g>\n</svg>\n");
    out
}

/// Neighbours that are drawn as one: a text, or the same shape again and again.
#[derive(Debug, PartialEq)]
struct Run {
    column: u16,
    cells: u16,
    text: String,
    style: Style,
}

/// What a row consists of; nothing where nothing is to be seen.
fn runs(screen: &Screen, row: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..screen.cols() {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let (text, style) = (if cell.contents().is_empty() { " " } else { cell.contents() }, *cell.style());
        let cells = if cell.is_wide() { 2 } else { 1 };
        match runs.last_mut() {
            Some(last) if last.style == style && last.takes(column, text) => {
                last.text.push_str(text);
                last.cells += cells;
            }
            _ => runs.push(Run { column, cells, text: text.to_owned(), style }),
        }
    }
    runs.retain(|run| run.style.reverse || run.style.bg != Color::Default || !run.text.trim().is_empty());
    runs
}

impl Run {
    /// Whether what stands in this column goes on with it. A glyph from who knows which font stands alone.
    fn takes(&self, column: u16, text: &str) -> bool {
        let adjacent = self.column + self.cells == column;
        let plain = |text: &str| text.is_ascii();
        adjacent && (plain(&self.text) && plain(text) || is_repeated(text) && self.text.starts_with(text))
    }

    fn draw(&self, out: &mut String, top: f64) {
        let (ink, paper) = colours(self.style);
        let left = f64::from(self.column) * WIDTH + MARGIN;
        let width = f64::from(self.cells) * WIDTH;
        if let Some(paper) = paper {
            // A hair wider, so that neighbours leave no seam.
            rectangle(out, (left, top, width + 0.3, HEIGHT + 0.3), paper, 1.0);
        }
        let Some(first) = self.text.chars().next() else { return };
        if let Some(path) = line(first, width) {
            let (x, y) = (left + WIDTH / 2.0, top + HEIGHT / 2.0);
            let _ = writeln!(out, "<path transform=\"translate({x:.1} {y:.1})\" d=\"{path}\" stroke=\"{ink}\"/>");
            return;
        }
        // Bars are a little lower than a line, so that those of neighbouring rows don't run together.
        match first {
            '█' => rectangle(out, (left, top + 4.0, width, HEIGHT - 8.0), ink, 1.0),
            '░' => rectangle(out, (left, top + 4.0, width, HEIGHT - 8.0), ink, 0.22),
            '▌' => rectangle(out, (left, top, WIDTH / 2.0, HEIGHT), ink, 1.0),
            _ => self.write(out, (left, top + BASELINE, width), ink),
        }
    }

    /// As text, a piece at a time: viewers differ on what several spaces are. Its length is given, so that columns stay
    /// straight in any font.
    fn write(&self, out: &mut String, (left, y, width): (f64, f64, f64), ink: &str) {
        let weight = if self.style.bold { " font-weight=\"700\"" } else { "" };
        let decoration = if self.style.underline { " text-decoration=\"underline\"" } else { "" };
        for (before, text) in pieces(&self.text) {
            let place = if self.text.is_ascii() {
                let (x, length) = (left + before as f64 * WIDTH, text.len() as f64 * WIDTH);
                format!("x=\"{x:.1}\" textLength=\"{length:.1}\"")
            } else {
                format!("x=\"{:.1}\" text-anchor=\"middle\"", left + width / 2.0)
            };
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let _ = writeln!(out, "<text {place} y=\"{y:.1}\" fill=\"{ink}\"{weight}{decoration}>{text}</text>");
        }
    }
}

/// What stands between two spaces or more, each with how much stands before it.
fn pieces(text: &str) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for part in text.split("  ") {
        let trimmed = part.trim_start();
        if !trimmed.is_empty() {
            pieces.push((at + part.len() - trimmed.len(), trimmed.trim_end()));
        }
        at += part.len() + 2;
    }
    pieces
}

#[test]
fn pieces_stand_where_they_stood() {
    assert_eq!(pieces(" a b   c  "), [(1, "a b"), (7, "c")]);
    assert_eq!(pieces("   "), []);
}

fn is_repeated(text: &str) -> bool {
    ["─", "█", "░"].contains(&text)
}

fn rectangle(out: &mut String, (x, y, width, height): (f64, f64, f64, f64), fill: &str, opacity: f64) {
    let opacity = if opacity < 1.0 { format!(" fill-opacity=\"{opacity}\"") } else { String::new() };
    let _ = writeln!(
        out,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"{opacity}/>"
    );
}

/// The path of a border's piece, from the middle of its first cell.
fn line(c: char, width: f64) -> Option<String> {
    let (x, y, r) = (WIDTH / 2.0, HEIGHT / 2.0, WIDTH / 2.0);
    Some(match c {
        '─' => format!("M{:.1} 0h{width:.1}", -x),
        '│' => format!("M0 {:.1}v{:.1}", -y, HEIGHT + 0.3),
        '╭' => format!("M0 {y:.1}V{r:.1}Q0 0 {x:.1} 0"),
        '╮' => format!("M0 {y:.1}V{r:.1}Q0 0 {:.1} 0", -x),
        '╰' => format!("M0 {:.1}V{:.1}Q0 0 {x:.1} 0", -y, -r),
        '╯' => format!("M0 {:.1}V{:.1}Q0 0 {:.1} 0", -y, -r, -x),
        _ => return None,
    })
}

/// Ink, and paper where it is not the window's.
fn colours(style: Style) -> (&'static str, Option<&'static str>) {
    let named = |colour, default| match colour {
        Color::Indexed(n @ 0..16) => ANSI[usize::from(n % 8)],
        _ => default,
    };
    let ink = named(style.fg, if style.dim { DIM } else { TEXT });
    let paper = (style.bg != Color::Default).then(|| named(style.bg, BACKGROUND));
    if style.reverse { (paper.unwrap_or(BACKGROUND), Some(ink)) } else { (ink, paper) }
}
