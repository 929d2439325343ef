//! `swfbeat emulator`: the embedded SWF alone, for any SWF client.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Args;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;

use super::console::cannot_start;
use super::failure::{Failure, Kind};
use super::outlet;
use crate::emulator::{Control, Options, Server};
use crate::tui::Signals;

/// What `swfbeat emulator` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// TCP port on 127.0.0.1, 0 for any free one
    #[arg(long, default_value_t = 0, value_name = "N")]
    port: u16,
    /// How long a poll without a task is held, such as 60s, 1m or 500ms
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = time)]
    poll_hold: Duration,
    /// Leave the Date header out, so that clients cannot see the service's clock
    #[arg(long)]
    no_date: bool,
}

/// Serves until SIGINT, SIGTERM or SIGHUP.
///
/// # Errors
/// The port is taken.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let signals = Signals::install().map_err(|error| cannot_start(&error))?;
    let options = Options {
        port: arguments.port,
        poll_hold: arguments.poll_hold,
        date_header: !arguments.no_date,
        ..Options::default()
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| cannot_start(&error))?;
    runtime.block_on(async {
        let server = Server::bind(options).await?;
        outlet::print(&greeting(&format!("http://{}", server.addr())))
            .map_err(|error| Failure::new(Kind::Failed, format_args!("nobody can read the endpoint: {error}")))?;
        let control = server.control();
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || wait(&signals, &control))
            .map_err(|error| cannot_start(&error))?;
        server.run().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// The endpoint on a line of its own, for scripts; then what a shell needs to use it.
fn greeting(endpoint: &str) -> String {
    format!(
        "{endpoint}\n\
         export AWS_ENDPOINT_URL_SWF={endpoint}\n\
         export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n\
         export AWS_ACCESS_KEY_ID=emulator AWS_SECRET_ACCESS_KEY=emulator\n"
    )
}

/// Stops the server when a signal says so.
fn wait(signals: &Signals, control: &Control) {
    let ends = [Signal::INT, Signal::TERM, Signal::HUP].map(Signal::as_raw);
    loop {
        let _ = poll(&mut [PollFd::from_borrowed_fd(signals.fd(), PollFlags::IN)], None);
        if signals.drain().iter().any(|signal| ends.contains(signal)) {
            control.stop();
            return;
        }
    }
}

/// Reads a length of time: a whole number and `ms`, `s` or `m`.
fn time(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err("a length of time is a number with ms, s or m, such as 60s".into()),
    };
    let number: u64 = number.parse().map_err(|_| "a length of time begins with a whole number, such as 60s")?;
    match number.checked_mul(millis) {
        Some(millis) if millis <= 600_000 => Ok(Duration::from_millis(millis)),
        _ => Err("a poll is held for 10m at most".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lengths_of_time() {
        assert_eq!(time("60s"), Ok(Duration::from_mins(1)));
        assert_eq!(time("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(time("2m"), Ok(Duration::from_mins(2)));
        for bad in ["", "s", "60", "1h", "-1s", "1.5s", "11m", "99999999999999999999s"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
