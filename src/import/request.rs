//! What goes into an import and what comes out.

use super::note::Note;

/// One dump: its text and the name it goes by in messages (usually the file's name).
#[derive(Debug, Clone)]
pub struct Source {
    /// The name used in messages.
    pub name: String,
    /// The whole text of the dump.
    pub text: String,
}

/// What the dumps cannot say and the user may.
#[derive(Debug, Clone)]
pub struct Options {
    /// The release to simulate; without it the release the dumps state, or else 2.1.
    pub milvus_version: Option<String>,
    /// Bytes of one row, for segments whose `mem_size` is missing or 0.
    pub bytes_per_row: Option<u64>,
    /// Memory of query nodes of which the dumps do not state any.
    pub default_memory_bytes: Option<u64>,
    /// The scenario's name.
    pub name: String,
    /// The scenario's duration, as it is to stand in the file.
    pub duration: String,
    /// Whether names and ids are replaced.
    pub redact: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            milvus_version: None,
            bytes_per_row: None,
            default_memory_bytes: None,
            name: "imported".to_string(),
            duration: "1h".to_string(),
            redact: false,
        }
    }
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The scenario file, its keys in reading order.
    pub scenario: serde_json::Value,
    /// Every gap, default and contradiction.
    pub notes: Vec<Note>,
}
