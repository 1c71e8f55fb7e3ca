//! Plots of drawn sweeps: no panic, no text over another, nothing beyond the sheet.

use super::drawing::{Drawing, Label};
use super::heat_map::heat_map;
use super::pareto::pareto;
use super::sweep_curves::sweep_curves;
use crate::experiment::sweep::{FORMAT, Plan, Subject, Values};
use crate::experiment::tally::{Kept, Results, Tally};
use proptest::prelude::*;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A sweep over keys with so many values each, its figures drawn; now and then one is undefined.
fn drawn(counts: &[usize], seeds: u64, numeric: bool, scale: f64, random: &mut impl Rng) -> Results {
    let value =
        |place: usize| if numeric { format!("{place}") } else { format!("RowCountBased{place}Balancer") };
    let axis = |(number, count): (usize, &usize)| Values {
        key: format!("queryCoord.aKeyWithALongName{number}"),
        values: (0..*count).map(value).collect(),
    };
    let subject = Subject {
        name: "drawn".to_owned(),
        inputs: String::new(),
        seed: 0,
        duration_ms: 1,
        notes: Vec::new(),
    };
    let figures = ["skew.mean.max_difference", "moves.bytes", "settle.0.settle_ms"].map(str::to_owned);
    let plan = Plan {
        format: FORMAT,
        evenkeel: String::new(),
        scenarios: vec![subject],
        axes: counts.iter().enumerate().map(axis).collect(),
        seeds,
        pareto: [figures[0].clone(), figures[1].clone()],
        figures: figures.to_vec(),
    };
    let mut tally = Tally::new(&plan);
    for trial in 0..plan.trials().expect("a count") {
        let mut value = |most: f64| random.random_bool(0.95).then(|| random.random_range(0.0..1.0) * most);
        let figures = vec![value(0.5 * scale), value(1e12 * scale), value(1e6 * scale)];
        let digest = trial.to_string();
        tally.take(&Kept { trial, key: String::new(), digest, figures, fault: None });
    }
    tally.finish()
}

/// No text over another, none beyond the sheet.
fn check(drawing: &Drawing) {
    let labels: Vec<&Label> = drawing.labels().collect();
    let sheet = (f64::from(drawing.width), f64::from(drawing.height));
    for (place, label) in labels.iter().enumerate() {
        let bounds = label.bounds();
        let is_inside =
            bounds.left >= 0.0 && bounds.top >= 0.0 && bounds.right <= sheet.0 && bounds.bottom <= sheet.1;
        assert!(is_inside, "{label:?}");
        for other in &labels[place + 1..] {
            assert!(!bounds.overlaps(&other.bounds()), "{label:?} and {other:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn drawn_sweeps_never_panic_and_nothing_overlaps(
        counts in prop::collection::vec(1_usize..25, 1..4),
        seeds in 1_u64..4,
        numeric in any::<bool>(),
        scale in prop_oneof![Just(0.0), 1e-6..1.0_f64],
        seed in any::<u64>(),
    ) {
        // Frugal: the third key only says that the plot has to fold.
        let counts: Vec<usize> =
            counts.iter().enumerate().map(|(place, count)| if place == 2 { 2 } else { *count }).collect();
        let results = drawn(&counts, seeds, numeric, scale, &mut ChaCha8Rng::seed_from_u64(seed));
        match counts.len() {
            1 => check(&sweep_curves(&results, 0)),
            _ => check(&heat_map(&results, 0)),
        }
        check(&pareto(&results, 0));
    }
}
