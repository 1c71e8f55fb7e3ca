//! The parts of the text report that are figures: skew, query nodes, moves, overload and service.

use crate::metrics::sample::{NodeSample, SampledState};
use crate::metrics::summary::{ChannelMoves, Measures, Moves};
use crate::report::columns::Align::{Left, Right};
use crate::report::columns::{Columns, flush_heading};
use crate::report::content::Report;
use crate::report::figure::{count, counted, number, percent, ratio};
use crate::units::format_bytes;

/// Rows of the table of query nodes; more nodes are shown by the fullest and the emptiest.
const NODES_SHOWN: usize = 12;
/// Of a crowd, so many of the emptiest.
const EMPTIEST_SHOWN: usize = 4;

/// Memory skew at both ends, at its peak and in the mean, and its course.
pub(super) fn skew(report: &Report<'_>, width: usize) -> Vec<String> {
    let memory = &report.summary.skew.memory;
    let mut columns = Columns::new(&[Left, Right, Right, Right, Right]);
    columns.row(["Memory skew", "start", "peak", "mean", "end"].map(String::from).to_vec());
    type Pick = fn(&Measures) -> String;
    let overloaded: Pick = |measures| match measures.overloaded {
        Some(nodes) if nodes.fract() == 0.0 => number(nodes),
        nodes => ratio(nodes),
    };
    let rows: [(&str, Pick); 4] = [
        ("max_difference", |measures| ratio(measures.max_difference)),
        ("  its bound", |measures| ratio(measures.bound)),
        ("imbalance", |measures| ratio(measures.imbalance)),
        ("overloaded nodes", overloaded),
    ];
    for (name, pick) in rows {
        let figures = [memory.start, memory.peak, memory.mean, memory.end].map(|measures| pick(&measures));
        columns.row(std::iter::once(name.to_string()).chain(figures).collect());
    }
    let mut lines = flush_heading(columns.lines(width));
    if let Some(line) = sparkline(&report.curves.max_difference, width.saturating_sub(34).clamp(10, 60)) {
        let highest = report.curves.max_difference.iter().flatten().copied().fold(0.0, f64::max);
        lines.push(format!("  over time         {line}  0 to {}", ratio(Some(highest))));
    }
    lines
}

/// One letter per stretch of time, as high as the greatest value in it; `None` where there is nothing to show.
pub(super) fn sparkline(values: &[Option<f64>], letters: usize) -> Option<String> {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = values.iter().flatten().copied().fold(0.0, f64::max);
    if values.len() < 2 || highest <= 0.0 {
        return None;
    }
    let letters = letters.min(values.len());
    let letter = |place: usize| {
        let stretch = &values[place * values.len() / letters..(place + 1) * values.len() / letters];
        let value = stretch.iter().flatten().copied().reduce(f64::max);
        value.map_or(' ', |value| HEIGHTS[((value / highest * 8.0).ceil() as usize).clamp(1, 8) - 1])
    };
    Some((0..letters).map(letter).collect())
}

/// What every query node uses at both ends; of many the fullest and the emptiest.
pub(super) fn query_nodes(report: &Report<'_>, width: usize) -> Vec<String> {
    let at_end = &report.last.nodes;
    if at_end.is_empty() {
        return Vec::new();
    }
    let mut shown: Vec<&NodeSample> = at_end.iter().collect();
    let left_out = shown.len().saturating_sub(NODES_SHOWN);
    if left_out > 0 {
        // Fullest first; of equals the lowest id; those that are gone have nothing to compare.
        shown.retain(|node| node.state != SampledState::Down);
        shown.sort_by(|a, b| {
            let rate = |node: &NodeSample| node.rate.unwrap_or(0.0);
            rate(b).total_cmp(&rate(a)).then(a.query_node.cmp(&b.query_node))
        });
        if shown.len() > NODES_SHOWN {
            shown.drain(NODES_SHOWN - EMPTIEST_SHOWN..shown.len() - EMPTIEST_SHOWN);
        }
    }
    let mut columns = Columns::new(&[Right, Left, Right, Right, Right, Right, Right, Right, Right]);
    let heading = [
        "Query node",
        "state",
        "memory",
        "used at start",
        "",
        "used at end",
        "",
        "segments at start",
        "at end",
    ];
    columns.row(heading.map(String::from).to_vec());
    for node in &shown {
        let first = report.first.nodes.iter().find(|first| first.query_node == node.query_node);
        let used = |node: Option<&NodeSample>| match node {
            Some(node) if node.state != SampledState::Down => {
                [format_bytes(node.used_bytes), node.rate.map_or("-".into(), percent)]
            }
            _ => ["-".to_string(), "-".to_string()],
        };
        let [start, start_rate] = used(first);
        let [end, end_rate] = used(Some(node));
        let memory = if node.memory_bytes == 0 { "-".into() } else { format_bytes(node.memory_bytes) };
        let segments = first.map_or("-".into(), |first| count(u64::from(first.segments)));
        columns.row(vec![
            node.query_node.to_string(),
            if node.is_streaming {
                format!("{}, streaming", node.state.text())
            } else {
                node.state.text().to_string()
            },
            memory,
            start,
            start_rate,
            end,
            end_rate,
            segments,
            count(u64::from(node.segments)),
        ]);
    }
    let mut lines = columns.lines(width);
    lines[0] = lines[0].replacen("  Query node", "Query node  ", 1);
    if left_out > 0 {
        lines.push(format!(
            "  {} more; shown are the fullest and the emptiest {EMPTIEST_SHOWN} at the end (all of them: nodes.csv)",
            count((at_end.len() - shown.len()) as u64)
        ));
    }
    lines
}

