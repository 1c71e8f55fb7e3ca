//! Captured answers of live clusters become scenarios.

use evenkeel::import::error::ImportError;
use evenkeel::import::import;
use evenkeel::import::note::NoteKind;
use evenkeel::import::request::{Imported, Options, Source};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SEGMENTS_2_0: &str = include_str!("captures/segments_2_0.txt");
const SEGMENTS_2_1: &str = include_str!("captures/segments_2_1.txt");
const REPLICAS_2_1: &str = include_str!("captures/replicas_2_1.txt");
const PROXY: &str = include_str!("captures/system_info_proxy.json");
const QUERY_COORD: &str = include_str!("captures/system_info_querycoord.json");
const TWO_REPLICAS: &str = include_str!("captures/two_replicas_2_3_5.json");
const THREE_COLLECTIONS: &str = include_str!("captures/three_collections_2_3_5.json");
const TWO_SHARDS: &str = include_str!("captures/two_shards_2_3_5.json");

fn sources(texts: &[&str]) -> Vec<Source> {
    let source = |(i, text): (usize, &&str)| Source { name: format!("dump-{i}"), text: (*text).to_string() };
    texts.iter().enumerate().map(source).collect()
}

fn options() -> Options {
    Options { bytes_per_row: Some(64), ..Options::default() }
}

/// Imports and holds the outcome against what every scenario must keep.
#[track_caller]
fn check(texts: &[&str], options: &Options) -> Imported {
    let imported = import(&sources(texts), options).unwrap_or_else(|error| panic!("{error}"));
    hold_together(&imported.scenario);
    imported
}

#[track_caller]
fn refused(texts: &[&str], options: &Options) -> ImportError {
    import(&sources(texts), options).expect_err("must be refused")
}

#[track_caller]
fn told(imported: &Imported, kind: NoteKind, words: &str) {
    let found = imported.notes.iter().any(|note| note.kind == kind && note.text.contains(words));
    assert!(found, "no {kind} {words:?} among {:#?}", imported.notes);
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Ids are unique, every node is listed, and a segment lies in its replicas.
#[track_caller]
fn hold_together(scenario: &Value) {
    let keys: Vec<&String> = scenario.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        ["version", "name", "story", "milvus", "seed", "duration", "query_nodes", "collections"]
    );
    let nodes: BTreeSet<String> =
        list(&scenario["query_nodes"]).iter().map(|node| node["id"].to_string()).collect();
    assert_eq!(nodes.len(), list(&scenario["query_nodes"]).len());
    let mut ids = BTreeSet::new();
    for collection in list(&scenario["collections"]) {
        let replicas = list(&collection["replicas"]);
        for segment in list(&collection["segments"]) {
            assert!(ids.insert(segment["id"].to_string()), "twice: {segment}");
            let Some(place) = segment.get("query_node") else { continue };
            let homes = if place.is_array() { list(place) } else { std::slice::from_ref(place) };
            assert!(homes.iter().all(|home| nodes.contains(&home.to_string())), "{segment}");
            if !replicas.is_empty() {
                assert_eq!(homes.len(), replicas.len(), "{segment}");
                let inside = |(home, replica): (&Value, &Value)| list(&replica["query_nodes"]).contains(home);
                assert!(homes.iter().zip(replicas).all(inside), "{segment}");
            }
        }
    }
}

#[test]
fn a_2_0_listing_with_a_proxy_answer_is_a_complete_start() {
    let imported = check(&[SEGMENTS_2_0, PROXY], &Options::default());
    let scenario = &imported.scenario;
    assert_eq!(scenario["milvus"]["version"], "2.1.4");
    let expected = json!([
        { "id": 3, "memory": 34359738368u64, "cpu": 8, "base_memory": 1000000000 },
        { "id": 4, "memory": 34359738368u64, "cpu": 8, "base_memory": 0 },
    ]);
    assert_eq!(scenario["query_nodes"], expected);
    let collection = &scenario["collections"][0];
    assert_eq!(collection["id"], "431066765411852289");
    assert_eq!(collection["name"], "collection_431066765411852289");
    assert_eq!(collection["replicas"], 1);
    let first = json!({ "id": "431067441441538050", "rows": 341502, "memory": 187904819, "query_node": 4 });
    assert_eq!(collection["segments"][0], first);
    assert_eq!(list(&collection["segments"]).len(), 3);
    told(&imported, NoteKind::Skipped, "segment 431067441441538093: growing");
    told(&imported, NoteKind::Skipped, "answered system_info with an error");
    told(&imported, NoteKind::Conflict, "query node 4: its segments are more bytes than the memory_usage");
    told(&imported, NoteKind::Default, "no source lists its replicas");
}

