//! Skew that no placement could beat: a proven lower bound of `max_difference`.

use super::node_set::NodeSet;
use super::skew::to_f64;
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, SegmentIndex};
use crate::model::query_node::QueryNode;

/// A machine on which segments can be placed: a query node, or a host with all its nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Bytes that no placement of these segments changes.
    pub fixed_bytes: u64,
    /// Memory in bytes, above 0.
    pub capacity_bytes: u64,
}

/// A part by which no rounding here is wrong.
const CLEARLY: f64 = 1e-12;

/// Machines, and the segments to be placed on them.
#[derive(Debug, Clone, Default)]
pub struct Packing {
    machines: Vec<Machine>,
    /// Which host the machine at the same position is; `None` = a node by itself. Empty where no host is shared.
    hosts: Vec<Option<usize>>,
    fixed_rates: Vec<f64>,
    /// Fixed bytes and segments of all machines together.
    load_bytes: u128,
    capacity_bytes: u128,
    segments: u64,
}

impl Packing {
    /// Machines to which `segments` segments of `segment_bytes` in all belong.
    pub fn new(machines: Vec<Machine>, segment_bytes: u128, segments: u64) -> Packing {
        let mut packing = Packing { machines, load_bytes: segment_bytes, segments, ..Packing::default() };
        packing.add_machines();
        packing
    }

    /// The bound of `nodes`, whose rate all together is `overall`, where it clearly is 0, as it nearly always is: they
    /// share no memory, no node's fixed load is above that rate, none must stay without a segment, and the largest
    /// segment fits somewhere. `None` = it must be reckoned.
    pub fn zero_bound(
        cluster: &Cluster,
        nodes: &[NodeIndex],
        overall: f64,
        largest_above: impl FnOnce(u64) -> u64,
    ) -> Option<f64> {
        if nodes.is_empty() || !cluster.hosts().is_empty() {
            return None;
        }
        let (mut segments, mut most_room, mut is_clear) = (0, 0.0, true);
        for node in nodes {
            let query_node = cluster.node(*node);
            segments += u64::from(query_node.segments);
            let machine = alone(query_node);
            let left = room(machine, overall);
            is_clear &= has_clearly(machine, left);
            most_room = higher(most_room, left);
        }
        let is_zero = is_clear && segments >= nodes.len() as u64 && largest_above(nearly(most_room)) == 0;
        is_zero.then_some(0.0)
    }

    /// Starts anew with the nodes of `nodes` and the sealed segments on them. Nodes of one host report
    /// the host's memory, so they are one machine; what its other processes hold is fixed.
    pub fn fill(&mut self, cluster: &Cluster, nodes: &[NodeIndex]) {
        self.machines.clear();
        self.hosts.clear();
        (self.load_bytes, self.capacity_bytes, self.segments) = (0, 0, 0);
        for node in nodes {
            let query_node = cluster.node(*node);
            self.load_bytes += u128::from(query_node.sealed_bytes);
            self.segments += u64::from(query_node.segments);
        }
        if cluster.hosts().is_empty() {
            self.machines.extend(nodes.iter().map(|node| alone(cluster.node(*node))));
        } else {
            self.fill_shared(cluster, nodes);
        }
        self.add_machines();
    }

    fn add_machines(&mut self) {
        for machine in &self.machines {
            self.capacity_bytes += u128::from(machine.capacity_bytes);
            self.load_bytes += u128::from(machine.fixed_bytes);
        }
    }

    fn fill_shared(&mut self, cluster: &Cluster, nodes: &[NodeIndex]) {
        for node in nodes.iter().copied() {
            let query_node = cluster.node(node);
            if query_node.host.is_none() {
                self.hosts.push(None);
                self.machines.push(alone(query_node));
                continue;
            }
            let known = query_node.host.and_then(|host| self.hosts.iter().position(|h| *h == Some(host)));
            if let Some(place) = known {
                self.machines[place].fixed_bytes -= query_node.sealed_bytes;
                continue;
            }
            let memory = cluster.reported_memory(node);
            self.hosts.push(query_node.host);
            self.machines.push(Machine {
                fixed_bytes: memory.used_bytes - query_node.sealed_bytes,
                capacity_bytes: memory.total_bytes,
            });
        }
    }

