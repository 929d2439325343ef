//! Taking a journal over from the process that holds it: it is asked to leave, as by SIGTERM, and waited for.

use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::failure::{Failure, Kind};
use super::outlet::Notice;
use crate::clock;
use crate::journal::{OpenError, Place, Settings};
use crate::runtime::Opened;
use crate::text::printable;

/// A poll that the other process has in flight ends within 61 s, and then it still writes down what it brought.
const PATIENCE_MS: i64 = 70_000;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Makes the holder leave, described as [`OpenError::Held`] has it, and opens the journal as its keeper.
///
/// # Errors
/// Nobody knows which process it is, it may not be signalled, or it does not leave.
pub fn take_over(place: &Place, settings: &Settings, by: &str) -> Result<Opened, Failure> {
    let holder = printable(by).into_owned();
    let failed = |why: String| {
        let what = format_args!("The journal cannot be taken over from {holder}: {why}");
        Failure::new(Kind::Journal, what)
    };
    let pid = pid(by).ok_or_else(|| failed("it does not say which process it is; end it yourself".into()))?;
    kill_process(pid, Signal::TERM)
        .map_err(|error| failed(format!("it cannot be told to leave: {error}; end it yourself")))?;
    let mut notice = Notice::new(false);
    let start = clock::now().boot;
    loop {
        match Opened::keeper(place, settings) {
            Err(OpenError::Held { .. }) => {}
            other => {
                notice.clear();
                return Ok(other?);
            }
        }
        let passed = clock::now().boot - start;
        if passed > PATIENCE_MS {
            notice.clear();
            return Err(failed(format!("it has not left within {} s", PATIENCE_MS / 1_000)));
        }
        if passed > 300 {
            notice.show(&format!("waiting for {holder} to leave"));
        }
        thread::sleep(PAUSE);
    }
}

/// The process in a keeper's description: `pid 123, …`.
fn pid(by: &str) -> Option<Pid> {
    let number = by.strip_prefix("pid ")?.split(',').next()?;
    // 0 and negative numbers would name whole groups.
    Pid::from_raw(number.parse().ok().filter(|number| *number > 1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_process_is_ever_meant() {
        assert_eq!(pid("pid 4711, anna@ops, since 2026-11-24 14:02").map(Pid::as_raw_nonzero).unwrap().get(), 4711);
        for bad in ["another process", "pid 0, x", "pid 1, x", "pid -5, x", "pid , x", "4711, x", "pid 99999999999, x"]
        {
            assert!(pid(bad).is_none(), "{bad}");
        }
    }
}
