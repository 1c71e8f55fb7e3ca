//! What one component reports in a GetMetrics system_info answer: memory, its use, cores, release.

use super::error::ImportError;
use super::note::{NoteKind, Subject};
use super::snapshot::{QueryNode, Snapshot};
use super::value::{Fields, Place};
use serde_json::{Map, Value};

pub(super) fn read(
    object: &Map<String, Value>,
    place: &Place,
    snapshot: &mut Snapshot,
) -> Result<(), ImportError> {
    let fields = Fields::of(object, place);
    if let Some(system) = fields.object(&["systeminfo"])
        && let Some(build) = Fields::of(system, place).text(&["buildversion"])
    {
        state_release(&build, snapshot);
    }
    let name = fields.text(&["name"]).unwrap_or_default();
    let kind = fields.text(&["type"]).unwrap_or_default();
    let is_query_node = if kind.is_empty() { name.starts_with("querynode") } else { kind == "querynode" };
    if fields.is_true(&["haserror"]) {
        // Such an entry carries an id that is not the node's own.
        if is_query_node || kind.is_empty() {
            let words = "a component answered system_info with an error; its entry is left out";
            snapshot.findings.add(NoteKind::Skipped, words, Subject::Whole);
        }
        return Ok(());
    }
    if !is_query_node {
        return Ok(());
    }
    let Some(id) = fields.id(&["id", "nodeid"])? else {
        let words = "query nodes that report no id are left out";
        snapshot.findings.add(NoteKind::Skipped, words, Subject::Whole);
        return Ok(());
    };
    let mut node = QueryNode::default();
    if let Some(hardware) = fields.object(&["hardwareinfos", "hw"]) {
        let hardware = Fields::of(hardware, place);
        node.memory = hardware.amount(&["memory"])?;
        node.memory_usage = hardware.amount(&["memoryusage"])?;
        node.cpu = hardware.amount(&["cpucorecount"])?.filter(|cores| *cores > 0);
    }
    snapshot.add_node(id, node);
    Ok(())
}

/// Takes down a release a source states; development builds, which carry no full number, state none.
pub(super) fn state_release(text: &str, snapshot: &mut Snapshot) {
    let text = text.trim().trim_start_matches('v');
    let number: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let parts: Vec<&str> = number.split('.').collect();
    if parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.len() < 6) {
        snapshot.releases.insert(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Snapshot {
        let place = Place { file: "f".into(), at: "the top".into() };
        let mut snapshot = Snapshot::default();
        let object = serde_json::from_str(text).expect("valid");
        read(&object, &place, &mut snapshot).expect("readable");
        snapshot
    }

    #[test]
    fn a_query_node_reports_memory_and_release() {
        let snapshot = parsed(
            r#"{"name":"querynode7","type":"querynode","id":7,"system_info":{"build_version":"v2.6.15-lite"},
               "hardware_infos":{"memory":34359738368,"memory_usage":21474836480,"cpu_core_count":8}}"#,
        );
        let node =
            QueryNode { memory: Some(34_359_738_368), memory_usage: Some(21_474_836_480), cpu: Some(8) };
        assert_eq!(snapshot.nodes[&7], node);
        assert_eq!(snapshot.releases, ["2.6.15".to_string()].into());
    }

    #[test]
    fn others_and_failed_ones_are_left_out() {
        assert!(parsed(r#"{"type":"proxy","id":5,"hardware_infos":{"memory":1}}"#).nodes.is_empty());
        let failed = parsed(r#"{"has_error":true,"type":"querynode","id":99,"hardware_infos":{"memory":0}}"#);
        assert!(failed.nodes.is_empty());
        assert_eq!(failed.findings.list.len(), 1);
    }

    #[test]
    fn a_development_build_states_no_release() {
        let mut snapshot = Snapshot::default();
        state_release("v2.2-testing-20230824-68-ga34a9d6-lite", &mut snapshot);
        state_release("master", &mut snapshot);
        assert!(snapshot.releases.is_empty());
    }
}
