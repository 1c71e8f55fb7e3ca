//! All faults of a file, collected while it is read.

use super::error::ScenarioError;
use super::json::{Json, Node, Place};
use std::collections::BTreeMap;

/// Faults found so far, each with its place.
#[derive(Default)]
pub(super) struct Faults {
    list: Vec<(Place, String, String)>,
    /// Names of places outside of the scenario's own tree.
    names: BTreeMap<Place, String>,
}

/// A text that was read besides the scenario file.
enum Source<'t> {
    /// An option, as it is named in messages.
    Option(String),
    /// Another file: its name and its text.
    File(&'t str, &'t str),
}

/// The texts that were read: the scenario file, then options and other files.
pub(super) struct Sources<'t> {
    file_name: &'t str,
    text: &'t str,
    /// The k-th has number k, from 1.
    others: Vec<Source<'t>>,
}

impl<'t> Sources<'t> {
    /// A scenario file alone.
    pub(super) fn new(file_name: &'t str, text: &'t str) -> Sources<'t> {
        Sources { file_name, text, others: Vec::new() }
    }

    /// Adds an option as it is named in messages; returns its place.
    pub(super) fn add_option(&mut self, name: String) -> Place {
        self.others.push(Source::Option(name));
        Place { source: self.others.len(), offset: 0 }
    }

    /// Adds another file; returns its number.
    pub(super) fn add_file(&mut self, name: &'t str, text: &'t str) -> usize {
        self.others.push(Source::File(name, text));
        self.others.len()
    }

    /// The name of a text, and the text itself where lines count.
    fn find(&self, source: usize) -> (&str, Option<&'t str>) {
        match source.checked_sub(1).map(|other| self.others.get(other)) {
            None => (self.file_name, Some(self.text)),
            Some(Some(Source::File(name, text))) => (name, Some(text)),
            Some(Some(Source::Option(name))) => (name, None),
            Some(None) => ("option", None),
        }
    }
}

impl Faults {
    /// Notes a fault: what is wrong at `at`, and what would be right.
    pub(super) fn add(&mut self, at: Place, fault: impl Into<String>, remedy: impl Into<String>) {
        self.list.push((at, fault.into(), remedy.into()));
    }

    /// Names a place that is not in the scenario's own tree, such as a key of another file.
    pub(super) fn name(&mut self, at: Place, name: &str) {
        self.names.insert(at, name.to_owned());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// The faults in the order of their places. Pointers are found here, in one walk over the tree, so
    /// that the readers need not carry any.
    pub(super) fn into_errors(mut self, sources: &Sources, root: Option<&Node>) -> Vec<ScenarioError> {
        self.list.sort_by_key(|(at, _, _)| *at);
        self.list.dedup();
        let mut pointers: BTreeMap<Place, String> =
            self.list.iter().map(|(at, _, _)| (*at, String::new())).collect();
        if let Some(root) = root {
            find_pointers(root, &mut String::new(), &mut pointers);
        }
        let mut counting: Option<(usize, LineCounter)> = None;
        let error = |(at, fault, remedy): (Place, String, String)| {
            let (file, text) = sources.find(at.source);
            if counting.as_ref().is_none_or(|(source, _)| *source != at.source) {
                counting = text.map(|text| (at.source, LineCounter::new(text)));
            }
            let (line, column) = match &mut counting {
                Some((source, lines)) if *source == at.source => lines.find(at.offset),
                _ => (1, 1),
            };
            let pointer = pointers.get(&at).filter(|pointer| !pointer.is_empty());
            let pointer = pointer.or_else(|| self.names.get(&at)).cloned().unwrap_or_default();
            ScenarioError { file: file.to_owned(), line, column, pointer, fault, remedy }
        };
        self.list.into_iter().map(error).collect()
    }
}

/// Counts lines and columns onward from the last place asked for, so that many faults cost one pass.
struct LineCounter<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
    column: usize,
}

impl<'t> LineCounter<'t> {
    fn new(text: &'t str) -> LineCounter<'t> {
        LineCounter { text, offset: 0, line: 1, column: 1 }
    }

    /// Line and column of the byte at `offset`, which is not before the last one asked for.
    fn find(&mut self, offset: usize) -> (usize, usize) {
        let between = self.text.get(self.offset..offset).unwrap_or("");
        let newlines = between.matches('\n').count();
        self.line += newlines;
        self.column = match between.rfind('\n') {
            Some(newline) => between[newline + 1..].chars().count() + 1,
            None => self.column + between.chars().count(),
        };
        self.offset = self.offset.max(offset);
        (self.line, self.column)
    }
}

/// Fills in the pointer of every place asked for.
fn find_pointers(node: &Node, pointer: &mut String, pointers: &mut BTreeMap<Place, String>) {
    let note = |at: Place, pointer: &str, pointers: &mut BTreeMap<Place, String>| {
        if let Some(found) = pointers.get_mut(&at) {
            pointer.clone_into(found);
        }
    };
    note(node.at, pointer, pointers);
    let length = pointer.len();
    match &node.json {
        Json::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                find_pointers(element, pointer, pointers);
                pointer.truncate(length);
            }
        }
        Json::Object(members) => {
            for member in members {
                pointer.push('/');
                pointer.push_str(&member.name.replace('~', "~0").replace('/', "~1"));
                note(member.at, pointer, pointers);
                find_pointers(&member.value, pointer, pointers);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}
