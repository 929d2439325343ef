//! What a text was before: undo and redo. A word typed is one step, and so is everything else that changes the text.

/// So many steps can be undone.
const STEPS: usize = 200;

/// A text and its cursor, line and character from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The text.
    pub text: String,
    /// The cursor.
    pub cursor: (usize, usize),
}

/// The versions before this one, and those that were undone.
#[derive(Debug, Default)]
pub struct Past {
    before: Vec<Version>,
    undone: Vec<Version>,
    /// The last change was a character typed: the next one belongs to the same step.
    in_word: bool,
}

impl Past {
    /// A change is about to be made to this version; `typed` is the character, if it is one that was typed.
    pub fn changing(&mut self, now: impl FnOnce() -> Version, typed: Option<char>) {
        let letter = typed.is_some_and(|c| !c.is_whitespace());
        if !(self.in_word && letter) {
            if self.before.len() == STEPS {
                self.before.remove(0);
            }
            self.before.push(now());
        }
        self.in_word = letter;
        self.undone.clear();
    }

    /// The change made no difference after all.
    pub fn unchanged(&mut self, now: &str) {
        if self.before.last().is_some_and(|last| last.text == now) {
            self.before.pop();
        }
    }

    /// The version before this one.
    pub fn undo(&mut self, now: Version) -> Option<Version> {
        let before = self.before.pop()?;
        self.undone.push(now);
        self.in_word = false;
        Some(before)
    }

    /// The version that was undone last.
    pub fn redo(&mut self, now: Version) -> Option<Version> {
        let after = self.undone.pop()?;
        self.before.push(now);
        self.in_word = false;
        Some(after)
    }
}
