//! Figures by the path under which `summary.json` says them, while the run goes on.

use crate::metrics::figures::Figures;
use crate::metrics::scopes::scope::Scope;
use crate::metrics::summary::{Evenness, Measures};
use serde_json::{Value, json};

/// A figure that has a value at every moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunningFigure {
    /// A measure of skew.
    Skew {
        /// Whose.
        scope: ScopePath,
        /// Of what.
        family: FamilyPath,
        /// Name of the measure.
        measure: String,
    },
    /// Greatest rate of any live node.
    PeakRate,
    /// Latency of searches.
    LatencyMs,
    /// Work of the busiest node.
    Cost,
}

/// Whose skew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopePath {
    /// The cluster's.
    Cluster,
    /// That of the resource group of this name.
    ResourceGroup(String),
    /// That of the replica of this id.
    Replica(String),
}

/// What is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyPath {
    /// Memory.
    Memory,
    /// Sealed rows.
    Rows,
    /// Scores.
    Score,
}

impl RunningFigure {
    /// The figure at `path`, which leaves out `start`, `end`, `peak` and `mean`; `None` = there is none.
    pub fn parse(path: &[String]) -> Option<RunningFigure> {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["overload", "peak_rate"] => Some(RunningFigure::PeakRate),
            ["service", "latency_ms"] => Some(RunningFigure::LatencyMs),
            ["service", "cost"] => Some(RunningFigure::Cost),
            ["skew", rest @ ..] => parse_skew(ScopePath::Cluster, rest),
            ["scopes", "resource_groups", name, "skew", rest @ ..] => {
                parse_skew(ScopePath::ResourceGroup((*name).to_string()), rest)
            }
            ["scopes", "replicas", id, "skew", rest @ ..] => {
                parse_skew(ScopePath::Replica((*id).to_string()), rest)
            }
            _ => None,
        }
    }

    /// Its value in force.
    pub fn value(&self, figures: &Figures) -> Option<f64> {
        match self {
            RunningFigure::PeakRate => figures.overload.highest_rate(figures.scopes.rates()),
            RunningFigure::LatencyMs => figures.service.latency_ms(),
            RunningFigure::Cost => figures.service.cost(),
            RunningFigure::Skew { scope, family, measure } => {
                let scope = find(scope, figures)?;
                match family {
                    FamilyPath::Memory => memory(scope.memory(figures.scopes.trackers()), measure),
                    FamilyPath::Rows => evenness(scope.rows.values(), measure),
                    FamilyPath::Score => evenness(scope.score.values(), measure),
                }
            }
        }
    }
}

fn parse_skew(scope: ScopePath, rest: &[&str]) -> Option<RunningFigure> {
    let (family, measure) = match rest {
        ["rows", measure] => (FamilyPath::Rows, *measure),
        ["score", measure] => (FamilyPath::Score, *measure),
        [measure] => (FamilyPath::Memory, *measure),
        _ => return None,
    };
    let is_known = match measure {
        "max_difference" | "imbalance" | "cv" | "gini" => true,
        "overloaded" | "bound" => family == FamilyPath::Memory,
        _ => false,
    };
    is_known.then(|| RunningFigure::Skew { scope, family, measure: measure.to_string() })
}

fn find<'a>(path: &ScopePath, figures: &'a Figures) -> Option<&'a Scope> {
    let (fixed, replicas) = figures.scopes.all().split_at(figures.scopes.first_replica());
    match path {
        ScopePath::Cluster => fixed.first(),
        ScopePath::ResourceGroup(name) => fixed[1..].iter().find(|scope| *scope.name == **name),
        ScopePath::Replica(id) => {
            // Replicas are in ascending order of id; names are compared as numbers would be.
            let place = replicas.binary_search_by(|scope| {
                scope.name.len().cmp(&id.len()).then((*scope.name).cmp(id.as_str()))
            });
            place.ok().map(|place| &replicas[place])
        }
    }
}

fn memory(measures: Measures, name: &str) -> Option<f64> {
    match name {
        "max_difference" => measures.max_difference,
        "imbalance" => measures.imbalance,
        "cv" => measures.cv,
        "gini" => measures.gini,
        "overloaded" => measures.overloaded,
        _ => measures.bound,
    }
}

fn evenness(evenness: Evenness, name: &str) -> Option<f64> {
    match name {
        "max_difference" => evenness.max_difference,
        "imbalance" => evenness.imbalance,
        "cv" => evenness.cv,
        _ => evenness.gini,
    }
}

/// What is counted at `path` up to `now_ms` (`moves`, `channel_moves`, `overload`, `service`, `declined`,
/// `commands`); `None` = nothing is counted there.
pub fn count(figures: &Figures, path: &[String], now_ms: u64) -> Option<f64> {
    let section = match path.first()?.as_str() {
        "moves" => json!(figures.moves.segments()),
        "channel_moves" => json!(figures.moves.channels()),
        "overload" => json!(figures.overload.figures(now_ms)),
        "service" => json!(figures.service.figures(now_ms)),
        "commands" => json!(figures.commands.figures()),
        "declined" => {
            return Some(figures.declined.figures().get(path.get(1)?.as_str()).map_or(0.0, |n| *n as f64));
        }
        _ => return None,
    };
    walk(&section, &path[1..])?.as_f64()
}

/// The value at `path`; `None` = there is none.
pub fn walk<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, part| value.get(part))
}