    /// A lower bound of `max_difference`; `largest_above(s)` gives the size of the largest of the
    /// segments, or anything smaller where that is not above `s`. `None` without machines.
    ///
    /// Proof. Let machine i have capacity c(i), fixed load f(i) and, in some placement, load m(i) and
    /// rate u(i) = m(i) / c(i). The sum of all m(i) is the same for every placement, so
    /// U = sum m / sum c is too, and as a mean of the u(i) weighted by c(i) it lies between min u and
    /// max u. The following hold in every placement:
    ///
    /// 1. max u >= U and min u <= U.
    /// 2. max u >= f(i) / c(i) for every i, since m(i) >= f(i).
    /// 3. The largest segment, of size s, lies somewhere, say on i; so max u >= (f(i) + s) / c(i), which
    ///    is at least the least of these over all machines.
    /// 4. With k segments on n > k machines at least n - k machines hold nothing but their fixed load.
    ///    Among any n - k machines is one of the k + 1 with the least f / c, so min u is at most the
    ///    (k + 1)-th least f / c.
    ///
    /// The bound is the greatest floor of max u (1, 2, 3) less the least ceiling of min u (1, 4), and
    /// that is never negative, since both sides contain U.
    pub fn lower_bound(&mut self, largest_above: impl FnOnce(u64) -> u64) -> Option<f64> {
        if self.machines.is_empty() {
            return None;
        }
        let overall = to_f64(self.load_bytes) / to_f64(self.capacity_bytes);
        let (mut floor, mut most_room) = (overall, 0.0);
        for machine in &self.machines {
            let left = room(*machine, overall);
            // Most machines clearly have some at that rate: their fixed rate need not be divided out.
            if !has_clearly(*machine, left) {
                floor = higher(floor, rate(*machine, 0));
            }
            most_room = higher(most_room, left);
        }
        if floor > overall {
            most_room = self.machines.iter().map(|machine| room(*machine, floor)).fold(0.0, higher);
        }
        // Point 3 needs a segment that lifts every machine above the floor.
        let largest = largest_above(nearly(most_room));
        if largest > 0 {
            let least = self.machines.iter().map(|machine| rate(*machine, largest));
            floor = floor.max(least.fold(f64::INFINITY, f64::min));
        }
        Some((floor - overall.min(self.emptiest_at_most())).max(0.0))
    }

    /// Point 4 of the proof; infinity where it says nothing.
    fn emptiest_at_most(&mut self) -> f64 {
        match usize::try_from(self.segments) {
            Ok(segments) if segments < self.machines.len() => {
                self.fixed_rates.clear();
                self.fixed_rates.extend(self.machines.iter().map(|machine| rate(*machine, 0)));
                *self.fixed_rates.select_nth_unstable_by(segments, f64::total_cmp).1
            }
            _ => f64::INFINITY,
        }
    }
}

/// A node that shares its memory with nobody.
fn alone(node: &QueryNode) -> Machine {
    Machine { fixed_bytes: node.fixed_bytes(), capacity_bytes: node.memory_bytes }
}

/// Whether a machine has room left whatever was rounded.
fn has_clearly(machine: Machine, left: f64) -> bool {
    left >= to_f64(machine.fixed_bytes.into()) * CLEARLY
}

/// So many bytes and a little less, so that rounding never hides a segment that matters.
fn nearly(bytes: f64) -> u64 {
    (bytes * (1.0 - CLEARLY)) as u64
}

/// Bytes that a machine can take until it has this rate.
fn room(machine: Machine, rate: f64) -> f64 {
    rate * to_f64(machine.capacity_bytes.into()) - to_f64(machine.fixed_bytes.into())
}

fn rate(machine: Machine, segment_bytes: u64) -> f64 {
    let bytes = u128::from(machine.fixed_bytes) + u128::from(segment_bytes);
    to_f64(bytes) / to_f64(machine.capacity_bytes.into())
}

/// The higher of two numbers, neither of them NaN: `f64::max` looks for it.
fn higher(one: f64, other: f64) -> f64 {
    if other > one { other } else { one }
}

/// The largest segments of the cluster, found when asked for and kept.
///
/// Only segments larger than a whole node's share can matter for the bound, so of a million segments
/// this keeps a handful: all above a bar that is lowered when a smaller one is asked for.
#[derive(Debug, Clone, Default)]
pub struct LargestSegments {
    /// Bytes; all segments seen that are larger are in `largest`. `None` = nothing asked for so far.
    bar_bytes: Option<u64>,
    /// Largest first, ties ascending.
    largest: Vec<SegmentIndex>,
    seen: usize,
}

impl LargestSegments {
    /// Bytes of the largest segment with a copy on one of `nodes`, or 0 where none is above `bytes`.
    pub fn on(&mut self, cluster: &Cluster, nodes: &NodeSet, bytes: u64) -> u64 {
        self.catch_up(cluster, bytes);
        let segments = cluster.segments();
        self.largest
            .iter()
            .take_while(|segment| segments.memory_bytes(**segment) > bytes)
            .find(|segment| segments.copies().of(**segment).any(|node: NodeIndex| nodes.has(node)))
            .map_or(0, |segment| segments.memory_bytes(*segment))
    }

