//! The program: arguments to [`doorward::cli::run`], its result to the exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use mimalloc::MiMalloc;

// Every request allocates some hundred times; the C library's allocator takes a sixth of it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    doorward::cli::run()
}
