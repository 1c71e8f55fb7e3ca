//! What a finished sweep leaves: tables, a tree, plots; and what it prints.

use super::args::sweep::{SweepFormat, SweepOutput};
use super::failure::Failure;
use super::read;
use super::trials::Lines;
use crate::experiment::sweep::Plan;
use crate::experiment::tally::{Results, Tally};
use crate::report::chart::heat_map::heat_map;
use crate::report::chart::paint::{png, svg};
use crate::report::chart::pareto::pareto;
use crate::report::chart::sweep_curves::sweep_curves;
use crate::report::sweep::{csv, json, text};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Columns of the text where the terminal does not say.
const REPORT_WIDTH: usize = 110;

/// Reads the kept trials in their order, once, and writes all results beside them; `sweep.json` last, so that
/// where it stands all is there.
///
/// # Errors
///
/// When a file cannot be read or written.
pub fn publish(plan: &Plan, trials: &Path, output: &SweepOutput) -> Result<(), Failure> {
    let folder = &output.output;
    let last = folder.join("sweep.json");
    if last.exists() {
        fs::remove_file(&last).map_err(Failure::writing(&last))?;
    }
    let results = tally(plan, trials, &folder.join("trials.csv"))?;
    draw(&results, output)?;
    let table = csv::combinations(&results);
    read::write_whole(&folder.join("sweep.csv"), &table)?;
    let tree = json::json(&results);
    read::write_whole(&last, &tree)?;
    if output.quiet {
        return Ok(());
    }
    let printed = match output.format {
        SweepFormat::Text => {
            format!("{}Results: {}\n", text::text(&results, REPORT_WIDTH), folder.display())
        }
        SweepFormat::Json => tree,
        SweepFormat::Csv => table,
    };
    super::print(&printed).map(drop)
}

/// The plots; of several scenarios each has a folder of its own. Those of an earlier sweep go.
fn draw(results: &Results, output: &SweepOutput) -> Result<(), Failure> {
    let plan = &results.plan;
    for (position, subject) in plan.scenarios.iter().enumerate() {
        let folder = match plan.scenarios.len() {
            1 => output.output.clone(),
            _ => output.output.join(&subject.name),
        };
        fs::create_dir_all(&folder).map_err(Failure::writing(&folder))?;
        let drawings = [
            ("heat_map", (plan.axes.len() > 1).then(|| heat_map(results, position))),
            ("curves", (plan.axes.len() == 1).then(|| sweep_curves(results, position))),
            ("pareto", (!plan.axes.is_empty()).then(|| pareto(results, position))),
        ];
        for (name, drawing) in drawings {
            let file = |ending: &str| folder.join(format!("{name}.{ending}"));
            put(&file("svg"), drawing.as_ref().map(|drawing| svg(drawing).into_bytes()))?;
            put(&file("png"), drawing.as_ref().filter(|_| output.png).map(png))?;
        }
    }
    Ok(())
}

/// Writes a file, or removes the one that an earlier sweep left.
fn put(path: &Path, content: Option<Vec<u8>>) -> Result<(), Failure> {
    match content {
        Some(content) => read::write_whole(path, content),
        None if path.exists() => fs::remove_file(path).map_err(Failure::writing(path)),
        None => Ok(()),
    }
}

/// All trials into their combinations, and each into its row of `trials.csv`.
fn tally(plan: &Plan, trials: &Path, table: &Path) -> Result<Results, Failure> {
    let draft = table.with_extension("csv.partial");
    let writing = || Failure::writing(&draft);
    let mut writer = BufWriter::new(File::create(&draft).map_err(writing())?);
    writer.write_all(csv::trials_heading(plan).as_bytes()).map_err(writing())?;
    let mut tally = Tally::new(plan);
    if let Some(mut lines) = Lines::open(trials)? {
        while let Some(kept) = lines.next_trial()? {
            tally.take(&kept);
            writer.write_all(csv::trial(plan, &kept).as_bytes()).map_err(writing())?;
        }
    }
    writer.flush().map_err(writing())?;
    fs::rename(&draft, table).map_err(Failure::writing(table))?;
    Ok(tally.finish())
}
