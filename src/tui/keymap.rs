//! Which keys do what: the keys every action comes with, and what the config changes of them.
//!
//! Footer, help and palette show what is bound here, never what was bound once. Not here: what actions do.

use thiserror::Error;

use super::action::Action;
use super::keys::Key;

/// Keys pressed one after the other; nearly always one.
pub type Chord = Vec<Key>;

/// All bindings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    /// In the order of the actions; the first of an action is the one to show.
    bound: Vec<(Chord, Action)>,
    /// What is typed where there are no keys; empty where there are.
    typed: Vec<(Action, &'static str)>,
}

/// What keys pressed so far mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// An action.
    Action(Action),
    /// The beginning of longer ones.
    Prefix,
    /// Nothing.
    Nothing,
}

/// Why a keymap is not one; printable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeymapError {
    /// No action has this name.
    #[error("no action is called `{name}`, expected one of {}", known())]
    UnknownAction {
        /// As it was written.
        name: String,
    },
    /// Nobody knows this key.
    #[error("\"{text}\" is no key: write a character, or one of {}, with ctrl- or alt- in front; keys one after the other have a space between them", Key::NAMES.join(", "))]
    UnknownKey {
        /// As it was written.
        text: String,
    },
    /// Two actions want the same.
    #[error("{key} would do two things: {one} and {other}; give one of them another key")]
    Clash {
        /// The keys, as they are shown.
        key: String,
        /// The action that has it.
        one: String,
        /// The one that wants it too.
        other: String,
    },
    /// It would shut the operator in.
    #[error("{0} needs a key")]
    Unbound(String),
    /// It would never come to the action.
    #[error("{0} is taken: ctrl-c always asks whether to quit, ctrl-z suspends, ctrl-l draws anew")]
    Taken(String),
}

/// One line of a keymap file: an action and the keys it is to have instead of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebinding {
    /// Which action.
    pub action: Action,
    /// Its keys; none unbinds it.
    pub chords: Vec<Chord>,
}

impl Rebinding {
    /// Reads the name of an action and its keys.
    ///
    /// # Errors
    /// The action or a key is unknown.
    pub fn parse<'a>(name: &str, keys: impl IntoIterator<Item = &'a str>) -> Result<Self, KeymapError> {
        let action =
            named(name).ok_or_else(|| KeymapError::UnknownAction { name: crate::text::printable(name).into() })?;
        let chords = keys.into_iter().map(parse_chord).collect::<Result<_, _>>()?;
        Ok(Self { action, chords })
    }
}

impl Default for Keymap {
    fn default() -> Self {
        let bound = Action::ALL.iter().flat_map(|&action| own_chords(action).map(move |chord| (chord, action)));
        Self { bound: bound.collect(), typed: Vec::new() }
    }
}

