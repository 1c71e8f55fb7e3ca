//! The loop of the trigger queue: one task at a time, its children together, each tried and given on.
//!
//! Source: specification sections 6.3 and 6.5.

use super::children::{Child, ChildState, ChildWork};
use super::records::KnownNode;
use super::settings::ALLOCATION_WAIT_MS;
use super::state::{QueryCoordV1, Running, Stage};
use super::trigger_queue::{TaskKind, TriggerTask};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{CallNumber, LoadItem, MoveOutcome, Order, Outcome, Turn};
use crate::model::few::Few;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::replica::ReplicaShard;
use crate::policy::allocate::Filter;
use crate::release::Quirk;
use crate::units::SimDuration;
use smallvec::smallvec;

impl QueryCoordV1 {
    /// Goes on with the queue until a task has ended, or calls are out, or a wait is on, or nothing is left to
    /// do. The task behind one that has ended gets a pass of its own in the same millisecond, so that it sees
    /// the replicas as the one before left them.
    pub(super) fn pass(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let Some(mut running) = self.running.take().or_else(|| self.queue.pop().map(Running::new)) else {
            return;
        };
        if running.stage == Stage::Allocating && !self.prepare(&mut running, hearing, outcome) {
            self.running = Some(running);
            return;
        }
        self.allocate_waiting_channels(&mut running, hearing, outcome);
        if running.children.iter().all(Child::has_ended) {
            self.finish(running, hearing, outcome);
            if !self.queue.is_empty() {
                outcome.order(Order::TurnAt { turn: Turn::TriggerPass, at: hearing.now });
            }
        } else {
            self.running = Some(running);
        }
    }

    /// Plans the task's children and sends their calls; false when it has to wait for nodes or memory.
    fn prepare(&mut self, running: &mut Running, hearing: Hearing<'_>, outcome: &mut Outcome) -> bool {
        let planned = match &running.task.kind {
            TaskKind::Balance(task) => {
                running.open_moves.extend(task.planned);
                match self.validate(task, hearing) {
                    Ok(replica) => {
                        let Running { children, open_moves, .. } = running;
                        self.execute_balance(task, replica, children, open_moves, hearing, outcome)
                    }
                    Err(error) => {
                        if self.release.has(Quirk::ValidationErrorTwice) {
                            running.fail(&error);
                        }
                        Err(error)
                    }
                }
            }
            TaskKind::Handoff { segment, .. } => {
                match self.execute_handoff(*segment, running, hearing, outcome) {
                    Some(planned) => planned,
                    None => return false,
                }
            }
            TaskKind::NodeDown { node } => self.execute_node_down(*node, running, hearing),
            TaskKind::LoadCollection { collection, replicas, is_under_way } => {
                let creates = (!is_under_way).then_some(*replicas);
                match self.execute_load(*collection, creates, running, hearing, outcome) {
                    Some(planned) => planned,
                    None => return false,
                }
            }
            TaskKind::ReleaseCollection { collection } => {
                self.execute_release(*collection, hearing, outcome);
                Ok(())
            }
        };
        running.stage = Stage::Calling;
        match planned {
            Ok(()) => {
                for child in &mut running.children {
                    self.call(child, outcome);
                }
            }
            Err(error) => {
                running.fail(&error);
                running.children.clear();
            }
        }
        true
    }

    /// After a restart: every child of the task that was running is called once more, in the old order.
    pub(super) fn call_again(&mut self, outcome: &mut Outcome) {
        let Some(mut running) = self.running.take() else { return };
        for child in &mut running.children {
            self.call(child, outcome);
        }
        self.running = Some(running);
    }

    /// Sends a child's call; that is one attempt.
    fn call(&mut self, child: &mut Child, outcome: &mut Outcome) {
        let call = self.next_call();
        child.attempts_left -= 1;
        child.state = ChildState::Called(call);
        outcome.order(match &child.work {
            ChildWork::Load { items, .. } => {
                Order::LoadSegments { call, node: child.node, items: items.clone() }
            }
            ChildWork::Watch(_) => Order::WatchChannel { call, node: child.node },
        });
    }

    /// A call came back: done, tried again at once on the same node while that is online, or given on.
    pub(super) fn child_ended(
        &mut self,
        call: CallNumber,
        result: Result<(), String>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let Some(mut running) = self.running.take() else { return };
        if let Some(place) = running.children.iter().position(|child| child.state == ChildState::Called(call))
        {
            let child = &mut running.children[place];
            if result.is_ok() {
                child.state = ChildState::Done;
            } else if self.records.node(child.node) == KnownNode::Online && child.attempts_left > 0 {
                self.call(child, outcome);
            } else {
                self.reschedule(&mut running, place, hearing, outcome);
            }
        }
        if running.children.iter().all(Child::has_ended) {
            outcome.order(Order::TurnAt { turn: Turn::TriggerPass, at: hearing.now });
        }
        self.running = Some(running);
    }

