//! A small run made by hand, for the tests of this room.

use crate::metrics::curves::Curves;
use crate::metrics::sample::{NodeSample, Sample, SampledState};
use crate::metrics::story::{CommandStory, DeclinedStory, Mark, MoveBucket, MoveStory, Story};
use crate::metrics::summary::{
    CauseCounts, ChannelMoves, CommandCounts, ConfigSummary, ExpectationResult, Measures, MilvusSummary,
    Moves, NodeCounts, Overload, SampleCounts, Scopes, SegmentCounts, Service, Settle, Skew, Spans, Summary,
};
use serde_json::json;
use std::collections::BTreeMap;

const GIB: u64 = 1 << 30;

/// Figures of an hour in which a fourth query node joins three full ones.
pub(in crate::report) fn summary() -> Summary {
    let measures = |max_difference, imbalance, overloaded| Measures {
        max_difference: Some(max_difference),
        imbalance: Some(imbalance),
        cv: Some(0.2),
        gini: Some(0.1),
        overloaded: Some(overloaded),
        bound: Some(0.02),
    };
    let config = |value: serde_json::Value| ConfigSummary { value, from: "default", inert: false };
    let assumptions = json!({
        "load_overhead": "20ms",
        "load_bandwidth": "250MiB/s",
        "storage_bandwidth": null,
        "load_memory_factor": 1.0,
        "search_cost": {"per_segment": 5, "per_row": 0.000005},
    });
    let serde_json::Value::Object(assumptions) = assumptions else { unreachable!("written as an object") };
    Summary {
        format: 1,
        evenkeel: "0.1.0",
        scenario: "even_out_after_node_joins".into(),
        seed: 1,
        milvus: MilvusSummary { version: "2.1.4".into(), balancer: "MemoryUsage".into(), chance: "seeded" },
        duration_ms: 3_600_000,
        ended_at_ms: 3_600_000,
        digest: "0123456789abcdef0123456789abcdef".into(),
        config: BTreeMap::from([
            ("queryCoord.memoryUsageMaxDifferencePercentage", config(json!(30))),
            ("queryCoord.overloadedMemoryThresholdPercentage", config(json!(90))),
        ]),
        assumptions,
        nodes: NodeCounts { start: 3, end: 4, peak: 4 },
        segments: SegmentCounts { start: 120, end: 120 },
        events: 532,
        samples: SampleCounts { taken: 901, written: 901 },
        skew: Skew {
            memory: Spans {
                start: measures(0.62, 1.31, 0.0),
                peak: measures(0.62, 1.31, 1.0),
                mean: measures(0.21, 1.12, 0.004),
                end: measures(0.14, 1.08, 0.0),
            },
            ..Skew::default()
        },
        scopes: Scopes::default(),
        settle: settle(),
        moves: Moves {
            planned: 12,
            completed: 12,
            bytes: 3_435_973_837,
            rows: 12_000_000,
            by_cause: CauseCounts { balance: 10, drain: 0, manual: 2 },
            ..Moves::default()
        },
        channel_moves: ChannelMoves::default(),
        overload: Overload {
            node_seconds: 14.5,
            peak_rate: Some(0.93),
            refused_loads: 0,
            killed_for_memory: 0,
        },
        service: Service::default(),
        declined: BTreeMap::from([("BELOW_BOTH_THRESHOLDS", 40), ("NO_IMPROVING_SEGMENT", 1_440)]),
        commands: CommandCounts { success: 1, refused: 1, ..CommandCounts::default() },
        expectations: expectations(),
    }
}

fn settle() -> Vec<Settle> {
    let entry = |at_ms, cause: &str, settle_ms: Option<u64>, moves| Settle {
        at_ms,
        cause: cause.into(),
        settled: settle_ms.is_some(),
        settle_ms,
        moves,
    };
    vec![
        entry(0, "start", Some(0), 0),
        entry(300_000, "add_query_node", Some(420_000), 10),
        entry(2_400_000, "load_balance", None, 0),
    ]
}

