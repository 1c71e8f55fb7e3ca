//! What a handler may touch: the cluster, the coordinator, the schedule, and who listens.

use super::answers::Answers;
use super::calls::Calls;
use super::clients::Client;
use super::declined::LastDeclined;
use super::digest::Digest;
use super::event::{Event, rank};
use super::faults::Faults;
use super::growth::Growth;
use super::history::{Moment, Observer, Record, ServiceView};
use super::place_room::usage_factor;
use super::turns::Turns;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Outcome, RequestNumber};
use crate::coordinator::query_coord::QueryCoord;
use crate::engine::schedule::{Key, Schedule};
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, SegmentIndex};
use crate::policy::reason::Reason;
use crate::policy::watch::Watch;
use crate::query_node::bandwidth::NodeLoads;
use crate::scenario::Scenario;
use crate::units::{SimDuration, SimTime};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The world of one run.
pub struct World {
    /// What is simulated.
    pub scenario: Arc<Scenario>,
    /// The cluster as it really is.
    pub cluster: Cluster,
    /// The workload.
    pub growth: Growth,
    /// The coordinator.
    pub coordinator: Box<dyn QueryCoord>,
    /// Whether the coordinator is up.
    pub is_coordinator_up: bool,
    /// What is to come.
    pub schedule: Schedule<Event>,
    /// Calls under way.
    pub calls: Calls,
    /// Loads by node.
    pub loads: Vec<NodeLoads>,
    /// By what the estimate of a load is multiplied.
    pub load_usage_factor: f64,
    /// Load requests under way in the whole cluster.
    pub loads_in_flight: u32,
    /// When the next load of a node is due, by node.
    pub loads_due: Vec<Option<Key>>,
    /// Copies told to go, that can still be kept.
    pub releases: BTreeMap<(NodeIndex, SegmentIndex), Key>,
    /// Segments that grew here and whose sealed copies do not serve yet.
    pub unserved: BTreeSet<SegmentIndex>,
    /// By collection: rows deleted since its last compaction.
    pub deleted_rows: Vec<u64>,
    /// Announcements to come: the segments that a compacted one replaces.
    pub parents: BTreeMap<SegmentIndex, Vec<SegmentIndex>>,
    /// Nodes that stop, and when they no longer wait to be empty.
    pub stops: BTreeMap<NodeIndex, SimTime>,
    /// Faults in force.
    pub faults: Faults,
    /// Clients that wait, by the attempt that they wait for.
    pub clients: BTreeMap<RequestNumber, Client>,
    /// Number of the next request.
    pub next_request: u32,
    /// Turns that the coordinator has asked for.
    pub turns: Turns,
    /// Orders of the turn in progress; kept to reuse its memory.
    pub outcome: Outcome,
    /// Whether a sampling instant came in this millisecond.
    pub is_sample_due: bool,
    /// Whoever asks what decisions would be with other keys.
    pub watch: Watch,
    lines: u64,
    digest: Digest,
    declined: LastDeclined,
}

impl World {
    /// A world at t = 0 in which nothing has happened.
    pub fn new(
        scenario: Arc<Scenario>,
        cluster: Cluster,
        growth: Growth,
        coordinator: Box<dyn QueryCoord>,
    ) -> World {
        let nodes = cluster.nodes().len();
        let collections = cluster.collections().len();
        let load_usage_factor = usage_factor(&scenario);
        World {
            scenario,
            cluster,
            growth,
            coordinator,
            is_coordinator_up: false,
            schedule: Schedule::new(),
            calls: Calls::default(),
            loads: vec![NodeLoads::default(); nodes],
            load_usage_factor,
            loads_in_flight: 0,
            loads_due: vec![None; nodes],
            releases: BTreeMap::new(),
            unserved: BTreeSet::new(),
            deleted_rows: vec![0; collections],
            parents: BTreeMap::new(),
            stops: BTreeMap::new(),
            faults: Faults::default(),
            clients: BTreeMap::new(),
            next_request: 0,
            turns: Turns::default(),
            outcome: Outcome::default(),
            is_sample_due: false,
            watch: Watch::default(),
            lines: 0,
            digest: Digest::default(),
            declined: LastDeclined::default(),
        }
    }

    /// The clock.
    pub fn now(&self) -> SimTime {
        self.schedule.now()
    }

    /// Lines of the event log so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The digest so far.
    pub fn digest(&self) -> String {
        self.digest.text()
    }

    /// This moment, to look at.
    pub fn moment(&self) -> Moment<'_> {
        Moment {
            now: self.now(),
            cluster: &self.cluster,
            coordinator: self.coordinator.as_ref(),
            service: &self.growth,
        }
    }

    /// Tells a record to whoever listens; its line number.
    pub fn tell(&mut self, listener: &mut dyn Observer, record: &Record<'_>) -> u64 {
        self.digest.add(self.schedule.now(), record, &self.cluster);
        self.lines += u64::from(record.is_line());
        let sequence = self.lines.saturating_sub(1);
        listener.record(self.moment(), sequence, record);
        sequence
    }

    /// Tells that nothing was planned.
    pub fn tell_declined(
        &mut self,
        listener: &mut dyn Observer,
        replica: Option<crate::model::ids::ReplicaIndex>,
        reason: Reason,
    ) {
        let is_new = self.declined.is_new(self.schedule.now(), replica, reason.code);
        self.tell(listener, &Record::Declined { replica, reason, is_new });
    }

    /// Lets the coordinator act; its orders are then in `self.outcome`.
    pub fn ask(&mut self, act: impl FnOnce(&mut dyn QueryCoord, Hearing<'_>, &mut Outcome)) {
        let now = self.schedule.now();
        let answers = Answers { cluster: &self.cluster, growth: &self.growth, now, releases: &self.releases };
        let hearing = Hearing { now, cluster: &self.cluster, nodes: &answers };
        act(self.coordinator.as_mut(), hearing, &mut self.outcome);
    }

    /// A process is about to end: the coordinator keeps of its growing rows what it has reported.
    pub fn settle_reports(&mut self, are_reports_in: bool) {
        self.ask(|coordinator, hearing, _| coordinator.process_ends(hearing, are_reports_in));
    }

    /// Schedules an event; one that belongs to an earlier rank of this millisecond must not be asked for.
    pub fn at(&mut self, time: SimTime, rank: u8, subject: u32, event: Event) -> Key {
        self.schedule.at(time, rank, subject, event)
    }

    /// Schedules an event of a node.
    pub fn at_node(&mut self, delay: SimDuration, node: NodeIndex, event: Event) -> Key {
        self.schedule.after(delay, rank::NODE, node.0, event)
    }

    /// Makes room for nodes that have come into being.
    pub fn grow_nodes(&mut self) {
        let nodes = self.cluster.nodes().len();
        self.loads.resize_with(nodes, NodeLoads::default);
        self.loads_due.resize(nodes, None);
    }
}

impl ServiceView for Growth {
    fn queries_per_second(&self, collection: usize, now: SimTime) -> f64 {
        Growth::queries_per_second(self, collection, now)
    }
}
