//! Reads the screen as a person does: which tasks, in which state, with how much time.

use termlens::Screen;

/// One complete frame without a form or question over it.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The second of the day that its clock shows: it stands until the next one.
    pub second: i64,
    pub rows: Vec<Row>,
}

/// One line of the task table.
#[derive(Debug, Clone)]
pub struct Row {
    pub selected: bool,
    pub state: String,
    pub id: String,
    /// Both countdowns; none of a task that is over.
    pub left: Option<Countdowns>,
}

#[derive(Debug, Clone)]
pub struct Countdowns {
    pub heartbeat: Left,
    pub ends_by: Left,
    /// Which deadline the latter is: `close`, `sched` or `exec`.
    pub ends_by_kind: String,
}

/// What a countdown says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    Unknown,
    Unlimited,
    Seconds(i64),
}

/// The states of a task that is over.
const ENDED: [&str; 7] =
    ["✓ completed", "✗ failed", "⊘ canceled", "✝ by another", "✝ timed out", "✝ wf closed", "✝ unproven"];
/// The cells of the bar in front of the heartbeat's countdown, and a gap.
const BAR: usize = 11;

impl Frame {
    /// `None` while a form, question or the help covers the table, and before the first news.
    ///
    /// # Panics
    /// The table does not look as this test expects.
    pub fn read(screen: &Screen) -> Option<Self> {
        let lines: Vec<Vec<char>> = (0..screen.rows()).map(|row| screen.row_text(row).chars().collect()).collect();
        let text = |line: usize| lines[line].iter().collect::<String>();
        let instead_of_rows = text(3);
        if !text(lines.len() - 1).contains("q quit") || instead_of_rows.contains("connecting…") {
            return None;
        }
        let second = of_day(text(0).split_whitespace().last()?)?;
        if instead_of_rows.contains("No tasks") {
            return Some(Self { second, rows: Vec::new() });
        }
        let heads = text(2);
        let column = |name: &str| Some(heads[..heads.find(name)?].chars().count());
        let columns = [column("STATE")?, column("ID")?, column("HEARTBEAT")?, column("ENDS BY")?, column("KEPT")?];
        let table = lines[3..].iter().take_while(|line| line.first() == Some(&'│'));
        let rows: Vec<_> = table.filter_map(|line| row(line, columns)).collect();
        let title = text(1);
        let all = title.split_once(" of ").and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
        assert_eq!(rows.len(), all.unwrap_or(1), "not all tasks are in view");
        Some(Self { second, rows })
    }

    pub fn selected(&self) -> Option<&Row> {
        self.rows.iter().find(|row| row.selected)
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.id.as_str())
    }
}

impl Row {
    pub fn has_ended(&self) -> bool {
        self.left.is_none()
    }

    /// Whether a close is on its way, or nobody knows yet how the task ended.
    pub fn is_undecided(&self) -> bool {
        ["closing", "not closed", "unconfirmed", "refused"].iter().any(|word| self.state.contains(word))
    }

    pub fn asks_for_cancel(&self) -> bool {
        self.state.contains('✖')
    }
}

fn row(line: &[char], [state, id, heartbeat, ends_by, kept]: [usize; 5]) -> Option<Row> {
    let cell =
        |from: usize, to: usize| line.get(from..to).map(|cell| cell.iter().collect::<String>().trim().to_owned());
    let (state_text, id) = (cell(state, state + 13)?, cell(id, heartbeat)?);
    if id.is_empty() {
        return None;
    }
    let ended = ENDED.contains(&state_text.as_str());
    let ends = cell(ends_by, kept)?;
    let (ends_left, kind) = match ends.split_once(' ') {
        // "0:00 ? close" has one space more.
        Some(_) if ends.contains(" ? ") => ("0:00", ends.split_whitespace().nth(2).unwrap_or_default()),
        // Behind the kind, "+?" says that another one is unknown.
        Some((left, kind)) => (left, kind.split(' ').next().unwrap_or_default()),
        None => (ends.as_str(), ""),
    };
    let left = (!ended).then(|| Countdowns {
        heartbeat: left(&cell(heartbeat + BAR, ends_by).unwrap_or_default()),
        ends_by: left(ends_left),
        ends_by_kind: kind.to_owned(),
    });
    Some(Row { selected: line.get(2) == Some(&'▌'), state: state_text, id, left })
}

fn left(text: &str) -> Left {
    match text {
        "unknown" => Left::Unknown,
        "none" => Left::Unlimited,
        _ => {
            let clean = text.trim_start_matches('~').trim_end_matches(" ?");
            Left::Seconds(of_day(clean).unwrap_or_else(|| panic!("not a countdown: {text:?}")))
        }
    }
}

/// `14:03:22` or `3:22` in seconds.
fn of_day(text: &str) -> Option<i64> {
    text.split(':').try_fold(0, |sum, part| Some(sum * 60 + part.parse::<i64>().ok()?))
}
