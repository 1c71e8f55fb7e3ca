//! `sweep.json`: what was swept, and every combination with its figures.

use super::finding::finding;
use crate::experiment::statistics::Estimate;
use crate::experiment::sweep::{Subject, Values};
use crate::experiment::tally::{Combination, Results};
use serde::Serialize;
use serde_json::{Map, Value};

/// `sweep.json`, in its order.
#[derive(Serialize)]
struct Tree<'r> {
    format: u32,
    evenkeel: &'r str,
    scenarios: Vec<Scenario<'r>>,
    axes: &'r [Values],
    seeds: u64,
    figures: &'r [String],
    pareto: &'r [String; 2],
    combinations: Vec<Row<'r>>,
}

#[derive(Serialize)]
struct Scenario<'r> {
    #[serde(flatten)]
    subject: &'r Subject,
    finding: String,
    different_courses: usize,
}

#[derive(Serialize)]
struct Row<'r> {
    scenario: &'r str,
    combination: u64,
    settings: Map<String, Value>,
    figures: Map<String, Value>,
    unplaced: u64,
    on_front: bool,
    digest: &'r str,
}

/// One figure over the seeds.
#[derive(Serialize)]
struct Figure {
    mean: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    least: Option<f64>,
    greatest: Option<f64>,
    seeds: u64,
}

/// The text of `sweep.json`: indented by two blanks, a newline at the end.
///
/// # Panics
///
/// Never: every key is text, and writing into memory cannot fail.
pub fn json(results: &Results) -> String {
    let plan = &results.plan;
    let scenarios = plan.scenarios.iter().enumerate().map(|(position, subject)| Scenario {
        subject,
        finding: finding(results, position),
        different_courses: results.courses(position),
    });
    let tree = Tree {
        format: plan.format,
        evenkeel: &plan.evenkeel,
        scenarios: scenarios.collect(),
        axes: &plan.axes,
        seeds: plan.seeds,
        figures: &plan.figures,
        pareto: &plan.pareto,
        combinations: results.combinations.iter().map(|combination| row(results, combination)).collect(),
    };
    let mut text = serde_json::to_string_pretty(&tree).expect("all keys are text");
    text.push('\n');
    text
}

fn row<'r>(results: &'r Results, combination: &'r Combination) -> Row<'r> {
    let plan = &results.plan;
    let settings = plan.settings(combination.number).into_iter();
    let figures = plan.figures.iter().zip(&combination.figures);
    Row {
        scenario: &plan.scenarios[combination.scenario].name,
        combination: combination.number + 1,
        settings: settings.map(|(key, value)| (key.to_owned(), Value::from(value))).collect(),
        figures: figures.map(|(path, estimate)| (path.clone(), figure(estimate))).collect(),
        unplaced: combination.unplaced,
        on_front: combination.is_on_front,
        digest: &combination.digest,
    }
}

fn figure(estimate: &Estimate) -> Value {
    let (low, high) = estimate.interval().unzip();
    let figure = Figure {
        mean: estimate.mean(),
        low,
        high,
        least: estimate.least(),
        greatest: estimate.greatest(),
        seeds: estimate.count(),
    };
    // Plain numbers: this cannot fail.
    serde_json::to_value(figure).unwrap_or_default()
}
