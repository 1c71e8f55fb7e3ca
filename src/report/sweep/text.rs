//! The sweep for people: what came out, and a table with the best combinations first.

use super::finding::{estimated, finding, ranked, short};
use crate::experiment::tally::{Combination, Results};
use crate::report::columns::{Align, Columns, wrapped};
use crate::report::figure::counted;
use crate::units::SimDuration;

/// Rows of the table of one scenario at most; the files have them all.
const ROWS_MAX: usize = 24;
/// Letters of a key that stand in one line.
const KEY_MAX: usize = 16;

/// The sweep in lines of about `width` letters.
pub fn text(results: &Results, width: usize) -> String {
    let mut lines = Vec::new();
    for (position, subject) in results.plan.scenarios.iter().enumerate() {
        let heading = format!("{}: {}", subject.name, finding(results, position));
        lines.extend(wrapped(&heading, width));
        lines.extend(subject.notes.iter().flat_map(|note| wrapped(note, width)));
        lines.push(String::new());
        lines.extend(table(results, position));
        lines.push(String::new());
        lines.extend(wrapped(&foot(results, position), width));
        lines.push(String::new());
    }
    lines.join("\n")
}

/// The best combinations, and those on the front that come after them.
fn table(results: &Results, position: usize) -> Vec<String> {
    let plan = &results.plan;
    let combinations = results.of_scenario(position);
    let mut aligns = vec![Align::Left, Align::Right];
    aligns.resize(2 + plan.axes.len() + plan.figures.len(), Align::Right);
    let mut columns = Columns::new(&aligns);
    // Paths and keys are long: their last part stands under the others.
    let parted = |path: &str| {
        let (first, last) = path.rsplit_once('.').unwrap_or(("", path));
        (first.to_owned() + if first.is_empty() { "" } else { "." }, last.to_owned())
    };
    let (upper_keys, lower_keys): (Vec<String>, Vec<String>) =
        plan.axes.iter().map(|axis| halves(short(&axis.key))).unzip();
    let (upper, lower): (Vec<String>, Vec<String>) = plan.figures.iter().map(|path| parted(path)).unzip();
    columns.row([vec![String::new(); 2], upper_keys, upper].concat());
    columns.row([vec![String::new(), "no.".to_owned()], lower_keys, lower].concat());
    let order = ranked(combinations, 0);
    let is_shown = |(rank, place): &(usize, usize)| *rank < ROWS_MAX || combinations[*place].is_on_front;
    let shown = order.into_iter().enumerate().filter(is_shown).take(2 * ROWS_MAX);
    for (_, place) in shown {
        columns.row(row(results, &combinations[place]));
    }
    columns.lines(usize::MAX)
}

/// A long key in two, at the beginning of a word near its middle.
fn halves(key: &str) -> (String, String) {
    let middle = key.len() / 2;
    let begins_word = |letter: char| letter.is_ascii_uppercase() || letter == '/';
    let places =
        key.char_indices().skip(1).filter(|(_, letter)| begins_word(*letter)).map(|(place, _)| place);
    match places.min_by_key(|place| place.abs_diff(middle)) {
        Some(place) if key.len() > KEY_MAX => (key[..place].to_owned(), key[place..].to_owned()),
        _ => (String::new(), key.to_owned()),
    }
}

fn row(results: &Results, combination: &Combination) -> Vec<String> {
    let plan = &results.plan;
    let is_marked = combination.is_on_front && !plan.axes.is_empty();
    let mark = if is_marked { "*" } else { "" };
    let mut fields = vec![mark.to_owned(), (combination.number + 1).to_string()];
    fields.extend(plan.settings(combination.number).into_iter().map(|(_, value)| value.to_owned()));
    let figures = plan.figures.iter().zip(&combination.figures);
    fields.extend(figures.map(|(path, estimate)| estimated(path, estimate, plan.seeds)));
    fields
}

/// How to read the table.
fn foot(results: &Results, position: usize) -> String {
    let plan = &results.plan;
    let combinations = results.of_scenario(position);
    let [first, second] = &plan.pareto;
    let mut foot = format!("Sorted by {}.", plan.figures[0]);
    if combinations.len() > 1 {
        foot += &format!(" *: no other combination has less of both {first} and {second}.");
    }
    let subject = &plan.scenarios[position];
    foot += &match plan.seeds {
        1 => format!(" Seed {}; one seed says nothing of chance: --seeds 10 gives intervals.", subject.seed),
        _ => format!(
            " Mean over seeds {} to {} with its 95 % interval.",
            subject.seed,
            subject.seed + (plan.seeds - 1)
        ),
    };
    let unplaced: u64 = combinations.iter().map(|one| one.unplaced).sum();
    if unplaced > 0 {
        foot += &format!(" {} could not be placed and count in nothing.", counted(unplaced, "trial"));
    }
    foot += &format!(" {} simulated.", SimDuration::from_ms(subject.duration_ms));
    if combinations.len() > ROWS_MAX {
        foot += &format!(" All {} are in sweep.csv.", counted(combinations.len() as u64, "combination"));
    }
    foot
}
