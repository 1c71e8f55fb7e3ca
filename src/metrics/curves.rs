//! What the plots draw: curves over the sampling instants, bounded in number and length.

use super::sample::Sample;
use super::sampler::SampleSink;
use std::collections::BTreeMap;

/// At most so many nodes get a curve of their own; above it the plots show the band of all nodes.
pub const NODE_CURVES_MAX: usize = 256;

/// At most so many instants are kept; a longer run keeps every second, fourth, ... instant.
pub const INSTANTS_MAX: usize = 4_096;

/// The memory rates of all live nodes at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Band {
    /// Lowest.
    pub lowest: f64,
    /// A quarter of the nodes is at or below it.
    pub lower_quartile: f64,
    /// Half of the nodes are at or below it.
    pub median: f64,
    /// Three quarters of the nodes are at or below it.
    pub upper_quartile: f64,
    /// Highest.
    pub highest: f64,
}

/// One node's memory rate over time.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeCurve {
    /// Milvus's node id.
    pub query_node: i64,
    /// One rate per instant; `None` = down, not joined yet, or reporting no memory.
    pub rates: Vec<Option<f64>>,
}

/// Curves of one run; all vectors have one entry per instant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curves {
    /// The instants, in milliseconds.
    pub times_ms: Vec<u64>,
    /// Highest less lowest rate over the cluster.
    pub max_difference: Vec<Option<f64>>,
    /// Its proven lower bound.
    pub bound: Vec<Option<f64>>,
    /// Rates of all live nodes with memory; `None` = no such node.
    pub band: Vec<Option<Band>>,
    /// One curve per node that ever lived, ascending by id; empty when there are more than
    /// [`NODE_CURVES_MAX`].
    pub nodes: Vec<NodeCurve>,
    /// Moves of sealed segments under way.
    pub moves_in_flight: Vec<u32>,
}

/// Makes curves of samples.
///
/// The last instant is always kept; among the others one is kept of every 1, 2, 4, ... samples.
#[derive(Debug, Clone)]
pub struct CurvesCollector {
    curves: Curves,
    /// By node id: the curve so far, with an entry for every instant kept.
    nodes: BTreeMap<i64, Vec<Option<f64>>>,
    has_too_many_nodes: bool,
    /// Numbers of the samples kept, in step with the curves.
    numbers: Vec<u64>,
    /// Samples so far.
    taken: u64,
    /// Samples whose number is a multiple of this are kept; at least 1.
    stride: u64,
    rates: Vec<f64>,
}

impl Default for CurvesCollector {
    fn default() -> CurvesCollector {
        CurvesCollector::new()
    }
}

impl CurvesCollector {
    /// Curves without instants.
    pub fn new() -> CurvesCollector {
        CurvesCollector {
            curves: Curves::default(),
            nodes: BTreeMap::new(),
            has_too_many_nodes: false,
            numbers: Vec::new(),
            taken: 0,
            stride: 1,
            rates: Vec::new(),
        }
    }

    /// The curves of all samples so far.
    pub fn finish(mut self) -> Curves {
        let instants = self.curves.times_ms.len();
        self.nodes.values_mut().for_each(|rates| rates.resize(instants, None));
        let nodes = self.nodes.into_iter();
        self.curves.nodes = nodes.map(|(query_node, rates)| NodeCurve { query_node, rates }).collect();
        self.curves
    }

    /// Drops the instants whose number is no multiple of the stride.
    fn thin(&mut self) {
        let (numbers, stride) = (&self.numbers, self.stride);
        let is_kept = |place: usize| numbers[place].is_multiple_of(stride);
        keep(&mut self.curves.times_ms, is_kept);
        keep(&mut self.curves.max_difference, is_kept);
        keep(&mut self.curves.bound, is_kept);
        keep(&mut self.curves.band, is_kept);
        keep(&mut self.curves.moves_in_flight, is_kept);
        self.nodes.values_mut().for_each(|rates| keep(rates, is_kept));
        self.numbers.retain(|number| number.is_multiple_of(stride));
    }

    fn add_nodes(&mut self, sample: &Sample) {
        let before = self.curves.times_ms.len() - 1;
        self.rates.clear();
        for node in &sample.nodes {
            self.rates.extend(node.rate);
            if !self.has_too_many_nodes {
                let curve = self.nodes.entry(node.query_node).or_default();
                curve.resize(before, None);
                curve.push(node.rate);
            }
        }
        if self.nodes.len() > NODE_CURVES_MAX {
            self.has_too_many_nodes = true;
            self.nodes.clear();
        }
        self.rates.sort_unstable_by(f64::total_cmp);
        self.curves.band.push(band(&self.rates));
    }
}

