//! What QueryCoord of 2.2 and later keeps from turn to turn.

use super::checkers::balance::Rounds;
use super::groups::Groups;
use super::growing::Reported;
use super::in_force::InForce;
use super::load_balance::Wait;
use super::node_scores::NodeScores;
use super::settings::Settings;
use super::standing::Kept;
use super::suspects::Suspects;
use super::target_set::TargetSet;
use super::task_table::Tasks;
use super::tasks::{ActionKind, Subject, TaskId};
use super::tickers::{Grid, Tickers};
use crate::coordinator::command::CommandError;
use crate::coordinator::keys::Config;
use crate::coordinator::outcome::{CallNumber, MoveNumber, RequestNumber};
use crate::engine::numbered::Numbered;
use crate::engine::random::Random;
use crate::model::few::Few;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::balance_policy::BalancePolicy;
use crate::policy::spec::Balancer;
use crate::policy::view::ClusterView;
use crate::policy::watch::Watch;
use crate::policy::{build, build_stopping};
use crate::release::{Quirk, Release};
use crate::units::SimTime;
use std::collections::{BTreeMap, BTreeSet};

/// What a node will report with its next distribution, and what is under way on it.
#[derive(Debug, Clone, Default)]
pub struct NodeRecord {
    /// When its pulls and passes started; `None` = no session.
    pub since: Option<SimTime>,
    /// When it reports.
    pub pulls: Grid,
    /// When its scheduler passes come.
    pub passes: Grid,
    /// Segments loaded (with the version of the copy) or gone (`None`) since its last report.
    pub unreported: BTreeMap<SegmentIndex, Option<u64>>,
    /// Channels subscribed (with their version) or gone since its last report.
    pub unreported_channels: BTreeMap<ChannelIndex, Option<u64>>,
    /// Channel actions and other actions under way on it.
    pub running: (u64, u64),
    /// When its mark as resource-exhausted ends.
    pub exhausted_until: Option<SimTime>,
    /// What [`ClusterView::staleness_stamp`] was at its last pass.
    pub passed: Option<u64>,
    /// Its reports, as far as growing rows depend on them.
    pub reported: Reported,
    /// Whether an operator suspended it.
    pub is_suspended: bool,
    /// Whether its copies count 0 rows until it reports a change.
    pub lacks_rows: bool,
    /// Loads for it that wait to be merged.
    pub to_merge: Vec<(TaskId, SegmentIndex)>,
}

/// How far a collection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoadStatus {
    /// Not loaded.
    #[default]
    Released,
    /// Being loaded.
    Loading,
    /// Loaded.
    Loaded,
}

/// A collection's targets.
#[derive(Debug, Clone, Default)]
pub struct CollectionRecord {
    /// How far it is.
    pub status: LoadStatus,
    /// Sealed segments as the data coordinator lists them.
    pub listed: TargetSet,
    /// The current target.
    pub current: TargetSet,
    /// The next target.
    pub next: TargetSet,
    /// A segment of the next target that a replica lacked when it was last looked for.
    pub lacking: Option<(ReplicaIndex, SegmentIndex)>,
    /// When the next target was made; `None` = at the start.
    pub next_since: Option<SimTime>,
    /// The request that loads it.
    pub request: Option<RequestNumber>,
    /// When the last of it was loaded.
    pub progressed_at: SimTime,
    /// The last failure of its loads.
    pub failure: Option<CommandError>,
    /// How often a restarted coordinator took up its load.
    pub recoveries: i64,
    /// Segments of the current target of which a node no longer reports its copy, as long as nobody has
    /// looked whether another does.
    pub gone: BTreeSet<SegmentIndex>,
}

impl CollectionRecord {
    /// Whether its next target is yet to become current.
    pub fn is_behind(&self) -> bool {
        match self.status {
            LoadStatus::Released => false,
            LoadStatus::Loading => true,
            LoadStatus::Loaded => self.current != self.next,
        }
    }
}

/// A call that is out.
#[derive(Debug, Clone)]
pub struct OpenCall {
    /// The tasks that it serves, and what they are about: several where loads are merged.
    pub tasks: Few<(TaskId, Subject)>,
    /// What is done.
    pub kind: ActionKind,
    /// Where.
    pub node: NodeIndex,
}

