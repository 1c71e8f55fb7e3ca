//! Synthetic scenarios: counts and distributions, not written-out segments.
//!
//! The sizes T to XL are the reference scenarios of the benches; anything else is made by numbers.

use crate::units::SimDuration;
use serde_json::{Map, Value, json};

/// Rows of a generated segment: median and sigma of a log-normal distribution.
const ROWS_MEDIAN: f64 = 200_000.0;
const ROWS_SIGMA: f64 = 0.8;
/// Bytes of a row.
const BYTES_PER_ROW: u64 = 640;
/// Segments of one collection where nobody says otherwise.
const SEGMENTS_PER_COLLECTION: u64 = 1_000;
/// Mean rate at the start: used memory over all memory.
const RATE_AT_START: f64 = 0.6;
/// Rate of the fullest node of an uneven start, with room for what is drawn and for growing rows.
const RATE_OF_FULLEST: f64 = 0.75;
/// The default `seal_size`, of which every collection gets one in an hour.
const SEAL_SIZE_BYTES: f64 = 134_217_728.0;
/// Memory of a node in production, for the lint.
const LIKELY_NODE_BYTES: f64 = 32.0 * GIB;
const GIB: f64 = 1_073_741_824.0;
/// On a likely node less data than this is likely an accident, as is more than a terabyte a node.
const LEAST_LIKELY_RATE: f64 = 0.01;

/// A named size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 5 nodes, 100 segments, 1 h.
    T,
    /// 10 nodes, 1,000 segments, 24 h.
    S,
    /// 100 nodes, 100,000 segments, 24 h.
    M,
    /// 1,000 nodes, 1,000,000 segments, 24 h.
    L,
    /// 10,000 nodes, 10,000,000 segments, 6 h.
    Xl,
}

/// Where the segments are at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As the release would load them.
    Even,
    /// Drawn; a node of the first half gets three times what one of the second half gets.
    Weighted,
    /// All on node 1.
    OneNode,
}

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Name of the scenario.
    pub name: String,
    /// Milvus release.
    pub milvus: String,
    /// Seed.
    pub seed: u64,
    /// Query nodes at the start.
    pub nodes: u64,
    /// Segments at the start.
    pub segments: u64,
    /// Collections; `None` = one per 1,000 segments.
    pub collections: Option<u64>,
    /// Duration.
    pub duration: SimDuration,
    /// Memory of every node in bytes; `None` = such that the mean rate at the start is 0.6, or, where the
    /// start is uneven, such that the fullest node is at 0.75.
    pub memory_bytes: Option<u64>,
    /// A node joins, a node leaves, in turn, each time after so long; `None` = neither.
    pub churn: Option<SimDuration>,
    /// Where the segments are at the start.
    pub start: Start,
}

impl Plan {
    /// A reference scenario.
    pub fn of_size(size: Size) -> Plan {
        let (name, nodes, segments, hours) = match size {
            Size::T => ("t", 5, 100, 1),
            Size::S => ("s", 10, 1_000, 24),
            Size::M => ("m", 100, 100_000, 24),
            Size::L => ("l", 1_000, 1_000_000, 24),
            Size::Xl => ("xl", 10_000, 10_000_000, 6),
        };
        Plan {
            name: name.to_owned(),
            milvus: "2.1.4".to_owned(),
            seed: 0,
            nodes,
            segments,
            collections: None,
            duration: SimDuration::from_secs(hours * 3_600),
            memory_bytes: None,
            churn: Some(SimDuration::from_secs(600)),
            start: Start::Even,
        }
    }

    /// Collections of the scenario.
    pub fn collection_count(&self) -> u64 {
        self.collections.unwrap_or((self.segments / SEGMENTS_PER_COLLECTION).max(1))
    }

    /// Memory of every node, in bytes.
    pub fn node_bytes(&self) -> u64 {
        self.memory_bytes.unwrap_or_else(|| {
            let fullest = match self.start {
                Start::Even => return (self.mean_bytes_per_node() / RATE_AT_START) as u64,
                Start::Weighted if self.nodes > 1 => 1.5,
                Start::Weighted => 1.0,
                Start::OneNode => self.nodes as f64,
            };
            (self.mean_bytes_per_node() * fullest / RATE_OF_FULLEST) as u64
        })
    }

