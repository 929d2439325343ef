//! What can be typed: names, what follows them, and what they do.

use crate::demo::view::Fault;
use crate::tui::action::Action;
use crate::tui::keymap::Keymap;

/// One command.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What follows: `N` is a task, words in brackets may be left out.
    pub usage: &'static str,
    /// What it does.
    pub does: Does,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Something on a task: the action, or another if a text follows.
    OnTask(Action, Action),
    /// Something else that the screen can do too.
    Act(Action),
    /// Prints the tasks.
    List,
    /// Prints a task in full.
    Show,
    /// Prints the newest lines of the log.
    Log,
    /// Goes to another context, or prints them.
    Context,
    /// Prints the commands.
    Help,
}

const fn on_task(name: &'static str, usage: &'static str, action: Action) -> Command {
    Command { name, usage, does: Does::OnTask(action, action) }
}

const fn act(name: &'static str, action: Action) -> Command {
    Command { name, usage: "", does: Does::Act(action) }
}

/// All of them, in the order of the help; the presenter's are there only in the demo, and are called as in a config.
pub const ALL: [Command; 33] = [
    Command { name: "list", usage: "[all]", does: Does::List },
    Command { name: "show", usage: "N", does: Does::Show },
    Command { name: "log", usage: "", does: Does::Log },
    Command { name: "beat", usage: "N [DETAILS]", does: Does::OnTask(Action::Beat, Action::Details) },
    on_task("keep", "N [30m | 2h | until 14:32]", Action::Keep),
    on_task("stop", "N", Action::StopKeeping),
    on_task("complete", "N [RESULT]", Action::Complete),
    on_task("fail", "N [REASON [| DETAILS]]", Action::Fail),
    on_task("cancel", "N [DETAILS]", Action::Cancel),
    on_task("go-on", "N", Action::GoOn),
    on_task("withdraw", "N", Action::Withdraw),
    on_task("timeout", "N KIND SECONDS", Action::SetTimeout),
    on_task("note", "N [TEXT [| in 20m]]", Action::Note),
    on_task("dismiss", "N", Action::Dismiss),
    Command { name: "claim", usage: "[TASK-LIST [COUNT]]", does: Does::Act(Action::Claim) },
    Command { name: "auto-claim", usage: "[TASK-LIST [COUNT [30m | 2h]]]", does: Does::Act(Action::AutoClaim) },
    act("stop-claiming", Action::StopClaiming),
    Command { name: "context", usage: "[NAME]", does: Does::Context },
    act("reload", Action::Reload),
    on_task("request-cancel", "N", Action::StageCancel),
    act("cut-network", Action::Break(Fault::Cut)),
    act("slow-network", Action::Break(Fault::Slow)),
    act("throttle", Action::Break(Fault::Throttle)),
    act("lose-answers", Action::Break(Fault::LoseAnswers)),
    act("expire-credentials", Action::Break(Fault::Expire)),
    on_task("kill-workflow", "N", Action::StageKill),
    on_task("colleague-completes", "N", Action::StageClose),
    act("pause-story", Action::StagePause),
    act("service", Action::Service),
    act("suspend", Action::Suspend),
    Command { name: "help", usage: "", does: Does::Help },
    act("quit", Action::Quit),
    act("exit", Action::Quit),
];

/// What sentences say instead of keys.
pub fn keymap() -> Keymap {
    let acts = |command: &'static Command| match command.does {
        Does::Act(action) => vec![(action, command.name)],
        Does::OnTask(action, telling) => vec![(action, command.name), (telling, command.name)],
        Does::Context => vec![(Action::Contexts, command.name)],
        Does::Log => vec![(Action::OpenLog, command.name)],
        Does::Show => vec![(Action::Open, command.name)],
        Does::Help => vec![(Action::Help, command.name)],
        Does::List => Vec::new(),
    };
    Keymap::typed(ALL.iter().flat_map(acts))
}

impl Command {
    /// Those there are, with the presenter's or without.
    pub fn all(demo: bool) -> impl Iterator<Item = &'static Self> {
        ALL.iter().filter(move |command| demo || !command.is_presenters())
    }

    fn is_presenters(&self) -> bool {
        let presents = |action: Action| action.is_presenters() || action == Action::Service;
        matches!(self.does, Does::Act(action) | Does::OnTask(action, _) if presents(action))
    }

    /// By its name, or by the beginning of it if no other begins so.
    pub fn named(name: &str, demo: bool) -> Option<&'static Self> {
        let exact = Self::all(demo).find(|command| command.name == name);
        let mut begun = Self::all(demo).filter(|command| command.name.starts_with(name));
        exact.or_else(|| begun.next().filter(|_| begun.next().is_none()))
    }

    /// One line of the help.
    pub fn help(&self) -> String {
        let doc = match self.does {
            Does::List => "the tasks, most urgent first; many that have ended as a number, or with all each of them",
            Does::Show => "everything known of a task",
            Does::Log => "what happened lately",
            Does::Context => "go to another context, or say what there are; nothing stops in the one left",
            Does::Help => "this help",
            Does::Act(Action::Service) => {
                "demo: the service's own clocks, and its history as it is written until this is typed again"
            }
            Does::OnTask(Action::Beat, _) => "send one heartbeat now, with new details or the last ones again",
            Does::OnTask(action, _) | Does::Act(action) => action.doc(),
        };
        // Nothing is selected here.
        let doc = doc.replace("the selected task", "the task");
        let usage = if self.usage.is_empty() { String::new() } else { format!(" {}", self.usage) };
        format!("{}{usage}: {doc}", self.name)
    }
}