/// QueryCoord of 2.2 and later.
pub struct QueryCoordV2 {
    pub(super) release: Release,
    /// The configuration file as it is now.
    pub(super) file: Config,
    /// What is in force.
    pub(super) config: Config,
    pub(super) in_force: InForce,
    pub(super) shuffles: bool,
    pub(super) seed: u64,
    pub(super) random: Random,
    /// Chance of the orders that Milvus leaves to Go's maps outside the policies: collections in a queue of
    /// balance, nodes that are free when a channel may reserve one, and the calls of one priority that a
    /// scheduler pass may send. Of these, each in turn is drawn among those left for which there is room.
    pub(super) orders: Random,
    pub(super) is_healthy: bool,
    pub(super) has_started: bool,
    /// When the turn in hand, a checker's or later, is: what belongs to an earlier one comes after that.
    pub(super) late_at: Option<SimTime>,
    /// Whether growing rows and marks are those of the turn in hand.
    pub(super) is_caught_up: bool,
    /// Whether the targets are to be looked at with the next report, whatever it shows.
    pub(super) awaits_report: bool,
    /// The node whose pass is the turn in hand; the last one where it comes after all passes.
    pub(super) passing: Option<NodeIndex>,
    /// The last node whose report of this millisecond is made; `None` = none is, which is so before reports.
    pub(super) reporting: Option<NodeIndex>,
    /// What [`ClusterView::staleness_stamp`] was when passes were last asked for because of it.
    pub(super) armed_for: Option<u64>,
    pub(super) view: ClusterView,
    pub(super) balancer: Balancer,
    pub(super) policy: Box<dyn BalancePolicy>,
    pub(super) stopping: Option<Box<dyn BalancePolicy>>,
    /// Who places what nobody holds, where that is not the policy itself.
    pub(super) newcomers: Option<Box<dyn BalancePolicy>>,
    /// Whether the policy is somebody's own and stays, whatever the key says.
    pub(super) is_own: bool,
    pub(super) nodes: Vec<NodeRecord>,
    /// Nodes that may be marked as resource-exhausted.
    pub(super) exhausted: BTreeSet<NodeIndex>,
    pub(super) collections: Vec<CollectionRecord>,
    /// Collections whose next target is to become current; as [`CollectionRecord::is_behind`] says.
    pub(super) behind: BTreeSet<CollectionIndex>,
    /// Resource groups, which the metadata keeps over a restart.
    pub(super) groups: Groups,
    /// Segments that the segment checker has to look at.
    pub(super) suspects: Suspects,
    /// By collection: segments that nobody holds, but whose loads are under way. They are looked at with the
    /// next suspects of their collection; when a load ends, its segment is one.
    pub(super) loading: BTreeMap<CollectionIndex, Vec<SegmentIndex>>,
    /// Collections whose channels the channel checker has to look at.
    pub(super) channel_suspects: BTreeSet<CollectionIndex>,
    pub(super) tasks: Tasks,
    pub(super) calls: Numbered<OpenCall>,
    /// Collections of which a node refused a load for want of memory: their loads are merged no more.
    pub(super) unmerged: BTreeSet<CollectionIndex>,
    pub(super) tickers: Tickers,
    pub(super) rounds: Rounds,
    /// Queues built so far, whatever was restarted meanwhile: of normal balance, and of draining.
    pub(super) queues_built: [u64; 2],
    /// Whether the balance checker is active.
    pub(super) is_active: bool,
    pub(super) waits: BTreeMap<RequestNumber, Wait>,
    /// Answers that come later.
    pub(super) due_answers: BTreeMap<RequestNumber, Result<(), CommandError>>,
    pub(super) next_call: u32,
    pub(super) next_move: u32,
    pub(super) next_version: u64,
    pub(super) scores: Vec<NodeScores>,
    pub(super) looks: Vec<u32>,
    /// Whoever asks what decisions would be with other keys.
    pub(super) watch: Watch,
    pub(super) kept: Kept,
    /// Whether nothing is skipped: every ticker fires, nodes report and checkers look at everything at every
    /// tick, passes visit every task, and every round is asked literally. For tests, which hold the two
    /// against each other.
    pub(super) is_naive: bool,
}

