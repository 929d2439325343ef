//! Which tasks are shown: words matched loosely, and terms about a field. Pure.
//!
//! `swap` finds whatever has these letters in this order in its id, type or workflow. `type:SwapDisk`, `id:`, `list:`,
//! `workflow:`, `domain:`, `details:`, `input:`, `note:` look into one field, `state:due` at the state. `kept`, `marked`,
//! `noted` and `cancel` stand for themselves. A `-` in front turns a term round. All terms must be true of a task.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::console::{TaskFacts, TaskState, Urgency};
use crate::task::{ClaimId, Verdict};
use crate::text::Foreign;
use crate::tui::tasks::asks_for_cancel;
use crate::tui::tasks::names::Names;

/// The fields a term may name, for the help and for what is wrong with a term.
pub const FIELDS: &str = "type, id, list, workflow, domain, details, input, note, state";

/// What a person typed, and what it means.
#[derive(Default)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
    /// What the names of a task must have for it to be shown.
    letters: u64,
    /// Memory to match in, and for a text in the form that the matcher reads.
    scratch: RefCell<Option<(Matcher, Vec<char>)>>,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

#[derive(Debug)]
struct Term {
    turned_round: bool,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Letters in this order; also in lower case, if they are ASCII.
    Loose(Atom, Option<Vec<u8>>),
    /// A part of the id, type or workflow, lower case.
    Part(String),
    Field(Field, String),
    State(String),
    Kept,
    Marked,
    Noted,
    Cancel,
}

#[derive(Debug, Clone, Copy)]
enum Field {
    Type,
    Id,
    List,
    Workflow,
    Domain,
    Details,
    Input,
    Note,
}

impl Filter {
    /// Reads what a person typed; what cannot be understood is looked for as it is.
    pub fn parse(text: &str) -> Self {
        let terms: Vec<Term> = text.split_whitespace().filter_map(term).collect();
        let letters = terms.iter().fold(0, |letters, term| letters | term.letters());
        Self { text: text.to_owned(), terms, letters, scratch: RefCell::default() }
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether what is shown depends on marks.
    pub fn looks_at_marks(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.what, What::Marked))
    }

    /// Whether a task whose names have these [`letters`] may be shown: says at once of most tasks that they are not.
    pub fn may_match(&self, letters: u64) -> bool {
        letters & self.letters == self.letters
    }

    /// Whether a task of these names is shown.
    pub fn matches(
        &self,
        facts: &Arc<TaskFacts>,
        names: Names<'_>,
        urgency: Urgency,
        marked: impl Fn(ClaimId) -> bool,
    ) -> bool {
        self.terms.iter().all(|term| {
            let is = self.is(&term.what, names).unwrap_or_else(|| is_of_facts(&term.what, facts, urgency, &marked));
            is != term.turned_round
        })
    }

    /// Whether what is said of its names is true of a task; `None` if its other facts decide.
    fn is(&self, what: &What, names: Names<'_>) -> Option<bool> {
        Some(match what {
            What::Loose(atom, letters) => names.looked_at().into_iter().any(|name| {
                let has = letters.as_ref().and_then(|letters| has_in_order(name, letters));
                has.unwrap_or_else(|| self.is_loosely(atom, name))
            }),
            What::Part(part) => names.looked_at().into_iter().any(|name| contains(name, part)),
            What::Field(Field::Type, part) => {
                let (name, version) = names.activity_type;
                contains(name, part) || contains(version, part)
            }
            What::Field(Field::Id, part) => contains(names.id, part),
            What::Field(Field::Workflow, part) => contains(names.workflow, part),
            _ => return None,
        })
    }

    fn is_loosely(&self, atom: &Atom, name: &str) -> bool {
        let mut scratch = self.scratch.borrow_mut();
        let (matcher, letters) = scratch.get_or_insert_with(|| (Matcher::new(Config::DEFAULT), Vec::new()));
        atom.score(Utf32Str::new(name, letters), matcher).is_some()
    }
}

impl Term {
    /// What the names of a task must have for this to be true.
    fn letters(&self) -> u64 {
        match &self.what {
            _ if self.turned_round => 0,
            What::Loose(_, Some(letters)) => letters.iter().fold(0, |bits, letter| bits | bit(*letter)),
            What::Field(Field::Id | Field::Workflow, part) if part.is_ascii() => {
                part.bytes().fold(0, |bits, letter| bits | bit(letter))
            }
            _ => 0,
        }
    }
}

/// The characters that the names of a task have, as bits; all of them if it is not known, as with other alphabets.
pub fn letters(names: Names<'_>) -> u64 {
    let bytes = names.looked_at().into_iter().flat_map(str::bytes);
    bytes.fold(0, |bits, letter| bits | if letter.is_ascii() { bit(letter) } else { u64::MAX })
}

