//! Same inputs, same answer: what need not be asked again, and numbers reckoned anew only where they differ.

use super::ask::Asked;
use super::checkers::calm::Calm;
use super::state::QueryCoordV2;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome};
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::policy::balance_policy::Ground;
use crate::policy::plan::{BalancePlan, Repeats};
use crate::policy::reason::Reason;
use crate::policy::score_items::Scoring;
use crate::policy::spec::Balancer;
use std::sync::Arc;

/// An answer of "nothing", and on what it rests.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    structure: u64,
    facts: u64,
    /// `None` = on no rows.
    rows: Option<u64>,
    /// What stands in the way, in the order of its codes.
    declined: Vec<Reason>,
}

/// What was drained in vain, and on what that rests.
#[derive(Debug, Clone, Copy)]
pub struct InVain {
    structure: u64,
    facts: u64,
    tasks: u64,
    repeats: Repeats,
}

/// Changed nodes are read one by one where there are this many times as many others.
const ONE_BY_ONE: usize = 8;

/// Of what the numbers of a replica's nodes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    replica: u64,
    rows: u64,
    balancer: Balancer,
}

/// What is kept of earlier answers.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// By replica: the last answer, if it stands until something changes.
    standing: Vec<Option<Standing>>,
    /// By replica: the last answer about draining, if all of it was under way.
    in_vain: Vec<Option<InVain>>,
    /// By replica: the last look.
    looks: Vec<Option<Look>>,
    /// How often a balancer was asked what should move.
    pub asks: u64,
    /// The last tick of normal balance, if the next is like it as long as nothing changes.
    pub calm: Option<Calm>,
    /// Lent to the numbers of the replica in hand.
    whole: Vec<u32>,
}

impl Kept {
    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Kept::default();
    }
}

fn entry<T>(entries: &mut Vec<Option<T>>, replica: ReplicaIndex) -> &mut Option<T> {
    entries.resize_with(entries.len().max(replica.position() + 1), || None);
    &mut entries[replica.position()]
}

impl QueryCoordV2 {
    /// Whether the last answer for a replica stands; then its grounds are told again.
    pub(super) fn stands(&self, replica: ReplicaIndex, outcome: &mut Outcome) -> bool {
        let Some(Some(standing)) = self.kept.standing.get(replica.position()) else { return false };
        let collection = self.view.replica(replica).collection;
        let is_same = standing.facts == self.view.facts_stamp()
            && standing.rows.is_none_or(|rows| rows == self.view.rows_stamp())
            && standing.structure == self.view.structure_stamp(collection);
        if is_same {
            for reason in &standing.declined {
                outcome.order(Order::Declined { replica: Some(replica), reason: *reason });
            }
        }
        is_same
    }

    /// Keeps an answer that will stand as long as nothing changes on which it rests.
    pub(super) fn keep_standing(&mut self, asked: Asked, replica: ReplicaIndex, plan: &BalancePlan) {
        let may_rest = asked == Asked::Configured && !self.is_naive && plan.is_empty();
        let ground = if may_rest { self.policy.ground(&self.view, replica) } else { Ground::Unknown };
        let standing = (ground != Ground::Unknown).then(|| Standing {
            structure: self.view.structure_stamp(self.view.replica(replica).collection),
            facts: self.view.facts_stamp(),
            rows: (ground == Ground::Rows).then(|| self.view.rows_stamp()),
            declined: plan.declined.iter().map(|decline| decline.reason).collect(),
        });
        *entry(&mut self.kept.standing, replica) = standing;
    }

    /// What is drained from a replica in vain once more: as much as before, since nothing changed of what is where
    /// and what is under way.
    pub(super) fn in_vain_again(&self, replica: ReplicaIndex) -> Option<Repeats> {
        let kept = self.kept.in_vain.get(replica.position()).copied().flatten()?;
        let collection = self.view.replica(replica).collection;
        let is_same = kept.tasks == self.tasks.changes(collection)
            && kept.structure == self.view.structure_stamp(collection)
            && kept.facts == self.view.facts_stamp();
        is_same.then_some(kept.repeats)
    }