    fn catch_up(&mut self, cluster: &Cluster, bytes: u64) {
        let segments = cluster.segments();
        if self.bar_bytes.is_none_or(|bar| bytes < bar) {
            // Half of what is asked for, so that a slowly falling question does not search each time.
            self.bar_bytes = Some(bytes / 2);
            self.largest.clear();
            self.seen = 0;
        }
        let bar = self.bar_bytes.unwrap_or(0);
        let before = self.largest.len();
        for place in self.seen..segments.len() {
            let segment = SegmentIndex::at(place);
            if segments.memory_bytes(segment) > bar {
                self.largest.push(segment);
            }
        }
        self.seen = segments.len();
        if self.largest.len() > before {
            self.largest.sort_unstable_by_key(|segment| {
                (std::cmp::Reverse(segments.memory_bytes(*segment)), *segment)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn machine(fixed_bytes: u64, capacity_bytes: u64) -> Machine {
        Machine { fixed_bytes, capacity_bytes }
    }

    fn bound(machines: &[Machine], sizes: &[u64]) -> f64 {
        let sum = sizes.iter().map(|size| u128::from(*size)).sum();
        let largest = sizes.iter().copied().max().unwrap_or(0);
        let mut packing = Packing::new(machines.to_vec(), sum, sizes.len() as u64);
        packing.lower_bound(|above| if largest > above { largest } else { 0 }).unwrap()
    }

    /// The formula of the product description, as it stands there.
    fn plain_bound(machines: &[Machine], sizes: &[u64]) -> f64 {
        let capacity: u64 = machines.iter().map(|machine| machine.capacity_bytes).sum();
        let fixed: u64 = machines.iter().map(|machine| machine.fixed_bytes).sum();
        let overall = (fixed + sizes.iter().sum::<u64>()) as f64 / capacity as f64;
        let largest = sizes.iter().copied().max().unwrap_or(0);
        let fullest = machines.iter().map(|machine| rate(*machine, 0)).fold(0.0, f64::max);
        let least = machines.iter().map(|machine| rate(*machine, largest)).fold(f64::INFINITY, f64::min);
        overall.max(fullest).max(least) - overall
    }

    /// The proof's points one by one, every rate divided out.
    fn spelled_out(machines: &[Machine], sizes: &[u64]) -> f64 {
        let sum = |bytes: fn(&Machine) -> u64| machines.iter().map(bytes).map(u128::from).sum::<u128>();
        let load =
            sum(|machine| machine.fixed_bytes) + sizes.iter().map(|size| u128::from(*size)).sum::<u128>();
        let overall = to_f64(load) / to_f64(sum(|machine| machine.capacity_bytes));
        let mut fixed_rates: Vec<f64> = machines.iter().map(|machine| rate(*machine, 0)).collect();
        fixed_rates.sort_by(f64::total_cmp);
        let mut floor = fixed_rates.iter().copied().fold(overall, f64::max);
        if let Some(largest) = sizes.iter().copied().max() {
            let least = machines.iter().map(|machine| rate(*machine, largest));
            floor = floor.max(least.fold(f64::INFINITY, f64::min));
        }
        let emptiest = fixed_rates.get(sizes.len()).copied().unwrap_or(f64::INFINITY);
        (floor - overall.min(emptiest)).max(0.0)
    }

    /// The best of all placements.
    fn best(machines: &[Machine], sizes: &[u64]) -> f64 {
        let mut least = f64::INFINITY;
        for mut code in 0..machines.len().pow(sizes.len() as u32) {
            let mut loads = machines.to_vec();
            for size in sizes {
                loads[code % machines.len()].fixed_bytes += size;
                code /= machines.len();
            }
            let rates = loads.iter().map(|machine| rate(*machine, 0));
            let (lowest, highest) = super::super::skew::extremes(rates);
            least = least.min(highest - lowest);
        }
        least
    }

    #[test]
    fn one_big_segment_cannot_be_evened_out() {
        let machines = [machine(10, 100), machine(10, 100)];
        // The other node keeps its fixed load of 0.1: point 4 makes the bound exact.
        assert!((bound(&machines, &[50]) - 0.5).abs() < 1e-12);
        assert_eq!(bound(&machines, &[50, 50]), 0.0);
        assert_eq!(Packing::default().lower_bound(|_| 0), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_placement_beats_the_bound(
            machines in prop::collection::vec((0u64..40, 20u64..100), 1..4),
            sizes in prop::collection::vec(1u64..60, 0..6),
        ) {
            let machines: Vec<Machine> = machines.iter().map(|(f, c)| machine(*f, *c)).collect();
            let bound = bound(&machines, &sizes);
            prop_assert!(bound <= best(&machines, &sizes) + 1e-9);
            prop_assert!(bound >= plain_bound(&machines, &sizes) - 1e-9);
        }

        #[test]
        fn what_is_not_divided_out_changes_no_bit(
            machines in prop::collection::vec((0u64..1 << 40, 1u64..1 << 40), 1..6),
            sizes in prop::collection::vec(1u64..1 << 38, 0..6),
            is_tight in any::<bool>(),
        ) {
            // Tight: all fixed rates are the same, or nearly.
            let capacity = |(fixed, capacity): &(u64, u64)| if is_tight { fixed / 3 + 1 } else { *capacity };
            let machines: Vec<Machine> = machines.iter().map(|one| machine(one.0, capacity(one))).collect();
            prop_assert_eq!(bound(&machines, &sizes), spelled_out(&machines, &sizes));
        }
    }
}
