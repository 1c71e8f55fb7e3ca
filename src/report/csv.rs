//! `series.csv`, `nodes.csv` and `segments.csv`, row by row, appended to bytes that the caller hands on.

use super::figure::write_exact;
use crate::metrics::sample::{NodeSample, Sample, ScopeSample};
use crate::metrics::summary::Evenness;
use std::fmt::{Display, Write};

/// First line of `series.csv`.
pub const SERIES_HEADER: &str = "t_ms,scope,name,nodes,max_difference,imbalance,cv,gini,overloaded,bound,\
rows_max_difference,rows_imbalance,rows_cv,rows_gini,score_max_difference,score_imbalance,score_cv,score_gini,\
moves_in_flight\n";

/// First line of `nodes.csv`.
pub const NODES_HEADER: &str = "t_ms,query_node,state,memory_bytes,used_bytes,rate,sealed_bytes,growing_bytes,\
loading_bytes,sealed_rows,growing_rows,segments,channels,loads_in_flight\n";

/// First line of `segments.csv`.
pub const SEGMENTS_HEADER: &str =
    "segment,collection,partition,channel,state,rows,memory_bytes,query_nodes\n";

/// Where one segment is at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow<'a> {
    /// Milvus's segment id.
    pub segment: i64,
    /// Name of its collection.
    pub collection: &'a str,
    /// Name of its partition.
    pub partition: &'a str,
    /// Name of its channel.
    pub channel: &'a str,
    /// `sealed` or `growing`.
    pub state: &'a str,
    /// Rows.
    pub rows: u64,
    /// Bytes that it takes in a query node's memory.
    pub memory_bytes: u64,
    /// Ids of the query nodes that hold it, ascending.
    pub query_nodes: &'a [i64],
}

/// Appends one row per scope of `sample`.
pub fn append_series(out: &mut Vec<u8>, sample: &Sample) {
    let mut rows = Rows::onto(out);
    for scope in &sample.scopes {
        series_row(&mut rows, sample.t_ms, scope);
    }
}

/// Appends one row per query node of `sample`.
pub fn append_nodes(out: &mut Vec<u8>, sample: &Sample) {
    let mut rows = Rows::onto(out);
    for node in &sample.nodes {
        node_row(&mut rows, sample.t_ms, node);
    }
}

/// Appends the row of one segment.
pub fn append_segment(out: &mut Vec<u8>, row: &SegmentRow<'_>) {
    let query_nodes: Vec<String> = row.query_nodes.iter().map(i64::to_string).collect();
    let mut rows = Rows::onto(out);
    rows.plain(row.segment);
    rows.text(row.collection);
    rows.text(row.partition);
    rows.text(row.channel);
    rows.text(row.state);
    rows.plain(row.rows);
    rows.plain(row.memory_bytes);
    rows.text(&query_nodes.join(";"));
    rows.end();
}

fn series_row(rows: &mut Rows<'_>, t_ms: u64, scope: &ScopeSample) {
    rows.plain(t_ms);
    rows.text(scope.scope.text());
    rows.text(&scope.name);
    rows.plain(scope.nodes);
    let memory = &scope.memory;
    for figure in
        [memory.max_difference, memory.imbalance, memory.cv, memory.gini, memory.overloaded, memory.bound]
    {
        rows.figure(figure);
    }
    for Evenness { max_difference, imbalance, cv, gini } in [scope.rows, scope.score] {
        for figure in [max_difference, imbalance, cv, gini] {
            rows.figure(figure);
        }
    }
    rows.plain(scope.moves_in_flight);
    rows.end();
}

fn node_row(rows: &mut Rows<'_>, t_ms: u64, node: &NodeSample) {
    rows.plain(t_ms);
    rows.plain(node.query_node);
    rows.text(node.state.text());
    rows.plain(node.memory_bytes);
    rows.plain(node.used_bytes);
    rows.figure(node.rate);
    rows.plain(node.sealed_bytes);
    rows.plain(node.growing_bytes);
    rows.plain(node.loading_bytes);
    rows.plain(node.sealed_rows);
    rows.plain(node.growing_rows);
    rows.plain(node.segments);
    rows.plain(node.channels);
    rows.plain(node.loads_in_flight);
    rows.end();
}

