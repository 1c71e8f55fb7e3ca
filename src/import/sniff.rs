//! Which source form a text or a part of a JSON answer is.

use super::value::plain_key;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What a JSON object is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum JsonForm {
    /// One item of get_query_segment_info or list_loaded_segments.
    Segment,
    /// One replica of get_replicas or describe_replica.
    Replica,
    /// What one component reports in system_info.
    Component,
    /// Something that may hold the others.
    Container,
}

/// What a text that is not JSON holds; both may be in one paste.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TextForms {
    /// Printed protobuf segments.
    pub(super) segments: bool,
    /// Printed replicas.
    pub(super) replicas: bool,
}

pub(super) fn json_form(object: &Map<String, Value>) -> JsonForm {
    let keys: BTreeSet<String> = object.keys().map(|key| plain_key(key)).collect();
    let has = |key: &str| keys.contains(key);
    let has_object = |key: &str| object.get(key).is_some_and(Value::is_object);
    // One that did not answer carries no hardware.
    let is_query_node = object.get("type").and_then(Value::as_str) == Some("querynode");
    if has("segmentid") {
        JsonForm::Segment
    } else if has("hardwareinfos") || has_object("hw") || is_query_node {
        JsonForm::Component
    } else if has("groupnodes")
        || has("shardreplicas")
        || (has("replicaid") && has("nodeids"))
        || (has("id") && has("nodes") && has("shards"))
    {
        JsonForm::Replica
    } else {
        JsonForm::Container
    }
}

pub(super) fn text_forms(text: &str) -> TextForms {
    TextForms {
        segments: text.contains("segmentID:"),
        replicas: text.contains("<group_nodes:") || text.contains("ReplicaInfo:"),
    }
}

/// Whether a string inside JSON is worth reading: some answers wrap another answer as text.
pub(super) fn is_wrapped_answer(text: &str) -> bool {
    let forms = text_forms(text);
    forms.segments || forms.replicas || text.contains("\"hardware_infos\"") || text.contains("\"segmentID\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_told_by_its_keys() {
        let form = |text: &str| json_form(&serde_json::from_str(text).expect("valid"));
        assert_eq!(form(r#"{"segmentID":"1"}"#), JsonForm::Segment);
        assert_eq!(form(r#"{"segment_id":1}"#), JsonForm::Segment);
        assert_eq!(form(r#"{"id":1,"group_nodes":[2]}"#), JsonForm::Replica);
        assert_eq!(form(r#"{"replicaID":"1","nodeIds":["2"]}"#), JsonForm::Replica);
        assert_eq!(form(r#"{"hardware_infos":{},"id":1}"#), JsonForm::Component);
        assert_eq!(form(r#"{"hw":{},"id":1}"#), JsonForm::Component);
        assert_eq!(form(r#"{"type":"querynode","id":1}"#), JsonForm::Component);
        assert_eq!(form(r#"{"nodes_info":[]}"#), JsonForm::Container);
    }
}