    /// Gives a child's work to other nodes of the replica, whatever destinations were asked for (quirk Q8).
    fn reschedule(
        &mut self,
        running: &mut Running,
        place: usize,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let child = running.children[place].clone();
        let mut excluded = child.excluded.clone();
        if !excluded.contains(&child.node) {
            excluded.push(child.node);
        }
        match &child.work {
            ChildWork::Load { items, replica } => {
                self.reschedule_load(running, place, items, *replica, excluded, hearing, outcome);
            }
            ChildWork::Watch(shard) => {
                self.reschedule_watch(running, place, *shard, excluded, hearing, outcome)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one child, taken apart by its only caller")]
    fn reschedule_load(
        &mut self,
        running: &mut Running,
        place: usize,
        items: &[LoadItem],
        replica: Option<ReplicaIndex>,
        excluded: Few<NodeIndex>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let segments = hearing.cluster.segments();
        let sizes: Vec<u64> = items.iter().map(|item| segments.log_bytes(item.segment)).collect();
        let filter = Filter { include: &[], exclude: &excluded };
        let nodes = match self.allocate_segments(replica, filter, &sizes, hearing) {
            Ok(nodes) => nodes,
            Err(error) => {
                running.fail(error.text());
                running.children[place].state = ChildState::Failed;
                return;
            }
        };
        let failed = running.children.remove(place);
        for (item, node) in items.iter().zip(nodes) {
            let number = item.number.map(|replaced| {
                outcome.order(Order::MoveEnd { number: replaced, outcome: MoveOutcome::Cancelled });
                running.open_moves.retain(|open| *open != replaced);
                let number = self.next_move();
                running.open_moves.push(number);
                if let Some((cause, reason)) = failed.cause {
                    let recorded = self.records.nodes_of(item.segment).next();
                    let from = failed.excluded.first().copied().or(recorded).unwrap_or(failed.node);
                    outcome.order(Order::Plan {
                        number,
                        segment: item.segment,
                        replica,
                        from,
                        to: node,
                        cause,
                        reason,
                    });
                }
                number
            });
            let work =
                ChildWork::Load { items: smallvec![LoadItem { segment: item.segment, number }], replica };
            let mut child = Child::new(work, node, excluded.clone());
            child.cause = failed.cause;
            self.call(&mut child, outcome);
            running.children.push(child);
        }
    }

    fn reschedule_watch(
        &mut self,
        running: &mut Running,
        place: usize,
        shard: ReplicaShard,
        excluded: Few<NodeIndex>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let filter = Filter { include: &[], exclude: &excluded };
        let may_wait = matches!(running.task.kind, TaskKind::NodeDown { .. });
        match self.allocate_channels(shard.replica, filter, 1, hearing) {
            Ok(nodes) => {
                let mut child = Child::new(ChildWork::Watch(shard), nodes[0], excluded);
                self.call(&mut child, outcome);
                running.children[place] = child;
            }
            Err(_) if may_wait => {
                let child = &mut running.children[place];
                child.excluded = excluded;
                child.state = ChildState::Waiting;
                wait(hearing, outcome);
            }
            Err(error) => {
                running.fail(error.text());
                running.children[place].state = ChildState::Failed;
            }
        }
    }

    /// Channels of a lost node wait for a node, a second at a time.
    fn allocate_waiting_channels(
        &mut self,
        running: &mut Running,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        for place in 0..running.children.len() {
            let child = &running.children[place];
            if let (ChildState::Waiting, ChildWork::Watch(shard)) = (child.state, &child.work) {
                let (shard, excluded) = (*shard, child.excluded.clone());
                self.reschedule_watch(running, place, shard, excluded, hearing, outcome);
            }
        }
    }

    /// Enqueues a task that nobody waits for.
    pub(super) fn enqueue_unattended(&mut self, kind: TaskKind, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.enqueue(TriggerTask { kind, request: None }, hearing, outcome);
    }
}

/// Asks for another pass after the allocator's wait of one second.
pub(super) fn wait(hearing: Hearing<'_>, outcome: &mut Outcome) {
    let at = hearing.now + SimDuration::from_ms(ALLOCATION_WAIT_MS);
    outcome.order(Order::TurnAt { turn: Turn::TriggerPass, at });
}
