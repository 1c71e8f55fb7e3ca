//! What QueryCoord 2.0/2.1 keeps from turn to turn.

use super::balance_round::{Round, Ticker};
use super::children::{Child, ChildState};
use super::handoff::Handoff;
use super::own_policy::OwnPolicy;
use super::records::Records;
use super::scores::Scores;
use super::settings::Settings;
use super::trigger_queue::{TriggerQueue, TriggerTask};
use crate::coordinator::keys::Config;
use crate::coordinator::outcome::{CallNumber, MoveNumber};
use crate::engine::random::Random;
use crate::model::ids::{NodeIndex, SegmentIndex};
use crate::policy::balance_policy::BalancePolicy;
use crate::policy::memory_usage::RoundFigures;
use crate::policy::watch::Watch;
use crate::release::Release;
use std::collections::BTreeSet;

/// How what is random in this generation is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choices {
    /// Ascending ids instead of every draw of order.
    pub is_ascending: bool,
    /// The segment that leaves the smallest difference instead of the last qualifying one.
    pub picks_least_difference: bool,
}

/// The trigger task that runs.
#[derive(Debug, Clone)]
pub struct Running {
    /// The task.
    pub task: TriggerTask,
    /// How far it is.
    pub stage: Stage,
    /// Its children.
    pub children: Vec<Child>,
    /// Result text: empty while all goes well.
    pub reason: String,
    /// Moves planned for it that have not ended.
    pub open_moves: Vec<MoveNumber>,
}

/// What the coordinator finds in etcd when it first starts, besides the copies that nodes really hold.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Nodes without a session.
    pub offline: Vec<NodeIndex>,
    /// Segments recorded on such nodes.
    pub recorded: Vec<(SegmentIndex, NodeIndex)>,
}

/// How far the running task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its nodes are being chosen; a handoff may wait here for memory.
    Allocating,
    /// Its children's calls are out.
    Calling,
}

impl Running {
    /// A task just taken from the queue.
    pub fn new(task: TriggerTask) -> Running {
        Running {
            task,
            stage: Stage::Allocating,
            children: Vec::new(),
            reason: String::new(),
            open_moves: Vec::new(),
        }
    }

    /// Records an error as Milvus does: appended behind a comma, also to an empty text.
    pub fn fail(&mut self, text: &str) {
        self.reason.push_str(", ");
        self.reason.push_str(text);
    }

    /// What a restart of the coordinator finds of a task whose children are stored: all of them, with neither
    /// attempts nor excluded nodes, whether or not their nodes have done them; errors are forgotten.
    ///
    /// Source: specification section 6.7.
    pub fn reload(&mut self) {
        self.reason.clear();
        for child in &mut self.children {
            child.attempts_left = 0;
            child.excluded.clear();
            child.state = ChildState::Waiting;
        }
    }

    /// Whether no error was recorded.
    pub fn is_well(&self) -> bool {
        self.reason.is_empty()
    }
}

/// QueryCoord of 2.0 and 2.1.
pub struct QueryCoordV1 {
    pub(super) release: Release,
    pub(super) choices: Choices,
    /// The configuration file as it is now; read at start only.
    pub(super) config: Config,
    /// What was read at the last start.
    pub(super) settings: Settings,
    pub(super) is_healthy: bool,
    pub(super) records: Records,
    /// What etcd holds before the first start; taken over by it.
    pub(super) found: Option<Found>,
    /// Recorded placements without a copy on an online node (quirk Q14): their listing fails.
    pub(super) phantoms: BTreeSet<(SegmentIndex, NodeIndex)>,
    pub(super) queue: TriggerQueue,
    pub(super) running: Option<Running>,
    pub(super) round: Option<Round>,
    pub(super) ticker: Ticker,
    /// Lost nodes that wait for recovery.
    pub(super) offline: BTreeSet<NodeIndex>,
    /// The lost node whose recovery task is waiting or running.
    pub(super) recovering: Option<NodeIndex>,
    pub(super) handoffs: Vec<Handoff>,
    /// How many of them wait for a look, their task not enqueued.
    pub(super) ready_handoffs: usize,
    next_call: u32,
    next_move: u32,
    pub(super) collection_order: Random,
    pub(super) replica_order: Random,
    pub(super) segment_pick: Random,
    pub(super) figures: RoundFigures,
    pub(super) scores: Scores,
    /// Whoever asks what decisions would be with other keys.
    pub(super) watch: Watch,
    /// Somebody's own policy, asked in the place of the built-in rule.
    pub(super) own: Option<OwnPolicy>,
}

impl QueryCoordV1 {
    /// A coordinator that has not started.
    pub fn new(release: Release, choices: Choices, config: Config, seed: u64, found: Found) -> QueryCoordV1 {
        QueryCoordV1 {
            release,
            choices,
            settings: Settings::of(&config),
            config,
            is_healthy: false,
            records: Records::default(),
            found: Some(found),
            phantoms: BTreeSet::new(),
            queue: TriggerQueue::default(),
            running: None,
            round: None,
            ticker: Ticker::default(),
            offline: BTreeSet::new(),
            recovering: None,
            handoffs: Vec::new(),
            ready_handoffs: 0,
            next_call: 0,
            next_move: 0,
            collection_order: Random::stream(seed, "coordinator/collections"),
            replica_order: Random::stream(seed, "coordinator/replicas"),
            segment_pick: Random::stream(seed, "coordinator/segments"),
            figures: RoundFigures::default(),
            scores: Scores::default(),
            watch: Watch::default(),
            own: None,
        }
    }

    /// The same with a policy of one's own in the place of the built-in rule of the automatic round, for the
    /// whole run. What is loaded, handed off or recovered is placed as Milvus does.
    pub fn with_policy(mut self, policy: Box<dyn BalancePolicy>, seed: u64) -> QueryCoordV1 {
        self.own = Some(OwnPolicy::new(policy, seed));
        self
    }

    pub(super) fn next_call(&mut self) -> CallNumber {
        self.next_call += 1;
        CallNumber(self.next_call - 1)
    }

    pub(super) fn next_move(&mut self) -> MoveNumber {
        self.next_move += 1;
        MoveNumber(self.next_move - 1)
    }
}
