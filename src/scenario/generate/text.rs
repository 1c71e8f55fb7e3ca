//! The scenario as the text of a file.

use super::plan::{Plan, Start};
use super::rows;
use crate::units::SimDuration;
use serde_json::{Map, Value, json};

impl Plan {
    /// The scenario as the text of a file: every class of nodes, collection and timeline entry on a line of
    /// its own.
    pub fn text(&self) -> String {
        let names: Vec<String> = (0..self.collection_count()).map(|number| format!("c{number}")).collect();
        let mut text = String::from("{\n");
        for (key, value) in self.heads() {
            text.push_str(&format!("  \"{key}\": {value},\n"));
        }
        let nodes = self.classes().into_iter().filter(|class| class.count > 0);
        let nodes = nodes.map(|class| json!({ "count": class.count, "memory": class.memory_bytes }));
        list(&mut text, "  ", "query_nodes", nodes);
        text.push_str(",\n");
        if let Some((count, memory)) = self.streaming_nodes() {
            let nodes = std::iter::once(json!({ "count": count, "memory": memory }));
            list(&mut text, "  ", "streaming_nodes", nodes);
            text.push_str(",\n");
        }
        list(
            &mut text,
            "  ",
            "collections",
            names.iter().zip(0..).map(|(name, at)| self.collection(name, at)),
        );
        text.push_str(",\n  \"workload\": {\n");
        let insert = self.rows_per_second().map(rows::number);
        let insert = insert.iter().flat_map(|rate| {
            names.iter().map(move |name| json!({ "collection": name, "rows_per_second": rate }))
        });
        list(&mut text, "    ", "insert", insert);
        text.push_str(",\n");
        let search = self.search.map(rows::number);
        let search = search.iter().flat_map(|rate| {
            names.iter().map(move |name| json!({ "collection": name, "queries_per_second": rate }))
        });
        list(&mut text, "    ", "search", search);
        text.push_str("\n  },\n");
        list(&mut text, "  ", "timeline", self.timeline().into_iter());
        text.push_str("\n}\n");
        text
    }

    fn heads(&self) -> [(&'static str, Value); 5] {
        [
            ("version", json!(1)),
            ("name", json!(self.name)),
            ("milvus", json!({ "version": self.milvus })),
            ("seed", json!(self.seed)),
            ("duration", json!(time(self.duration))),
        ]
    }

    /// Segments are dealt evenly; the first collections take what is left over.
    fn collection(&self, name: &str, position: u64) -> Value {
        let collections = self.collection_count();
        let count = self.segments / collections + u64::from(position < self.segments % collections);
        json!({
            "name": name,
            "shards": 2,
            "bytes_per_row": self.bytes_per_row,
            "segments": { "count": count, "rows": rows::json(&self.rows) },
            "placement": self.placement(),
        })
    }

    fn placement(&self) -> Value {
        match self.start {
            Start::Even => json!("balanced"),
            Start::OneNode => json!({ "only": [1] }),
            Start::Weighted => {
                let nodes = self.node_count();
                let weight = |node: u64| json!(if node <= nodes.div_ceil(2) { 3 } else { 1 });
                let weights: Map<String, Value> =
                    (1..=nodes).map(|node| (node.to_string(), weight(node))).collect();
                json!({ "weights": weights })
            }
        }
    }
}

/// A time as a scenario has it.
pub(super) fn time(duration: SimDuration) -> String {
    match duration.as_ms() {
        ms if ms > 0 && ms.is_multiple_of(3_600_000) => format!("{}h", ms / 3_600_000),
        ms if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        ms => format!("{ms}ms"),
    }
}

/// A list under a key, one element a line.
fn list(text: &mut String, indent: &str, key: &str, elements: impl Iterator<Item = Value>) {
    text.push_str(&format!("{indent}\"{key}\": ["));
    let mut is_first = true;
    for element in elements {
        text.push_str(if is_first { "\n" } else { ",\n" });
        text.push_str(&format!("{indent}  {element}"));
        is_first = false;
    }
    text.push_str(if is_first { "]" } else { "\n" });
    if !is_first {
        text.push_str(&format!("{indent}]"));
    }
}
