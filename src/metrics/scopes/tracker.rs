//! The memory measures of one set of nodes, shared by all scopes that count just these nodes.

use super::node_rates::{NodeFigures, NodeRates};
use crate::metrics::node_set::NodeSet;
use crate::metrics::skew::{self, Level, to_f64};
use crate::metrics::spans::SpanRow;
use crate::model::ids::NodeIndex;

/// Lowest and highest of a list that changes one by one.
///
/// Only when the holder of an extreme moves inwards must all be looked at again.
#[derive(Debug, Clone, Copy)]
pub struct Extremes {
    lowest: f64,
    highest: f64,
    is_stale: bool,
}

impl Extremes {
    fn unknown() -> Extremes {
        Extremes { lowest: 0.0, highest: 0.0, is_stale: true }
    }

    fn replace(&mut self, before: f64, after: f64) {
        let is_inwards =
            (before >= self.highest && after < before) || (before <= self.lowest && after > before);
        self.is_stale |= is_inwards;
        // No number is NaN, for which `min` and `max` look.
        self.lowest = if after < self.lowest { after } else { self.lowest };
        self.highest = if after > self.highest { after } else { self.highest };
    }

    fn refresh(&mut self, values: impl Iterator<Item = f64>) {
        if self.is_stale {
            (self.lowest, self.highest) = skew::extremes(values);
            self.is_stale = false;
        }
    }
}

/// The measures of one set of nodes.
#[derive(Debug, Clone)]
pub struct Tracker {
    /// The set.
    pub nodes: NodeSet,
    /// The same, as a list, ascending.
    pub members: Vec<NodeIndex>,
    /// Scopes that take `max_difference`, `imbalance` and `overloaded` from here.
    pub level_users: u32,
    /// Scopes that take `cv`, `gini` and `bound` from here: those of `level_users` at the last sample.
    pub spread_users: u32,
    /// `max_difference`, `imbalance`, `overloaded`.
    pub level: SpanRow<3>,
    /// `cv`, `gini`, `bound`.
    pub spread: SpanRow<3>,
    /// From when on `level` counts, in milliseconds.
    pub level_since_ms: u64,
    /// From when on `spread` counts, in milliseconds.
    pub spread_since_ms: u64,
    /// Whether a number changed that `level` does not show yet.
    pub is_level_due: bool,
    /// Whether a rate changed that `spread` does not show yet.
    pub is_spread_due: bool,
    /// Whether sealed rows changed since somebody last took in [`Tracker::rows_level`].
    pub is_rows_due: bool,
    used_sum: u128,
    capacity_sum: u128,
    rows_sum: u64,
    rates: Extremes,
    rows: Extremes,
    overloaded: u32,
}

impl Tracker {
    /// A tracker of `nodes`, born at `now_ms`, with nothing shown yet.
    pub fn new(nodes: &NodeSet, rates: &NodeRates, threshold: f64, now_ms: u64) -> Tracker {
        let mut tracker = Tracker {
            nodes: nodes.clone(),
            members: nodes.iter().collect(),
            level_users: 0,
            spread_users: 0,
            level: SpanRow::default(),
            spread: SpanRow::default(),
            level_since_ms: now_ms,
            spread_since_ms: now_ms,
            is_level_due: true,
            is_spread_due: true,
            is_rows_due: true,
            used_sum: 0,
            capacity_sum: 0,
            rows_sum: 0,
            rates: Extremes::unknown(),
            rows: Extremes::unknown(),
            overloaded: 0,
        };
        for node in &tracker.members {
            let figures = rates.figures(*node);
            tracker.used_sum += u128::from(figures.used_bytes);
            tracker.capacity_sum += u128::from(figures.capacity_bytes);
            tracker.rows_sum += figures.sealed_rows;
        }
        tracker.count_overloaded(rates, threshold);
        tracker
    }

    /// The threshold is another one.
    pub fn count_overloaded(&mut self, rates: &NodeRates, threshold: f64) {
        let above = self.members.iter().filter(|node| rates.figures(**node).rate > threshold).count();
        self.overloaded = above as u32;
        self.is_level_due = true;
    }

    /// One of its nodes has other numbers.
    pub fn replace(&mut self, before: NodeFigures, after: NodeFigures, threshold: f64) {
        self.used_sum = self.used_sum + u128::from(after.used_bytes) - u128::from(before.used_bytes);
        if (after.capacity_bytes, after.sealed_rows) != (before.capacity_bytes, before.sealed_rows) {
            self.replace_rows(before, after);
        }
        self.rates.replace(before.rate, after.rate);
        self.overloaded =
            self.overloaded + u32::from(after.rate > threshold) - u32::from(before.rate > threshold);
        self.is_level_due = true;
        self.is_spread_due = true;
    }

    // Apart, since growing rows, which change by far the most often, change neither.
    #[inline(never)]
    fn replace_rows(&mut self, before: NodeFigures, after: NodeFigures) {
        self.capacity_sum =
            self.capacity_sum + u128::from(after.capacity_bytes) - u128::from(before.capacity_bytes);
        if after.sealed_rows != before.sealed_rows {
            self.rows_sum = self.rows_sum + after.sealed_rows - before.sealed_rows;
            self.rows.replace(before.sealed_rows as f64, after.sealed_rows as f64);
            self.is_rows_due = true;
        }
    }

    /// Shows the numbers as they are: `max_difference`, `imbalance`, `overloaded`.
    pub fn show_level(&mut self, rates: &NodeRates, now_ms: u64) {
        self.is_level_due = false;
        self.rates.refresh(self.members.iter().map(|node| rates.figures(*node).rate));
        let level = skew::level(self.members.len(), self.rates.lowest, self.rates.highest, self.overall());
        let overloaded = Some(f64::from(self.overloaded));
        self.level.set(now_ms, [level.max_difference, level.imbalance, overloaded]);
    }

    /// The rate of all nodes together.
    pub fn overall(&self) -> f64 {
        to_f64(self.used_sum) / to_f64(self.capacity_sum)
    }

    /// Sealed rows over its nodes.
    pub fn rows_level(&mut self, rates: &NodeRates) -> Level {
        self.rows.refresh(self.members.iter().map(|node| rates.figures(*node).sealed_rows as f64));
        let mean = self.rows_sum as f64 / self.members.len() as f64;
        skew::level(self.members.len(), self.rows.lowest, self.rows.highest, mean)
    }

    /// Nobody takes anything from here.
    pub fn is_unused(&self) -> bool {
        self.level_users == 0 && self.spread_users == 0
    }
}