impl SampleSink for CurvesCollector {
    fn take(&mut self, sample: &Sample) {
        // The one before was kept only for being the last.
        if self.numbers.last().is_some_and(|number| !number.is_multiple_of(self.stride)) {
            self.thin();
        }
        if self.numbers.len() == INSTANTS_MAX {
            self.stride *= 2;
            self.thin();
        }
        self.numbers.push(self.taken);
        self.taken += 1;
        self.curves.times_ms.push(sample.t_ms);
        let cluster = sample.scopes.first();
        self.curves.max_difference.push(cluster.and_then(|scope| scope.memory.max_difference));
        self.curves.bound.push(cluster.and_then(|scope| scope.memory.bound));
        self.curves.moves_in_flight.push(cluster.map_or(0, |scope| scope.moves_in_flight));
        self.add_nodes(sample);
    }
}

/// Keeps the entries at the places for which `is_kept` holds.
fn keep<T>(entries: &mut Vec<T>, is_kept: impl Fn(usize) -> bool) {
    let mut place = 0;
    entries.retain(|_| {
        place += 1;
        is_kept(place - 1)
    });
}

/// The band of rates in ascending order; `None` without rates.
fn band(sorted: &[f64]) -> Option<Band> {
    let (lowest, highest) = (*sorted.first()?, *sorted.last()?);
    let at = |quarters: usize| sorted[(sorted.len() * quarters).div_ceil(4).max(1) - 1];
    Some(Band { lowest, lower_quartile: at(1), median: at(2), upper_quartile: at(3), highest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::sample::{NodeSample, SampledState};

    fn node(query_node: i64, rate: f64) -> NodeSample {
        NodeSample {
            query_node,
            is_streaming: false,
            state: SampledState::Normal,
            memory_bytes: 100,
            used_bytes: (rate * 100.0) as u64,
            rate: Some(rate),
            sealed_bytes: 0,
            growing_bytes: 0,
            loading_bytes: 0,
            sealed_rows: 0,
            growing_rows: 0,
            segments: 0,
            channels: 0,
            loads_in_flight: 0,
        }
    }

    fn curves(instants: u64, nodes: i64) -> Curves {
        let mut collector = CurvesCollector::new();
        for t_ms in 0..instants {
            let present = (0..nodes).filter(|id| t_ms >= 10 || id % 2 == 0);
            let nodes = present.map(|id| node(id, t_ms as f64)).collect();
            collector.take(&Sample { t_ms, scopes: Vec::new(), nodes });
        }
        collector.finish()
    }

    #[test]
    fn a_node_that_joins_later_has_no_rate_before() {
        let curves = curves(12, 2);
        assert_eq!(curves.nodes.len(), 2);
        assert_eq!(curves.nodes[1].rates[9], None);
        assert_eq!(curves.nodes[1].rates[10], Some(10.0));
        assert!(curves.nodes.iter().all(|node| node.rates.len() == 12));
    }

    #[test]
    fn a_long_run_keeps_evenly_spaced_instants_and_the_last() {
        let count = INSTANTS_MAX as u64 * 2 + 3;
        let curves = curves(count, 1);
        assert!(curves.times_ms.len() <= INSTANTS_MAX);
        assert_eq!(curves.times_ms.last(), Some(&(count - 1)));
        assert_eq!(curves.times_ms[..3], [0, 4, 8]);
        let rates = &curves.nodes[0].rates;
        assert!(rates.iter().zip(&curves.times_ms).all(|(rate, time)| *rate == Some(*time as f64)));
        assert_eq!(curves.band.len(), curves.times_ms.len());
    }

    #[test]
    fn too_many_nodes_show_as_a_band_only() {
        let curves = curves(11, NODE_CURVES_MAX as i64 + 1);
        assert!(curves.nodes.is_empty());
        assert_eq!(curves.band[10].unwrap().median, 10.0);
    }

    #[test]
    fn quartiles_are_rates_of_nodes() {
        let band = band(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((band.lower_quartile, band.median, band.upper_quartile), (2.0, 3.0, 4.0));
        assert_eq!(super::band(&[]), None);
    }
}
