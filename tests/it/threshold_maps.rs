//! Threshold maps are exact: no value inside an interval does anything else, and every breakpoint is one.
//!
//! The slow twin of a map is a fine grid: the same scenario run with each value.

use super::swarm::{Weather, cases};
use evenkeel::experiment::threshold_map::axis::ExactAxis;
use evenkeel::experiment::threshold_map::{Effort, ThresholdMap, map, run};
use evenkeel::policy::watch::{Ladder, Watch};
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::{self, Scenario};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError};
use std::cell::Cell;
use std::sync::Arc;

const OVERLOADED: &str = "queryCoord.overloadedMemoryThresholdPercentage";
const DIFFERENCE: &str = "queryCoord.memoryUsageMaxDifferencePercentage";

fn read(text: &str, settings: &[(String, String)]) -> Result<Arc<Scenario>, Vec<String>> {
    let overrides = Overrides { settings: settings.to_vec(), ..Overrides::default() };
    let scenario = scenario::parse(text, "drawn", &overrides);
    scenario.map(Arc::new).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn mapped(text: &str, vary: &[String]) -> ThresholdMap {
    let scenario = read(text, &[]).expect("a scenario");
    let axis = |one: &String| ExactAxis::parse(one, scenario.release).expect("an exact key");
    let axes: Vec<ExactAxis> = vary.iter().map(axis).collect();
    let given = axes.iter().map(|axis| axis.given(&scenario)).collect();
    let effort = Effort { runs_max: 2_000, threads: 2 };
    let map = map(&axes, given, &|settings| read(text, settings), effort, &|| false).expect("a map");
    assert!(map.is_finished());
    map
}

fn digest(text: &str, settings: &[(&str, String)]) -> String {
    let settings: Vec<(String, String)> =
        settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    run(&read(text, &settings).expect("a scenario"), &Watch::default()).expect("no program").digest
}

/// What the map says of a point.
fn said<'m>(map: &'m ThresholdMap, point: &[i64]) -> &'m str {
    let holds = |cell: &&evenkeel::experiment::threshold_map::Cell| {
        cell.region.iter().zip(point).all(|(span, at)| (span.low..=span.high).contains(at))
    };
    let mut cells = map.cells.iter().filter(holds);
    let cell = cells.next().expect("every point is covered");
    assert!(cells.next().is_none(), "no point is covered twice");
    &map.runs[cell.run].digest
}

fn config(cases: u32, seed: u64) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Default::default() }
}

/// One key, on a grid of its values.
fn check_line(text: &str, key: &str, from: f64, to: f64, steps: u32) -> Result<usize, TestCaseError> {
    let map = mapped(text, &[format!("{key}=exact:{from}..{to}")]);
    let ladder = map.axes[0].ladder;
    for step in 0..=steps {
        let value = from + (to - from) * f64::from(step) / f64::from(steps);
        let rung = ladder.rung(value);
        let found = digest(text, &[(key, ladder.text(rung))]);
        prop_assert_eq!(said(&map, &[rung]), found, "{} = {}", key, value);
    }
    for pair in map.cells.windows(2) {
        prop_assert_ne!(pair[0].run, pair[1].run);
    }
    Ok(map.cells.len())
}

#[test]
fn a_grid_over_a_threshold_of_2_1_finds_nothing_new() {
    let mut runner = proptest::test_runner::TestRunner::new(config(6, 5));
    let counted = std::cell::Cell::new(0);
    runner
        .run(&cases(Weather::Wild), |case| {
            let text = case.draft().text();
            for (key, from, to) in [(DIFFERENCE, 0.0, 40.0), (OVERLOADED, 40.0, 80.0)] {
                counted.set(counted.get().max(check_line(&text, key, from, to, 20)?));
            }
            Ok(())
        })
        .expect("exact maps");
    assert!(counted.get() >= 3, "the drawn scenarios have breakpoints, and not {}", counted.get());
}

#[test]
fn a_grid_over_the_tolerations_of_later_releases_finds_nothing_new() {
    let counted = std::cell::Cell::new(0);
    let mut runner = proptest::test_runner::TestRunner::new(config(4, 11));
    let releases = ["2.2.16", "2.3.4", "2.4.9", "2.6.23"];
    runner
        .run(&(cases(Weather::Calm), 0..releases.len()), |(case, release)| {
            let text = case.draft().release(releases[release]).text();
            let (key, from, to) = [
                ("queryCoord.scoreUnbalanceTolerationFactor", 0.0, 1.0),
                ("queryCoord.reverseUnBalanceTolerationFactor", 1.1, 2.0),
            ][release % 2];
            counted.set(counted.get().max(check_line(&text, key, from, to, 6)?));
            Ok(())
        })
        .expect("exact maps");
    assert!(counted.get() >= 3, "the drawn scenarios have breakpoints, and not {}", counted.get());
}

#[test]
fn a_grid_over_two_keys_finds_nothing_new() {
    let mut runner = proptest::test_runner::TestRunner::new(config(2, 2));
    runner
        .run(&cases(Weather::Wild), |case| {
            let text = case.draft().text();
            let map =
                mapped(&text, &[format!("{OVERLOADED}=exact:30..90"), format!("{DIFFERENCE}=exact:0..40")]);
            for (overloaded, difference) in
                (0..12).flat_map(|one| (0..8).map(move |two| (30 + one * 5, two * 5)))
            {
                let settings = [(OVERLOADED, overloaded.to_string()), (DIFFERENCE, difference.to_string())];
                prop_assert_eq!(said(&map, &[overloaded, difference]), digest(&text, &settings));
            }
            Ok(())
        })
        .expect("an exact map");
}

#[test]
fn a_map_that_may_not_be_finished_says_what_is_open() {
    let text =
        std::fs::read_to_string("scenarios/overloaded_node_is_relieved.json").expect("a shipped scenario");
    let scenario = read(&text, &[]).expect("a scenario");
    let axis = ExactAxis::parse(&format!("{OVERLOADED}=exact:1..99"), scenario.release).expect("a key");
    let effort = Effort { runs_max: 2, threads: 1 };
    let map = map(&[axis], None, &|settings| read(&text, settings), effort, &|| false).expect("a map");
    assert!(!map.is_finished());
    let covered: i64 = map.cells.iter().map(|cell| cell.region[0].high - cell.region[0].low + 1).sum();
    let open: i64 = map.open.iter().map(|region| region[0].high - region[0].low + 1).sum();
    assert_eq!(covered + open, 99);
    assert_eq!(map.axes[0].ladder, Ladder::Percent);
}

#[test]
fn a_map_that_is_stopped_keeps_what_was_found() {
    let text =
        std::fs::read_to_string("scenarios/overloaded_node_is_relieved.json").expect("a shipped scenario");
    let scenario = read(&text, &[]).expect("a scenario");
    let axis = ExactAxis::parse(&format!("{OVERLOADED}=exact:1..99"), scenario.release).expect("a key");
    let effort = Effort { runs_max: 100, threads: 1 };
    let asked = Cell::new(0);
    let is_over = || asked.replace(asked.get() + 1) >= 2;
    let map = map(&[axis], None, &|settings| read(&text, settings), effort, &is_over).expect("a map");
    assert!(!map.is_finished() && !map.cells.is_empty());
    assert_eq!(map.verified, 0, "nothing is run any more");
}
