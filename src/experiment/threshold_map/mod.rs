//! Threshold maps: the values of a key, or of two, with which the whole run is the same.
//!
//! A run with the key at one value tells the interval around it on which every comparison with the key comes
//! out the same, and so the whole run. The next run is made beyond that, until the range is covered. Where
//! two neighbouring intervals have the same digest a comparison flips that changes nothing, and they are one.

pub mod axis;
pub mod cover;

use self::axis::ExactAxis;
use self::cover::{Cover, Region};
use super::pool;
use super::running::Running;
use crate::metrics::meter::Meter;
use crate::metrics::summary::Summary;
use crate::policy::watch::{Span, Watch};
use crate::scenario::Scenario;
use std::sync::Arc;

/// What all runs of a region have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// 32 hex digits over what happened; of a scenario that cannot be placed, why not.
    pub digest: String,
    /// The figures of one of them; `None` where it cannot be placed.
    pub summary: Option<Summary>,
}

/// A box of values on which the run is the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The values.
    pub region: Region,
    /// Which of [`ThresholdMap::runs`] it does as.
    pub run: usize,
}

/// All that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdMap {
    /// The keys.
    pub axes: Vec<ExactAxis>,
    /// Different runs, in the order of the first box in which each was found.
    pub runs: Vec<Found>,
    /// Boxes that do not overlap, ascending; with one key neighbours differ.
    pub cells: Vec<Cell>,
    /// Boxes that no run has covered: nothing is left of them when the map is finished.
    pub open: Vec<Region>,
    /// Boxes that the margins alone told apart, before those that do the same were joined.
    pub told_apart: usize,
    /// Simulations run to find them.
    pub searched: usize,
    /// Simulations run to see that the two sides of every breakpoint differ (one key only).
    pub verified: usize,
}

/// Gives the scenario with the keys at the values written, or why it cannot have them.
pub type ScenarioWith<'a> = dyn Fn(&[(String, String)]) -> Result<Arc<Scenario>, Vec<String>> + Sync + 'a;

/// How much may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Most simulations to find intervals.
    pub runs_max: usize,
    /// Threads; they change no result.
    pub threads: usize,
}

/// Finds every breakpoint of one key, or the regions of two. `given` is where the scenario itself stands;
/// once `is_over` says so nothing new begins: what was not looked at by then stays open, and is not verified.
///
/// # Errors
///
/// Faults of the scenario with some values.
pub fn map(
    axes: &[ExactAxis],
    given: Option<Vec<i64>>,
    scenario_with: &ScenarioWith<'_>,
    effort: Effort,
    is_over: &dyn Fn() -> bool,
) -> Result<ThresholdMap, Vec<String>> {
    let mut cover = Cover::new(axes);
    let mut map = ThresholdMap {
        axes: axes.to_vec(),
        runs: Vec::new(),
        cells: Vec::new(),
        open: Vec::new(),
        told_apart: 0,
        searched: 0,
        verified: 0,
    };
    while !cover.open().is_empty() && map.searched < effort.runs_max && !is_over() {
        let points = cover.next_points(given.clone(), effort.runs_max - map.searched);
        let probes = pool::all(&points, effort.threads, |point| probe(axes, point, scenario_with));
        map.searched += points.len();
        for probed in probes {
            let (region, found) = probed?;
            let pieces = cover.cover(&region);
            map.told_apart += usize::from(!pieces.is_empty());
            let run = map.number(found);
            map.cells.extend(pieces.into_iter().map(|region| Cell { region, run }));
        }
    }
    map.open = cover.open().to_vec();
    map.open.sort();
    map.put_in_order();
    if axes.len() == 1 {
        map.join_neighbours();
        if !is_over() {
            map.verify(scenario_with, effort)?;
        }
    }
    Ok(map)
}

