//! The lazy coordinator of 2.2 and later against its slow twin: over drawn clusters both must do the same, count
//! the same and give the same reasons. In the twin every ticker fires, nodes report and checkers look at
//! everything at every tick, passes visit every task, and every round is asked literally.
//!
//! `PROPTEST_CASES=<number>` draws more of them, `PROPTEST_RNG_SEED=<number>` others.

use super::drawn_twins::case;
use evenkeel::metrics::meter::{Ending, Meter};
use evenkeel::scenario::Scenario;
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::parse;
use evenkeel::simulation::run::Simulation;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::sync::Arc;

/// The figures of a run, its digest among them.
pub(crate) fn figures(mut simulation: Simulation, scenario: &Arc<Scenario>) -> String {
    let mut meter = Meter::new(scenario);
    while simulation.step(&mut meter) {}
    let world = simulation.world();
    let (digest, events) = (world.digest(), world.lines());
    let ending = Ending { balancer: scenario.balancer().to_owned(), digest, events, samples_written: 0 };
    format!("{:#?}", meter.finish(world.moment(), ending))
}

/// The lines that differ, the first of them only.
fn first_differences(one: &str, other: &str) -> Vec<String> {
    let pairs = one.lines().zip(other.lines()).filter(|(one, other)| one != other);
    pairs.take(12).map(|(one, other)| format!("lazy {} | naive {}", one.trim(), other.trim())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        cases: 40,
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_skipped_would_have_changed_nothing(case in case()) {
        let text = case.text();
        let scenario = match parse(&text, "drawn.json", &Overrides::default()) {
            Ok(scenario) => Arc::new(scenario),
            Err(faults) => return Err(TestCaseError::fail(format!("{}\n{text}", faults[0]))),
        };
        // What does not fit into its nodes is no case.
        let Ok(lazy) = Simulation::new(&scenario) else { return Ok(()) };
        let naive = Simulation::naive(&scenario).expect("what fits, fits twice");
        let (lazy, naive) = (figures(lazy, &scenario), figures(naive, &scenario));
        prop_assert!(lazy == naive, "{}: {:#?}\n{text}", case.release, first_differences(&lazy, &naive));
    }
}