impl Keymap {
    /// For a face without keys: sentences name these commands.
    pub fn typed(commands: impl IntoIterator<Item = (Action, &'static str)>) -> Self {
        Self { typed: commands.into_iter().collect(), ..Self::default() }
    }

    /// The usual keys with some changed. What an action gets, no other keeps by default: only two changes can clash.
    ///
    /// # Errors
    /// [`KeymapError::Clash`] or [`KeymapError::Unbound`].
    pub fn with(changes: &[Rebinding]) -> Result<Self, KeymapError> {
        let reserved = [('c', Action::Quit), ('z', Action::Suspend), ('l', Action::Repaint)];
        for (letter, owner) in reserved {
            let key = Key::ctrl(letter);
            let takes =
                |change: &Rebinding| change.action != owner && change.chords.iter().any(|chord| chord.contains(&key));
            if changes.iter().any(takes) {
                return Err(KeymapError::Taken(key.to_string()));
            }
        }
        let mut bound: Vec<(Chord, Action)> = Vec::new();
        for &action in Action::ALL {
            let change = changes.iter().rev().find(|change| change.action == action);
            let chords: Vec<Chord> = match change {
                Some(change) => change.chords.clone(),
                None => own_chords(action).collect(),
            };
            bound.extend(chords.into_iter().map(|chord| (chord, action)));
        }
        let spoken_of = |action: Action| changes.iter().any(|change| change.action == action);
        let taken: Vec<_> = bound.iter().filter(|(_, action)| spoken_of(*action)).cloned().collect();
        // An action that nobody spoke of gives way.
        bound.retain(|(chord, action)| spoken_of(*action) || !taken.iter().any(|(other, _)| collide(chord, other)));
        for (index, (chord, one)) in bound.iter().enumerate() {
            if let Some((_, other)) = bound[index + 1..].iter().find(|(other, _)| collide(chord, other)) {
                return Err(KeymapError::Clash { key: written(chord), one: one.id(), other: other.id() });
            }
        }
        let map = Self { bound, typed: Vec::new() };
        // ctrl-c always asks whether to quit; the way back and the help are needed as well.
        for action in [Action::Quit, Action::Help, Action::Back] {
            if map.chords(action).next().is_none() {
                return Err(KeymapError::Unbound(action.id()));
            }
        }
        Ok(map)
    }

    /// What keys pressed one after the other mean.
    pub fn find(&self, pressed: &[Key]) -> Found {
        let exact = self.bound.iter().find(|(chord, _)| chord == pressed);
        match exact {
            Some((_, action)) => Found::Action(*action),
            None if self.bound.iter().any(|(chord, _)| chord.starts_with(pressed)) => Found::Prefix,
            None => Found::Nothing,
        }
    }

    /// What one key by itself does.
    pub fn action(&self, key: Key) -> Option<Action> {
        match self.find(&[key]) {
            Found::Action(action) => Some(action),
            _ => None,
        }
    }

    /// What an action is bound to, the one to show first.
    pub fn chords(&self, action: Action) -> impl Iterator<Item = &Chord> {
        self.bound.iter().filter(move |(_, bound)| *bound == action).map(|(chord, _)| chord)
    }

    /// How to press it, as it is shown; empty if nothing is bound to it.
    pub fn shown(&self, action: Action) -> String {
        self.chords(action).next().map_or_else(String::new, |chord| written(chord))
    }

    /// How to do it, where a sentence says so: its key, or its name in the palette if it has none; or what is typed.
    pub fn says(&self, action: Action) -> String {
        if !self.typed.is_empty() {
            let command = self.typed.iter().find(|(typed, _)| *typed == action);
            return format!("\"{}\"", command.map_or_else(|| action.title(), |(_, name)| (*name).to_owned()));
        }
        match self.shown(action) {
            keys if keys.is_empty() => format!("{} {}", self.shown(Action::Palette), action.title()),
            keys => keys,
        }
    }

    /// A sentence with the keys in it: `{claim} claims some`, an action's name in the config, becomes `p claims some`.
    pub fn fill(&self, sentence: &'static str) -> String {
        debug_assert_eq!(check_sentence(sentence), Ok(()));
        self.tell(sentence)
    }

    /// The same for a sentence from a file, where braces may be just braces: they stay around what is no action.
    pub fn tell(&self, sentence: &str) -> String {
        let mut told = String::with_capacity(sentence.len());
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            told.push_str(before);
            let action = after.split_once('}').and_then(|(name, after)| Some((named(name)?, after)));
            rest = if let Some((action, after)) = action {
                told.push_str(&self.says(action));
                after
            } else {
                told.push('{');
                after
            };
        }
        told + rest
    }

    /// All ways to press it, as they are shown.
    pub fn all_shown(&self, action: Action) -> Vec<String> {
        self.chords(action).map(|chord| written(chord)).collect()
    }

    /// What may follow keys already pressed: the rest of the chord, and what it does.
    pub fn after(&self, pressed: &[Key]) -> Vec<(String, Action)> {
        let longer = self.bound.iter().filter_map(|(chord, action)| Some((chord.strip_prefix(pressed)?, *action)));
        longer.filter(|(rest, _)| !rest.is_empty()).map(|(rest, action)| (written(rest), action)).collect()
    }
}

/// The action that a config calls so.
pub fn named(id: &str) -> Option<Action> {
    Action::ALL.iter().copied().find(|action| action.id() == id)
}

/// Whether a sentence has in braces no word that looks like an action's name and is none.
///
/// # Errors
/// Which one there is; printable.
pub fn check_sentence(sentence: &str) -> Result<(), String> {
    let looks = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let mut names = sentence.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).filter(looks);
    names.find(|name| named(name).is_none()).map_or(Ok(()), |name| Err(format!("no action is called {name}")))
}

/// The keys an action comes with.
fn own_chords(action: Action) -> impl Iterator<Item = Chord> {
    action.keys().iter().map(move |key| action.prefix().into_iter().chain([*key]).collect())
}

