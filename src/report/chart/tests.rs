//! Plots of drawn and of awkward runs: no panic, no text over another, nothing beyond the sheet, same bytes twice.

use super::drawing::{Drawing, Shape};
use super::input::PlotInput;
use super::memory_skew::memory_skew;
use super::node_memory::node_memory;
use super::paint::{png, svg};
use super::segment_moves::segment_moves;
use crate::metrics::curves::{Band, Curves, NODE_CURVES_MAX, NodeCurve};
use crate::metrics::story::{Mark, MoveBucket, Story};
use proptest::prelude::*;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A run made up for a picture.
struct Run {
    name: &'static str,
    duration_ms: u64,
    curves: Curves,
    story: Story,
    overload_threshold: Option<f64>,
}

impl Run {
    fn drawings(&self) -> [(&'static str, Drawing); 3] {
        let input = PlotInput {
            scenario: self.name,
            subtitle: "Milvus 2.1.4, balancer MemoryUsage, seed 1",
            duration_ms: self.duration_ms,
            curves: &self.curves,
            story: &self.story,
            overload_threshold: self.overload_threshold,
            max_difference_threshold: Some(0.3),
            highlighted: &[7, 12],
            digest: "0123456789abcdef0123456789abcdef",
        };
        [
            ("memory_skew", memory_skew(&input)),
            ("node_memory", node_memory(&input)),
            ("segment_moves", segment_moves(&input)),
        ]
    }
}

/// A cluster that evens out after a node has joined: every node goes from its own rate to a common one.
fn evening_out(name: &'static str, nodes: usize, instants: usize, marks: usize, noise: f64) -> Run {
    let mut random = ChaCha8Rng::seed_from_u64(nodes as u64);
    let duration_ms = 3_600_000;
    let step = duration_ms / (instants as u64 - 1).max(1);
    let times_ms: Vec<u64> = (0..instants as u64).map(|instant| instant * step).collect();
    let mut rates: Vec<Vec<Option<f64>>> = Vec::new();
    for node in 0..nodes {
        let start: f64 = random.random_range(0.3..0.85);
        let joins = if node + 1 == nodes { instants / 6 } else { 0 };
        let leaves = if node == 1 { instants * 4 / 5 } else { instants };
        let curve = (0..instants).map(|instant| {
            let share = (instant as f64 / instants as f64 * 4.0 - joins as f64 / instants as f64)
                .clamp(0.0, 3.0)
                / 3.0;
            let level = if joins > 0 { 0.05 } else { start };
            let rate = level + (0.5 - level) * share + random.random_range(-1.0..1.0) * noise;
            (instant >= joins && instant < leaves).then_some(rate.clamp(0.0, 1.0))
        });
        rates.push(curve.collect());
    }
    let band: Vec<Option<Band>> =
        (0..instants).map(|instant| band_of(rates.iter().filter_map(|curve| curve[instant]))).collect();
    let max_difference = band.iter().map(|band| band.map(|band| band.highest - band.lowest)).collect();
    let curves_of_nodes = rates
        .into_iter()
        .enumerate()
        .map(|(node, rates)| NodeCurve { query_node: node as i64 + 1, rates })
        .take(if nodes > NODE_CURVES_MAX { 0 } else { nodes })
        .collect();
    let moves_in_flight = (0..instants).map(|_| random.random_range(0..6)).collect();
    let curves = Curves {
        times_ms,
        max_difference,
        bound: vec![Some(0.04); instants],
        band,
        nodes: curves_of_nodes,
        moves_in_flight,
    };
    Run {
        name,
        duration_ms,
        curves,
        story: story(&mut random, duration_ms, marks),
        overload_threshold: Some(0.9),
    }
}

fn band_of(rates: impl Iterator<Item = f64>) -> Option<Band> {
    let mut rates: Vec<f64> = rates.collect();
    rates.sort_by(f64::total_cmp);
    let at = |share: f64| rates[((rates.len() - 1) as f64 * share) as usize];
    (!rates.is_empty()).then(|| Band {
        lowest: at(0.0),
        lower_quartile: at(0.25),
        median: at(0.5),
        upper_quartile: at(0.75),
        highest: at(1.0),
    })
}

fn story(random: &mut impl Rng, duration_ms: u64, marks: usize) -> Story {
    let mut times: Vec<u64> = (0..marks).map(|_| random.random_range(0..=duration_ms)).collect();
    times.sort_unstable();
    let labels = [
        ("node 4 joins", false),
        ("load_balance 1 -> 4", false),
        ("node 2 is killed", true),
        ("set_config queryCoord.autoBalance = false", false),
        ("load_balance 1 -> 9 refused", true),
    ];
    let marks = times.iter().enumerate().map(|(place, t_ms)| {
        let (label, is_trouble) = labels[place % labels.len()];
        Mark { t_ms: *t_ms, label: label.into(), is_trouble }
    });
    let buckets = (0..360).map(|minute: u32| MoveBucket {
        balance: if minute % 7 < 3 { random.random_range(0..9) } else { 0 },
        drain: u32::from(minute > 200 && minute < 230) * 3,
        manual: u32::from(minute.is_multiple_of(60)) * 2,
        lost: u32::from(minute.is_multiple_of(45)),
        bytes: 512 << 20,
    });
    Story {
        buckets: buckets.collect(),
        marks: marks.collect(),
        bucket_ms: duration_ms.div_ceil(360).max(1),
        ..Story::default()
    }
}

fn awkward() -> Vec<Run> {
    let empty = |name, duration_ms| Run {
        name,
        duration_ms,
        curves: Curves::default(),
        story: Story::default(),
        overload_threshold: None,
    };
    let mut all_undefined = empty("all_undefined", 60_000);
    all_undefined.curves = Curves {
        times_ms: vec![0, 30_000, 60_000],
        max_difference: vec![None; 3],
        bound: vec![None; 3],
        band: vec![None; 3],
        nodes: vec![NodeCurve { query_node: 1, rates: vec![None; 3] }],
        moves_in_flight: vec![0; 3],
    };
    let mut one_instant = evening_out("one_instant", 3, 1, 1, 0.0);
    one_instant.story.buckets.truncate(1);
    let mut no_time = evening_out("no_time", 3, 1, 2, 0.0);
    no_time.duration_ms = 0;
    no_time.story.marks.iter_mut().for_each(|mark| mark.t_ms = 0);
    let mut tiny = evening_out("tiny_skew", 2, 50, 0, 0.0);
    tiny.curves.max_difference = vec![Some(0.0004); 50];
    let mut late = evening_out("marks_at_the_end", 4, 200, 3, 0.0);
    late.story.marks.iter_mut().for_each(|mark| mark.t_ms = 3_600_000);
    let mut above = evening_out("beyond_all_memory", 4, 200, 200, 0.2);
    above.curves.band.iter_mut().flatten().for_each(|band| band.highest = 1.4);
    above.story.marks_left_out = 1_234;
    vec![
        empty("empty", 3_600_000),
        empty("empty_no_time", 0),
        all_undefined,
        one_instant,
        no_time,
        tiny,
        late,
        above,
    ]
}

fn pictures() -> Vec<Run> {
    vec![
        evening_out("one_node", 1, 300, 1, 0.01),
        evening_out("five_nodes", 5, 1_000, 4, 0.003),
        evening_out("ten_nodes_and_many_marks", 10, 1_000, 30, 0.01),
        evening_out("thirty_nodes", 30, 1_000, 8, 0.0),
        evening_out("hundred_nodes", 100, 1_000, 60, 0.0002),
        evening_out("crowd_of_256", 256, 4_096, 200, 0.05),
        evening_out("thousand_nodes", 1_000, 1_000, 12, 0.02),
    ]
}

#[track_caller]
fn check(run: &Run) {
    for (plot, drawing) in run.drawings() {
        let sheet = (f64::from(drawing.width), f64::from(drawing.height));
        let bounds: Vec<_> = drawing.labels().map(|label| (label.text.as_str(), label.bounds())).collect();
        for (place, (text, one)) in bounds.iter().enumerate() {
            let inside = one.left >= 0.0 && one.top >= 0.0 && one.right <= sheet.0 && one.bottom <= sheet.1;
            assert!(inside, "{} {plot}: {text:?} leaves the sheet: {one:?}", run.name);
            for (other_text, other) in &bounds[..place] {
                assert!(!one.overlaps(other), "{} {plot}: {text:?} covers {other_text:?}", run.name);
            }
        }
        for shape in &drawing.shapes {
            let points: Vec<(f64, f64)> = match shape {
                Shape::Line { points, .. } => points.clone(),
                Shape::Band { steps, .. } => steps.iter().map(|step| (step.0, step.1)).collect(),
                Shape::Bar { bounds, .. } => vec![(bounds.left, bounds.top), (bounds.right, bounds.bottom)],
                Shape::Dot { center, .. } => vec![*center],
                Shape::Text(_) => Vec::new(),
            };
            for (x, y) in points {
                assert!(
                    (0.0..=sheet.0).contains(&x) && (0.0..=sheet.1).contains(&y),
                    "{} {plot}: {x}, {y}",
                    run.name
                );
            }
        }
    }
}

#[test]
fn awkward_runs_give_readable_plots() {
    awkward().iter().for_each(check);
}

#[test]
fn large_runs_give_readable_plots_of_moderate_size() {
    for run in pictures() {
        check(&run);
        for (plot, drawing) in run.drawings() {
            let size = svg(&drawing).len();
            assert!(size < 600_000, "{} {plot}: {size} bytes", run.name);
        }
    }
}

/// Writes all plots to the folder named by `EVENKEEL_PLOTS`, for a look at them; without it, only makes one.
#[test]
fn pictures_are_the_same_twice() {
    let folder = std::env::var_os("EVENKEEL_PLOTS").map(std::path::PathBuf::from);
    let runs: Vec<Run> = if folder.is_some() {
        awkward().into_iter().chain(pictures()).collect()
    } else {
        awkward().into_iter().skip(3).take(1).collect()
    };
    for run in runs {
        for (plot, drawing) in run.drawings() {
            let (text, bytes) = (svg(&drawing), png(&drawing));
            assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
            assert!(bytes.starts_with(b"\x89PNG"));
            match &folder {
                Some(folder) => {
                    std::fs::write(folder.join(format!("{}.{plot}.svg", run.name)), text).unwrap();
                    std::fs::write(folder.join(format!("{}.{plot}.png", run.name)), bytes).unwrap();
                }
                None => assert_eq!((text, bytes), (svg(&drawing), png(&drawing))),
            }
        }
    }
}

#[test]
fn texts_stay_texts_in_svg() {
    let [(_, drawing), ..] = evening_out("five_nodes", 5, 100, 4, 0.0).drawings();
    let text = svg(&drawing);
    assert!(text.contains("queryCoord.memoryUsageMaxDifferencePercentage = 30"));
    assert!(text.contains("font-family=\"DejaVu Sans, Verdana,"));
    assert!(text.contains("sans-serif\""));
}

#[test]
fn a_mark_at_the_end_of_the_run_leaves_the_names_of_the_curves_alone() {
    let mut run = evening_out("drawn", 76, 1, 1, 0.5);
    run.duration_ms = 1;
    run.story.marks.iter_mut().for_each(|mark| mark.t_ms = 1);
    run.curves.times_ms.iter_mut().for_each(|t_ms| *t_ms = 1);
    check(&run);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn drawn_runs_never_panic_and_nothing_overlaps(
        nodes in prop_oneof![1_usize..14, 14_usize..300, 300_usize..400],
        instants in 1_usize..60,
        marks in 0_usize..201,
        noise in 0.0..1.0_f64,
        duration_ms in prop_oneof![Just(0_u64), 1..100_u64, Just(u64::MAX), any::<u64>()],
        threshold in prop::option::of(0.0..3.0_f64),
    ) {
        let mut run = evening_out("drawn", nodes, instants, marks, noise);
        run.overload_threshold = threshold;
        // Times as they are, or crowded at one end.
        run.duration_ms = duration_ms;
        run.story.marks.iter_mut().for_each(|mark| mark.t_ms = mark.t_ms.min(duration_ms));
        run.curves.times_ms.iter_mut().for_each(|t_ms| *t_ms = (*t_ms).min(duration_ms));
        check(&run);
    }
}