#[test]
fn a_2_1_listing_with_replicas_keeps_replicas_and_leaders() {
    let imported = check(&[SEGMENTS_2_1, REPLICAS_2_1, QUERY_COORD], &options());
    let collection = &imported.scenario["collections"][0];
    let expected = json!([
        { "id": "435820312000000777", "query_nodes": [7, 9], "shard_leaders": [7] },
        { "id": "435820312000000778", "query_nodes": [11, 12], "shard_leaders": [12] },
    ]);
    assert_eq!(collection["replicas"], expected);
    assert_eq!(collection["segments"][1]["query_node"], json!([9, 11]));
    assert_eq!(imported.scenario["query_nodes"][0]["base_memory"], 2147483648u64 - 64 * (104857 + 50000));
    told(&imported, NoteKind::Default, "64 bytes per row put in");
}

#[test]
fn one_paste_of_several_printouts_is_read_like_several_files() {
    let pasted = format!("{SEGMENTS_2_1}\n>>> collection.get_replicas()\n{REPLICAS_2_1}");
    let one = check(&[&pasted, QUERY_COORD], &options()).scenario;
    let several = check(&[SEGMENTS_2_1, REPLICAS_2_1, QUERY_COORD], &options()).scenario;
    assert_eq!(one["collections"], several["collections"]);
}

#[test]
fn without_replicas_the_copies_tell_them() {
    let imported = check(&[SEGMENTS_2_1, QUERY_COORD], &options());
    let replicas = list(&imported.scenario["collections"][0]["replicas"]).to_vec();
    assert_eq!(replicas.len(), 2);
    let nodes = |replica: &Value| list(&replica["query_nodes"]).to_vec();
    assert_eq!(nodes(&replicas[0]).len() + nodes(&replicas[1]).len(), 4);
    told(&imported, NoteKind::Default, "2 assumed, by the copies of its segments");
}

#[test]
fn json_of_the_message_python_dicts_and_print_are_one() {
    let camel = r#"[{"segmentID":"435820312345678901","collectionID":"435820310000000001","partitionID":"435820310000000002",
        "numRows":"104857","memSize":"6710848","state":"Sealed","nodeIds":["7"]}]"#;
    let python = "[{'segmentID': 435820312345678901, 'collectionID': 435820310000000001, 'partitionID': 435820310000000002,
        'num_rows': 104857, 'mem_size': 6710848, 'state': 'Sealed', 'nodeID': 7}]";
    let loaded = "[LoadedSegmentInfo(segment_id=435820312345678901, collection_id=435820310000000001, \
        partition_id=435820310000000002, collection_name='', num_rows=104857, is_sorted=True, state='Sealed', level='L1', \
        index_name='vec_idx', index_id=1, node_ids=[7], storage_version=2, mem_size=6710848)]";
    let print = "[segmentID: 435820312345678901\ncollectionID: 435820310000000001\npartitionID: 435820310000000002\n\
        mem_size: 6710848\nnum_rows: 104857\nnodeIds: 7\n]";
    let of = |text: &str| check(&[text, QUERY_COORD], &Options::default()).scenario["collections"].clone();
    for text in [camel, python, loaded] {
        assert_eq!(of(text), of(print), "{text}");
    }
}

#[test]
fn a_whole_dump_of_two_replicas_is_imported() {
    let imported = check(&[TWO_REPLICAS], &options());
    let collection = &imported.scenario["collections"][0];
    assert_eq!(collection["name"], "coll");
    assert_eq!(collection["id"], "470607273864986697");
    assert_eq!(collection["replicas"][1]["shard_leaders"], json!([10]));
    assert_eq!(list(&collection["segments"]).len(), 14);
    assert_eq!(collection["segments"][0]["query_node"], json!([8, 10]));
    told(&imported, NoteKind::Default, "no release is stated or given; 2.1 put in");
    told(&imported, NoteKind::Gap, "taken as the start of a 2.1 run");
    told(&imported, NoteKind::Default, "14 segments");
}