    /// The scenario as the text of a file: every node, collection and timeline entry on a line of its own.
    pub fn text(&self) -> String {
        let names: Vec<String> = (0..self.collection_count()).map(|number| format!("c{number}")).collect();
        let mut text = String::from("{\n");
        for (key, value) in self.heads() {
            text.push_str(&format!("  \"{key}\": {value},\n"));
        }
        let nodes = [json!({ "count": self.nodes, "memory": self.node_bytes() })];
        list(&mut text, "  ", "query_nodes", nodes.into_iter().filter(|_| self.nodes > 0));
        text.push_str(",\n");
        list(
            &mut text,
            "  ",
            "collections",
            names.iter().zip(0..).map(|(name, at)| self.collection(name, at)),
        );
        text.push_str(",\n  \"workload\": {\n");
        let rows_per_second = SEAL_SIZE_BYTES / BYTES_PER_ROW as f64 / 3_600.0;
        let rows_per_second = libm::round(rows_per_second * 1000.0) / 1000.0;
        let insert = |name: &String| json!({ "collection": name, "rows_per_second": rows_per_second });
        list(&mut text, "    ", "insert", names.iter().map(insert));
        text.push_str(",\n");
        let search = |name: &String| json!({ "collection": name, "queries_per_second": 1 });
        list(&mut text, "    ", "search", names.iter().map(search));
        text.push_str("\n  },\n");
        list(&mut text, "  ", "timeline", self.timeline().into_iter());
        text.push_str("\n}\n");
        text
    }

    /// What is likely an accident.
    pub fn lint(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.nodes == 0 || self.segments == 0 {
            return lines;
        }
        let (data, memory) = (self.mean_bytes_per_node(), self.node_bytes() as f64);
        let words = |bytes: f64| format!("{:.2} GiB", bytes / GIB);
        let node = if self.memory_bytes.is_some() { memory } else { LIKELY_NODE_BYTES };
        if data / node < LEAST_LIKELY_RATE {
            lines.push(format!(
                "{} of data on a {:.0} GiB node is likely an accident; more --segments or fewer --nodes",
                words(data),
                node / GIB
            ));
        }
        if data > memory {
            lines.push(format!(
                "{} of data do not fit on a node of {}; more --memory or --nodes",
                words(data),
                words(memory)
            ));
        }
        if self.memory_bytes.is_none() && memory > LIKELY_NODE_BYTES * 32.0 {
            lines.push(format!("a node of {} is likely an accident; more --nodes", words(memory)));
        }
        lines
    }

    fn mean_bytes_per_node(&self) -> f64 {
        let mean_rows = ROWS_MEDIAN * libm::exp(ROWS_SIGMA * ROWS_SIGMA / 2.0);
        self.segments as f64 / self.nodes.max(1) as f64 * mean_rows * BYTES_PER_ROW as f64
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
        let rows = json!({ "log_normal": { "median": ROWS_MEDIAN as u64, "sigma": ROWS_SIGMA } });
        json!({
            "name": name,
            "shards": 2,
            "bytes_per_row": BYTES_PER_ROW,
            "segments": { "count": count, "rows": rows },
            "placement": self.placement(),
        })
    }

    fn placement(&self) -> Value {
        match self.start {
            Start::Even => json!("balanced"),
            Start::OneNode => json!({ "only": [1] }),
            Start::Weighted => {
                let weight = |node: u64| json!(if node <= self.nodes.div_ceil(2) { 3 } else { 1 });
                let weights: Map<String, Value> =
                    (1..=self.nodes).map(|node| (node.to_string(), weight(node))).collect();
                json!({ "weights": weights })
            }
        }
    }

