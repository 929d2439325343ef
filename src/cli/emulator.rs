//! `swfbeat emulator`: the embedded SWF alone, for any SWF client.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;

use super::console::cannot_start;
use super::failure::{Failure, Kind};
use super::outlet;
use crate::emulator::{AdminToken, Control, Faults, Keys, Length, Operation, Options, Quotas, Rate, Rule, Server};
use crate::tui::Signals;

/// What `swfbeat emulator` takes.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub struct Arguments {
    /// TCP port on 127.0.0.1, 0 for any free one
    #[arg(long, default_value_t = 0, value_name = "N")]
    port: u16,
    /// How long a poll without a task is held, such as 60s, 1m or 500ms
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = hold)]
    poll_hold: Duration,
    /// Leave the Date header out, so that clients cannot see the service's clock
    #[arg(long)]
    no_date: bool,
    /// Whose request quotas apply to each operation
    #[arg(long, value_enum, default_value_t, value_name = "WHOSE")]
    quotas: Account,
    /// Limit one operation: how many requests may come at once, and how many a second in the long run; repeatable
    #[arg(long, value_name = "OPERATION=BUCKET/REFILL", value_parser = rate)]
    rate: Vec<(Operation, Rate)>,
    /// Let something go wrong: OPERATION=KIND[:VALUE][@CHANCE%][xTIMES]; repeatable, see below
    #[arg(long, value_name = "FAULT")]
    fault: Vec<Rule>,
    /// What the chances of faults depend on; the same requests in the same order then meet the same faults
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Verify signatures, against this key and --secret-key; without it any signature will do, and none
    #[arg(long, value_name = "KEY", requires = "secret_key", value_parser = access_key)]
    access_key: Option<String>,
    /// The secret of --access-key; made up for the emulator, for everybody on this machine can see it
    #[arg(long, value_name = "SECRET", requires = "access_key")]
    secret_key: Option<String>,
    /// Answer these operations with AccessDeniedException, as IAM does; separated by commas
    #[arg(long, value_name = "OPERATION", value_delimiter = ',')]
    deny: Vec<Operation>,
    /// Open the admin interface and print its token; see below
    #[arg(long)]
    admin: bool,
}

/// What the admin interface and the faults are; shown by `--help`.
const MORE: &str = "\
Faults, for one operation or with * for all; @20% makes one happen by chance, x3 three times only:
  latency:TIME        the request reaches the service late; also a range, latency:100ms-2s
  late-answer:TIME    the answer is late; also a range
  lost-request        the request never reaches the service, and nothing comes back
  lost-answer         the request takes effect, but nothing comes back
  reset-request       the connection is reset before the service sees the request
  reset-answer        the request takes effect, but the connection is reset in place of an answer
  throttle            answered with ThrottlingException
  error:STATUS        answered with HTTP status 500, 502, 503 or 504
  expired             answered with ExpiredTokenException
  date:+TIME          the Date header is ahead of the service's clock; date:-TIME, behind it
  history-lag:TIME    GetWorkflowExecutionHistory does not show events younger than this
Of several faults for one request times add up; of those in place of an answer the first one counts.

  swfbeat emulator --fault '*=latency:50ms-300ms' --fault '*=throttle@20%'

The admin interface answers on the same port, to this machine only, in JSON:
  GET /_swfbeat/service                      the service's clock, open activities and when each timeout is due
  GET /_swfbeat/events?after=NUMBER&wait=30s history events as they are written, numbered from 1; waits for the next
  GET, PUT, DELETE /_swfbeat/faults          {\"faults\": [\"*=throttle@20%\"]}, written as for --fault
  GET, PUT, DELETE /_swfbeat/quotas          {\"quotas\": \"aws\"} or {\"quotas\": {\"ListDomains\": \"100/6\"}}
Every request needs the header Authorization: Bearer TOKEN.";

/// Whose quotas.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Account {
    /// Those of an AWS account
    Aws,
    /// Nobody's: no limits
    #[default]
    None,
}

impl Arguments {
    fn keys(&self) -> Option<Keys> {
        self.access_key
            .clone()
            .zip(self.secret_key.clone())
            .map(|(access_key, secret_key)| Keys { access_key, secret_key })
    }

    fn quotas(&self) -> Quotas {
        let mut quotas = match self.quotas {
            Account::Aws => Quotas::aws(),
            Account::None => Quotas::none(),
        };
        for (operation, rate) in &self.rate {
            quotas.set(*operation, *rate);
        }
        quotas
    }
}

/// Serves until SIGINT, SIGTERM or SIGHUP.
///
/// # Errors
/// The port is taken.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let signals = Signals::install().map_err(|error| cannot_start(&error))?;
    let admin = arguments.admin.then(AdminToken::random).transpose().map_err(|error| cannot_start(&error))?;
    let options = Options {
        port: arguments.port,
        poll_hold: arguments.poll_hold,
        date_header: !arguments.no_date,
        quotas: arguments.quotas(),
        admin: admin.clone(),
        keys: arguments.keys(),
        deny: arguments.deny.clone(),
        faults: Faults::new(arguments.seed, arguments.fault.clone()),
        ..Options::default()
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| cannot_start(&error))?;
    runtime.block_on(async {
        let server = Server::bind(options).await?;
        let endpoint = format!("http://{}", server.addr());
        outlet::print(&greeting(&endpoint, arguments.access_key.as_deref(), admin.as_ref()))
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
fn greeting(endpoint: &str, access_key: Option<&str>, admin: Option<&AdminToken>) -> String {
    let keys = access_key.map_or_else(
        || "export AWS_ACCESS_KEY_ID=emulator AWS_SECRET_ACCESS_KEY=emulator".to_owned(),
        |key| format!("export AWS_ACCESS_KEY_ID={key} # and AWS_SECRET_ACCESS_KEY, as given"),
    );
    let admin = admin.map_or_else(String::new, |token| format!("export SWFBEAT_ADMIN_TOKEN={}\n", token.reveal()));
    format!(
        "{endpoint}\n\
         export AWS_ENDPOINT_URL_SWF={endpoint}\n\
         export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n\
         {keys}\n\
         {admin}"
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

/// Reads how long a poll is held.
fn hold(text: &str) -> Result<Duration, String> {
    match text.parse()? {
        Length(millis) if millis <= 600_000 => Ok(Duration::from_millis(millis)),
        Length(_) => Err("a poll is held for 10m at most".into()),
    }
}

/// Reads an access key, which is letters and digits.
fn access_key(text: &str) -> Result<String, String> {
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits { Ok(text.to_owned()) } else { Err("an access key is letters, digits and _".into()) }
}

/// Reads `Operation=bucket/refill`.
fn rate(text: &str) -> Result<(Operation, Rate), String> {
    let (operation, rate) = text.split_once('=').ok_or("a rate is written as Operation=bucket/refill")?;
    Ok((operation.parse()?, rate.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_is_held_for_ten_minutes_at_most() {
        assert_eq!(hold("60s"), Ok(Duration::from_mins(1)));
        assert_eq!(hold("10m"), Ok(Duration::from_mins(10)));
        assert!(hold("11m").is_err() && hold("soon").is_err());
    }

    #[test]
    fn rates_of_operations() {
        let limit = ("ListDomains".parse().unwrap(), Rate { bucket: 5, refill: 1 });
        assert_eq!(rate("ListDomains=5/1"), Ok(limit));
        assert!(rate("ListDomains").is_err() && rate("ListDomain=5/1").is_err() && rate("ListDomains=5").is_err());
    }
}
