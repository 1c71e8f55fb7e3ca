//! Same inputs, same answer: what need not be asked again, and numbers reckoned anew only where they differ.

use super::ask::Asked;
use super::node_scores::NodeScores;
use super::state::QueryCoordV2;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome};
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::policy::balance_policy::Ask;
use crate::policy::plan::BalancePlan;
use crate::policy::reason::Reason;
use crate::policy::score_items::Scoring;
use crate::policy::spec::Balancer;

/// An answer of "nothing" that rests on the structure of its collection alone, and on what it rests.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    structure: u64,
    facts: u64,
    /// What stands in the way, in the order of its codes.
    declined: Vec<Reason>,
}

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
    /// By replica: the last look.
    looks: Vec<Option<Look>>,
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
        let rests = asked == Asked::Configured
            && !self.is_naive
            && plan.is_empty()
            && self.policy.rests_on_structure(&self.view, replica);
        let standing = rests.then(|| Standing {
            structure: self.view.structure_stamp(self.view.replica(replica).collection),
            facts: self.view.facts_stamp(),
            declined: plan.declined.iter().map(|decline| decline.reason).collect(),
        });
        *entry(&mut self.kept.standing, replica) = standing;
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
        let members = self.view.replica(replica);
        let collection = members.collection;
        let changed = before.filter(|before| !self.is_naive && Look { rows: look.rows, ..*before } == look);
        let changed = changed.and_then(|before| self.view.rows_changed_since(before.rows));
        let mut scores = std::mem::take(&mut self.scores[replica.position()]);
        let is_new = if let Some(changed) = changed {
            let changed: Vec<NodeIndex> = changed.to_vec();
            self.with_numbers(collection, hearing, |number| {
                let mut is_new = false;
                for node in changed {
                    is_new |= scores.set(node, || number(node));
                }
                is_new
            })
        } else {
            let nodes = members.rw_nodes.clone();
            scores = self.with_numbers(collection, hearing, |number| NodeScores::of(nodes, number));
            true
        };
        self.scores[replica.position()] = scores;
        self.looks[replica.position()] += u32::from(is_new);
    }

    fn with_numbers<T>(
        &mut self,
        collection: CollectionIndex,
        hearing: Hearing<'_>,
        act: impl FnOnce(&dyn Fn(NodeIndex) -> f64) -> T,
    ) -> T {
        let (balancer, scoring) = (self.balancer, Scoring::of(self.release));
        self.with_ask(Asked::Configured, hearing, |_, ask| {
            let ask: &Ask<'_> = ask;
            let number = |node: NodeIndex| match balancer {
                Balancer::RoundRobin => ask.view.node(node).segment_count as f64,
                Balancer::RowCount => ask.view.sealed_rows(node) as f64,
                Balancer::MultiTarget => ask.view.collection(collection).sealed_rows(node) as f64,
                Balancer::Score | Balancer::ChannelLevelScore => {
                    scoring.node_score(ask, collection, node) as f64
                }
            };
            act(&number)
        })
    }
}
