//! `sweep.csv`: a row per combination. `trials.csv`: a row per trial.

use crate::experiment::sweep::Plan;
use crate::experiment::tally::{Kept, Results};
use crate::report::figure::write_exact;

/// `sweep.csv`: of every figure its mean over the seeds, the 95 % interval, the extremes, and how many seeds
/// have it.
pub fn combinations(results: &Results) -> String {
    let plan = &results.plan;
    let mut heading = vec!["scenario".to_owned(), "combination".to_owned()];
    heading.extend(plan.axes.iter().map(|axis| axis.key.clone()));
    for path in &plan.figures {
        heading.extend(
            ["mean", "low", "high", "least", "greatest", "seeds"].map(|part| format!("{path}:{part}")),
        );
    }
    heading.extend(["unplaced", "on_front", "digest"].map(str::to_owned));
    let mut text = record(&heading);
    for combination in &results.combinations {
        let mut fields =
            vec![plan.scenarios[combination.scenario].name.clone(), (combination.number + 1).to_string()];
        fields.extend(plan.settings(combination.number).into_iter().map(|(_, value)| value.to_owned()));
        for estimate in &combination.figures {
            let (low, high) = estimate.interval().unzip();
            let values = [estimate.mean(), low, high, estimate.least(), estimate.greatest()];
            fields.extend(values.map(exact));
            fields.push(estimate.count().to_string());
        }
        fields.extend([combination.unplaced.to_string(), combination.is_on_front.to_string()]);
        fields.push(combination.digest.clone());
        text += &record(&fields);
    }
    text
}

/// The heading of `trials.csv`.
pub fn trials_heading(plan: &Plan) -> String {
    let mut heading = ["trial", "scenario", "combination"].map(str::to_owned).to_vec();
    heading.extend(plan.axes.iter().map(|axis| axis.key.clone()));
    heading.push("seed".to_owned());
    heading.extend(plan.figures.iter().cloned());
    heading.push("digest".to_owned());
    record(&heading)
}

/// One row of `trials.csv`.
pub fn trial(plan: &Plan, kept: &Kept) -> String {
    let spot = plan.spot(kept.trial);
    let name = plan.scenarios[spot.scenario].name.clone();
    let mut fields = vec![kept.trial.to_string(), name, (spot.combination + 1).to_string()];
    fields.extend(plan.settings(spot.combination).into_iter().map(|(_, value)| value.to_owned()));
    fields.push(spot.seed.to_string());
    fields.extend(kept.figures.iter().map(|value| exact(*value)));
    fields.push(kept.digest.clone());
    record(&fields)
}

fn exact(value: Option<f64>) -> String {
    let mut text = String::new();
    if let Some(value) = value {
        write_exact(&mut text, value);
    }
    text
}

/// One line, quoted where needed.
fn record(fields: &[String]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields).expect("writing into memory cannot fail");
    let bytes = writer.into_inner().expect("writing into memory cannot fail");
    String::from_utf8(bytes).expect("only texts were written")
}
