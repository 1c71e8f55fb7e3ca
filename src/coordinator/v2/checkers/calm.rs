//! Ticks of normal balance in which every answer stands: what they would tell is known without asking.

use crate::coordinator::outcome::{Order, Outcome};
use crate::coordinator::v2::state::QueryCoordV2;
use crate::policy::reason::ReasonCode;

/// A tick that looked at every collection and met only answers that stood, and on what those rest. Which collections
/// have a turn rests on the same: one that begins to load, serves, is released or misses a segment changes its structure.
#[derive(Debug, Clone)]
pub struct Calm {
    structures: u64,
    facts: u64,
    rows: u64,
    /// How often each code was told.
    told: Vec<(ReasonCode, u64)>,
}

impl QueryCoordV2 {
    /// Whether this tick would be as calm as the one before it. If so it is over: its queue was built and worked
    /// off, and its grounds, the same as in every replica's last round, are counted again.
    pub(super) fn is_calm_again(&mut self, outcome: &mut Outcome) -> bool {
        let calm = self.kept.calm.take().filter(|calm| {
            calm.structures == self.view.structures_stamp()
                && calm.facts == self.view.facts_stamp()
                && calm.rows == self.view.rows_stamp()
        });
        let Some(calm) = calm else { return false };
        self.queues_built[0] += 1;
        for (code, times) in &calm.told {
            outcome.order(Order::DeclinedAgain { code: *code, times: *times });
        }
        self.kept.calm = Some(calm);
        true
    }

    /// A tick has built a queue and worked it off, and asked nobody: if all it did was to tell of replicas the grounds
    /// that stand, nothing of the next one is news.
    pub(super) fn keep_calm(&mut self, outcome: &Outcome) {
        let mut told: Vec<(ReasonCode, u64)> = Vec::new();
        for order in &outcome.orders {
            let Order::Declined { replica: Some(_), reason } = order else { return };
            match told.iter_mut().find(|(code, _)| *code == reason.code) {
                Some((_, times)) => *times += 1,
                None => told.push((reason.code, 1)),
            }
        }
        self.kept.calm = Some(Calm {
            structures: self.view.structures_stamp(),
            facts: self.view.facts_stamp(),
            rows: self.view.rows_stamp(),
            told,
        });
    }
}
