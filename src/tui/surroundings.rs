//! What the environment says of the terminal. Pure: the variables are an argument.
//!
//! Only where the environment says nothing is the terminal asked (see `session`), and its answer is never waited for.

use super::theme::Background;

/// What is known before the terminal has said anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surroundings {
    /// Colours are wanted.
    pub colors: bool,
    /// Only ASCII can be shown: the locale's encoding is not UTF-8, or the terminal has few glyphs.
    pub ascii: bool,
    /// It cannot move its cursor.
    pub dumb: bool,
    /// It can be asked and told what xterm can, beyond the screen: background, title, notifications.
    pub rich: bool,
    /// tmux is in between.
    pub tmux: bool,
    /// It understands notifications by OSC 777 rather than OSC 9.
    pub osc777: bool,
    /// The background, if the environment knows it.
    pub background: Option<Background>,
}

impl Surroundings {
    /// Of this process.
    pub fn here() -> Self {
        Self::of(|name| std::env::var_os(name)?.into_string().ok())
    }

    /// By these variables. An empty one counts as not set.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        let dumb = term == "dumb";
        let console = term == "linux" || term.starts_with("vt");
        let known = variable("TERM_PROGRAM").unwrap_or_default();
        Self {
            colors: variable("NO_COLOR").is_none() && !dumb,
            ascii: dumb || console || !is_utf8(&variable),
            dumb,
            rich: !dumb && !console,
            tmux: variable("TMUX").is_some(),
            osc777: term.starts_with("rxvt")
                || term.starts_with("foot")
                || variable("VTE_VERSION").is_some() && known != "WezTerm",
            background: variable("COLORFGBG").and_then(|value| background(&value)),
        }
    }
}

/// By the variable that decides. Without any the locale is "C", but that is what ssh leaves behind when it forwards none,
/// and the terminal at the other end knows UTF-8 all the same.
fn is_utf8(variable: &impl Fn(&'static str) -> Option<String>) -> bool {
    let deciding = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
    deciding.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// rxvt and Konsole: `text;behind`, as numbers of the palette.
fn background(colorfgbg: &str) -> Option<Background> {
    match colorfgbg.rsplit(';').next()?.parse::<u8>().ok()? {
        7 | 15 => Some(Background::Light),
        _ => Some(Background::Dark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Surroundings {
        Surroundings::of(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into()))
    }

    #[test]
    fn ascii_where_the_locale_or_the_terminal_has_no_more() {
        assert!(!of(&[]).ascii && !of(&[("LANG", "de_DE.UTF-8")]).ascii && !of(&[("LC_CTYPE", "C.utf8")]).ascii);
        assert!(of(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]).ascii && of(&[("LANG", "de_DE")]).ascii);
        assert!(of(&[("TERM", "linux")]).ascii && of(&[("TERM", "dumb")]).ascii);
        assert!(!of(&[("LC_ALL", ""), ("LANG", "en_US.UTF-8")]).ascii);
    }

    #[test]
    fn a_plain_console_is_asked_nothing() {
        assert!(of(&[("TERM", "xterm-256color")]).rich && of(&[]).rich);
        assert!(!of(&[("TERM", "linux")]).rich && !of(&[("TERM", "vt220")]).rich && !of(&[("TERM", "dumb")]).rich);
    }

    #[test]
    fn the_environment_may_know_the_background() {
        assert_eq!(of(&[("COLORFGBG", "0;15")]).background, Some(Background::Light));
        assert_eq!(of(&[("COLORFGBG", "15;default;0")]).background, Some(Background::Dark));
        assert_eq!(of(&[("COLORFGBG", "what")]).background, None);
    }
}
