//! To whom the stage shows and tells things.

use super::view::Reports;

/// Whoever watches. Nothing here blocks, and nobody has to look.
pub trait Audience {
    /// Says a caption, printable.
    fn caption(&self, text: String);

    /// Says what was done behind the stage, printable.
    fn say(&self, text: String);

    /// Says that something went wrong behind the stage, printable.
    fn complain(&self, text: String);

    /// Changes what the screen finds when it looks next, and lets it know.
    fn report(&self, change: &mut dyn FnMut(&mut Reports));
}
