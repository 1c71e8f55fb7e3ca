//! The JSON Schema of the scenario file.

/// The schema (draft 2020-12). It knows every key and the form of every value; what values mean to each
/// other only [`super::parse`] checks.
pub fn schema() -> &'static str {
    include_str!("schema.json")
}

#[cfg(test)]
mod tests {
    use super::super::known_keys::*;
    use super::*;
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};

    /// Definition in the schema -> the keys that the reader knows.
    fn known() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
        let objects: &[(&str, &[&str])] = &[
            ("scenario", SCENARIO),
            ("milvus", MILVUS),
            ("settle", SETTLE),
            ("sampling", SAMPLING),
            ("resource_group", RESOURCE_GROUP),
            ("query_node", QUERY_NODE),
            ("collection", COLLECTION),
            ("partition", PARTITION),
            ("replica", REPLICA),
            ("segment", SEGMENT),
            ("generated_segments", GENERATED_SEGMENTS),
            ("placement", PLACEMENT),
            ("distribution", DISTRIBUTION),
            ("uniform", UNIFORM),
            ("log_normal", LOG_NORMAL),
            ("pareto", PARETO),
            ("zipf", ZIPF),
            ("choice", CHOICE),
            ("search_cost", SEARCH_COST),
            ("workload", WORKLOAD),
            ("insert", INSERT),
            ("search", SEARCH),
            ("hardware", HARDWARE),
            ("expectation", EXPECTATION),
            ("expect_error", EXPECT_ERROR),
        ];
        // The other two verbs take a query node and Milvus's keys.
        let own = VERBS.iter().filter(|(verb, _)| !matches!(*verb, "add_query_node" | "set_config"));
        let mut known: BTreeMap<_, BTreeSet<_>> =
            objects.iter().chain(own).map(|(name, keys)| (*name, keys.iter().copied().collect())).collect();
        let verbs = VERBS.iter().map(|(verb, _)| *verb);
        known.insert("timeline_entry", ENTRY.iter().copied().chain(verbs).collect());
        known
    }

    #[test]
    fn the_schema_has_the_keys_that_the_reader_knows() {
        let schema: Value = serde_json::from_str(schema()).expect("JSON");
        let definitions = schema["$defs"].as_object().expect("definitions");
        let with_keys = definitions.iter().filter_map(|(name, definition)| {
            let properties = definition.get("properties")?.as_object()?;
            assert_eq!(definition["additionalProperties"], Value::Bool(false), "{name}");
            Some((name.as_str(), properties.keys().map(String::as_str).collect::<BTreeSet<_>>()))
        });
        assert_eq!(with_keys.collect::<BTreeMap<_, _>>(), known());
    }
}
