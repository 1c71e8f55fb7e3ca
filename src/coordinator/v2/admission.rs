//! What the scheduler takes in, and what it turns away (section 10.2).

use super::state::QueryCoordV2;
use super::tasks::{ActionKind, NewTask, Progress, Subject, Task};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{MoveOutcome, Order, Outcome};
use crate::model::ids::{ChannelIndex, ReplicaIndex};
use crate::policy::view::segment::Target;
use crate::release::Quirk;

/// Milvus's ground for turning a task away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is another task about the same.
    Exists(Subject),
    /// The source of a move has the segment no more.
    SourceReleased,
    /// Nobody leads the channel of the segment with this id.
    LeaderNotFound(i64),
    /// The segment with this id is there already.
    Loaded(i64),
    /// The source of a move has the channel no more.
    SourceUnsubscribed,
    /// The channel is there already.
    Subscribed,
}

impl Refusal {
    /// Milvus's words in 2.2, which names no ground for a task about the same.
    pub fn plain_text(self) -> String {
        match self {
            Refusal::Exists(_) => "ConflictTaskExisted".to_owned(),
            other => other.text(),
        }
    }

    /// Milvus's words.
    pub fn text(self) -> String {
        let ground = match self {
            Refusal::Exists(Subject::Segment(_)) => "task with the same segment exists".to_owned(),
            Refusal::Exists(Subject::Channel(_)) => "task with the same channel exists".to_owned(),
            Refusal::SourceReleased => "source segment released, stop balancing".to_owned(),
            Refusal::LeaderNotFound(id) => {
                format!("segment's delegator leader not found, stop balancing[segment={id}]")
            }
            Refusal::Loaded(id) => format!("segment loaded, it can be only balanced[segment={id}]"),
            Refusal::SourceUnsubscribed => "source channel unsubscribed, stop balancing".to_owned(),
            Refusal::Subscribed => "channel subscribed, it can be only balanced".to_owned(),
        };
        format!("service internal error: {ground}")
    }
}

impl QueryCoordV2 {
    /// Adds a task.
    ///
    /// # Errors
    ///
    /// Milvus's ground for turning it away; its move then ends as refused.
    pub(super) fn add_task(
        &mut self,
        what: NewTask,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Refusal> {
        let number = what.number;
        let admitted = self.admit(&what, hearing, outcome);
        match &admitted {
            Ok(()) => self.take_task(what, hearing, outcome),
            Err(_) => {
                if let Some(number) = number {
                    outcome.order(Order::MoveEnd { number, outcome: MoveOutcome::Refused });
                }
            }
        }
        admitted
    }

    fn take_task(&mut self, what: NewTask, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let rows = what_rows(self, &what);
        let waiter = what.waiter;
        let task = Task {
            what,
            is_waiting: true,
            step: 0,
            progress: Progress::Idle,
            rows,
            fresh_at: None,
            counts: [false; 2],
            loaded_through: None,
        };
        // While others wait, the next pass is armed already.
        let is_first = !self.tasks.any_waiting();
        let id = self.tasks.insert(task);
        self.count_task(id);
        if let Some(wait) = waiter.and_then(|request| self.waits.get_mut(&request)) {
            wait.open.insert(id);
        }
        if is_first {
            self.arm_any_pass(hearing, outcome);
        }
    }

    fn admit(&mut self, what: &NewTask, hearing: Hearing<'_>, outcome: &mut Outcome) -> Result<(), Refusal> {
        if let Some(old) = self.tasks.about(what.subject, what.replica) {
            let is_higher = self.tasks.get(old).is_some_and(|task| what.priority < task.what.priority);
            if is_higher {
                let text = "service internal error: replaced by the other one with higher priority";
                self.cancel_task(old, text.to_owned(), hearing, outcome);
                return Ok(());
            }
            return Err(Refusal::Exists(what.subject));
        }
        match what.subject {
            Subject::Segment(_) => self.admit_segment(what, hearing),
            Subject::Channel(channel) => self.admit_channel(what, channel),
        }
    }

    fn admit_segment(&self, what: &NewTask, hearing: Hearing<'_>) -> Result<(), Refusal> {
        let Subject::Segment(segment) = what.subject else { return Ok(()) };
        let holds = |node| self.view.holders().has(segment, node);
        let id = || hearing.cluster.segments().id(segment);
        if let [_, reduce] = what.actions[..] {
            if !holds(reduce.node) {
                return Err(Refusal::SourceReleased);
            }
            let channel = self.view.segment(segment).channel;
            let has_leader = what.replica.is_some_and(|replica| self.leader_of(replica, channel).is_some());
            if !has_leader {
                return Err(Refusal::LeaderNotFound(id()));
            }
        } else if what.actions[0].kind == ActionKind::Grow && self.release.has(Quirk::GrowsOnce) {
            let is_loaded = if self.release.has(Quirk::OneCheckerLoop) {
                what.replica.is_some_and(|replica| {
                    self.view.copies_among(segment, |node| self.view.replica(replica).has(node)) > 0
                })
            } else {
                holds(what.actions[0].node)
            };
            if is_loaded {
                return Err(Refusal::Loaded(id()));
            }
        }
        Ok(())
    }

    fn admit_channel(&self, what: &NewTask, channel: ChannelIndex) -> Result<(), Refusal> {
        let collection = self.view.collection(what.collection);
        let holds = |node| collection.channels(node).iter().any(|copy| copy.channel == channel);
        if let [_, reduce] = what.actions[..] {
            if !holds(reduce.node) {
                return Err(Refusal::SourceUnsubscribed);
            }
        } else if what.actions[0].kind == ActionKind::Grow
            && what.replica.is_some_and(|replica| self.is_subscribed(replica, channel))
        {
            return Err(Refusal::Subscribed);
        }
        Ok(())
    }

    /// Whether any node of a replica has a channel, as reported.
    pub(super) fn is_subscribed(&self, replica: ReplicaIndex, channel: ChannelIndex) -> bool {
        self.leader_of(replica, channel).is_some()
    }
}

/// Rows by which a task counts: those that the targets say.
fn what_rows(coordinator: &QueryCoordV2, what: &NewTask) -> i64 {
    match what.subject {
        Subject::Segment(segment) => {
            let view = coordinator.view.segment(segment);
            let is_wanted = view.is_in(Target::Current) || view.is_in(Target::Next);
            if is_wanted { i64::from(view.rows) } else { 0 }
        }
        Subject::Channel(_) => 0,
    }
}
