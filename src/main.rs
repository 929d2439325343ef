//! The binary: hands over to the command line; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    swfbeat::cli::main()
}