/// Letters and digits have a bit of their own, the rest shares those that are left.
fn bit(letter: u8) -> u64 {
    let number = match letter.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => letter - b'a',
        digit @ b'0'..=b'9' => digit - b'0' + 26,
        other => other % 28 + 36,
    };
    1 << number
}

/// Whether a text has these letters, which are in lower case, in this order; `None` if letters beyond ASCII decide.
fn has_in_order(text: &str, letters: &[u8]) -> Option<bool> {
    let mut left = letters.iter();
    let mut next = left.next();
    for letter in text.bytes() {
        if !letter.is_ascii() {
            return None;
        }
        if next.is_some_and(|next| letter.eq_ignore_ascii_case(next)) {
            next = left.next();
            if next.is_none() {
                return Some(true);
            }
        }
    }
    Some(next.is_none())
}

fn term(word: &str) -> Option<Term> {
    let (turned_round, bare) = match word.strip_prefix('-') {
        Some(bare) => (true, bare),
        None => (false, word),
    };
    let what = match bare.split_once(':') {
        // Half typed: it says nothing yet.
        Some((name, "")) if field(name).is_some() || name == "state" => return None,
        Some(("state", value)) => What::State(value.to_lowercase()),
        Some((name, value)) if field(name).is_some() => What::Field(field(name)?, value.to_lowercase()),
        _ => match bare {
            "" => return None,
            "kept" => What::Kept,
            "marked" => What::Marked,
            "noted" => What::Noted,
            "cancel" => What::Cancel,
            // Nobody can say of which letters in this order a name must be free.
            _ if turned_round => What::Part(bare.to_lowercase()),
            _ => {
                let atom = Atom::new(bare, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false);
                What::Loose(atom, bare.is_ascii().then(|| bare.to_ascii_lowercase().into_bytes()))
            }
        },
    };
    Some(Term { turned_round, what })
}

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "type" => Field::Type,
        "id" => Field::Id,
        "list" => Field::List,
        "workflow" | "wf" => Field::Workflow,
        "domain" => Field::Domain,
        "details" => Field::Details,
        "input" => Field::Input,
        "note" => Field::Note,
        _ => return None,
    })
}

/// Apart from the rest, and never part of it: facts lie far apart, and looking at one takes longer than all its names.
#[inline(never)]
fn is_of_facts(what: &What, facts: &Arc<TaskFacts>, urgency: Urgency, marked: &dyn Fn(ClaimId) -> bool) -> bool {
    match what {
        What::Field(field, part) => field_of(facts, *field).is_some_and(|text| contains(text.raw(), part)),
        What::State(word) => state_is(facts, urgency, word),
        What::Kept => facts.lease.is_some(),
        What::Marked => marked(facts.id),
        What::Noted => facts.note.is_some(),
        What::Cancel => asks_for_cancel(facts),
        What::Loose(..) | What::Part(_) => false,
    }
}

fn field_of(facts: &TaskFacts, field: Field) -> Option<&Foreign> {
    match field {
        Field::Type => Some(&facts.activity_type.name),
        Field::Id => Some(&facts.activity_id),
        Field::Workflow => Some(&facts.execution.workflow_id),
        Field::List => Some(&facts.task_list),
        Field::Domain => Some(&facts.domain),
        Field::Details => facts.details.as_ref(),
        Field::Input => facts.input.as_ref(),
        Field::Note => facts.note.as_ref().map(|note| &note.text),
    }
}

/// `part` is in lower case.
fn contains(text: &str, part: &str) -> bool {
    if text.is_ascii() && part.is_ascii() {
        return part.is_empty()
            || text.as_bytes().windows(part.len()).any(|here| here.eq_ignore_ascii_case(part.as_bytes()));
    }
    text.to_lowercase().contains(part)
}

