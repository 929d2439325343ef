//! Who we are: the identity sent with polls, and the run that tells two of our processes apart.

use std::env;

use super::failure::{Failure, Kind};
use crate::clock;
use crate::task::check_length;
use crate::text::Foreign;

/// Run and poll number are added to it, and SWF takes 256.
const IDENTITY_MAX: usize = 200;

/// The identity as given, or `user@host`.
///
/// # Errors
/// It is too long.
pub fn identity(given: Option<&str>) -> Result<Foreign, Failure> {
    let Some(given) = given else {
        let shortened: String = user_at_host().chars().take(IDENTITY_MAX / 2).collect();
        return Ok(shortened.into());
    };
    check_length("--identity", given, IDENTITY_MAX).map_err(|error| {
        Failure::new(Kind::Usage, format_args!("{error} (56 of SWF's 256 are kept for the number of each poll)"))
    })?;
    Ok(given.into())
}

/// As a shell prompt has it.
pub fn user_at_host() -> String {
    let named = ["USER", "LOGNAME"].into_iter().filter_map(|name| env::var(name).ok()).find(|user| !user.is_empty());
    let user = named.unwrap_or_else(|| format!("uid{}", rustix::process::getuid().as_raw()));
    let system = rustix::system::uname();
    format!("{user}@{}", system.nodename().to_string_lossy())
}

/// Names this run among all others of the same identity.
pub fn run() -> String {
    format!("{:x}.{:x}", clock::now().wall.0, std::process::id())
}

/// A seed for the jitter: two consoles should not beat in step.
pub fn seed() -> u64 {
    clock::now().wall.0.unsigned_abs() ^ (u64::from(std::process::id()) << 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_leaves_room_for_run_and_poll_number() {
        let longest = "x".repeat(IDENTITY_MAX);
        assert_eq!(identity(Some(&longest)).unwrap().raw(), longest);
        assert!(identity(Some(&format!("{longest}x"))).is_err());
        let rest = format!("/{}/{}", run(), u64::MAX);
        assert!(IDENTITY_MAX + rest.len() <= crate::task::limit::IDENTITY, "{rest}");
        assert!(identity(None).unwrap().raw().contains('@'));
    }
}
