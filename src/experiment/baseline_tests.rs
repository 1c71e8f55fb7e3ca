//! Kept figures: what counts as worse, and the file.

use super::*;

/// A result of 20 seeds in which one figure has these values and every run is another.
fn result(figure: &'static str, values: &[f64], first_seed: u64, mark: &str) -> Baseline {
    Baseline {
        scenario: "example".to_owned(),
        release: "2.6.20".to_owned(),
        balancer: "ScoreBasedBalancer".to_owned(),
        first_seed,
        digests: (0..values.len()).map(|seed| format!("{mark}{seed}")).collect(),
        figures: vec![(figure, values.iter().copied().map(Some).collect())],
    }
}

/// What becomes of the figure.
fn change(figure: &'static str, before: &[f64], after: &[f64], other_seeds: bool) -> Option<Change> {
    let seed = if other_seeds { 1_000 } else { 0 };
    let comparison = result(figure, after, seed, "b").against(&result(figure, before, 0, "a"));
    comparison.changes.first().map(|change| change.change)
}

/// 20 values around `middle`, drawn by hand.
fn around(middle: f64, spread: f64) -> Vec<f64> {
    let steps = [3, -7, 1, 9, -2, 5, -9, 0, 4, -5, 7, -3, 8, -8, 2, -1, 6, -6, -4, 10];
    steps.iter().map(|step| middle + spread * f64::from(*step) / 10.0).collect()
}

const SKEW: &str = "skew.end.max_difference";

#[test]
fn another_draw_of_the_same_is_not_worse() {
    let before = around(0.2, 0.1);
    let mut after = before.clone();
    after.rotate_left(7);
    assert_eq!(change(SKEW, &before, &after, false), None);
    assert_eq!(change(SKEW, &before, &after, true), None);
    // A little more, well within the spread.
    assert_eq!(change(SKEW, &before, &around(0.23, 0.1), true), None);
}

#[test]
fn a_clear_loss_is_worse_and_its_contrary_better() {
    let (before, after) = (around(0.2, 0.05), around(0.4, 0.05));
    for other_seeds in [false, true] {
        assert_eq!(change(SKEW, &before, &after, other_seeds), Some(Change::Worse));
        assert_eq!(change(SKEW, &after, &before, other_seeds), Some(Change::Better));
        assert_eq!(change("commands.success", &before, &around(9.0, 0.5), other_seeds), Some(Change::Better));
        assert_eq!(change("segments.end", &after, &around(9.0, 0.5), other_seeds), Some(Change::Different));
    }
}

#[test]
fn a_loss_below_the_floor_is_never_told() {
    assert_eq!(change(SKEW, &[0.2; 20], &[0.209; 20], false), None);
    assert_eq!(change(SKEW, &[0.2; 20], &[0.22; 20], false), Some(Change::Worse));
    // A twentieth of a large figure is its floor.
    assert_eq!(change("moves.completed", &[100.0; 20], &[104.0; 20], false), None);
    assert_eq!(change("moves.completed", &[100.0; 20], &[106.0; 20], false), Some(Change::Worse));
}

#[test]
fn a_small_loss_under_every_seed_is_seen_seed_by_seed() {
    let before = around(0.5, 0.4);
    let after: Vec<f64> = before.iter().map(|value| value + 0.04).collect();
    assert_eq!(change(SKEW, &before, &after, true), None, "the spread of the data hides it");
    assert_eq!(change(SKEW, &before, &after, false), Some(Change::Worse));
}

#[test]
fn few_seeds_say_nothing_unless_chance_plays_no_part() {
    let before = result(SKEW, &[0.1; 5], 0, "a");
    let after = result(SKEW, &[0.9; 5], 0, "b");
    let comparison = after.against(&before);
    assert!(comparison.holds());
    assert_eq!(comparison.doubt, "5 seeds are too few to tell a worse result from chance");
    let constant = |values: &[f64], digest: &str| Baseline {
        digests: vec![digest.to_owned(); values.len()],
        ..result(SKEW, values, 0, "")
    };
    let comparison = constant(&[0.9; 3], "b").against(&constant(&[0.1; 5], "a"));
    assert_eq!(comparison.changes[0].change, Change::Worse);
    assert_eq!((comparison.holds(), comparison.doubt.as_str()), (false, ""));
    assert!(constant(&[0.9; 5], "a").against(&constant(&[0.1; 5], "a")).is_same, "the digests decide");
}

#[test]
fn what_is_undefined_now_is_a_fault() {
    let before = result(SKEW, &around(0.2, 0.1), 0, "a");
    let mut after = result(SKEW, &around(0.2, 0.1), 0, "b");
    after.figures[0].1[3] = None;
    let comparison = after.against(&before);
    assert_eq!((comparison.changes[0].change, comparison.holds()), (Change::Undefined, false));
    assert_eq!(before.against(&after).changes, [], "nothing can be said against what was undefined before");
}

#[test]
fn the_levels_can_be_reached_with_the_usual_number_of_seeds() {
    assert!(is_reachable(SEEDS as usize, SEEDS as usize));
    assert!(is_reachable(15, 15) && !is_reachable(14, 14) && !is_reachable(20, 5));
    assert!(0.5_f64.powi(SEEDS as i32) <= PAIRS_LEVEL);
}

#[test]
fn a_kept_file_reads_back() {
    let mut baseline = result(SKEW, &around(0.2, 0.1), 7, "a");
    baseline.figures.push(("moves.bytes", vec![Some(4_294_967_296.0); 20]));
    baseline.figures.push(("service.latency_ms.mean", vec![None; 20]));
    let text = baseline.to_json();
    assert_eq!(Baseline::parse(&text), Ok(baseline.clone()));
    assert!(text.contains("\"moves.bytes\": 4294967296"), "{text}");
    for (from, to, fault) in [
        ("\"format\": 1", "\"format\": 2", "its format is 2, this evenkeel keeps 1"),
        ("\"seeds\": 20", "\"seeds\": 19", "digests holds 20 values for 19 seeds"),
        ("\"seeds\": 20", "\"seeds\": 0", "seeds is no number from 1 to 64"),
        ("4294967296", "\"many\"", "moves.bytes holds \"many\", which is no number"),
    ] {
        assert_eq!(Baseline::parse(&text.replace(from, to)), Err(fault.to_owned()));
    }
    assert!(Baseline::parse("{").expect_err("no JSON").starts_with("no JSON"));
}
