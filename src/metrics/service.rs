//! What searches suffer: channels without service, failed searches, latency and cost.
//!
//! A channel of a replica is unserviceable while it has no live shard leader, or while a sealed segment
//! of it that the replica once served has no loaded copy there (what was sealed since the replica came
//! into being is served as growing rows until its first load). A search goes to the replicas of its
//! collection in turn, through all their channels, so it fails at a replica with an unserviceable
//! channel, and always while the collection is not loaded.

use super::scopes::Touched;
use super::scopes::marks::Marks;
use super::search_cost::SearchLoad;
use super::summary::Service;
use crate::model::cluster::Cluster;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::model::segment::SegmentState;
use crate::scenario::Scenario;
use crate::simulation::history::{Moment, Record};
use std::collections::BTreeSet;

/// Searches that come to one collection, and what became of them.
#[derive(Debug, Clone, Default)]
struct Arrivals {
    /// Arrivals per second, first and last millisecond.
    spans: Vec<(f64, u64, u64)>,
    /// Share of the searches that fail now.
    failing: f64,
    since_ms: u64,
    failed: f64,
}

impl Arrivals {
    fn between(&self, from_ms: u64, to_ms: u64) -> f64 {
        let spans = self.spans.iter().map(|(rate, first_ms, last_ms)| {
            let length_ms = to_ms.min(*last_ms).saturating_sub(from_ms.max(*first_ms));
            rate * length_ms as f64 / 1000.0
        });
        spans.sum()
    }

    fn failed_at(&self, now_ms: u64) -> f64 {
        if self.failing == 0.0 {
            return self.failed;
        }
        self.failed + self.failing * self.between(self.since_ms, now_ms)
    }
}

/// What one replica lacks.
#[derive(Debug, Clone, Default)]
struct ReplicaService {
    is_loaded: bool,
    /// Its nodes at the last look at them, one bit each.
    members: Vec<u64>,
    /// Segments below this position were there when the replica came into being: it must serve them.
    born: usize,
    /// Segments sealed later that it has loaded once: it must serve them too.
    later: BTreeSet<SegmentIndex>,
    missing: BTreeSet<SegmentIndex>,
    /// By shard: how many of `missing` belong to it.
    missing_by_shard: Vec<u64>,
    unserviceable: u64,
}

impl ReplicaService {
    /// Whether one of `nodes` (one bit per node) was no member.
    fn lacks_any(&self, nodes: &[u64]) -> bool {
        let member = |word: usize| self.members.get(word).copied().unwrap_or(0);
        nodes.iter().enumerate().any(|(word, nodes)| nodes & !member(word) != 0)
    }

    fn set_missing(&mut self, segment: SegmentIndex, shard: usize, is_missing: bool) {
        if is_missing && self.missing.insert(segment) {
            self.missing_by_shard[shard] += 1;
        }
        if !is_missing && self.missing.remove(&segment) {
            self.missing_by_shard[shard] -= 1;
        }
    }
}

/// Follows service by replica and collection.
#[derive(Debug, Clone)]
pub struct ServiceWatch {
    arrivals: Vec<Arrivals>,
    replicas: Vec<ReplicaService>,
    /// Segments loaded, released or gone since the last look.
    moved: Vec<SegmentIndex>,
    /// Nodes whose process ended since the last look, even if another one runs there by now.
    ended: Vec<NodeIndex>,
    /// Replicas to be counted anew.
    due: Marks,
    alive: Vec<bool>,
    unserviceable: u64,
    since_ms: u64,
    /// Milliseconds, summed over channels and replicas.
    unserviceable_ms: u64,
    load: SearchLoad,
}

