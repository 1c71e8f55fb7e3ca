//! Whatever a scenario file holds, reading it gives a scenario or faults, and never a panic.

use evenkeel::scenario::error::ScenarioError;
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::parse;
use proptest::prelude::*;

const VALID: &str = include_str!("valid/three_nodes.json");

/// Pieces that have broken readers before.
const PIECES: &[&str] = &[
    "0",
    "-0",
    "-1",
    "1e999",
    "-1e-999",
    "18446744073709551615",
    "9223372036854775807",
    "0.0000001",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "[[[[",
    "\"\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"90s\"",
    "\"99999999999999999999d\"",
    "\"999999999999999GiB\"",
    "\"-5s\"",
    "\"4611686018427387904\"",
    "\"5\u{b5}s\"",
    "4611686018427387904",
    "\u{feff}",
    "\"",
    ",",
    "}",
    "4294967295",
    "20000",
    "1e9223372036854775807",
    "1e-9223372036854775808",
];

fn read(bytes: &[u8]) -> Vec<ScenarioError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text, "drawn.json", &Overrides::default()).err().unwrap_or_default(),
        Err(_) => ScenarioError::not_utf8("drawn.json", bytes).into_iter().collect(),
    }
}

/// Where the values of the valid file stand: after a colon, comma or bracket up to the next of these.
fn values() -> Vec<(usize, usize)> {
    let ends: Vec<usize> = VALID.match_indices([':', ',', '[', ']', '{', '}']).map(|(at, _)| at).collect();
    ends.windows(2).map(|pair| (pair[0] + 1, pair[1])).filter(|(from, to)| from < to).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(!read(&bytes).is_empty());
    }

    #[test]
    fn json_like_text_is_read_or_refused(text in "[\\[\\]{}\":,0-9a-e\\\\u .+-]{0,80}") {
        read(text.as_bytes());
    }

    #[test]
    fn a_valid_file_with_other_values_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(PIECES)), 1..4),
    ) {
        let values = values();
        let mut chosen: Vec<_> = changes.iter().map(|(index, piece)| (*index.get(&values), *piece)).collect();
        chosen.sort_by_key(|((from, _), _)| std::cmp::Reverse(*from));
        chosen.dedup_by_key(|(range, _)| *range);
        let mut text = VALID.to_owned();
        for ((from, to), piece) in chosen {
            text.replace_range(from..to, piece);
        }
        for fault in read(text.as_bytes()) {
            prop_assert!(fault.line >= 1 && fault.column >= 1 && !fault.remedy.is_empty(), "{fault}");
        }
    }

    #[test]
    fn a_valid_file_cut_or_damaged_is_read_or_refused(at in 0..VALID.len(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = VALID.as_bytes().to_vec();
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        read(&bytes);
    }

    #[test]
    fn options_are_taken_or_refused(
        pointer in "(/[a-z_]{1,12}|/query_nodes|/collections|/timeline|/[0-9]|/memory|/count|/milvus|/hardware|~){0,4}",
        value in prop::sample::select(PIECES),
    ) {
        let settings = vec![(pointer, value.to_owned())];
        let overrides = Overrides { settings, ..Overrides::default() };
        let _ = parse(VALID, "three_nodes.json", &overrides);
    }
}
