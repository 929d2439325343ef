//! The operator's own editor, `$VISUAL` or `$EDITOR`, on one text. Knows files and processes, nothing of forms.
//!
//! Whoever starts it has given the terminal back. Nothing waits here: [`Visual::fd`] says when to look.

use std::env;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpgrp, kill_current_process_group, kill_process, waitpid,
};
use rustix::termios::tcgetpgrp;
use signal_hook::SigId;
use tempfile::TempDir;

use crate::clock;
use crate::text::printable;

/// No form takes so much, bytes.
const MOST: u64 = 256 * 1_024;
/// An editor that is asked to end gets so long, milliseconds.
const END_WITHIN_MS: i64 = 1_000;

/// A text being edited. It is in a file of mode 0600 in a directory of mode 0700; both are gone when this is dropped.
#[derive(Debug)]
pub struct Visual {
    directory: TempDir,
    /// The name of the file in it.
    file: String,
    /// As it is called, printable.
    program: String,
    child: Pid,
    /// Readable when something became of a child of this process.
    woken: UnixStream,
    watch: SigId,
}

/// What became of the text: it, or why there is none, printable.
pub type Edited = Result<String, String>;

impl Visual {
    /// Starts the editor of the environment on a text, at a terminal that is nobody else's meanwhile. `name` is what the
    /// text is called, and becomes a part of the file's name.
    ///
    /// # Errors
    /// Why it cannot be started, printable.
    pub fn start(text: &str, name: &str, terminal: BorrowedFd<'_>) -> Result<Self, String> {
        let (variable, words) = words(|name| env::var(name).ok())?;
        let program = printable(&words[0]).into_owned();
        let (directory, file) =
            laid_out(text, name).map_err(|error| format!("no file to edit can be made: {}", said(&error)))?;
        let at_terminal = || terminal.try_clone_to_owned().map(Stdio::from);
        let start = || -> io::Result<_> {
            let (woken, sender) = UnixStream::pair()?;
            woken.set_nonblocking(true)?;
            // Before the child, so that its end is not missed.
            let watch = signal_hook::low_level::pipe::register(Signal::CHILD.as_raw(), sender)?;
            let child = Command::new(&words[0])
                .args(&words[1..])
                .arg(directory.path().join(&file))
                .stdin(at_terminal()?)
                .stdout(at_terminal()?)
                .stderr(at_terminal()?)
                .spawn();
            match child.map(|child| Pid::from_child(&child)) {
                Ok(child) => Ok((woken, watch, child)),
                Err(error) => {
                    signal_hook::low_level::unregister(watch);
                    Err(error)
                }
            }
        };
        let (woken, watch, child) =
            start().map_err(|error| format!("{program}, from {variable}, cannot be started: {}", said(&error)))?;
        Ok(Self { directory, file, program, child, woken, watch })
    }

    /// Readable when [`Visual::look`] may find something.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }

