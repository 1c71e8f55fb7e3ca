//! What rounds need of a list of nodes whatever collection they ask about, kept for the list asked about last.

use super::ClusterView;
use super::columns::{marks, runs};
use crate::model::ids::NodeIndex;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// A list of nodes with what is known of them.
#[derive(Debug, Default)]
pub struct AskedNodes {
    nodes: Vec<NodeIndex>,
    is_ascending: bool,
    runs: Vec<(Range<usize>, usize)>,
    marks: u8,
    memory_mib: Vec<f64>,
    has_memory: bool,
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
        let known_at = key(view);
        AskedNodes { nodes: nodes.to_vec(), is_ascending, runs, marks, memory_mib, has_memory, known_at }
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

fn key(view: &ClusterView) -> (u64, usize) {
    (view.facts_stamp(), view.nodes().len())
}

/// The list asked about last. It follows from the view; a copy of a view begins without.
#[derive(Debug, Default)]
pub(super) struct LastAsked(Mutex<Arc<AskedNodes>>);

impl Clone for LastAsked {
    fn clone(&self) -> LastAsked {
        LastAsked::default()
    }
}

impl ClusterView {
    /// What is known of these nodes.
    pub fn asked_nodes(&self, nodes: &[NodeIndex]) -> Arc<AskedNodes> {
        let mut last = self.last_asked.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.known_at != key(self) || last.nodes != nodes {
            *last = Arc::new(AskedNodes::of(self, nodes));
        }
        Arc::clone(&last)
    }
}