/// Moves of segments and channels, by outcome and cause.
pub(super) fn moves(report: &Report<'_>, width: usize) -> Vec<String> {
    let (moves, channels) = (&report.summary.moves, &report.summary.channel_moves);
    let mut columns = Columns::new(&[Left, Left]);
    if moves.planned > 0 {
        columns.row(vec!["sealed segments".into(), segment_moves(moves)]);
    }
    if channels.planned > 0 {
        columns.row(vec!["channels".into(), channel_moves(channels)]);
    }
    let lines = columns.lines(width);
    if lines.is_empty() { lines } else { std::iter::once("Moves".to_string()).chain(lines).collect() }
}

/// Moves of sealed segments in one line.
pub(super) fn segment_moves(moves: &Moves) -> String {
    let mut parts = vec![format!("{} planned", count(moves.planned))];
    parts.extend(outcomes([
        (moves.completed, "completed"),
        (moves.failed, "failed"),
        (moves.cancelled, "cancelled"),
        (moves.refused, "refused"),
        (moves.unfinished, "unfinished"),
    ]));
    let causes = moves.by_cause;
    let causes = outcomes([(causes.balance, "balance"), (causes.drain, "drain"), (causes.manual, "manual")]);
    let mut text = format!("{}; by cause {}", parts.join(", "), causes.join(", "));
    text.push_str(&format!("; {}, {}", format_bytes(moves.bytes), counted(moves.rows, "row")));
    if moves.net_zero > 0 {
        let share = percent(moves.net_zero_ratio);
        text.push_str(&format!("; {} ({share}) led back to where the segment began", count(moves.net_zero)));
    }
    if moves.wasted_bytes > 0 {
        text.push_str(&format!("; {} wasted", format_bytes(moves.wasted_bytes)));
    }
    if moves.ping_pong.segments > 0 {
        text.push_str(&to_and_fro(moves.ping_pong.segments, "segment", moves.ping_pong.returns));
    }
    text
}

fn channel_moves(moves: &ChannelMoves) -> String {
    let mut parts = vec![format!("{} planned", count(moves.planned))];
    parts.extend(outcomes([
        (moves.completed, "completed"),
        (moves.failed, "failed"),
        (moves.cancelled, "cancelled"),
        (moves.refused, "refused"),
        (moves.unfinished, "unfinished"),
    ]));
    let causes = moves.by_cause;
    let causes = outcomes([(causes.balance, "balance"), (causes.drain, "drain"), (causes.manual, "manual")]);
    let mut text = format!("{}; by cause {}", parts.join(", "), causes.join(", "));
    if moves.ping_pong.segments > 0 {
        text.push_str(&to_and_fro(moves.ping_pong.segments, "channel", moves.ping_pong.returns));
    }
    text
}

fn to_and_fro(things: u64, thing: &str, returns: u64) -> String {
    format!("; {} went to and fro ({})", counted(things, thing), counted(returns, "return"))
}

fn outcomes<const N: usize>(counts: [(u64, &str); N]) -> Vec<String> {
    let some = counts.into_iter().filter(|(times, _)| *times > 0);
    some.map(|(times, word)| format!("{} {word}", count(times))).collect()
}

/// Overload and service, where there is anything to tell.
pub(super) fn strain(report: &Report<'_>, width: usize) -> Vec<String> {
    let (overload, service) = (&report.summary.overload, &report.summary.service);
    let mut columns = Columns::new(&[Left, Left]);
    let mut parts = Vec::new();
    if overload.node_seconds > 0.0 {
        parts.push(format!("{} node-seconds above the threshold", number(overload.node_seconds)));
    }
    if overload.refused_loads > 0 {
        parts.push(format!("{} refused by its node", counted(overload.refused_loads, "load")));
    }
    if overload.killed_for_memory > 0 {
        parts.push(format!("{} killed for memory", counted(overload.killed_for_memory, "query node")));
    }
    if !parts.is_empty() {
        parts.extend(overload.peak_rate.map(|rate| format!("fullest query node at {}", percent(rate))));
        columns.row(vec!["Overload".into(), parts.join("; ")]);
    }
    let mut parts = Vec::new();
    if service.unserviceable_seconds > 0.0 {
        parts.push(format!(
            "{} s without service, summed over channels and replicas",
            number(service.unserviceable_seconds)
        ));
    }
    if service.failed_searches > 0.0 {
        parts.push(format!("{} searches failed", number(service.failed_searches.round())));
    }
    if let Some(latency) = service.latency_ms {
        parts.push(format!(
            "search latency {} ms in the mean, {} ms at its peak",
            number(latency.mean),
            number(latency.peak)
        ));
    }
    if !parts.is_empty() {
        columns.row(vec!["Service".into(), parts.join("; ")]);
    }
    columns.lines(width).into_iter().map(|line| line.replacen("  ", "", 1)).collect()
}
