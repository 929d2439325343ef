//! swfbeat: an operations console in the terminal for the manual activity tasks of Amazon SWF.
//!
//! The map of the house. A folder is a room; its `mod.rs` opens with what the room is for and what it is not for.
//! An arrow is an import; no other import between rooms is allowed.
//!
//! ```text
//! main -> cli -> runtime -> console -> task, wire, clock, text
//!                runtime -> swf      -> task, wire, text
//!                runtime -> journal  -> task, clock
//!         cli -> tui     -> console (its facts and commands, never its insides), text, demo::view
//!         cli -> demo, emulator          demo -> swf, never the emulator's insides
//!         cli -> config -> console (its defaults), task, text
//!         config, demo -> mistake      config, console, tui -> span
//!         cli -> swf, journal (opens them for runtime), console (its config, commands and facts)
//! ```

pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
pub mod demo;
pub mod emulator;
pub mod journal;
pub mod mistake;
pub mod runtime;
pub mod span;
pub mod swf;
pub mod task;
pub mod text;
pub mod tui;
pub mod wire;
