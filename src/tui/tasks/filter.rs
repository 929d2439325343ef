//! Which tasks are shown: words matched loosely, and terms about a field. Pure.
//!
//! `swap` finds whatever has these letters in this order in its id, type or workflow. `type:SwapDisk`, `id:`, `list:`,
//! `workflow:`, `domain:`, `details:`, `input:`, `note:` look into one field, `state:due` at the state. `kept`, `marked`,
//! `noted` and `cancel` stand for themselves. A `-` in front turns a term round. All terms must be true of a task.

use std::cell::RefCell;
use std::fmt;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::console::{TaskFacts, TaskState, Urgency};
use crate::task::Verdict;
use crate::text::Foreign;
use crate::tui::tasks::asks_for_cancel;

/// The fields a term may name, for the help and for what is wrong with a term.
pub const FIELDS: &str = "type, id, list, workflow, domain, details, input, note, state";

/// What a person typed, and what it means.
#[derive(Default)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
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
    /// Letters in this order.
    Loose(Atom),
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
        let terms = text.split_whitespace().filter_map(term).collect();
        Self { text: text.to_owned(), terms, scratch: RefCell::default() }
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

    /// Whether a task is shown.
    pub fn matches(&self, facts: &TaskFacts, urgency: Urgency, marked: bool) -> bool {
        self.terms.iter().all(|term| self.is(&term.what, facts, urgency, marked) != term.turned_round)
    }

    fn is(&self, what: &What, facts: &TaskFacts, urgency: Urgency, marked: bool) -> bool {
        match what {
            What::Loose(atom) => self.is_loosely(atom, facts),
            What::Part(part) => names(facts).iter().any(|name| contains(name.raw(), part)),
            What::Field(field, part) => field_contains(facts, *field, part),
            What::State(word) => state_is(facts, urgency, word),
            What::Kept => facts.lease.is_some(),
            What::Marked => marked,
            What::Noted => facts.note.is_some(),
            What::Cancel => asks_for_cancel(facts),
        }
    }

    fn is_loosely(&self, atom: &Atom, facts: &TaskFacts) -> bool {
        let mut scratch = self.scratch.borrow_mut();
        let (matcher, letters) = scratch.get_or_insert_with(|| (Matcher::new(Config::DEFAULT), Vec::new()));
        names(facts).iter().any(|name| atom.score(Utf32Str::new(name.raw(), letters), matcher).is_some())
    }
}

/// What a task is called.
fn names(facts: &TaskFacts) -> [&Foreign; 3] {
    [&facts.activity_id, &facts.activity_type.name, &facts.execution.workflow_id]
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
            _ => What::Loose(Atom::new(bare, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false)),
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

fn field_contains(facts: &TaskFacts, field: Field, part: &str) -> bool {
    let text = match field {
        Field::Type => {
            let kind = &facts.activity_type;
            return contains(&format!("{} {}", kind.name.raw(), kind.version.raw()), part);
        }
        Field::Id => Some(&facts.activity_id),
        Field::List => Some(&facts.task_list),
        Field::Workflow => Some(&facts.execution.workflow_id),
        Field::Domain => Some(&facts.domain),
        Field::Details => facts.details.as_ref(),
        Field::Input => facts.input.as_ref(),
        Field::Note => facts.note.as_ref().map(|note| &note.text),
    };
    text.is_some_and(|text| contains(text.raw(), part))
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
fn state_is(facts: &TaskFacts, urgency: Urgency, word: &str) -> bool {
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
    let of_state: &[&str] = match &facts.state {
        TaskState::Refused { .. } => &["refused"],
        TaskState::Closing { unconfirmed: true, .. } => &["unconfirmed"],
        TaskState::Held | TaskState::Closing { .. } => &[],
        TaskState::Ended { verdict, .. } => match verdict {
            Verdict::Ours { kind, .. } => return kind.word().starts_with(word) || "ended".starts_with(word),
            Verdict::ClosedByOther { .. } => &["by-another"],
            Verdict::TimedOut { .. } => &["timed-out", "timeout"],
            Verdict::ExecutionClosed { .. } => &["wf-closed"],
            Verdict::Unproven { .. } => &["unproven"],
        },
    };
    of_urgency.iter().chain(of_state).any(|known| known.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixtures::{T0, task, zoo};

    fn shown(filter: &str) -> Vec<u64> {
        let filter = Filter::parse(filter);
        let tasks = zoo();
        let such = tasks.iter().filter(|facts| filter.matches(facts, facts.urgency(T0.boot), facts.id.0 == 3));
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
        let facts = task(1, "ÄRZTE-7").0;
        let is = |filter: &str| Filter::parse(filter).matches(&facts, Urgency::Held, false);
        assert!(is("id:ärzte") && is("ärz") && !is("-ärz"));
    }
}