fn expectations() -> Vec<ExpectationResult> {
    vec![
        ExpectationResult {
            expectation: json!({"metric": "skew.end.max_difference", "at_most": 0.2}),
            holds: true,
            actual: json!(0.14),
            reason: "0.14 <= 0.2".into(),
        },
        ExpectationResult {
            expectation: json!({"settled": {"by": "10m"}}),
            holds: false,
            actual: json!("12m"),
            reason: "the last move ended at 12m".into(),
        },
    ]
}

/// What happened in that hour.
pub(in crate::report) fn story() -> Story {
    let command = |t_ms, arguments: &str, outcome, text: &str| CommandStory {
        t_ms,
        verb: "load_balance",
        arguments: arguments.into(),
        outcome,
        answered_ms: Some(t_ms + 4_000),
        text: text.into(),
    };
    let refusal = "destination node is not in the replica of the collection (code 1)";
    Story {
        marks: vec![
            Mark { t_ms: 300_000, label: "node 4 joins".into(), is_trouble: false },
            Mark { t_ms: 2_400_000, label: "load_balance 1 -> 4".into(), is_trouble: false },
            Mark { t_ms: 2_700_000, label: "load_balance 1 -> 9 refused".into(), is_trouble: true },
        ],
        commands: vec![
            command(2_400_000, r#"{"src_node_id":1,"dst_node_ids":[4]}"#, "success", ""),
            command(2_700_000, r#"{"src_node_id":1,"dst_node_ids":[9]}"#, "refused", refusal),
        ],
        moves: (0..12).map(one_move).collect(),
        declined: BTreeMap::from([(
            "BELOW_BOTH_THRESHOLDS",
            DeclinedStory {
                t_ms: 900_000,
                replica: Some(10_000),
                comparison: "0.2813 < 0.3".into(),
                key: Some("queryCoord.memoryUsageMaxDifferencePercentage"),
            },
        )]),
        bucket_ms: 60_000,
        buckets: (0..60)
            .map(|minute| MoveBucket {
                balance: u32::from((5..10).contains(&minute)) * 2,
                ..MoveBucket::default()
            })
            .collect(),
        ..Story::default()
    }
}

fn one_move(number: i64) -> MoveStory {
    let planned_ms = 360_000 + number as u64 * 30_000;
    MoveStory {
        planned_ms,
        ended_ms: Some(planned_ms + 1_250),
        collection: "book".into(),
        segment: 431_067_441_441_538_050 + number,
        from: 1 + number % 3,
        to: 4,
        bytes: 286_331_153,
        cause: if number < 10 { "balance" } else { "manual" },
        outcome: "completed",
        reason: "DIFFERENCE_TOO_GREAT 0.62 > 0.3".into(),
    }
}

/// Skew over that hour.
pub(in crate::report) fn curves() -> Curves {
    let skew = |step: u64| if step < 25 { 0.62 } else { 0.14 + 0.48 * (-(step as f64 - 25.0) / 30.0).exp() };
    Curves {
        times_ms: (0..=300).map(|step| step * 12_000).collect(),
        max_difference: (0..=300).map(|step| Some(skew(step))).collect(),
        bound: vec![Some(0.02); 301],
        band: vec![None; 301],
        nodes: Vec::new(),
        moves_in_flight: vec![0; 301],
    }
}

/// The cluster with so many query nodes, the first of them as full as told.
pub(in crate::report) fn sample(t_ms: u64, used_gib: &[u64]) -> Sample {
    let node = |(position, used): (usize, &u64)| NodeSample {
        query_node: position as i64 + 1,
        is_streaming: false,
        state: SampledState::Normal,
        memory_bytes: 32 * GIB,
        used_bytes: used * GIB,
        rate: Some(*used as f64 / 32.0),
        sealed_bytes: used * GIB,
        growing_bytes: 0,
        loading_bytes: 0,
        sealed_rows: used * 1_000_000,
        growing_rows: 0,
        segments: *used as u32,
        channels: 1,
        loads_in_flight: 0,
    };
    Sample { t_ms, scopes: Vec::new(), nodes: used_gib.iter().enumerate().map(node).collect() }
}
