//! `summary.json`: the figures of a run for programs.

use crate::metrics::summary::Summary;

/// The text of `summary.json`: indented by two blanks, keys in the order of the contract, a newline at the end.
///
/// # Panics
///
/// Never: every key is text, and writing into memory cannot fail.
pub fn summary_json(summary: &Summary) -> String {
    let mut text = serde_json::to_string_pretty(summary).expect("all keys are text");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn keys_come_in_the_order_of_the_contract_and_undefined_is_null() {
        let text = summary_json(&example::summary());
        assert!(text.starts_with("{\n  \"format\": 1,\n  \"evenkeel\": "));
        assert!(text.ends_with("\n}\n"));
        let keys: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("  \"").and_then(|rest| rest.split_once("\":")))
            .map(|(key, _)| key)
            .collect();
        let contract = "format evenkeel scenario seed milvus duration_ms ended_at_ms digest config assumptions \
                        nodes segments events samples skew scopes settle moves channel_moves overload service \
                        declined commands expectations";
        assert_eq!(keys, contract.split_whitespace().collect::<Vec<_>>());
        assert!(text.contains("\"latency_ms\": null"));
    }

    #[test]
    fn a_whole_count_of_overloaded_nodes_has_no_point() {
        let mut summary = example::summary();
        summary.skew.memory.peak.overloaded = Some(2.0);
        summary.skew.memory.mean.overloaded = Some(0.25);
        let text = summary_json(&summary);
        assert!(text.contains("\"overloaded\": 2,"));
        assert!(text.contains("\"overloaded\": 0.25,"));
    }
}