/// Whether one of the words for a task's state begins so.
fn state_is(facts: &Arc<TaskFacts>, urgency: Urgency, word: &str) -> bool {
    let of_urgency: &[&str] = match urgency {
        Urgency::NotSaved => &["unsaved", "not-saved"],
        Urgency::Cancel => &["cancel"],
        // What is critical is due all the more.
        Urgency::Critical => &["critical", "due"],
        Urgency::Unsure => &["unsure"],
        Urgency::Due => &["due"],
        Urgency::Lapsing => &["lapsing"],
        Urgency::Closing => &["closing"],
        Urgency::Held => &["held"],
        Urgency::Ended => &["ended"],
    };
    if of_urgency.iter().any(|known| known.starts_with(word)) {
        return true;
    }
    if matches!(urgency, Urgency::Cancel | Urgency::Critical | Urgency::Due | Urgency::Lapsing | Urgency::Held) {
        // It is held: there is no need to look.
        return false;
    }
    let of_state: &[&str] = match &facts.state {
        TaskState::Refused { .. } => &["refused"],
        TaskState::Closing { unconfirmed: true, .. } => &["unconfirmed"],
        TaskState::Held | TaskState::Closing { .. } => &[],
        TaskState::Ended { verdict, .. } => match verdict {
            Verdict::Ours { kind, .. } => return kind.word().starts_with(word),
            Verdict::ClosedByOther { .. } => &["by-another"],
            Verdict::TimedOut { .. } => &["timed-out", "timeout"],
            Verdict::ExecutionClosed { .. } => &["wf-closed"],
            Verdict::Unproven { .. } => &["unproven"],
        },
    };
    of_state.iter().any(|known| known.starts_with(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tui::fixtures::{T0, task, zoo};

    fn shown(filter: &str) -> Vec<u64> {
        let filter = Filter::parse(filter);
        let tasks = zoo();
        let such = tasks
            .iter()
            .filter(|facts| filter.matches(facts, Names::of(facts), facts.urgency(T0.boot), |id| id.0 == 3));
        such.map(|facts| facts.id.0).collect()
    }

    #[test]
    fn words_are_matched_loosely_and_all_must_match() {
        assert_eq!(shown("swp"), [2]);
        assert_eq!(shown("rel 2026"), [3, 10, 11, 12]);
        assert_eq!(shown("REL 11"), [3]);
        assert!(shown("zzz").is_empty());
        assert_eq!(shown("  ").len(), zoo().len());
    }

    #[test]
    fn terms_look_into_one_field() {
        assert_eq!(shown("type:swapdisk"), [2]);
        assert_eq!(shown("type:RenewCert -id:cert-1"), [7]);
        assert_eq!(shown("details:60%"), [1]);
        assert_eq!(shown("kept"), [1, 3]);
        assert_eq!(shown("marked"), [3]);
        assert_eq!(shown("cancel"), [1, 14]);
        assert!(shown("kept -cancel -marked").is_empty());
    }

    #[test]
    fn states_are_named_by_their_words() {
        assert_eq!(shown("state:due"), [2, 5]);
        assert_eq!(shown("state:crit"), [5]);
        assert_eq!(shown("state:timed-out"), [9]);
        assert_eq!(shown("state:ended"), [9, 10, 11, 12]);
        assert_eq!(shown("state:completed"), [10]);
        assert_eq!(shown("state:unconf"), [6]);
        assert_eq!(shown("state:refused"), [8]);
    }

    #[test]
    fn half_a_term_hides_nothing_and_an_unknown_field_is_looked_for() {
        assert_eq!(shown("state:").len(), zoo().len());
        assert_eq!(shown("-").len(), zoo().len());
        assert!(shown("nosuch:x").is_empty());
    }

    #[test]
    fn letters_of_other_alphabets_are_compared_without_case() {
        let facts = task(1, "ÄRZTE-7").arc();
        let is = |filter: &str| Filter::parse(filter).matches(&facts, Names::of(&facts), Urgency::Held, |_| false);
        assert!(is("id:ärzte") && is("ärz") && !is("-ärz"));
    }

    proptest! {
        #[test]
        fn shortcuts_say_what_looking_at_everything_says(
            names in prop::array::uniform4("[aBb1-]{0,6}|[aBb1éÉe\u{301}K-]{0,4}|(\\PC){0,6}"),
            typed in "-?(id:|type:|workflow:|)[aAbB1é-]{1,3}|(\\PC){1,3}|[abé]{1,2} -?[ab1]{1,2}",
        ) {
            let [id, name, version, workflow] = names;
            let facts = task(1, &id).of_type(&name, &version).with(|facts| {
                facts.execution.workflow_id = workflow.as_str().into();
            });
            let (facts, filter) = (facts.arc(), Filter::parse(&typed));
            let mut matcher = Matcher::new(Config::DEFAULT);
            let mut loosely = |atom: &Atom, name: &str| atom.score(Utf32Str::new(name, &mut Vec::new()), &mut matcher);
            let has = |name: &str, part: &str| name.to_lowercase().contains(part);
            let looked_at = [&id, &name, &workflow];
            let expected = filter.terms.iter().all(|term| {
                let is = match &term.what {
                    What::Loose(atom, _) => looked_at.iter().any(|name| loosely(atom, name).is_some()),
                    What::Part(part) => looked_at.iter().any(|name| has(name, part)),
                    What::Field(Field::Type, part) => has(&format!("{name} {version}"), part),
                    What::Field(Field::Id, part) => has(&id, part),
                    What::Field(Field::Workflow, part) => has(&workflow, part),
                    other => panic!("{other:?}"),
                };
                is != term.turned_round
            });
            let matches = filter.matches(&facts, Names::of(&facts), Urgency::Held, |_| false);
            prop_assert_eq!(matches, expected);
            prop_assert!(filter.may_match(letters(Names::of(&facts))) || !matches, "said too early that it is not");
        }
    }
}