    /// Keeps an answer of the stopping balancer if all of it is under way and it weighed no nodes for that.
    pub(super) fn keep_in_vain(&mut self, asked: Asked, replica: ReplicaIndex, plan: &BalancePlan) {
        let is_all = plan.repeats.count > 0 && plan.plans_nothing_new() && plan.declined.is_empty();
        let may_rest = asked == Asked::Stopping && self.stopping.is_some() && !self.is_naive;
        if may_rest && is_all && !plan.repeats.are_weighed {
            let collection = self.view.replica(replica).collection;
            let kept = InVain {
                structure: self.view.structure_stamp(collection),
                facts: self.view.facts_stamp(),
                tasks: self.tasks.changes(collection),
                repeats: plan.repeats,
            };
            *entry(&mut self.kept.in_vain, replica) = Some(kept);
        }
    }

    /// Keeps the numbers by which the balancer orders the nodes of a replica; those of somebody's own policy
    /// are not known.
    pub(super) fn note_look(&mut self, replica: ReplicaIndex, hearing: Hearing<'_>) {
        if self.is_own {
            self.looks[replica.position()] += 1;
            return;
        }
        let look = Look {
            replica: self.view.replica_stamp(replica),
            rows: self.view.rows_stamp(),
            balancer: self.balancer,
        };
        let before = entry(&mut self.kept.looks, replica).replace(look);
        let changed = before.filter(|before| !self.is_naive && Look { rows: look.rows, ..*before } == look);
        let changed = changed.and_then(|before| self.view.rows_changed_since(before.rows));
        if changed.is_some_and(<[NodeIndex]>::is_empty) {
            return;
        }
        let members = self.view.replica(replica);
        let (collection, nodes) = (members.collection, &members.rw_nodes);
        let mut scores = std::mem::take(&mut self.scores[replica.position()]);
        // Reading all nodes at once costs less than reading a good part of them one by one.
        let few = changed.filter(|changed| changed.len() * ONE_BY_ONE < nodes.len());
        let (few, nodes) = (few.map(<[NodeIndex]>::to_vec), nodes.clone());
        let is_new = if let Some(few) = few {
            let numbers = self.numbers(collection, &few, hearing);
            let set = |is_new: bool, (node, now): (NodeIndex, f64)| scores.set(node, || now) || is_new;
            few.into_iter().zip(numbers.iter().copied()).fold(false, set)
        } else {
            let mut whole = std::mem::take(&mut self.kept.whole);
            let is_new = match self.whole_numbers(collection, &nodes, hearing, &mut whole) {
                Some(()) => scores.replace_whole(&nodes, &whole),
                None => scores.replace(&nodes, &self.numbers(collection, &nodes, hearing)),
            };
            self.kept.whole = whole;
            is_new
        };
        self.scores[replica.position()] = scores;
        self.looks[replica.position()] += u32::from(is_new);
    }

    /// The numbers of many nodes as integers, where they are scores and small enough.
    fn whole_numbers(
        &mut self,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
        hearing: Hearing<'_>,
        whole: &mut Vec<u32>,
    ) -> Option<()> {
        let scoring = Scoring::of(self.release);
        match self.balancer {
            Balancer::Score | Balancer::ChannelLevelScore if !self.is_naive => {
                self.with_ask(Asked::Configured, hearing, |_, ask| {
                    scoring.whole_scores(ask, collection, nodes, whole)
                })
            }
            _ => None,
        }
    }

    fn numbers(
        &mut self,
        collection: CollectionIndex,
        nodes: &[NodeIndex],
        hearing: Hearing<'_>,
    ) -> Arc<Vec<f64>> {
        let (balancer, scoring) = (self.balancer, Scoring::of(self.release));
        self.with_ask(Asked::Configured, hearing, |_, ask| {
            let view = ask.view;
            let each = |number: &dyn Fn(NodeIndex) -> i64| {
                Arc::new(nodes.iter().map(|node| number(*node) as f64).collect())
            };
            match balancer {
                Balancer::RoundRobin => each(&|node| view.node(node).segment_count),
                Balancer::RowCount => each(&|node| view.sealed_rows(node)),
                Balancer::MultiTarget => each(&|node| view.collection(collection).sealed_rows(node)),
                Balancer::Score | Balancer::ChannelLevelScore => scoring.node_scores(ask, collection, nodes),
            }
        })
    }
}
