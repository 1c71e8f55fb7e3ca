//! One scope: the cluster, a resource group or a replica, with its figures over time.

use super::trackers::{Slot, Trackers};
use crate::metrics::sample::ScopeKind;
use crate::metrics::skew::{Level, Spread};
use crate::metrics::spans::SpanRow;
use crate::metrics::summary::{Evenness, Measures, Skew, Spans};
use std::sync::Arc;

/// Evenness of one kind over time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Family {
    /// `max_difference`, `imbalance`.
    pub level: SpanRow<2>,
    /// `cv`, `gini`.
    pub spread: SpanRow<2>,
}

impl Family {
    /// From `now_ms` on the extremes tell this.
    pub fn set_level(&mut self, now_ms: u64, level: Level) {
        self.level.set(now_ms, [level.max_difference, level.imbalance]);
    }

    /// From `now_ms` on all numbers tell this.
    pub fn set_spread(&mut self, now_ms: u64, spread: Spread) {
        self.spread.set(now_ms, [spread.cv, spread.gini]);
    }

    /// The values in force.
    pub fn values(&self) -> Evenness {
        evenness(self.level.values(), self.spread.values())
    }

    fn mark_start(&mut self) {
        self.level.mark_start(self.level.values());
        self.spread.mark_start(self.spread.values());
    }

    fn spans(&self, end_ms: u64) -> Spans<Evenness> {
        let mut closed = *self;
        closed.level.close(end_ms);
        closed.spread.close(end_ms);
        Spans {
            start: evenness(closed.level.starts(), closed.spread.starts()),
            end: closed.values(),
            peak: evenness(closed.level.peaks(), closed.spread.peaks()),
            mean: evenness(closed.level.means(), closed.spread.means()),
        }
    }
}

/// One scope.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What kind.
    pub kind: ScopeKind,
    /// `cluster`, the resource group's name, or the replica's id.
    pub name: Arc<str>,
    /// Whose `max_difference`, `imbalance` and `overloaded` of memory hold; `None` = no node counts.
    pub level_slot: Option<Slot>,
    /// Whose `cv`, `gini` and `bound` of memory hold: `level_slot` at the last sample.
    pub spread_slot: Option<Slot>,
    /// What trackers told that it has left.
    pub level: SpanRow<3>,
    /// What trackers told that it has left.
    pub spread: SpanRow<3>,
    /// Sealed rows.
    pub rows: Family,
    /// The policy's scores.
    pub score: Family,
}

impl Scope {
    /// A scope that counts no node yet.
    pub fn new(kind: ScopeKind, name: Arc<str>) -> Scope {
        Scope {
            kind,
            name,
            level_slot: None,
            spread_slot: None,
            level: SpanRow::default(),
            spread: SpanRow::default(),
            rows: Family::default(),
            score: Family::default(),
        }
    }

    /// Nodes counted.
    pub fn nodes(&self, trackers: &Trackers) -> u32 {
        self.level_slot.map_or(0, |slot| trackers.at(slot).members.len() as u32)
    }

    /// Memory measures in force.
    pub fn memory(&self, trackers: &Trackers) -> Measures {
        let level = self.level_slot.map_or([None; 3], |slot| trackers.at(slot).level.values());
        let spread = self.spread_slot.map_or([None; 3], |slot| trackers.at(slot).spread.values());
        measures(level, spread)
    }

    /// The values in force are those at the start of the run.
    pub fn mark_start(&mut self, trackers: &Trackers) {
        let memory = self.memory(trackers);
        self.level.mark_start([memory.max_difference, memory.imbalance, memory.overloaded]);
        self.spread.mark_start([memory.cv, memory.gini, memory.bound]);
        self.rows.mark_start();
        self.score.mark_start();
    }

    /// Its figures up to `end_ms`.
    pub fn skew(&self, trackers: &Trackers, end_ms: u64) -> Skew {
        let (mut level, mut spread) = (self.level, self.spread);
        if let Some(slot) = self.level_slot {
            let mut shared = trackers.at(slot).level;
            shared.close(end_ms);
            level.absorb(&shared);
        }
        if let Some(slot) = self.spread_slot {
            let mut shared = trackers.at(slot).spread;
            shared.close(end_ms);
            spread.absorb(&shared);
        }
        let memory = Spans {
            start: measures(level.starts(), spread.starts()),
            end: self.memory(trackers),
            peak: measures(level.peaks(), spread.peaks()),
            mean: measures(level.means(), spread.means()),
        };
        Skew { memory, rows: self.rows.spans(end_ms), score: self.score.spans(end_ms) }
    }
}

fn measures(level: [Option<f64>; 3], spread: [Option<f64>; 3]) -> Measures {
    let [max_difference, imbalance, overloaded] = level;
    let [cv, gini, bound] = spread;
    Measures { max_difference, imbalance, cv, gini, overloaded, bound }
}

fn evenness(level: [Option<f64>; 2], spread: [Option<f64>; 2]) -> Evenness {
    let ([max_difference, imbalance], [cv, gini]) = (level, spread);
    Evenness { max_difference, imbalance, cv, gini }
}
