//! Signals as something to poll: one pipe that wakes, one flag per signal that says which.
//!
//! Lives longer than the screen: whoever drains polls after it is gone reads the same pipe. Decides nothing.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};

const WATCHED: [Signal; 6] = [Signal::INT, Signal::TERM, Signal::HUP, Signal::TSTP, Signal::CONT, Signal::WINCH];

/// SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT and SIGWINCH of this process, from the moment of installation on. Their
/// default actions no longer happen.
#[derive(Debug)]
pub struct Signals {
    pipe: UnixStream,
    flags: [(Signal, Arc<AtomicBool>); WATCHED.len()],
}

impl Signals {
    /// Starts watching.
    ///
    /// # Errors
    /// When the system has no descriptors left, or refuses a handler.
    pub fn install() -> io::Result<Self> {
        let (pipe, sender) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let flags = WATCHED.map(|signal| (signal, Arc::new(AtomicBool::new(false))));
        for (signal, flag) in &flags {
            // The flag first: whoever is woken must find it set.
            signal_hook::flag::register(signal.as_raw(), Arc::clone(flag))?;
            signal_hook::low_level::pipe::register(signal.as_raw(), sender.try_clone()?)?;
        }
        Ok(Self { pipe, flags })
    }

    /// Readable while a signal has not been drained.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    /// The numbers of the signals that came since the last time; each at most once.
    pub fn drain(&self) -> Vec<i32> {
        let mut sink = [0; 64];
        while (&self.pipe).read(&mut sink).is_ok_and(|read| read > 0) {}
        let came = self.flags.iter().filter(|(_, flag)| flag.swap(false, Ordering::SeqCst));
        came.map(|(signal, _)| signal.as_raw()).collect()
    }
}

/// Stops this process until SIGCONT, as the default action of SIGTSTP would have; with `job`, the whole process group,
/// as a terminal does on ctrl-z. Whoever calls it has left the terminal first.
///
/// # Errors
/// When the system refuses.
pub fn stop_process(job: bool) -> io::Result<()> {
    // SIGSTOP, not SIGTSTP: the latter is caught here, and ignored in an orphaned process group.
    if job {
        kill_current_process_group(Signal::STOP)?;
    } else {
        kill_process(getpid(), Signal::STOP)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_wakes_and_is_named_once() {
        let signals = Signals::install().unwrap();
        signal_hook::low_level::raise(Signal::WINCH.as_raw()).unwrap();
        let mut fds = [rustix::event::PollFd::from_borrowed_fd(signals.fd(), rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut fds, None).unwrap();
        assert_eq!(signals.drain(), [Signal::WINCH.as_raw()]);
        assert_eq!(signals.drain(), [0; 0]);
    }
}
