//! What is wrong in a scenario: where, what, and what would be right.

use std::fmt;

/// One fault of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScenarioError {
    /// The file as its caller named it, or the option (`--set /seed=x`) that holds the fault.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// JSON pointer of the value; empty = the whole file, or no value of it.
    pub pointer: String,
    /// What is wrong.
    pub fault: String,
    /// What would be right.
    pub remedy: String,
}

impl ScenarioError {
    /// The fault of a file that is not UTF-8, at its first byte that is not. `None` when all of it is.
    pub fn not_utf8(file_name: &str, bytes: &[u8]) -> Option<ScenarioError> {
        let good = std::str::from_utf8(bytes).err()?.valid_up_to();
        let before = String::from_utf8_lossy(&bytes[..good]);
        let (line, column) = line_and_column(&before, before.len());
        Some(ScenarioError {
            file: file_name.to_owned(),
            line,
            column,
            pointer: String::new(),
            fault: format!("byte 0x{:02x} is not UTF-8", bytes[good]),
            remedy: "save the file as UTF-8".to_owned(),
        })
    }
}

impl fmt::Display for ScenarioError {
    /// `file:line:column: /json/pointer: fault; remedy`; of a whole option `--set KEY=VALUE: fault; remedy`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.file)?;
        if !self.file.starts_with("--") || (self.line, self.column) != (1, 1) {
            write!(formatter, "{}:{}:", self.line, self.column)?;
        }
        formatter.write_str(" ")?;
        if !self.pointer.is_empty() {
            write!(formatter, "{}: ", self.pointer)?;
        }
        write!(formatter, "{}; {}", self.fault, self.remedy)
    }
}

impl std::error::Error for ScenarioError {}

/// Line and column, both from 1, of the byte at `offset`.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