    fn timeline(&self) -> Vec<Value> {
        let Some(every) = self.churn.filter(|every| *every > SimDuration::ZERO) else { return Vec::new() };
        let (every_ms, end_ms, memory) = (every.as_ms(), self.duration.as_ms(), self.node_bytes());
        let times = (1..).map(|turn| turn * every_ms).take_while(|at| *at < end_ms);
        times
            .zip(0u64..)
            .map(|(at, turn)| {
                let at = time(SimDuration::from_ms(at));
                match turn % 2 {
                    0 => json!({ "at": at, "add_query_node": { "memory": memory } }),
                    _ => json!({ "at": at, "stop_query_node": { "id": turn / 2 + 1 } }),
                }
            })
            .collect()
    }
}

fn time(duration: SimDuration) -> String {
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

#[cfg(test)]
mod tests {
    use super::super::overrides::Overrides;
    use super::super::timeline::Happening;
    use super::super::{Scenario, Segments, parse};
    use super::*;

    fn read(plan: &Plan) -> Scenario {
        parse(&plan.text(), "generated", &Overrides::default()).expect("what is generated can be read")
    }

    fn count(segments: &Segments) -> usize {
        match segments {
            Segments::Listed(listed) => listed.len(),
            Segments::Generated { ids, .. } => ids.len(),
        }
    }

    #[test]
    fn the_sizes_have_the_stated_numbers() {
        let sizes = [
            (Size::T, 5, 100, 1, 1, 5),
            (Size::S, 10, 1_000, 1, 24, 143),
            (Size::M, 100, 100_000, 100, 24, 143),
            (Size::L, 1_000, 1_000_000, 1_000, 24, 143),
        ];
        for (size, nodes, segments, collections, hours, entries) in sizes {
            let scenario = read(&Plan::of_size(size));
            let joins = (entries as usize).div_ceil(2);
            assert_eq!(scenario.query_nodes.len(), nodes + joins, "{size:?}");
            assert_eq!(scenario.collections.len(), collections);
            let counts = scenario.collections.iter().map(|collection| count(&collection.segments));
            assert_eq!(counts.sum::<usize>(), segments);
            assert!(scenario.collections.iter().all(|collection| collection.shards == 2));
            assert_eq!(scenario.duration.as_ms(), hours * 3_600_000);
            assert_eq!((scenario.inserts.len(), scenario.searches.len()), (collections, collections));
            let stops = scenario.timeline.iter().filter_map(|entry| match entry.happening {
                Happening::StopQueryNode { id } => Some(id),
                _ => None,
            });
            assert!(stops.eq(1..=entries / 2), "another node each time");
            assert_eq!(scenario.timeline.len() as i64, entries);
        }
    }

    #[test]
    fn the_mean_rate_at_the_start_is_as_stated() {
        for size in [Size::T, Size::S, Size::M, Size::L, Size::Xl] {
            let plan = Plan::of_size(size);
            let rate = plan.mean_bytes_per_node() / plan.node_bytes() as f64;
            assert!((rate - RATE_AT_START).abs() < 1e-6, "{size:?}: {rate}");
            assert_eq!(plan.lint(), Vec::<String>::new());
        }
    }

    #[test]
    fn own_numbers_can_be_read_too() {
        for start in [Start::Even, Start::Weighted, Start::OneNode] {
            for (nodes, segments, collections) in [(1, 0, 3), (3, 10, 3), (7, 100, 4)] {
                let plan = Plan {
                    nodes,
                    segments,
                    collections: Some(collections),
                    churn: None,
                    duration: SimDuration::from_ms(90_500),
                    start,
                    seed: 9,
                    ..Plan::of_size(Size::T)
                };
                let scenario = read(&plan);
                let counts = scenario.collections.iter().map(|collection| count(&collection.segments));
                assert_eq!(counts.sum::<usize>() as u64, segments);
                assert_eq!((scenario.seed, scenario.duration.as_ms()), (9, 90_500));
            }
        }
    }

    #[test]
    fn little_data_on_a_large_node_is_noticed() {
        let plan = Plan { nodes: 1_000, memory_bytes: Some(32 << 30), ..Plan::of_size(Size::T) };
        let lines = plan.lint();
        assert_eq!(
            lines,
            ["0.02 GiB of data on a 32 GiB node is likely an accident; more --segments or fewer --nodes"]
        );
    }
}
