//! The heartbeat record of a task: how its last heartbeats went, as a row of bars, in numbers and one by one.

use super::log::{LATE_MS, took};
use crate::console::{CallEnd, CallLine};
use crate::tui::Zone;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The newest on the right: a bar as high as the answer took long, or a sign for what had none.
pub fn bars(beats: &[&CallLine], cells: usize) -> String {
    let shown = &beats[..beats.len().min(cells)];
    let answered = shown.iter().filter(|beat| beat.end == CallEnd::Answered);
    let longest = answered.map(|beat| beat.took_ms).max().unwrap_or(1).max(1);
    let bar = |beat: &&CallLine| match beat.end {
        CallEnd::Answered => BARS[(beat.took_ms.max(0) * 7 / longest) as usize],
        CallEnd::Throttled => '▲',
        CallEnd::NoAnswer(_) | CallEnd::Refused(_) => '✗',
    };
    shown.iter().rev().map(bar).collect()
}

/// `23 answered, 1 late, 2 throttled, 1 without answer`
pub fn numbers(beats: &[&CallLine]) -> String {
    let count = |such: fn(&CallLine) -> bool| beats.iter().filter(|beat| such(beat)).count();
    let counted = [
        (count(|beat| beat.end == CallEnd::Answered), "answered"),
        (count(is_late), "late"),
        (count(|beat| beat.end == CallEnd::Throttled), "throttled"),
        (count(|beat| matches!(beat.end, CallEnd::NoAnswer(_))), "without answer"),
        (count(|beat| matches!(beat.end, CallEnd::Refused(_))), "refused"),
    ];
    let there = counted.into_iter().filter(|(count, _)| *count > 0);
    there.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// One of them in words.
pub fn line(beat: &CallLine, zone: Zone) -> String {
    let end = match &beat.end {
        CallEnd::Answered => format!("answered, {}", took(beat.took_ms)),
        CallEnd::Throttled => "throttled".into(),
        CallEnd::NoAnswer(why) => format!("no answer after {}: {why}", took(beat.took_ms)),
        CallEnd::Refused(why) => format!("refused: {why}"),
    };
    let late =
        beat.late_ms.filter(|_| is_late(beat)).map_or_else(String::new, |late| format!(", sent {} late", took(late)));
    format!("{}  {end}{late}", zone.clock(beat.at))
}

fn is_late(beat: &CallLine) -> bool {
    beat.late_ms.is_some_and(|late| late >= LATE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixtures::call;

    #[test]
    fn the_record_shows_how_it_went() {
        let slow = CallLine { late_ms: Some(1_250), ..call(1, 80) };
        let throttled = CallLine { end: CallEnd::Throttled, ..call(1, 5) };
        let lost = CallLine { end: CallEnd::NoAnswer("reset".into()), ..call(1, 3_000) };
        let fast = call(1, 8);
        let newest_first = [&fast, &slow, &throttled, &fast];
        assert_eq!(bars(&newest_first, 9), "▁▲█▁");
        assert_eq!(bars(&newest_first, 2), "█▁");
        assert_eq!(bars(&[&lost], 2), "✗");
        assert_eq!(numbers(&newest_first), "3 answered, 1 late, 1 throttled");
        assert_eq!(line(&slow, Zone::Fixed(0)), "14:03:22  answered, 80 ms, sent 1.2 s late");
        assert_eq!(line(&lost, Zone::Fixed(0)), "14:03:22  no answer after 3.0 s: reset");
        assert_eq!((bars(&[], 5), numbers(&[])), (String::new(), String::new()));
    }
}