/// Runs one point: the box on which everything comes out the same, and what came out.
fn probe(
    axes: &[ExactAxis],
    point: &[i64],
    scenario_with: &ScenarioWith<'_>,
) -> Result<(Region, Found), Vec<String>> {
    let watched = axes.iter().zip(point).map(|(axis, at)| axis.watched(*at)).collect();
    let settings: Vec<(String, String)> =
        axes.iter().zip(point).map(|(axis, at)| (axis.key.to_owned(), axis.ladder.text(*at))).collect();
    let watch = Watch::over(watched);
    let found = run(&scenario_with(&settings)?, &watch)?;
    Ok((watch.spans(), found))
}

/// One run to its end, its decisions shown to `watch`. What cannot be placed is found too.
///
/// # Errors
///
/// Texts of why a program that plans in it cannot go on.
pub fn run(scenario: &Arc<Scenario>, watch: &Watch) -> Result<Found, Vec<String>> {
    let finished = || {
        let mut running = Running::watched(scenario, watch)?;
        let mut meter = Meter::new(scenario);
        while running.step(&mut meter)? {}
        Ok(meter.finish(running.world().moment(), running.ending()))
    };
    let finished: Result<Summary, Vec<String>> = finished();
    match finished {
        Ok(summary) => Ok(Found { digest: summary.digest.clone(), summary: Some(summary) }),
        Err(faults) if scenario.program.is_some() => Err(faults),
        Err(faults) => Ok(Found { digest: format!("not placed: {}", faults.join("; ")), summary: None }),
    }
}

impl ThresholdMap {
    /// Whether the whole range is covered.
    pub fn is_finished(&self) -> bool {
        self.open.is_empty()
    }

    fn number(&mut self, found: Found) -> usize {
        let known = self.runs.iter().position(|run| run.digest == found.digest);
        known.unwrap_or_else(|| {
            self.runs.push(found);
            self.runs.len() - 1
        })
    }

    /// Cells ascending, runs in the order of the first cell of each.
    fn put_in_order(&mut self) {
        self.cells.sort_by(|one, other| one.region.cmp(&other.region));
        let mut order: Vec<usize> = Vec::new();
        for cell in &mut self.cells {
            let place = order.iter().position(|run| *run == cell.run);
            cell.run = place.unwrap_or_else(|| {
                order.push(cell.run);
                order.len() - 1
            });
        }
        self.runs = order.iter().map(|run| self.runs[*run].clone()).collect();
    }

    fn join_neighbours(&mut self) {
        let mut joined: Vec<Cell> = Vec::new();
        for cell in std::mem::take(&mut self.cells) {
            match joined.last_mut() {
                Some(last) if last.run == cell.run && last.region[0].high + 1 == cell.region[0].low => {
                    last.region[0].high = cell.region[0].high;
                }
                _ => joined.push(cell),
            }
        }
        self.cells = joined;
    }

    /// Runs the last value before and the first value after every breakpoint.
    ///
    /// # Panics
    ///
    /// When one of them does not do what its interval does: then a comparison went unseen, and the map is wrong.
    fn verify(&mut self, scenario_with: &ScenarioWith<'_>, effort: Effort) -> Result<(), Vec<String>> {
        let meets = |pair: &&[Cell]| pair[0].region[0].high + 1 == pair[1].region[0].low;
        let sides: Vec<(i64, usize)> = self
            .cells
            .windows(2)
            .filter(meets)
            .flat_map(|pair| [(pair[0].region[0].high, pair[0].run), (pair[1].region[0].low, pair[1].run)])
            .collect();
        let axes = &self.axes;
        let found = pool::all(&sides, effort.threads, |(at, _)| {
            let here = Span { low: *at, high: *at };
            let axis = ExactAxis { span: here, ..axes[0] };
            probe(&[axis], &[*at], scenario_with)
        });
        self.verified = sides.len();
        for ((at, run), found) in sides.into_iter().zip(found) {
            let (_, found) = found?;
            let (axis, expected) = (&self.axes[0], &self.runs[run].digest);
            let value = axis.ladder.text(at);
            assert_eq!(&found.digest, expected, "{} = {value} does not do as its interval", axis.key);
        }
        Ok(())
    }
}