impl ServiceWatch {
    /// Watches the collections and searches of a scenario.
    pub fn new(scenario: &Scenario) -> ServiceWatch {
        let mut arrivals = vec![Arrivals { failing: 1.0, ..Arrivals::default() }; scenario.collections.len()];
        for search in &scenario.searches {
            let span = (search.queries_per_second, search.from.as_ms(), search.to.as_ms());
            arrivals[search.collection].spans.push(span);
        }
        ServiceWatch {
            arrivals,
            replicas: Vec::new(),
            moved: Vec::new(),
            ended: Vec::new(),
            due: Marks::default(),
            alive: Vec::new(),
            unserviceable: 0,
            since_ms: 0,
            unserviceable_ms: 0,
            load: SearchLoad::new(scenario),
        }
    }

    /// Something happened: remembers which segments to look at.
    pub fn record(&mut self, record: &Record<'_>) {
        match record {
            Record::LoadDone { segment, .. }
            | Record::Release { segment, .. }
            | Record::SegmentGone { segment } => self.moved.push(*segment),
            Record::NodeDown { node, .. } => self.ended.push(*node),
            _ => {}
        }
    }

    /// Whether something was recorded that no look has taken in; a segment can go without a change, and looks
    /// where rows only grew take in nothing.
    pub fn is_behind(&self) -> bool {
        !self.moved.is_empty() || !self.ended.is_empty()
    }

    /// Takes stock after a change.
    pub fn look(&mut self, moment: Moment<'_>, touched: Touched<'_>) {
        let (cluster, now_ms) = (moment.cluster, moment.now.as_ms());
        self.unserviceable_ms = self.unserviceable_ms_at(now_ms);
        self.since_ms = now_ms;
        self.replicas.resize_with(cluster.replicas().len(), ReplicaService::default);
        self.alive.resize(cluster.nodes().len(), false);
        for node in touched.nodes {
            self.look_at_node(cluster, *node);
        }
        self.ended.clear();
        for replica in touched.replicas {
            self.look_at_replica(cluster, *replica, touched.membership);
        }
        self.moved.extend(cluster.changes().lost());
        while let Some(segment) = self.moved.pop() {
            let collection = cluster.segments().collection(segment);
            for replica in &cluster.collection(collection).replicas {
                check(&mut self.replicas[replica.position()], cluster, *replica, segment);
                self.due.mark(replica.position());
            }
        }
        self.load.touched(cluster, touched.nodes, !self.due.is_empty());
        while let Some(position) = self.due.pop() {
            self.count(cluster, ReplicaIndex::at(position), now_ms);
        }
    }

    /// Takes latency and cost at a sampling instant.
    pub fn sample(&mut self, moment: Moment<'_>) {
        let replicas = &self.replicas;
        self.load.sample(moment, |replica| {
            replicas.get(replica.position()).is_some_and(|kept| kept.is_loaded && kept.unserviceable == 0)
        });
    }

    /// Latency of searches now, in milliseconds; `None` without searches that succeed.
    pub fn latency_ms(&self) -> Option<f64> {
        self.load.latency_ms()
    }

    /// Work of the busiest node now, in CPUs; `None` without searches.
    pub fn cost(&self) -> Option<f64> {
        self.load.cost()
    }

    /// Figures up to `now_ms`.
    pub fn figures(&self, now_ms: u64) -> Service {
        Service {
            unserviceable_seconds: self.unserviceable_ms_at(now_ms) as f64 / 1000.0,
            failed_searches: self.arrivals.iter().map(|arrivals| arrivals.failed_at(now_ms)).sum(),
            latency_ms: self.load.latency_figures(now_ms),
            cost: self.load.cost_figures(now_ms),
        }
    }

    fn unserviceable_ms_at(&self, now_ms: u64) -> u64 {
        self.unserviceable_ms + self.unserviceable * (now_ms - self.since_ms)
    }

    /// A process that ended leads no shard any more.
    fn look_at_node(&mut self, cluster: &Cluster, node: NodeIndex) {
        let is_alive = cluster.node(node).is_alive();
        let was_alive = std::mem::replace(&mut self.alive[node.position()], is_alive);
        if was_alive == is_alive && !self.ended.contains(&node) {
            return;
        }
        for (position, replica) in cluster.replicas().iter().enumerate() {
            if replica.is_loaded {
                self.due.mark(position);
            }
        }
    }