impl QueryCoordV2 {
    /// A coordinator that has not started; `shuffles` = what Milvus shuffles is drawn.
    pub fn new(release: Release, config: Config, seed: u64, shuffles: bool) -> QueryCoordV2 {
        let balancer = Settings::of(release, &config).balancer();
        let in_force = InForce::of(Settings::of(release, &config));
        let newcomers = release.has(Quirk::NewLoadsRoundRobin);
        let mut view = ClusterView::new(release.has(Quirk::StreamingNodes));
        if release.has(Quirk::PendingTotalDead) {
            view.let_pending_total_die();
        }
        QueryCoordV2 {
            release,
            file: config.clone(),
            config,
            in_force,
            shuffles,
            seed,
            random: Random::stream(seed, "coordinator/balancer"),
            orders: Random::stream(seed, "coordinator/orders"),
            is_healthy: false,
            has_started: false,
            late_at: None,
            is_caught_up: false,
            awaits_report: false,
            passing: None,
            reporting: None,
            armed_for: None,
            view,
            balancer,
            policy: build(release, balancer),
            stopping: build_stopping(release),
            newcomers: newcomers.then(|| build(release, Balancer::RoundRobin)),
            is_own: false,
            nodes: Vec::new(),
            exhausted: BTreeSet::new(),
            collections: Vec::new(),
            behind: BTreeSet::new(),
            groups: Groups::default(),
            suspects: Suspects::default(),
            loading: BTreeMap::new(),
            channel_suspects: BTreeSet::new(),
            tasks: Tasks::default(),
            calls: Numbered::default(),
            unmerged: BTreeSet::new(),
            tickers: Tickers::default(),
            rounds: Rounds::default(),
            queues_built: [0; 2],
            is_active: true,
            waits: BTreeMap::new(),
            due_answers: BTreeMap::new(),
            next_call: 0,
            next_move: 0,
            next_version: 1,
            scores: Vec::new(),
            looks: Vec::new(),
            watch: Watch::default(),
            kept: Kept::default(),
            is_naive: false,
        }
    }

    /// The same, but nothing is skipped: every ticker fires, nodes report and checkers look at everything at
    /// every tick, passes visit every task, and every round is asked literally. It must do the same, slowly;
    /// tests hold the two against each other.
    pub fn naive(mut self) -> QueryCoordV2 {
        self.is_naive = true;
        self
    }

    /// The same with a policy of one's own in the place of the configured balancer, for the whole run. Who
    /// drains and who places new loads apart from the balancer, in releases that have one, stays Milvus's.
    pub fn with_policy(mut self, policy: Box<dyn BalancePolicy>) -> QueryCoordV2 {
        self.policy = policy;
        self.is_own = true;
        self
    }

    /// The same without the streaming service: channels live on query nodes in every release.
    pub fn without_streaming(mut self) -> QueryCoordV2 {
        self.view = ClusterView::new(false);
        self
    }

    /// The tasks in the scheduler.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Whether the balance checker is active (`CheckBalanceStatus`).
    pub fn is_active(&self) -> bool {
        self.is_active
    }

    /// The keys in force.
    pub fn settings(&self) -> Settings<'_> {
        Settings::of(self.release, &self.config)
    }

    /// Takes the configured balancer where the release looks it up at each use.
    pub(super) fn choose_balancer(&mut self) {
        let balancer = self.settings().balancer();
        if balancer != self.balancer && !self.is_own {
            self.balancer = balancer;
            self.policy = build(self.release, balancer);
            self.kept.clear();
        }
    }

    pub(super) fn next_call(&mut self) -> CallNumber {
        self.next_call += 1;
        CallNumber(self.next_call - 1)
    }

    pub(super) fn next_move(&mut self) -> MoveNumber {
        self.next_move += 1;
        MoveNumber(self.next_move - 1)
    }

    pub(super) fn next_version(&mut self) -> u64 {
        self.next_version += 1;
        self.next_version
    }

    /// Collections that are loaded or being loaded, ascending: they have a target.
    pub(super) fn targeted(&self) -> impl Iterator<Item = CollectionIndex> + '_ {
        let records = self.collections.iter().enumerate();
        records
            .filter(|(_, record)| record.status != LoadStatus::Released)
            .map(|(position, _)| CollectionIndex::at(position))
    }

    /// Loaded collections, ascending.
    pub(super) fn loaded(&self) -> impl Iterator<Item = CollectionIndex> + '_ {
        let records = self.collections.iter().enumerate();
        records
            .filter(|(_, record)| record.status == LoadStatus::Loaded)
            .map(|(position, _)| CollectionIndex::at(position))
    }
}
