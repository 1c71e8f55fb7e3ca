//! What an import has to tell beside the scenario: gaps, defaults, conflicts, things left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How many ids a note names before it only counts them.
const NAMED_AT_MOST: usize = 5;

/// What sort of thing a note tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// The sources do not say it, and nothing was put in.
    Gap,
    /// The sources do not say it, and something was put in.
    Default,
    /// The sources contradict themselves, each other or the options.
    Conflict,
    /// The sources say it, and the scenario does not carry it.
    Skipped,
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            NoteKind::Gap => "gap",
            NoteKind::Default => "default",
            NoteKind::Conflict => "conflict",
            NoteKind::Skipped => "skipped",
        })
    }
}

/// One thing to know about an import, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What sort of thing.
    pub kind: NoteKind,
    /// The words.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.text)
    }
}

/// What a finding is about; ids and not words, so that redaction can still replace them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Whole,
    Segment(u64),
    QueryNode(u64),
    Collection(u64),
    Replica(u64),
}

/// Findings in the order first met; the same words about several things are one finding.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) list: Vec<(NoteKind, String, BTreeSet<Subject>)>,
    // Position of each finding in the list: a dump may have a million segments with the same fault.
    known: BTreeMap<(NoteKind, String), usize>,
}

impl Findings {
    pub(super) fn add(&mut self, kind: NoteKind, words: impl Into<String>, subject: Subject) {
        let words = words.into();
        let next = self.list.len();
        let at = *self.known.entry((kind, words.clone())).or_insert(next);
        if at == next {
            self.list.push((kind, words, BTreeSet::new()));
        }
        self.list[at].2.insert(subject);
    }

    /// The findings as notes; collections go by the names given.
    pub(super) fn notes(&self, names: &BTreeMap<u64, String>) -> Vec<Note> {
        let worded = |(kind, words, subjects): &(NoteKind, String, BTreeSet<Subject>)| {
            let about = about(subjects, names);
            let text = if about.is_empty() { words.clone() } else { format!("{about}: {words}") };
            Note { kind: *kind, text }
        };
        self.list.iter().map(worded).collect()
    }
}

/// "segments 1, 2 and 3", "300 segments (1, 2, 3, 4, 5, ...)".
fn about(subjects: &BTreeSet<Subject>, names: &BTreeMap<u64, String>) -> String {
    let name = |subject: &Subject| match subject {
        Subject::Whole => None,
        Subject::Segment(id) => Some(("segment", id.to_string())),
        Subject::QueryNode(id) => Some(("query node", id.to_string())),
        Subject::Replica(id) => Some(("replica", id.to_string())),
        Subject::Collection(id) => {
            Some(("collection", names.get(id).cloned().unwrap_or_else(|| id.to_string())))
        }
    };
    let named: Vec<(&str, String)> = subjects.iter().filter_map(name).collect();
    let Some((noun, _)) = named.first() else { return String::new() };
    let ids: Vec<&str> = named.iter().take(NAMED_AT_MOST).map(|(_, id)| id.as_str()).collect();
    match named.len() {
        1 => format!("{noun} {}", ids[0]),
        count if count > NAMED_AT_MOST => format!("{count} {noun}s ({}, ...)", ids.join(", ")),
        _ => format!("{noun}s {}", ids.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_findings_are_one_note_that_counts() {
        let mut findings = Findings::default();
        for id in 1..=7 {
            findings.add(NoteKind::Gap, "no rows", Subject::Segment(id));
        }
        findings.add(NoteKind::Skipped, "growing", Subject::Segment(9));
        let notes = findings.notes(&BTreeMap::new());
        assert_eq!(notes[0].text, "7 segments (1, 2, 3, 4, 5, ...): no rows");
        assert_eq!(notes[1].to_string(), "skipped: segment 9: growing");
        assert_eq!(notes.len(), 2);
    }
}