/// Writes fields one after the other; quoting is the csv crate's.
struct Rows<'a> {
    writer: csv::Writer<&'a mut Vec<u8>>,
    field: String,
}

impl<'a> Rows<'a> {
    fn onto(out: &'a mut Vec<u8>) -> Self {
        Rows { writer: csv::Writer::from_writer(out), field: String::new() }
    }

    fn text(&mut self, text: &str) {
        self.writer.write_field(text).expect("memory takes every byte");
    }

    fn plain(&mut self, value: impl Display) {
        self.field.clear();
        write!(self.field, "{value}").expect("text grows as needed");
        self.writer.write_field(&self.field).expect("memory takes every byte");
    }

    fn figure(&mut self, value: Option<f64>) {
        self.field.clear();
        if let Some(value) = value {
            write_exact(&mut self.field, value);
        }
        self.writer.write_field(&self.field).expect("memory takes every byte");
    }

    fn end(&mut self) {
        self.writer.write_record(None::<&[u8]>).expect("memory takes every byte");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::sample::{SampledState, ScopeKind};
    use crate::metrics::summary::Measures;

    fn sample() -> Sample {
        let memory = Measures {
            max_difference: Some(0.1),
            imbalance: Some(1.0),
            cv: Some(1e-7),
            gini: None,
            overloaded: Some(2.0),
            bound: Some(0.0),
        };
        let rows = Evenness { max_difference: Some(1_000.0), ..Evenness::default() };
        let scope = |kind, name: &str| ScopeSample {
            scope: kind,
            name: name.into(),
            nodes: 3,
            memory,
            rows,
            score: Evenness::default(),
            moves_in_flight: 1,
        };
        let node = NodeSample {
            query_node: 7,
            is_streaming: false,
            state: SampledState::Stopping,
            memory_bytes: 0,
            used_bytes: 5,
            rate: None,
            sealed_bytes: 3,
            growing_bytes: 2,
            loading_bytes: 0,
            sealed_rows: 30,
            growing_rows: 20,
            segments: 1,
            channels: 0,
            loads_in_flight: 0,
        };
        let scopes = vec![scope(ScopeKind::Cluster, "cluster"), scope(ScopeKind::ResourceGroup, "a,\"b\"")];
        Sample { t_ms: 1_500, scopes, nodes: vec![node] }
    }

    #[test]
    fn series_rows_have_the_fields_of_the_header_and_undefined_is_empty() {
        let mut out = Vec::new();
        append_series(&mut out, &sample());
        let expected = "1500,cluster,cluster,3,0.1,1,1e-7,,2,0,1000,,,,,,,,1\n\
                        1500,resource_group,\"a,\"\"b\"\"\",3,0.1,1,1e-7,,2,0,1000,,,,,,,,1\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(SERIES_HEADER.split(',').count(), expected.lines().next().unwrap().split(',').count());
    }

    #[test]
    fn node_rows_have_the_fields_of_the_header() {
        let mut out = b"before\n".to_vec();
        append_nodes(&mut out, &sample());
        let expected = "before\n1500,7,stopping,0,5,,3,2,0,30,20,1,0,0\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(NODES_HEADER.split(',').count(), expected.lines().nth(1).unwrap().split(',').count());
    }

    #[test]
    fn segment_rows_join_their_query_nodes_by_semicolon() {
        let mut out = Vec::new();
        let mut row = SegmentRow {
            segment: 431_067_441_441_538_050,
            collection: "book",
            partition: "_default",
            channel: "by-dev-rootcoord-dml_0_1v0",
            state: "sealed",
            rows: 10,
            memory_bytes: 20,
            query_nodes: &[3, 4],
        };
        append_segment(&mut out, &row);
        row.query_nodes = &[];
        append_segment(&mut out, &row);
        let expected = "431067441441538050,book,_default,by-dev-rootcoord-dml_0_1v0,sealed,10,20,3;4\n\
                        431067441441538050,book,_default,by-dev-rootcoord-dml_0_1v0,sealed,10,20,\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(SEGMENTS_HEADER.split(',').count(), 8);
    }
}
