//! What rounds need of a list of nodes whatever collection they ask about, kept for the list asked about last.

use super::ClusterView;
use super::columns::{marks, runs};
use crate::model::ids::{CollectionIndex, NodeIndex};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A list of nodes with what is known of them.
#[derive(Debug, Default)]
pub struct AskedNodes {
    nodes: Vec<NodeIndex>,
    is_ascending: bool,
    runs: Vec<(Range<usize>, usize)>,
    marks: u8,
    memory_mib: Vec<f64>,
    has_memory: bool,
    /// Whether changes of their rows show in [`ClusterView::rows_stamp`].
    is_stamped: bool,
    /// See [`ClusterView::facts_stamp`]; and how many nodes there were.
    known_at: (u64, usize),
}

impl AskedNodes {
    fn of(view: &ClusterView, nodes: &[NodeIndex]) -> AskedNodes {
        let runs: Vec<(Range<usize>, usize)> = runs(nodes).collect();
        let is_ascending = runs.len() < 2 || nodes.is_sorted_by(|one, other| one < other);
        let columns = view.columns();
        let mut memory_mib = Vec::with_capacity(nodes.len());
        for (places, first) in &runs {
            memory_mib.extend_from_slice(&columns.memory_mib()[*first..first + places.len()]);
        }
        let marks = columns.marks_of(nodes);
        let has_memory = marks & marks::UNKNOWN == 0 && memory_mib.iter().all(|memory| *memory > 0.0);
        let is_stamped = nodes.iter().all(|node| !view.node(*node).is_streaming);
        let (nodes, known_at) = (nodes.to_vec(), key(view));
        AskedNodes { nodes, is_ascending, runs, marks, memory_mib, has_memory, is_stamped, known_at }
    }

    /// The nodes.
    pub fn nodes(&self) -> &[NodeIndex] {
        &self.nodes
    }

    /// Whether they ascend, none of them twice.
    pub fn is_ascending(&self) -> bool {
        self.is_ascending
    }

    /// See [`runs`].
    pub fn runs(&self) -> &[(Range<usize>, usize)] {
        &self.runs
    }

    /// The [`marks`] that any of them has.
    pub fn marks(&self) -> u8 {
        self.marks
    }

    /// Memory capacity of each in whole MiB; 0 until the first report.
    pub fn memory_mib(&self) -> &[f64] {
        &self.memory_mib
    }

    /// Whether all of them have a session and have told how much memory they have.
    pub fn has_memory(&self) -> bool {
        self.has_memory
    }
}

/// Whether two lists are equal, looking at several nodes at a time.
fn are_same(one: &[NodeIndex], other: &[NodeIndex]) -> bool {
    let differ = || one.iter().zip(other).fold(0, |differ, (one, other)| differ | (one.0 ^ other.0));
    one.len() == other.len() && differ() == 0
}

fn key(view: &ClusterView) -> (u64, usize) {
    (view.facts_stamp(), view.nodes().len())
}

/// Scores of the nodes of a list for a collection.
#[derive(Debug)]
struct AskedScores {
    asked: Arc<AskedNodes>,
    collection: CollectionIndex,
    factor: f64,
    rows: u64,
    scores: Arc<Vec<f64>>,
}

/// What was asked last. It follows from the view; a copy of a view begins without.
#[derive(Debug, Default)]
pub(super) struct LastAsked {
    nodes: Mutex<Arc<AskedNodes>>,
    scores: Mutex<Option<AskedScores>>,
}

impl Clone for LastAsked {
    fn clone(&self) -> LastAsked {
        LastAsked::default()
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ClusterView {
    /// What is known of these nodes.
    pub fn asked_nodes(&self, nodes: &[NodeIndex]) -> Arc<AskedNodes> {
        let mut last = lock(&self.last_asked.nodes);
        if last.known_at != key(self) || !are_same(&last.nodes, nodes) {
            *last = Arc::new(AskedNodes::of(self, nodes));
        }
        Arc::clone(&last)
    }

    /// What `reckon` found for these nodes, the collection and the factor when it was asked last, if no rows
    /// have changed since; otherwise what it finds now. Only the last answer is kept.
    pub fn asked_scores(
        &self,
        asked: &Arc<AskedNodes>,
        collection: CollectionIndex,
        factor: f64,
        reckon: impl FnOnce() -> Option<Vec<f64>>,
    ) -> Option<Arc<Vec<f64>>> {
        let rows = self.rows_stamp();
        let mut last = lock(&self.last_asked.scores);
        let is_same = |kept: &&AskedScores| {
            Arc::ptr_eq(&kept.asked, asked)
                && (kept.collection, kept.rows) == (collection, rows)
                && kept.factor.to_bits() == factor.to_bits()
        };
        if let Some(kept) = last.as_ref().filter(is_same) {
            return Some(Arc::clone(&kept.scores));
        }
        let scores = Arc::new(reckon()?);
        if asked.is_stamped {
            let (asked, scores) = (Arc::clone(asked), Arc::clone(&scores));
            *last = Some(AskedScores { asked, collection, factor, rows, scores });
        }
        Some(scores)
    }
}