#[test]
fn a_whole_dump_of_three_collections_is_imported() {
    let options = Options { milvus_version: Some("2.1".into()), ..options() };
    let imported = check(&[THREE_COLLECTIONS], &options);
    let collections = list(&imported.scenario["collections"]);
    let names: Vec<&Value> = collections.iter().map(|collection| &collection["name"]).collect();
    assert_eq!(names, ["big", "mid", "tiny"]);
    assert_eq!(collections[0]["shards"], 2);
    assert_eq!(collections[0]["replicas"][0]["shard_leaders"], json!([7, 9]));
    let sizes: Vec<usize> =
        collections.iter().map(|collection| list(&collection["segments"]).len()).collect();
    assert_eq!(sizes, [16, 6, 3]);
    told(&imported, NoteKind::Default, "collection big: the sources do not say which channel");
    let nodes: Vec<&Value> = list(&imported.scenario["query_nodes"]).iter().map(|node| &node["id"]).collect();
    assert_eq!(nodes, [7, 8, 9]);
}

#[test]
fn several_dumps_at_once_add_up() {
    let imported = check(&[TWO_REPLICAS, TWO_SHARDS], &options());
    assert_eq!(list(&imported.scenario["collections"]).len(), 2);
    told(&imported, NoteKind::Conflict, "another collection has the same name");
    told(&imported, NoteKind::Conflict, "reported with different memory or memory_usage");
}

#[test]
fn a_dump_without_bytes_asks_for_them_by_the_name_of_the_option() {
    let error = refused(&[TWO_REPLICAS], &Options::default());
    assert!(error.to_string().contains("--bytes-per-row"), "{error}");
    let error = refused(&[SEGMENTS_2_0], &Options::default());
    assert_eq!(error, ImportError::NoMemory { nodes: "3, 4".into() });
    let options = Options { default_memory_bytes: Some(1 << 30), ..Options::default() };
    told(&check(&[SEGMENTS_2_0], &options), NoteKind::Default, "reports no memory; 1073741824 bytes put in");
}

#[test]
fn too_much_for_a_node_is_told_with_a_remedy() {
    let options = Options { bytes_per_row: Some(1 << 40), ..Options::default() };
    told(&check(&[TWO_REPLICAS], &options), NoteKind::Conflict, "the scenario will be refused");
    let options = Options { bytes_per_row: Some(u64::MAX), ..Options::default() };
    assert!(matches!(refused(&[TWO_REPLICAS], &options), ImportError::TooLarge { .. }));
}

#[test]
fn what_contradicts_itself_is_told() {
    let listing = |nodes: &str| {
        format!(
            r#"{{"segments":[{{"segmentID":1,"collectionID":5,"num_rows":0,"mem_size":9,"nodeIds":[{nodes}]}},
            {{"segmentID":2,"collectionID":5,"num_rows":4,"mem_size":9,"nodeIds":[7]}}],
            "replicas":[{{"id":70,"collection_id":5,"group_nodes":[7,9]}},{{"id":71,"collection_id":5,"group_nodes":[9,11,12]}}]}}"#
        )
    };
    let imported = check(
        &[&listing("7, 9, 13"), QUERY_COORD],
        &Options { default_memory_bytes: Some(1 << 30), ..Options::default() },
    );
    told(&imported, NoteKind::Conflict, "query node 9: in two replicas of one collection");
    told(&imported, NoteKind::Conflict, "segment 1: on more than one query node of one replica");
    told(&imported, NoteKind::Conflict, "query node 13: holds segments and is in no listed replica");
    told(&imported, NoteKind::Gap, "segment 1: 0 rows listed");
    told(&imported, NoteKind::Default, "segment 2: a replica has no copy of it");
}

