//! Waiting for an instant of the boot clock, suspend included. tokio's own timers stop during suspend.

use std::io;

use crate::clock::Boot;

pub(super) use imp::Alarm;

#[cfg(target_os = "linux")]
mod imp {
    use std::os::fd::OwnedFd;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use tokio::io::unix::AsyncFd;

    use super::{Boot, io};

    /// A kernel timer on the boot clock: fires at its instant, or at the end of a suspend that slept past it.
    #[derive(Debug)]
    pub struct Alarm {
        timer: AsyncFd<OwnedFd>,
        armed: Option<Boot>,
    }

    impl Alarm {
        #[expect(
            deprecated,
            reason = "its successor is unsafe; an OwnedFd that never leaves here is what that asks for"
        )]
        pub fn new() -> io::Result<Self> {
            let timer = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
            Ok(Self { timer: AsyncFd::new(timer)?, armed: None })
        }

        /// Ends at `at` or soon after; never for `None`. Dropping it early loses nothing.
        pub async fn reached(&mut self, at: Option<Boot>) -> io::Result<()> {
            if self.armed != at {
                self.arm(at)?;
            }
            loop {
                let mut ready = self.timer.readable().await?;
                match ready.try_io(|timer| Ok(rustix::io::read(timer, &mut [0; 8])?)) {
                    Ok(Ok(_)) => {
                        self.armed = None;
                        return Ok(());
                    }
                    Ok(Err(error)) => return Err(error),
                    Err(_would_block) => {}
                }
            }
        }

        fn arm(&mut self, at: Option<Boot>) -> io::Result<()> {
            // Zero disarms; an instant in the past fires at once.
            let millis = at.map_or(0, |at| at.0.max(1));
            let value = Timespec { tv_sec: millis / 1_000, tv_nsec: (millis % 1_000) * 1_000_000 };
            let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
            timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &once)?;
            self.armed = at;
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::time::Duration;

    use super::{Boot, io};
    use crate::clock;

    /// The longest that is slept in one go, so that a suspend is noticed within a second of its end.
    const NAP_MS: i64 = 1_000;

    /// Naps until the boot clock is there.
    #[derive(Debug)]
    pub struct Alarm;

    impl Alarm {
        #[expect(clippy::unnecessary_wraps, reason = "the same face on every system")]
        pub fn new() -> io::Result<Self> {
            Ok(Self)
        }

        /// Ends at `at` or soon after; never for `None`. Dropping it early loses nothing.
        pub async fn reached(&mut self, at: Option<Boot>) -> io::Result<()> {
            let Some(at) = at else { return std::future::pending().await };
            loop {
                let left = at - clock::now().boot;
                if left <= 0 {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(left.min(NAP_MS).unsigned_abs())).await;
            }
        }
    }
}
