//! From threads that may take their time to the one with the screen: what they say, and a descriptor that wakes.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

/// The screen's end.
#[derive(Debug)]
pub struct Postbox<T> {
    letters: Receiver<T>,
    sender: Sender<T>,
    bell: File,
    waker: Arc<OwnedFd>,
}

/// A thread's end.
#[derive(Debug)]
pub struct Postman<T> {
    sender: Sender<T>,
    waker: Arc<OwnedFd>,
}

impl<T> Postbox<T> {
    /// An empty one.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        // Neither side ever waits: a byte that is not there, or has no room, is one too many anyway.
        for fd in [reader.as_fd(), writer.as_fd()] {
            rustix::io::ioctl_fionbio(fd, true)?;
        }
        let (sender, letters) = mpsc::channel();
        Ok(Self { letters, sender, bell: File::from(OwnedFd::from(reader)), waker: Arc::new(writer.into()) })
    }

    /// For another thread.
    pub fn postman(&self) -> Postman<T> {
        Postman { sender: self.sender.clone(), waker: Arc::clone(&self.waker) }
    }

    /// Readable when something was said.
    pub fn wake_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    /// What was said; never blocks.
    pub fn take(&mut self) -> Vec<T> {
        while matches!(self.bell.read(&mut [0; 64]), Ok(1..)) {}
        self.letters.try_iter().collect()
    }
}

impl<T> Postman<T> {
    /// Says it and wakes the screen. Nobody listens any more only when the process ends.
    pub fn tell(&self, letter: T) {
        let _ = self.sender.send(letter);
        let _ = rustix::io::write(&self.waker, &[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_wakes_once_and_is_there() {
        let mut postbox = Postbox::new().unwrap();
        assert_eq!(postbox.take(), Vec::<u8>::new());
        let postman = postbox.postman();
        std::thread::spawn(move || [1, 2].map(|letter| postman.tell(letter))).join().unwrap();
        assert_eq!((postbox.take(), postbox.take()), (vec![1, 2], vec![]));
    }
}
