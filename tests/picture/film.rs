//! Several screens as one SVG that moves. A row is drawn once for everything it ever showed; style sheets make the right
//! one visible at the right time. What doesn't play it shows the last screen.

use std::collections::HashMap;
use std::fmt::Write;

use termlens::Screen;

use crate::svg;

/// What a row looked like, and in which screens.
struct Look {
    drawn: String,
    screens: Vec<usize>,
}

/// The film: `seconds` for all screens, then from the beginning again.
pub fn draw(screens: &[Screen], seconds: f64, title: &str) -> String {
    let last = screens.len() - 1;
    let (mut sheet, mut body) = (String::new(), String::new());
    let mut rules: HashMap<String, usize> = HashMap::new();
    for row in 0..screens[0].rows() {
        for look in looks(screens, row) {
            let Look { drawn, screens: seen } = look;
            if seen.len() == screens.len() {
                body.push_str(&drawn);
                continue;
            }
            let known = rules.len();
            let frames = frames(&seen, screens.len());
            let number = *rules.entry(frames.clone()).or_insert_with(|| {
                let shown = if seen.contains(&last) { "visible" } else { "hidden" };
                let _ = writeln!(
                    sheet,
                    "@keyframes k{known}{{{frames}}}.k{known}{{visibility:{shown};animation:k{known} {seconds:.0}s step-end infinite}}"
                );
                known
            });
            let _ = write!(body, "<g class=\"k{number}\">\n{drawn}</g>\n");
        }
    }
    svg::window(screens[0].size(), title, &format!("<style>\n{sheet}</style>\n{body}"))
}

/// Everything a row ever showed, but nothing where there was nothing.
fn looks(screens: &[Screen], row: u16) -> Vec<Look> {
    let mut looks: Vec<Look> = Vec::new();
    for (index, screen) in screens.iter().enumerate() {
        let drawn = svg::row(screen, row);
        match looks.iter_mut().find(|look| look.drawn == drawn) {
            Some(look) => look.screens.push(index),
            None => looks.push(Look { drawn, screens: vec![index] }),
        }
    }
    looks.retain(|look| !look.drawn.is_empty());
    looks
}

/// When something that is seen in these screens appears and goes, as keyframes.
fn frames(seen: &[usize], all: usize) -> String {
    let mut text = String::new();
    let mut visible = None;
    for index in 0..all {
        let now = seen.contains(&index);
        if visible != Some(now) {
            let percent = index as f64 * 100.0 / all as f64;
            let _ = write!(text, "{percent:.2}%{{visibility:{}}}", if now { "visible" } else { "hidden" });
            visible = Some(now);
        }
    }
    text
}

#[test]
fn what_is_seen_twice_appears_twice() {
    assert_eq!(frames(&[0, 3], 4), "0.00%{visibility:visible}25.00%{visibility:hidden}75.00%{visibility:visible}");
    assert_eq!(frames(&[1], 2), "0.00%{visibility:hidden}50.00%{visibility:visible}");
}
