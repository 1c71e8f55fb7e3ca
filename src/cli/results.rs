//! The results folder: written under a temporary name, moved into place when complete.

use super::failure::Failure;
use std::fs;
use std::path::{Path, PathBuf};

/// Every file that a results folder may hold, in the order in which they are moved into place.
const FILES: &[&str] = &[
    "events.jsonl",
    "series.csv",
    "nodes.csv",
    "segments.csv",
    "memory_skew.svg",
    "memory_skew.png",
    "node_memory.svg",
    "node_memory.png",
    "segment_moves.svg",
    "segment_moves.png",
    "summary.json",
];

/// A results folder in the making. Dropped before [`Folder::publish`], it leaves nothing.
#[derive(Debug)]
pub struct Folder {
    target: PathBuf,
    draft: PathBuf,
}

impl Folder {
    /// Begins the folder `target`.
    ///
    /// # Errors
    ///
    /// When the draft beside it cannot be made.
    pub fn begin(target: &Path) -> Result<Folder, Failure> {
        let name = target.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let draft = target.with_file_name(format!(".{name}.{}.partial", std::process::id()));
        fs::create_dir_all(&draft).map_err(Failure::writing(&draft))?;
        Ok(Folder { target: target.to_owned(), draft })
    }

    /// Where a file is written for now.
    pub fn path(&self, file: &str) -> PathBuf {
        self.draft.join(file)
    }

    /// Writes a whole file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, file: &str, content: &[u8]) -> Result<(), Failure> {
        let path = self.path(file);
        fs::write(&path, content).map_err(Failure::writing(&path))
    }

    /// Moves everything into place, `summary.json` last; files of an earlier run that this one did not
    /// write go.
    ///
    /// # Errors
    ///
    /// When a file cannot be moved.
    pub fn publish(self) -> Result<(), Failure> {
        fs::create_dir_all(&self.target).map_err(Failure::writing(&self.target))?;
        let old_summary = self.target.join("summary.json");
        if old_summary.exists() {
            fs::remove_file(&old_summary).map_err(Failure::writing(&old_summary))?;
        }
        for file in FILES {
            let (from, to) = (self.draft.join(file), self.target.join(file));
            if from.exists() {
                fs::rename(&from, &to).map_err(Failure::writing(&to))?;
            } else if to.exists() {
                fs::remove_file(&to).map_err(Failure::writing(&to))?;
            }
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed was never ours to begin with, and there is nobody left to tell.
        let _ = fs::remove_dir_all(&self.draft);
    }
}
