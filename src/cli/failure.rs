//! What went wrong, in words for the terminal, and the exit code that goes with it.

use super::{INTERRUPTED, WRONG_INPUT};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A reason to end early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A file could not be read.
    #[error("cannot read {path}: {cause}; give the path of a readable file")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        cause: io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write {path}: {cause}; choose another folder with -o")]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        cause: io::Error,
    },
    /// Whoever read our output has gone: no failure.
    #[error("the reader of the output is gone")]
    BrokenPipe,
    /// Somebody asked to stop.
    #[error("interrupted; the results of this run are not written")]
    Interrupted,
    /// The input is wrong: one line per fault.
    #[error("{}", .0.join("\n"))]
    WrongInput(Vec<String>),
}

impl Failure {
    /// A failure to write `path`.
    pub fn writing(path: &Path) -> impl FnOnce(io::Error) -> Failure + use<'_> {
        |cause| Failure::Unwritable { path: path.to_owned(), cause }
    }

    /// A failure to write to the terminal.
    pub fn printing(cause: io::Error) -> Failure {
        if cause.kind() == ErrorKind::BrokenPipe {
            Failure::BrokenPipe
        } else {
            Failure::Unwritable { path: PathBuf::from("standard output"), cause }
        }
    }

    /// Prints the failure and returns its exit code.
    pub fn report(&self) -> ExitCode {
        if matches!(self, Failure::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        for line in self.to_string().lines() {
            eprintln!("evenkeel: {line}");
        }
        ExitCode::from(if matches!(self, Failure::Interrupted) { INTERRUPTED } else { WRONG_INPUT })
    }
}
