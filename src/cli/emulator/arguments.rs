//! What `swfbeat emulator` takes, and what its server is set up with for it.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::emulator::{AdminToken, Faults, Keys, Length, Operation, Options, Quotas, Rate, Rule};

/// What `swfbeat emulator` takes.
#[derive(Debug, Args)]
#[command(after_help = MORE)]
pub struct Arguments {
    /// TCP port, 0 for any free one
    #[arg(long, default_value_t = 0, value_name = "N")]
    port: u16,
    /// Address to listen on; anything but a loopback address needs --i-know-this-is-open-to-the-network
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST.into(), value_name = "ADDRESS")]
    bind: IpAddr,
    /// Let everybody who can reach --bind use, read and end what runs here
    #[arg(long)]
    i_know_this_is_open_to_the_network: bool,
    /// The AWS account in ARNs: twelve digits
    #[arg(long, default_value = "123456789012", value_name = "ACCOUNT", value_parser = account)]
    account: String,
    /// How long a poll without a task is held, such as 60s, 1m or 500ms
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = hold)]
    poll_hold: Duration,
    /// Leave the Date header out, so that clients cannot see the service's clock
    #[arg(long)]
    no_date: bool,
    /// Whose request quotas apply to each operation
    #[arg(long, value_enum, default_value_t, value_name = "WHOSE")]
    quotas: Whose,
    /// Limit one operation: how many requests may come at once, and how many a second in the long run; repeatable
    #[arg(long, value_name = "OPERATION=BUCKET/REFILL", value_parser = rate)]
    rate: Vec<(Operation, Rate)>,
    // Not a doc comment: rustdoc takes the brackets for links.
    #[arg(
        long,
        value_name = "FAULT",
        help = "Let something go wrong: OPERATION=KIND[:VALUE][@CHANCE%][xTIMES]; repeatable, see below"
    )]
    fault: Vec<Rule>,
    /// What the chances of faults depend on; the same requests in the same order then meet the same faults
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Verify signatures, against this key and --secret-key; without it any signature will do, and none
    #[arg(long, value_name = "KEY", requires = "secret_key", value_parser = access_key)]
    pub access_key: Option<String>,
    /// The secret of --access-key; made up for the emulator, for everybody on this machine can see it
    #[arg(long, value_name = "SECRET", requires = "access_key")]
    secret_key: Option<String>,
    /// Answer these operations with AccessDeniedException, as IAM does; separated by commas
    #[arg(long, value_name = "OPERATION", value_delimiter = ',')]
    deny: Vec<Operation>,
    /// Open the admin interface and print its token; see below
    #[arg(long)]
    admin: bool,
    /// Go on from this file, and write everything to it on exit and every few seconds while something changes
    ///
    /// What fell due in between happens when the emulator starts again. Quotas and faults are not kept.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Write JSON to stdout: first a line with the endpoint, then a line for every request
    #[arg(long)]
    pub json: bool,
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
  POST /_swfbeat/complete                    completes a task whose token another has: {\"workflowId\": …, \"runId\": …,
                                             \"activityId\": …, \"result\": …}
  GET, PUT, DELETE /_swfbeat/quotas          {\"quotas\": \"aws\"} or {\"quotas\": {\"ListDomains\": \"100/6\"}}
Every request needs the header Authorization: Bearer TOKEN.";

/// Whose quotas.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Whose {
    /// Those of an AWS account
    Aws,
    /// Nobody's: no limits
    #[default]
    None,
}

impl Arguments {
    /// What the server is set up with.
    ///
    /// # Errors
    /// The system has no random numbers for the admin token.
    pub fn options(&self) -> io::Result<Options> {
        Ok(Options {
            bind: self.bind,
            port: self.port,
            poll_hold: self.poll_hold,
            account: self.account.clone(),
            date_header: !self.no_date,
            quotas: self.quotas(),
            faults: Faults::new(self.seed, self.fault.clone()),
            admin: self.admin.then(AdminToken::random).transpose()?,
            keys: self.keys(),
            deny: self.deny.clone(),
            ..Options::default()
        })
    }

    /// Whether the network may use the emulator although nobody said that it may.
    pub fn is_open_unawares(&self) -> bool {
        !self.bind.to_canonical().is_loopback() && !self.i_know_this_is_open_to_the_network
    }

    fn keys(&self) -> Option<Keys> {
        let pair = self.access_key.clone().zip(self.secret_key.clone());
        pair.map(|(access_key, secret_key)| Keys { access_key, secret_key })
    }

    fn quotas(&self) -> Quotas {
        let mut quotas = match self.quotas {
            Whose::Aws => Quotas::aws(),
            Whose::None => Quotas::none(),
        };
        for (operation, rate) in &self.rate {
            quotas.set(*operation, *rate);
        }
        quotas
    }
}

/// Reads how long a poll is held.
fn hold(text: &str) -> Result<Duration, String> {
    match text.parse()? {
        Length(millis) if millis <= 600_000 => Ok(Duration::from_millis(millis)),
        Length(_) => Err("a poll is held for 10m at most".into()),
    }
}

/// Reads an account.
fn account(text: &str) -> Result<String, String> {
    let fits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err("an AWS account is twelve digits".into()) }
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
