//! Bytes of every segment: as listed, else from bytes per row.

use super::error::ImportError;
use super::note::{NoteKind, Subject};
use super::snapshot::Snapshot;
use std::collections::BTreeMap;

/// Rows and bytes of a collection's segments that list both.
#[derive(Default, Clone, Copy)]
struct Known {
    rows: u128,
    bytes: u128,
}

/// The bytes of every segment by its id; notes where they come from, and what is odd about the rows.
pub(super) fn segment_bytes(
    snapshot: &mut Snapshot,
    bytes_per_row: Option<u64>,
) -> Result<BTreeMap<u64, u64>, ImportError> {
    let mut known: BTreeMap<u64, Known> = BTreeMap::new();
    for segment in snapshot.segments.values() {
        if let Some(bytes) = segment.memory.filter(|_| segment.rows > 0) {
            let of_collection = known.entry(segment.collection).or_default();
            of_collection.rows += u128::from(segment.rows);
            of_collection.bytes += u128::from(bytes);
        }
    }
    let mut all = BTreeMap::new();
    for (&id, segment) in &snapshot.segments {
        if segment.rows == 0 {
            let words = "0 rows listed, as Milvus does for a while after some restarts; kept as 0";
            snapshot.findings.add(NoteKind::Gap, words, Subject::Segment(id));
        }
        let (bytes, words) = match (segment.memory, bytes_per_row, known.get(&segment.collection)) {
            (Some(bytes), _, _) => (Some(bytes), None),
            (None, Some(per_row), _) => {
                let words = format!("mem_size is 0 or missing; {per_row} bytes per row put in");
                (segment.rows.checked_mul(per_row), Some(words))
            }
            (None, None, Some(known)) => {
                let words = "mem_size is 0 or missing; the collection's mean bytes per row put in";
                let bytes = (u128::from(segment.rows)).checked_mul(known.bytes).map(|all| all / known.rows);
                (bytes.and_then(|bytes| u64::try_from(bytes).ok()), Some(words.to_string()))
            }
            (None, None, None) => return Err(no_bytes(snapshot, segment.collection)),
        };
        let too_large = || ImportError::TooLarge {
            segment: id,
            rows: segment.rows,
            bytes_per_row: bytes_per_row.unwrap_or_default(),
        };
        all.insert(id, bytes.ok_or_else(too_large)?);
        if let Some(words) = words {
            snapshot.findings.add(NoteKind::Default, words, Subject::Segment(id));
        }
    }
    Ok(all)
}

fn no_bytes(snapshot: &Snapshot, collection: u64) -> ImportError {
    let without =
        |segment: &&super::snapshot::Segment| segment.collection == collection && segment.memory.is_none();
    ImportError::NoBytes {
        collection: snapshot.collection_names.get(&collection).cloned().unwrap_or_default(),
        segments: snapshot.segments.values().filter(without).count(),
    }
}
