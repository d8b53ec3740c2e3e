//! The program: arguments to [`doorward::cli::run`], its result to the exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    doorward::cli::run()
}
