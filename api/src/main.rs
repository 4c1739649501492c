//! The command line of Throughline: reads the arguments, hands them to `api::app`, tells what went wrong.

use std::{io::Write as _, process::ExitCode};

use api::app::command_line::CommandLine;
use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = CommandLine::parse();
    // Documents are walked recursively; a large stack is the second wall behind the nesting guard.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 * 1024 * 1024).build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(arguments.run()),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "throughline: {error:#}");
            ExitCode::FAILURE
        }
    }
}