#[test]
fn a_split_that_cannot_be_is_refused() {
    let segment = |id: u64, nodes: &str| {
        format!(r#"{{"segmentID":{id},"num_rows":4,"mem_size":9,"nodeIds":[{nodes}]}}"#)
    };
    let text = [segment(1, "7,9"), segment(2, "9,11"), segment(3, "7,11")].join("\n");
    assert!(matches!(
        refused(&[&text, QUERY_COORD], &Options::default()),
        ImportError::NoGrouping { copies: 2, .. }
    ));
}

#[test]
fn ids_that_went_through_a_double_are_noticed() {
    let text = r#"{"segmentID": 4.60123456789012345e17, "num_rows": 1}"#;
    assert!(refused(&[text], &Options::default()).to_string().contains("floating point"));
    let text = r#"[{"segmentID":460123456789012352,"num_rows":1,"mem_size":9,"nodeID":7},
                   {"segmentID":460123456789012416,"num_rows":1,"mem_size":9,"nodeID":7}]"#;
    told(&check(&[text, QUERY_COORD], &Options::default()), NoteKind::Conflict, "multiples of 64");
}

#[test]
fn the_release_asked_for_stands_and_a_different_one_is_told() {
    let asked = |release: &str| Options { milvus_version: Some(release.into()), ..options() };
    let imported = check(&[SEGMENTS_2_1, QUERY_COORD], &asked("2.0.2"));
    assert_eq!(imported.scenario["milvus"]["version"], "2.0.2");
    told(&imported, NoteKind::Conflict, "the cluster is of Milvus 2.1.4 and the scenario runs 2.0.2");
    let imported = check(&[SEGMENTS_2_1, QUERY_COORD], &asked("2.1"));
    assert!(imported.notes.iter().all(|note| note.kind != NoteKind::Conflict));
}

#[test]
fn a_redacted_scenario_has_the_same_shape_and_no_old_id() {
    let sources = [TWO_REPLICAS, SEGMENTS_2_1, REPLICAS_2_1, QUERY_COORD];
    let plain = check(&sources, &options());
    let redacted = check(&sources, &Options { redact: true, ..options() });
    let text = format!("{}{:?}", redacted.scenario, redacted.notes);
    for secret in ["4706072", "4358203", "coll\"", "dump-0", "dml"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(redacted.notes.len(), plain.notes.len());
    let shape = |imported: &Imported| -> Vec<Vec<Value>> {
        let of = |collection: &Value| {
            list(&collection["segments"]).iter().map(|segment| segment["rows"].clone()).collect()
        };
        list(&imported.scenario["collections"]).iter().map(of).collect()
    };
    assert_eq!(shape(&redacted), shape(&plain));
}

#[test]
fn the_same_sources_give_the_same_scenario() {
    let text = |_| check(&[THREE_COLLECTIONS, TWO_SHARDS], &options()).scenario.to_string();
    let both: BTreeMap<String, usize> = (0..2).map(text).zip(0..).collect();
    assert_eq!(both.len(), 1);
}

#[test]
fn nothing_and_a_wrong_name_are_refused() {
    assert!(matches!(refused(&[], &Options::default()), ImportError::Nothing { .. }));
    assert!(matches!(refused(&["[]"], &Options::default()), ImportError::Nothing { .. }));
    let options = Options { name: "My cluster".into(), ..options() };
    assert!(matches!(refused(&[TWO_REPLICAS], &options), ImportError::BadName { .. }));
}

#[test]
fn cut_off_and_damaged_captures_are_errors_or_scenarios_and_never_a_panic() {
    for text in [SEGMENTS_2_0, SEGMENTS_2_1, REPLICAS_2_1, PROXY, TWO_SHARDS] {
        let step = text.len() / 97 + 1;
        for end in (0..text.len()).step_by(step) {
            let cut = text.get(..end).unwrap_or_default();
            let _ = import(&sources(&[cut, QUERY_COORD]), &options());
            // Absurd numbers in place of what stands there.
            for absurd in ["99999999999999999999999", "-5", "\"", "\u{e9}", "18446744073709551615", "1e999"] {
                let damaged = format!("{cut}{absurd}{}", text.get(end + 1..).unwrap_or_default());
                let _ = import(&sources(&[&damaged, QUERY_COORD]), &options());
            }
        }
    }
}
