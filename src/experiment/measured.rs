//! The figures by which a run is compared with an earlier one, each with its better direction.

use crate::metrics::summary::{Settle, Summary};

/// Which way a figure should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Neither: told when it changes, never a fault.
    Neither,
}

/// A figure that is kept for every seed.
pub struct Figure {
    /// Its path in `summary.json`, or a name of ours for what the summary says in a list.
    pub name: &'static str,
    /// Which way it should go.
    pub better: Better,
    /// Less of a difference than this, in the figure's own unit, is never told.
    pub floor: f64,
    /// Its value in a run; `None` = undefined there.
    pub value: fn(&Summary) -> Option<f64>,
}

const MIB: f64 = 1_048_576.0;

/// Rates of memory are told from a hundredth on, counts from one on, times from a second on.
pub const FIGURES: &[Figure] = &[
    lower("skew.end.max_difference", 0.01, |summary| summary.skew.memory.end.max_difference),
    lower("skew.mean.max_difference", 0.01, |summary| summary.skew.memory.mean.max_difference),
    lower("skew.peak.max_difference", 0.01, |summary| summary.skew.memory.peak.max_difference),
    lower("skew.rows.end.cv", 0.01, |summary| summary.skew.rows.end.cv),
    lower("skew.rows.mean.cv", 0.01, |summary| summary.skew.rows.mean.cv),
    lower("settle.unsettled", 0.5, |summary| Some(unsettled(&summary.settle))),
    lower("settle.longest_ms", 1_000.0, |summary| Some(longest_ms(summary))),
    lower("moves.completed", 1.0, |summary| Some(summary.moves.completed as f64)),
    lower("moves.bytes", MIB, |summary| Some(summary.moves.bytes as f64)),
    lower("moves.net_zero", 1.0, |summary| Some(summary.moves.net_zero as f64)),
    lower("moves.wasted_bytes", MIB, |summary| Some(summary.moves.wasted_bytes as f64)),
    lower("moves.ping_pong.returns", 1.0, |summary| Some(summary.moves.ping_pong.returns as f64)),
    lower("moves.failed", 1.0, |summary| Some(summary.moves.failed as f64)),
    lower("channel_moves.completed", 1.0, |summary| Some(summary.channel_moves.completed as f64)),
    lower("overload.node_seconds", 1.0, |summary| Some(summary.overload.node_seconds)),
    lower("overload.peak_rate", 0.01, |summary| summary.overload.peak_rate),
    lower("overload.refused_loads", 1.0, |summary| Some(summary.overload.refused_loads as f64)),
    lower("overload.killed_for_memory", 0.5, |summary| Some(summary.overload.killed_for_memory as f64)),
    lower("service.unserviceable_seconds", 1.0, |summary| Some(summary.service.unserviceable_seconds)),
    lower("service.failed_searches", 1.0, |summary| Some(summary.service.failed_searches)),
    lower("service.latency_ms.mean", 1.0, |summary| summary.service.latency_ms.map(|latency| latency.mean)),
    Figure {
        name: "commands.success",
        better: Better::Higher,
        floor: 0.5,
        value: |summary| Some(summary.commands.success as f64),
    },
    neither("moves.by_cause.balance", 1.0, |summary| Some(summary.moves.by_cause.balance as f64)),
    neither("segments.end", 1.0, |summary| Some(summary.segments.end as f64)),
];

const fn lower(name: &'static str, floor: f64, value: fn(&Summary) -> Option<f64>) -> Figure {
    Figure { name, better: Better::Lower, floor, value }
}

const fn neither(name: &'static str, floor: f64, value: fn(&Summary) -> Option<f64>) -> Figure {
    Figure { name, better: Better::Neither, floor, value }
}

/// Disturbances after which the cluster did not come to rest.
fn unsettled(settle: &[Settle]) -> f64 {
    settle.iter().filter(|settle| !settle.settled).count() as f64
}

/// The longest time to come to rest, in milliseconds; where the cluster did not, the whole time until the next
/// disturbance or the end, so that never settling is worse than settling late.
fn longest_ms(summary: &Summary) -> f64 {
    let ends = summary.settle.iter().skip(1).map(|next| next.at_ms).chain([summary.ended_at_ms]);
    let lengths = summary.settle.iter().zip(ends);
    let longest = lengths.map(|(settle, end_ms)| settle.settle_ms.unwrap_or(end_ms - settle.at_ms)).max();
    longest.unwrap_or(0) as f64
}
