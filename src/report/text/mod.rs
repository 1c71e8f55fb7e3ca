//! The report on the terminal: the verdict first, then the figures it rests on.

mod figures;
mod why;

use super::columns::wrapped;
use super::content::Report;
use super::figure::{count, counted};
use super::verdict::headline;
use crate::metrics::sample::{NodeSample, Sample, SampledState};
use crate::units::SimTime;

/// The report as plain text in lines of at most `width` letters where the words allow it.
pub fn text(report: &Report<'_>, width: usize) -> String {
    let mut paragraphs = vec![wrapped(&headline(report.summary), width), what_ran(report, width)];
    paragraphs.push(figures::skew(report, width));
    paragraphs.push(figures::query_nodes(report, width));
    paragraphs.push(figures::moves(report, width));
    paragraphs.push(why::first_moves(report, width));
    paragraphs.push(why::declined(report, width));
    paragraphs.push(why::commands(report, width));
    paragraphs.push(why::settle(report, width));
    paragraphs.push(figures::strain(report, width));
    paragraphs.push(why::expectations(report, width));
    paragraphs.push(why::assumptions(report, width));
    paragraphs.push(why::warnings(report, width));
    let mut text = String::new();
    for paragraph in paragraphs.into_iter().filter(|lines| !lines.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        for line in paragraph {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn what_ran(report: &Report<'_>, width: usize) -> Vec<String> {
    let summary = report.summary;
    let about = if report.about.is_empty() { String::new() } else { format!(": {}", report.about) };
    let mut lines = wrapped(&format!("{}{about}", summary.scenario), width);
    let time = if summary.ended_at_ms == summary.duration_ms {
        format!("{} simulated", SimTime::from_ms(summary.duration_ms))
    } else {
        format!(
            "{} of {} simulated",
            SimTime::from_ms(summary.ended_at_ms),
            SimTime::from_ms(summary.duration_ms)
        )
    };
    let nodes = summary.nodes;
    let grown = |start: u64, end: u64| {
        if start == end { String::new() } else { format!(" ({} at the start)", count(start)) }
    };
    let [started, streaming] = [report.first, report.last].map(streaming_nodes);
    let [start, end] = [(nodes.start, started), (nodes.end, streaming)]
        .map(|(all, apart)| u64::from(all).saturating_sub(apart));
    let mut query_nodes = format!("{}{}", counted(end, "query node"), grown(start, end));
    if started > 0 || streaming > 0 {
        query_nodes += &format!(", {}{}", counted(streaming, "streaming node"), grown(started, streaming));
    }
    let segments = counted(summary.segments.end, "sealed segment");
    lines.extend(wrapped(
        &format!(
            "{}, {time}, chance {}; {query_nodes}, {segments}{}, {}; digest {}",
            report.subtitle(),
            summary.milvus.chance,
            grown(summary.segments.start, summary.segments.end),
            counted(summary.events, "event"),
            summary.digest,
        ),
        width,
    ));
    lines
}

/// Streaming nodes that run; the figures count the query node embedded in each with the others.
fn streaming_nodes(sample: &Sample) -> u64 {
    let runs = |node: &&NodeSample| node.is_streaming && node.state != SampledState::Down;
    sample.nodes.iter().filter(runs).count() as u64
}

#[cfg(test)]
mod tests;
