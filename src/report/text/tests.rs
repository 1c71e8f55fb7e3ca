//! The text report of runs made by hand.

use super::figures::{query_nodes, segment_moves, sparkline};
use super::*;
use crate::metrics::curves::Curves;
use crate::metrics::sample::Sample;
use crate::metrics::sample::SampledState;
use crate::metrics::story::Story;
use crate::metrics::summary::Summary;
use crate::report::example;

#[test]
fn a_small_run_is_told_on_one_screen() {
    let (summary, story, curves) = (example::summary(), example::story(), example::curves());
    let (first, last) = (example::sample(0, &[26, 25, 6]), example::sample(3_600_000, &[16, 15, 13, 12]));
    let report = Report {
        summary: &summary,
        story: &story,
        curves: &curves,
        first: &first,
        last: &last,
        about: "a fourth query node joins three",
        warnings: &["queryCoord.balancer is not read by 2.1.4".to_string()],
    };
    let text = text(&report, 120);
    assert!(text.lines().count() <= 60);
    assert!(text.lines().all(|line| line.chars().count() <= 120 && line == line.trim_end()));
    insta::assert_snapshot!(text);
}

#[test]
fn a_run_without_query_nodes_is_told_too() {
    let summary = Summary {
        skew: Default::default(),
        moves: Default::default(),
        overload: Default::default(),
        nodes: Default::default(),
        segments: Default::default(),
        settle: Vec::new(),
        declined: Default::default(),
        expectations: Vec::new(),
        assumptions: Default::default(),
        ..example::summary()
    };
    let (story, curves, sample) = (Story::default(), Curves::default(), Sample::default());
    let report = Report {
        summary: &summary,
        story: &story,
        curves: &curves,
        first: &sample,
        last: &sample,
        about: "",
        warnings: &[],
    };
    insta::assert_snapshot!(text(&report, 100));
}

#[test]
fn of_many_query_nodes_the_fullest_and_the_emptiest_are_shown() {
    let summary = example::summary();
    let (story, curves) = (Story::default(), Curves::default());
    let used: Vec<u64> = (0..30).map(|node| node % 15 + 10).collect();
    let (first, mut last) = (example::sample(0, &used), example::sample(3_600_000, &used));
    last.nodes[14].state = SampledState::Down;
    let report = Report {
        summary: &summary,
        story: &story,
        curves: &curves,
        first: &first,
        last: &last,
        about: "",
        warnings: &[],
    };
    let lines = query_nodes(&report, 120);
    let ids: Vec<&str> = lines[1..13].iter().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(ids, ["30", "14", "29", "13", "28", "12", "27", "11", "2", "17", "1", "16"]);
    assert!(lines[13].starts_with("  18 more; "));
    assert_eq!(lines.len(), 14);
}

#[test]
fn waste_strain_and_unfinished_moves_are_named() {
    let mut summary = example::summary();
    summary.moves.planned = 15;
    summary.moves.refused = 2;
    summary.moves.unfinished = 1;
    summary.moves.net_zero = 6;
    summary.moves.net_zero_ratio = 0.5;
    summary.moves.wasted_bytes = 1 << 30;
    summary.moves.ping_pong.segments = 1;
    summary.moves.ping_pong.returns = 3;
    assert_eq!(
        segment_moves(&summary.moves),
        "15 planned, 12 completed, 2 refused, 1 unfinished; by cause 10 balance, 2 manual; 3.20 GiB, \
         12,000,000 rows; 6 (50%) led back to where the segment began; 1.00 GiB wasted; 1 segment went to and \
         fro (3 returns)"
    );
    let headline = headline(&summary);
    assert!(
        headline.contains("12 moves, 3.20 GiB, 3 more not completed, 1.00 GiB of it wasted"),
        "{headline}"
    );
}

#[test]
fn the_sparkline_shows_peaks_and_gaps() {
    let mut values = vec![Some(0.1); 40];
    values[13] = Some(0.8);
    values[20..30].fill(None);
    assert_eq!(sparkline(&values, 8).unwrap(), "▁▁█▁  ▁▁");
    assert_eq!(sparkline(&[Some(0.0), Some(0.0)], 8), None);
}
