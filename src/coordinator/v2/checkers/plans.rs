//! Plans of a balancer become tasks, or grounds for having none.

use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{MoveCause, Order, Outcome, RequestNumber};
use crate::coordinator::v2::admission::Refusal;
use crate::coordinator::v2::ask::Asked;
use crate::coordinator::v2::state::QueryCoordV2;
use crate::coordinator::v2::tasks::{Action, ActionKind, Actions, NewTask, Priority, Subject};
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::policy::plan::{BalancePlan, ChannelPlan, SegmentPlan};
use crate::policy::reason::{Reason, ReasonCode};
use crate::policy::view::node::NodeState;

/// Tasks that a round generated, whether or not they were admitted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Generated {
    /// Of segments.
    pub segments: i64,
    /// Of channels.
    pub channels: i64,
}

impl Generated {
    /// What these plans will generate.
    pub fn of(plans: &[BalancePlan]) -> Generated {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Generated {
            segments: count(plans.iter().map(|plan| plan.segments.len() + plan.repeats.count).sum()),
            channels: count(plans.iter().map(|plan| plan.channels.len()).sum()),
        }
    }

    /// Counts more.
    pub fn add(&mut self, more: Generated) {
        self.segments += more.segments;
        self.channels += more.channels;
    }

    /// Whether there was none.
    pub fn is_none(self) -> bool {
        self == Generated::default()
    }
}

/// The steps of a move; a copy keeps what the source has.
pub(in crate::coordinator::v2) fn steps(from: NodeIndex, to: NodeIndex, is_copy: bool) -> Actions {
    let grow = Action { kind: ActionKind::Grow, node: to };
    let reduce = Action { kind: ActionKind::Reduce, node: from };
    if is_copy { Actions::One([grow]) } else { Actions::Two([grow, reduce]) }
}

impl QueryCoordV2 {
    /// Asks about replicas; all their plans are made before any becomes a task. What plans nothing is left
    /// out.
    pub(super) fn plan_for(
        &mut self,
        asked: Asked,
        replicas: &[ReplicaIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Vec<BalancePlan> {
        let mut plans = Vec::new();
        for replica in replicas {
            if asked == Asked::Configured {
                self.note_look(*replica, hearing);
                if self.stands(*replica, outcome) {
                    continue;
                }
            } else if let Some(repeats) = self.in_vain_again(*replica) {
                tell_in_vain(Some(*replica), outcome);
                plans.push(BalancePlan { repeats, ..BalancePlan::default() });
                continue;
            }
            let plan = self.ask_balance(asked, *replica, hearing);
            if asked == Asked::Stopping && !plan.plans_nothing_new() {
                self.note_look(*replica, hearing);
            }
            if plan.repeats.count > 0 && plan.plans_nothing_new() {
                tell_in_vain(Some(*replica), outcome);
            }
            if plan.is_empty() {
                if self.is_own && plan.declined.is_empty() {
                    let reason = Reason::plain(ReasonCode::OwnPolicy);
                    outcome.order(Order::Declined { replica: Some(*replica), reason });
                }
                for decline in &plan.declined {
                    outcome.order(Order::Declined { replica: Some(*replica), reason: decline.reason });
                }
            } else {
                plans.push(plan);
            }
        }
        plans
    }

    /// Makes tasks of plans: segments first, then channels. Where that is urgent, what empties a leaving node
    /// goes before what evens the others (2.2.3 to 2.2.6).
    pub fn carry_plans(
        &mut self,
        plans: Vec<BalancePlan>,
        is_urgent: bool,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Generated {
        if plans.is_empty() {
            return Generated::default();
        }
        let mut in_vain: Vec<Option<ReplicaIndex>> = Vec::new();
        for plan in plans.iter().flat_map(|plan| &plan.segments) {
            let is_first = is_urgent && self.empties(plan);
            let priority = if is_first { Priority::High } else { Priority::Low };
            if self.tasks.keeps(Subject::Segment(plan.segment), plan.replica, priority) {
                in_vain.push(plan.replica);
                continue;
            }
            // A task turned away is only cancelled; its move ends as refused.
            let cause = if self.empties(plan) { MoveCause::Drain } else { cause_of(plan.reason.code) };
            let _ = self.move_segment(plan, cause, priority, None, hearing, outcome);
        }
        for plan in plans.iter().flat_map(|plan| &plan.channels) {
            if self.tasks.keeps(Subject::Channel(plan.channel), plan.replica, Priority::High) {
                in_vain.push(plan.replica);
                continue;
            }
            let _ = self.move_channel(plan, cause_of(plan.reason.code), hearing, outcome);
        }
        for plan in &plans {
            let segments = plan.segments.iter().map(|plan| plan.replica);
            let replica = segments.chain(plan.channels.iter().map(|plan| plan.replica)).next();
            if let Some(replica) = replica.filter(|one| plan.repeats.count > 0 || in_vain.contains(one)) {
                tell_in_vain(replica, outcome);
            }
        }
        Generated::of(&plans)
    }

    /// Whether a plan takes a segment from a node that leaves its replica.
    fn empties(&self, plan: &SegmentPlan) -> bool {
        let is_outbound =
            |from| plan.replica.is_some_and(|one| self.view.replica(one).ro_nodes.contains(&from));
        plan.from.is_some_and(|from| self.view.node(from).state == NodeState::Stopping || is_outbound(from))
    }

    /// Plans the move of a segment; false when the scheduler turned it away.
    pub(in crate::coordinator::v2) fn move_segment(
        &mut self,
        plan: &SegmentPlan,
        cause: MoveCause,
        priority: Priority,
        waiter: Option<RequestNumber>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Refusal> {
        let Some(from) = plan.from else { return Ok(()) };
        let number = self.next_move();
        outcome.order(Order::Plan {
            number,
            segment: plan.segment,
            replica: plan.replica,
            from,
            to: plan.to,
            cause,
            reason: plan.reason,
        });
        let task = NewTask {
            collection: self.view.segment(plan.segment).collection,
            replica: plan.replica,
            subject: Subject::Segment(plan.segment),
            actions: steps(from, plan.to, false),
            priority,
            number: Some(number),
            waiter,
        };
        self.add_task(task, hearing, outcome)
    }

    /// Plans the move of a channel.
    pub(in crate::coordinator::v2) fn move_channel(
        &mut self,
        plan: &ChannelPlan,
        cause: MoveCause,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Refusal> {
        let Some(from) = plan.from else { return Ok(()) };
        let number = self.next_move();
        let (channel, replica, to, reason) = (plan.channel, plan.replica, plan.to, plan.reason);
        outcome.order(Order::PlanChannel { number, channel, replica, from, to, cause, reason });
        let task = NewTask {
            collection: self.view.collection_of(channel),
            replica,
            subject: Subject::Channel(channel),
            actions: steps(from, to, false),
            priority: Priority::High,
            number: Some(number),
            waiter: None,
        };
        self.add_task(task, hearing, outcome)
    }
}

fn tell_in_vain(replica: Option<ReplicaIndex>, outcome: &mut Outcome) {
    outcome.order(Order::Declined { replica, reason: Reason::plain(ReasonCode::MoveUnderWay) });
}

/// Up to 2.3.3 the rule by rows empties leaving nodes by the plan that evens out the others, so that there the
/// reason does not tell.
fn cause_of(code: ReasonCode) -> MoveCause {
    if code == ReasonCode::Drain { MoveCause::Drain } else { MoveCause::Balance }
}
