//! The printed protobuf list of pymilvus's get_query_segment_info, 2.0 and later.

use super::error::ImportError;
use super::note::{NoteKind, Subject};
use super::pymilvus_json;
use super::snapshot::Snapshot;
use super::value::Place;
use serde_json::{Map, Value};

/// Reads every printed segment of a text; says how many there were.
///
/// The text is read word by word and not line by line: what was pasted through a chat or an issue
/// has often lost its line ends.
pub(super) fn read(text: &str, file: &str, snapshot: &mut Snapshot) -> Result<usize, ImportError> {
    let mut item: Option<(usize, Map<String, Value>)> = None;
    let mut count = 0;
    let mut in_list = false;
    for (number, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some((key, value, after, starts_list)) = next_field(rest) {
            rest = after;
            if key == "segmentID" {
                count += finish(item.take(), file, snapshot)?;
                item = Some((number + 1, Map::new()));
                in_list |= starts_list;
                if starts_list {
                    snapshot.begin_listing();
                }
            }
            if let Some((_, fields)) = &mut item {
                put(fields, key, value);
            }
        }
    }
    count += finish(item, file, snapshot)?;
    if in_list && !text.rsplit("segmentID:").next().is_some_and(|last| last.contains(']')) {
        let words = "a printed segment list ends without its closing bracket: it was cut off, segments may be missing \
                     and the last one may be wrong";
        snapshot.findings.add(NoteKind::Gap, words, Subject::Whole);
    }
    Ok(count)
}

fn finish(
    item: Option<(usize, Map<String, Value>)>,
    file: &str,
    snapshot: &mut Snapshot,
) -> Result<usize, ImportError> {
    let Some((line, fields)) = item else { return Ok(0) };
    let place = Place { file: file.to_string(), at: format!("segment at line {line}") };
    pymilvus_json::read(&fields, &place, None, snapshot)?;
    Ok(1)
}

/// A repeated field is a list, any other keeps its first value: what follows the last segment is not of it.
fn put(fields: &mut Map<String, Value>, key: &str, value: &str) {
    if key != "nodeIds" {
        fields.entry(key).or_insert_with(|| Value::from(value));
        return;
    }
    if let Value::Array(ids) = fields.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
        ids.push(Value::from(value));
    }
}

/// The next `key: value` of a line: key, value, what is left, and whether `[` stands right before the key.
fn next_field(line: &str) -> Option<(&str, &str, &str, bool)> {
    let mut from = 0;
    loop {
        let colon = from + line.get(from..)?.find(':')?;
        from = colon + 1;
        let before = &line[..colon];
        let key_at = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let key = &before[key_at..];
        if !key.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let value_and_rest = line[from..].trim_start();
        let (value, rest) = split_value(value_and_rest);
        return Some((key, value, rest, before[..key_at].trim_end().ends_with('[')));
    }
}

/// A quoted value up to its closing quote, any other up to a blank, comma or bracket.
fn split_value(text: &str) -> (&str, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = quoted.find(|c: char| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        return end.map_or((quoted, ""), |end| (&quoted[..end], &quoted[end + 1..]));
    }
    let end = text.find(|c: char| c.is_whitespace() || c == ',' || c == ']').unwrap_or(text.len());
    // "INFO segments: [segmentID: 1": a prefix may end in a colon.
    if text[..end].contains("segmentID:") { ("", text) } else { text.split_at(end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Snapshot {
        let mut snapshot = Snapshot::default();
        read(text, "f", &mut snapshot).expect("readable");
        snapshot
    }

    #[test]
    fn lines_and_one_line_are_read_alike() {
        let lines = "[segmentID: 1\nnum_rows: 5\nindex_name: \"a: b\"\nnodeIds: 7\nnodeIds: 9\n, segmentID: 2\nnum_rows: 6\nnodeIds: 7\n]";
        for text in [lines.to_string(), lines.replace('\n', " ")] {
            let snapshot = parsed(&text);
            assert_eq!(snapshot.segments[&1].nodes, [7, 9].into());
            assert_eq!(snapshot.segments[&2].rows, 6);
        }
    }

    #[test]
    fn a_prefix_with_a_colon_swallows_nothing() {
        for prefix in ["INFO segments: ", "10:00:01 INFO: x=", ">>> print(x):", "a: b: "] {
            let snapshot = parsed(&format!("{prefix}[segmentID: 1\nnodeID: 7\n, segmentID: 2\nnodeID: 8\n]"));
            assert_eq!(snapshot.segments.len(), 2, "{prefix}");
        }
    }

    #[test]
    fn a_second_list_replaces_the_first() {
        let snapshot = parsed("[segmentID: 1\nnodeID: 7\n]\nafter:\n[segmentID: 1\nnodeID: 8\n]");
        assert_eq!(snapshot.segments[&1].nodes, [8].into());
    }

    #[test]
    fn a_bad_number_names_its_line() {
        let error = read("\n[segmentID: 1\nnum_rows: many\n]", "f", &mut Snapshot::default());
        let text = error.expect_err("must fail").to_string();
        assert!(text.contains("line 2") && text.contains("num_rows is many"), "{text}");
    }

    #[test]
    fn a_cut_off_text_keeps_what_it_has() {
        let whole = "[segmentID: 431067441441538050\nmem_size: 187904819\nnum_rows: 341502\nnodeID: 4\n]";
        for end in 0..whole.len() {
            let _ = read(&whole[..end], "f", &mut Snapshot::default());
        }
        assert!(parsed(whole).findings.list.is_empty());
        let cut = parsed("[segmentID: 1\nnum_rows: 34");
        assert_eq!((cut.segments.len(), cut.findings.list.len()), (1, 1));
    }
}
