//! One item of pymilvus's segment list as a JSON object or Python dict, in any spelling of its keys.

use super::error::ImportError;
use super::note::{NoteKind, Subject};
use super::snapshot::{ListedSegment, Segment, Snapshot};
use super::value::{Fields, Place};
use serde_json::{Map, Value};

pub(super) fn read(
    object: &Map<String, Value>,
    place: &Place,
    collection_name: Option<&str>,
    snapshot: &mut Snapshot,
) -> Result<(), ImportError> {
    let fields = Fields::of(object, place);
    let Some(id) = fields.id(&["segmentid"])? else {
        snapshot.findings.add(NoteKind::Skipped, "segments without an id are left out", Subject::Whole);
        return Ok(());
    };
    if let Some(words) = left_out(&fields) {
        snapshot.findings.add(NoteKind::Skipped, words, Subject::Segment(id));
        return Ok(());
    }
    let mut nodes = fields.ids(&["nodeids"])?;
    if nodes.is_empty() {
        // 2.0 knows one node per item; later releases leave this field at 0.
        nodes = fields.ids(&["nodeid"])?;
    }
    let unique = nodes.iter().copied().collect();
    let segment = Segment {
        collection: fields.id(&["collectionid"])?.unwrap_or(0),
        partition: fields.id(&["partitionid"])?.unwrap_or(0),
        // Protobuf leaves a zero out.
        rows: fields.amount(&["numrows", "numofrows", "rows"])?.unwrap_or(0),
        memory: fields.amount(&["memsize"])?.filter(|bytes| *bytes > 0),
        nodes: unique,
        ..Segment::default()
    };
    let own_name = fields.text(&["collectionname"]);
    let collection_name = own_name.or_else(|| collection_name.map(str::to_string));
    snapshot.add_segment(ListedSegment { id, segment, collection_name });
    Ok(())
}

/// Why a listed segment is not one that the balancer places; none when it is.
fn left_out(fields: &Fields<'_>) -> Option<&'static str> {
    let state = fields.text(&["state"]).unwrap_or_default();
    match state.as_str() {
        "Growing" | "2" => {
            return Some(
                "growing; growing rows are not imported (give the collection an insert workload instead)",
            );
        }
        "NotExist" | "Dropped" | "Importing" | "1" | "6" | "7" => {
            return Some("in a state in which it is not loaded (NotExist, Dropped or Importing); left out");
        }
        _ => {}
    }
    let level = fields.text(&["level"]).unwrap_or_default();
    let is_l0 = matches!(level.as_str(), "L0" | "1");
    is_l0.then_some("an L0 segment (deletes, held by the shard leader); left out")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Snapshot {
        let place = Place { file: "f".into(), at: "the top".into() };
        let mut snapshot = Snapshot::default();
        let object = serde_json::from_str(text).expect("valid");
        read(&object, &place, None, &mut snapshot).expect("readable");
        snapshot
    }

    #[test]
    fn strings_numbers_and_both_spellings_are_one() {
        let forms = [
            r#"{"segmentID":"460123456789012345","numRows":"104857","memSize":"9","nodeIds":["7","11"]}"#,
            r#"{"segmentID":460123456789012345,"num_rows":104857,"mem_size":9,"nodeIds":[7,11],"nodeID":0}"#,
            r#"{"segment_id":460123456789012345,"num_rows":104857,"mem_size":9,"node_ids":[7,11],"state":3,"level":2}"#,
        ];
        for form in forms {
            let snapshot = parsed(form);
            let segment = &snapshot.segments[&460_123_456_789_012_345];
            assert_eq!((segment.rows, segment.memory), (104_857, Some(9)), "{form}");
            assert_eq!(segment.nodes, [7, 11].into(), "{form}");
        }
    }

    #[test]
    fn growing_and_l0_segments_are_left_out_with_a_note() {
        for form in [r#"{"segmentID":1,"state":"Growing"}"#, r#"{"segment_id":1,"state":3,"level":1}"#] {
            let snapshot = parsed(form);
            assert!(snapshot.segments.is_empty());
            assert_eq!(snapshot.findings.list.len(), 1);
        }
    }
}
