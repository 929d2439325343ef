//! The assistant of the first start: leads somebody who has said nothing yet through profile, region, domain and task
//! list, with what there is in the account to choose from, and offers to write it down.
//!
//! What keys do is in `state` and how it looks in `view`, both pure; `run` meets the terminal. It lists nothing itself:
//! a [`Scout`] does.

mod run;
mod state;
#[cfg(test)]
mod tests;
mod view;

use std::os::fd::BorrowedFd;

pub use run::run;
pub use state::Assistant;

/// What is known before anything is asked.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// The profiles of the AWS config files, each with its region if it names one.
    pub profiles: Vec<(String, Option<String>)>,
    /// The profile, if one was named already.
    pub profile: Option<String>,
    /// The region, if one was named already.
    pub region: Option<String>,
    /// The region that the environment names.
    pub region_around: Option<String>,
    /// Another SWF than AWS's own; its region hardly matters.
    pub endpoint: Option<String>,
    /// The task list, if one was named already.
    pub task_list: Option<String>,
    /// Where the config file would be, if there is a place for it and no file yet.
    pub file: Option<String>,
}

/// What was chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// A profile of the AWS config files; none: whatever credentials there are.
    pub profile: Option<String>,
    /// The region.
    pub region: String,
    /// The domain.
    pub domain: String,
    /// The task list; empty for none.
    pub task_list: String,
    /// To be written into the config file.
    pub write: bool,
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is taken; may be foreign text.
    pub value: String,
    /// What there is to say about it; may be foreign text.
    pub note: String,
}

/// What an account is asked for. An empty profile stands for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Its domains in a region.
    Domains,
    /// The task lists known in a domain.
    TaskLists,
}

/// Choices, or why there are none; may have several lines and foreign text.
pub type Found = Result<Vec<Choice>, String>;

/// Whoever asks the account.
pub trait Scout {
    /// Readable when something was found.
    fn wake_fd(&self) -> BorrowedFd<'_>;

    /// Asks; what is found has this number. Never blocks.
    fn ask(&mut self, number: u64, question: Question, so_far: &Answers);

    /// What was found, with the numbers of the questions. Never blocks.
    fn take(&mut self) -> Vec<(u64, Found)>;
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With answers to all questions.
    Chosen(Answers),
    /// Somebody wants none of it.
    Left,
    /// A signal said so: its number.
    Signal(i32),
    /// The terminal is gone, and not to be touched.
    TerminalLost,
}
