//! The command line: arguments, one file a verb, and what an exit code means.
//!
//! Wires the rooms together and prints what concerns somebody without a screen. Not here: anything about tasks.

mod assistant;
mod console;
mod contexts;
mod demo;
mod emulator;
mod failure;
mod leave;
mod link;
mod looks;
mod outlet;
mod postbox;
mod stay;
mod takeover;
mod who;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config;
use failure::{Failure, Kind};

/// What the codes mean; shown by `--help`.
const EXIT_CODES: &str = "\
Exit codes:
  0    done; nothing was in flight any more
  1    something failed while running
  2    wrong arguments, or a scenario or config file with a mistake
  3    no domain, region, credentials or usable endpoint
  4    the journal is held by another process, unreadable, unsafe or newer
  128+n  a second signal n cut the leaving short: what may be lost was named";

/// An operations console for the manual activity tasks of Amazon SWF.
///
/// Claims tasks, keeps them alive with heartbeats, shows how long each one still has, and completes, fails or cancels
/// them. Without a command it opens the console on a domain of SWF. Region and credentials come from where every AWS
/// tool takes them.
#[derive(Debug, Parser)]
#[command(name = "swfbeat", version, args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    console: console::Arguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Play a scenario on an embedded SWF: no AWS account, nothing but loopback
    ///
    /// The console claims some tasks, the log says what happens to them, and every key works as it does against AWS. Reads
    /// no AWS settings. Ends with the screen; nothing of it is kept.
    Demo(demo::Arguments),
    /// Run the embedded SWF alone, for any SWF client
    ///
    /// Prints its endpoint, then the shell commands that point AWS tools at it. Takes any credentials unless told
    /// otherwise. Ends with ctrl-c; nothing of it is kept but with --state.
    Emulator(emulator::Arguments),
}

/// Runs the verb on the command line; says what went wrong.
pub fn main() -> ExitCode {
    let result = match Cli::try_parse() {
        Ok(cli) => match &cli.verb {
            None if cli.console.print_config => print_config(),
            None => console::run(&cli.console),
            Some(Verb::Demo(arguments)) => demo::run(arguments),
            Some(Verb::Emulator(arguments)) => emulator::run(arguments),
        },
        Err(error) if !error.use_stderr() => {
            // --help and --version: our own text, and a pipe that nobody reads is no failure.
            let _ = error.print();
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(Failure::usage(&error)),
    };
    result.unwrap_or_else(|failure| failure.report())
}

/// The commented default, to be redirected into a file.
fn print_config() -> Result<ExitCode, Failure> {
    let written = outlet::print(&config::default_text());
    written
        .map_err(|error| Failure::new(Kind::Failed, format_args!("the default config cannot be written: {error}")))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_reads_like_this() {
        let mut cli = Cli::command().term_width(100);
        // Fills in what is inherited.
        cli.build();
        insta::assert_snapshot!("help", cli.render_long_help());
        for verb in ["demo", "emulator"] {
            let mut verb = cli.find_subcommand(verb).unwrap().clone();
            insta::assert_snapshot!(format!("help_{}", verb.get_name()), verb.render_long_help());
        }
    }
}