    fn look_at_replica(&mut self, cluster: &Cluster, replica: ReplicaIndex, membership: bool) {
        let now = cluster.replica(replica);
        let before = &mut self.replicas[replica.position()];
        if now.is_loaded && !before.is_loaded {
            before.is_loaded = true;
            before.born = cluster.segments().len();
            before.missing_by_shard = vec![0; now.shard_leaders.len()];
            self.check_all(cluster, replica);
        } else if !now.is_loaded && before.is_loaded {
            let unserviceable = before.unserviceable;
            *before = ReplicaService { unserviceable, ..ReplicaService::default() };
        } else if membership && before.lacks_any(now.holders()) {
            // Copies that a node got before it joined are the replica's now.
            self.check_all(cluster, replica);
        }
        if membership {
            let members = &mut self.replicas[replica.position()].members;
            members.clear();
            members.extend_from_slice(now.members());
        }
        self.due.mark(replica.position());
    }

    fn check_all(&mut self, cluster: &Cluster, replica: ReplicaIndex) {
        let members = cluster.replica(replica);
        let (copies, born) = (cluster.segments().copies(), self.replicas[replica.position()].born);
        for segment in &cluster.collection(members.collection).segments {
            // The common case first: nothing lacks, and nothing comes of it.
            let is_calm = self.replicas[replica.position()].missing.is_empty() && segment.position() < born;
            if is_calm && copies.any(*segment, |node| members.has(node)) {
                continue;
            }
            check(&mut self.replicas[replica.position()], cluster, replica, *segment);
        }
    }

    /// Counts a replica's unserviceable channels anew, and what that means for its collection.
    fn count(&mut self, cluster: &Cluster, replica: ReplicaIndex, now_ms: u64) {
        let kept = cluster.replica(replica);
        let service = &mut self.replicas[replica.position()];
        let mut unserviceable = 0;
        if service.is_loaded {
            for (shard, leader) in kept.shard_leaders.iter().enumerate() {
                let is_led = leader.is_some_and(|leader| cluster.node(leader).is_alive());
                unserviceable += u64::from(!is_led || service.missing_by_shard[shard] > 0);
            }
        }
        self.unserviceable = self.unserviceable + unserviceable - service.unserviceable;
        service.unserviceable = unserviceable;
        self.count_failing(cluster, kept.collection, now_ms);
    }

    fn count_failing(&mut self, cluster: &Cluster, collection: CollectionIndex, now_ms: u64) {
        let arrivals = &mut self.arrivals[collection.position()];
        if arrivals.spans.is_empty() {
            return;
        }
        let replicas = &cluster.collection(collection).replicas;
        let is_failing = |replica: &&ReplicaIndex| self.replicas[replica.position()].unserviceable > 0;
        let failing = match replicas.len() {
            0 => 1.0,
            count => replicas.iter().filter(is_failing).count() as f64 / count as f64,
        };
        if failing != arrivals.failing {
            arrivals.failed = arrivals.failed_at(now_ms);
            (arrivals.failing, arrivals.since_ms) = (failing, now_ms);
        }
    }
}

/// Whether a replica lacks a segment that it must serve.
fn check(service: &mut ReplicaService, cluster: &Cluster, replica: ReplicaIndex, segment: SegmentIndex) {
    if !service.is_loaded {
        return;
    }
    let (segments, members) = (cluster.segments(), cluster.replica(replica));
    let shard = cluster.channel(segments.channel(segment)).shard as usize;
    if segments.state(segment) == SegmentState::Gone {
        service.later.remove(&segment);
        service.set_missing(segment, shard, false);
        return;
    }
    let is_present = segments.copies().any(segment, |node| members.has(node));
    let is_later = segment.position() >= service.born;
    if is_present && is_later {
        service.later.insert(segment);
    }
    let must_serve = !is_later || service.later.contains(&segment);
    service.set_missing(segment, shard, must_serve && !is_present);
}