    /// What became of it, once it has ended.
    pub fn look(&self, terminal: BorrowedFd<'_>) -> Option<Edited> {
        let mut sink = [0; 64];
        while (&self.woken).read(&mut sink).is_ok_and(|read| read > 0) {}
        match waitpid(Some(self.child), WaitOptions::NOHANG | WaitOptions::UNTRACED) {
            Ok(None) => None,
            Ok(Some((_, status))) if status.stopped() => {
                // It has suspended itself. This process goes on beating, so no shell takes over: neither may the editor
                // stay stopped. Were the terminal somebody else's, it would only stop again.
                if tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp()) {
                    let _ = kill_current_process_group(Signal::CONT);
                }
                None
            }
            Ok(Some((_, status))) => Some(self.ended(status)),
            Err(error) => Some(Err(format!("{} is lost: {error}", self.program))),
        }
    }

    fn ended(&self, status: WaitStatus) -> Edited {
        match (status.exit_status(), status.terminating_signal()) {
            (Some(0), _) => self.text(),
            (Some(code), _) => Err(format!("{} ended with exit code {code}", self.program)),
            (None, Some(signal)) => Err(format!("{} was ended by signal {signal}", self.program)),
            (None, None) => Err(format!("{} did not end in order", self.program)),
        }
    }

    fn text(&self) -> Edited {
        let lost = |error: io::Error| format!("{} has left no text: {}", self.program, said(&error));
        let mut bytes = Vec::new();
        let file = fs::File::open(self.directory.path().join(&self.file)).map_err(lost)?;
        file.take(MOST + 1).read_to_end(&mut bytes).map_err(lost)?;
        if bytes.len() as u64 > MOST {
            return Err(format!("{} has left more than {} KiB: no form takes so much", self.program, MOST / 1_024));
        }
        String::from_utf8(bytes).map_err(|_| format!("what {} has left is not UTF-8", self.program))
    }

    /// Ends the editor, whether it wants to or not. Its text is given up.
    pub fn end(self) {
        for signal in [Signal::HUP, Signal::TERM] {
            let _ = kill_process(self.child, signal);
        }
        let from = clock::now().boot;
        while let Ok(None) = waitpid(Some(self.child), WaitOptions::NOHANG) {
            if clock::now().boot - from > END_WITHIN_MS {
                let _ = kill_process(self.child, Signal::KILL);
                let _ = waitpid(Some(self.child), WaitOptions::empty());
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Visual {
    fn drop(&mut self) {
        signal_hook::low_level::unregister(self.watch);
    }
}

/// The variable that names an editor, and the program and its arguments: words as a shell would have them.
fn words(variable: impl Fn(&str) -> Option<String>) -> Result<(&'static str, Vec<String>), String> {
    let set = |name: &'static str| Some((name, variable(name).filter(|value| !value.trim().is_empty())?));
    let (name, value) = set("VISUAL")
        .or_else(|| set("EDITOR"))
        .ok_or("no editor: neither VISUAL nor EDITOR is set when swfbeat is started")?;
    match shlex::split(&value) {
        Some(words) if !words.is_empty() => Ok((name, words)),
        _ => Err(format!("{name} is no program with arguments: {}", printable(&value))),
    }
}

/// A directory that only its owner may enter, and the file in it.
fn laid_out(text: &str, name: &str) -> io::Result<(TempDir, String)> {
    let only_mine = Permissions::from_mode(0o700);
    let directory = tempfile::Builder::new().prefix("swfbeat-").permissions(only_mine).tempdir()?;
    let kind = if text.trim_start().starts_with(['{', '[']) { "json" } else { "txt" };
    let file = format!("{}.{kind}", name.replace(' ', "-"));
    let path = directory.path().join(&file);
    let mut open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    open.write_all(text.as_bytes())?;
    // Editors and line tools expect the last line to end; the form takes it off again.
    if !text.is_empty() {
        open.write_all(b"\n")?;
    }
    Ok((directory, file))
}

fn said(error: &io::Error) -> String {
    printable(&error.to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_environment_are_taken_apart_without_a_shell() {
        let of =
            |visual: &str, editor: &str| words(|name| Some(if name == "VISUAL" { visual } else { editor }.to_owned()));
        assert_eq!(of("code --wait", "vi"), Ok(("VISUAL", vec!["code".into(), "--wait".into()])));
        assert_eq!(of(" ", "'/my editor' \"a b\" $HOME"), {
            Ok(("EDITOR", vec!["/my editor".into(), "a b".into(), "$HOME".into()]))
        });
        assert!(of("vi 'x", "").unwrap_err().contains("VISUAL is no program"));
        assert!(of("", "").unwrap_err().contains("neither VISUAL nor EDITOR"));
    }

    #[test]
    fn nobody_else_can_read_the_text() {
        let (directory, file) = laid_out("secret", "result").unwrap();
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = directory.path().join(&file);
        assert_eq!((mode(directory.path()), mode(&path)), (0o700, 0o600));
        assert_eq!((file.as_str(), fs::read_to_string(path).unwrap().as_str()), ("result.txt", "secret\n"));
    }
}
