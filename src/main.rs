//! The program: arguments to [`doorward::cli::run`], its result to the exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

// Every request allocates some hundred times; the C library's allocator takes a sixth of it. This one gives out again
// what was given back last, also after a flood has left it much to choose from.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    doorward::cli::run()
}