/// Whether both cannot be: equal, or one begins with the other.
fn collide(one: &[Key], other: &[Key]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// A chord as it is shown and as it is written in a config: its keys with spaces between them.
pub fn written(chord: &[Key]) -> String {
    chord.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn parse_chord(text: &str) -> Result<Chord, KeymapError> {
    let unknown = || KeymapError::UnknownKey { text: crate::text::printable(text).into() };
    let chord: Chord = text.split(' ').map(Key::parse).collect::<Option<_>>().ok_or_else(unknown)?;
    if chord.is_empty() || chord.len() > 3 { Err(unknown()) } else { Ok(chord) }
}

/// Every action as a config writes it, with the keys it comes with.
pub fn defaults() -> impl Iterator<Item = (String, Vec<String>)> {
    Action::ALL.iter().map(|&action| (action.id(), own_chords(action).map(|chord| written(&chord)).collect()))
}

fn known() -> String {
    defaults().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rebind(name: &str, keys: &[&str]) -> Rebinding {
        Rebinding::parse(name, keys.iter().copied()).unwrap()
    }

    #[test]
    fn no_keys_do_two_things_and_every_action_has_some() {
        let map = Keymap::default();
        for (index, (chord, action)) in map.bound.iter().enumerate() {
            let other = map.bound[index + 1..].iter().find(|(other, _)| collide(chord, other));
            assert!(other.is_none(), "{} does {action:?} and {other:?}", written(chord));
            assert_eq!(map.find(chord), Found::Action(*action));
        }
        assert!(Action::ALL.iter().all(|action| map.chords(*action).next().is_some()));
        assert!(Keymap::with(&[]).is_ok());
    }

    #[test]
    fn names_of_actions_are_unique_and_writable() {
        let names: Vec<_> = defaults().map(|(name, _)| name).collect();
        for (index, name) in names.iter().enumerate() {
            assert!(!names[index + 1..].contains(name), "{name}");
            assert!(
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
                "{name}"
            );
        }
    }

    #[test]
    fn what_an_action_is_given_another_loses() {
        let map = Keymap::with(&[rebind("complete", &["f", "ctrl-k"]), rebind("beat", &["g b"])]).unwrap();
        assert_eq!(map.action(Key::char('f')), Some(Action::Complete));
        assert_eq!((map.shown(Action::Complete), map.shown(Action::Fail)), ("f".into(), String::new()));
        assert_eq!(map.action(Key::char('c')), None);
        assert_eq!((map.find(&[Key::char('g')]), map.action(Key::char('g'))), (Found::Prefix, None));
        assert_eq!(map.after(&[Key::char('g')]), [("b".into(), Action::Beat)]);
        assert_eq!(map.find(&[Key::char('g'), Key::char('b')]), Found::Action(Action::Beat));
        assert_eq!(map.find(&[Key::char('g'), Key::char('x')]), Found::Nothing);
    }

    #[test]
    fn sentences_have_the_keys_that_are_bound() {
        let map = Keymap::with(&[rebind("claim", &["F5"]), rebind("dismiss", &[])]).unwrap();
        assert_eq!(map.fill("{claim} claims, {dismiss} dismisses, {back} goes back"), {
            "F5 claims, : dismiss dismisses, esc goes back"
        });
        assert_eq!(Keymap::default().fill("no key"), "no key");
    }

    #[test]
    fn where_there_are_no_keys_sentences_name_commands() {
        let map = Keymap::typed([(Action::Cancel, "cancel")]);
        assert_eq!(map.fill("{canceled} answers, {back} goes back"), "\"cancel\" answers, \"back\" goes back");
    }

    #[test]
    fn braces_of_a_story_may_be_just_braces() {
        let told = Keymap::default().tell("{claim} takes {\"rack\":{beat-30}}, {dance}, {} and {claim");
        assert_eq!(told, "p takes {\"rack\":3}, {dance}, {} and {claim");
        assert_eq!(check_sentence("{claim}, {\"rack\":42}, {} and {claim"), Ok(()));
        assert_eq!(check_sentence("{claim}, {dance}"), Err("no action is called dance".into()));
    }

    #[test]
    fn what_cannot_be_is_said() {
        let clash = Keymap::with(&[rebind("complete", &["z"]), rebind("fail", &["z x"])]).unwrap_err();
        assert_eq!(clash.to_string(), "z would do two things: complete and fail; give one of them another key");
        assert_eq!(Keymap::with(&[rebind("quit", &[])]).unwrap_err().to_string(), "quit needs a key");
        let unknown = Rebinding::parse("compleet", []).unwrap_err().to_string();
        assert!(unknown.starts_with("no action is called `compleet`, expected one of `beat`, "), "{unknown}");
        assert!(Keymap::with(&[rebind("beat", &["ctrl-c"])]).unwrap_err().to_string().starts_with("ctrl-c is taken"));
        for bad in ["", "hyper-x", "ctrl-", "xx", "a b c d", "a  b"] {
            assert!(Rebinding::parse("beat", [bad]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn keys_are_read_as_they_are_shown() {
        for action in Action::ALL {
            for chord in own_chords(*action) {
                assert_eq!(parse_chord(&written(&chord)).unwrap(), chord);
            }
        }
    }
}
