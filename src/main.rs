//! The program: hands its arguments to the command line and returns the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    evenkeel::cli::main()
}
