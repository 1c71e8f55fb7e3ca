//! Ticks of the balance checker that were skipped, as nothing was to be drained and no attempt was due: all that
//! they would have done is counted when it matters (`speed.md` section 4).

use crate::coordinator::v2::state::QueryCoordV2;
use crate::engine::random::Random;
use crate::model::ids::CollectionIndex;
use crate::release::Quirk;
use crate::units::SimTime;
use std::collections::VecDeque;

/// Draws between one queue and the next: more than a queue of two thousand collections needs.
const DRAWS_PER_QUEUE: u64 = 64;

impl QueryCoordV2 {
    /// Counts the ticks before `now` that were skipped. To be called before anything changes on which they rest:
    /// their ticker, keys, whether the checker is active, and which collections have a target.
    pub(in crate::coordinator::v2) fn settle_idle_ticks(&mut self, now: SimTime) {
        let from = self.tickers.uncounted_from;
        self.tickers.uncounted_from = from.max(now);
        let grid = self.tickers.balance_grid;
        let ticks = grid.firings_before(now).saturating_sub(grid.firings_before(from));
        if ticks == 0 || self.is_deaf() || !self.in_force.parameters.enable_stopping_balance {
            return;
        }
        if self.release.has(Quirk::CollectionQueue) {
            self.pass_over_queue(ticks);
        } else if self.release.has(Quirk::RoundsOfManyCollections) {
            self.rounds.stopping_done.clear();
        }
    }

    /// So many ticks have each taken from the queue of draining what a tick may, and found nothing to do.
    pub(super) fn pass_over_queue(&mut self, mut ticks: u64) {
        let limits = self.queue_limits();
        let may_take = limits.segments > 0 && limits.channels > 0;
        let taken = if may_take { usize::try_from(limits.collections).unwrap_or(0) } else { 0 };
        let mut queue = std::mem::take(&mut self.rounds.stopping_queue);
        while ticks > 0 {
            if queue.is_empty() {
                // From empty to empty there is nothing to remember but how often it was built.
                let whole = self.targeted().count() as u64;
                let ticks_per_queue = match taken as u64 {
                    0 if whole > 0 => u64::MAX,
                    taken => whole.div_ceil(taken.max(1)).max(1),
                };
                self.queues_built[1] += ticks / ticks_per_queue;
                ticks %= ticks_per_queue;
                if ticks == 0 {
                    break;
                }
                queue = self.build_queue(true);
            }
            queue.drain(..taken.min(queue.len()));
            ticks = if taken == 0 { 0 } else { ticks - 1 };
        }
        self.rounds.stopping_queue = queue;
    }

    /// A new queue. Where Milvus goes through a set, its order is drawn, by the number of the queue, so that
    /// one which nobody looks at shifts no other.
    pub(super) fn build_queue(&mut self, is_draining: bool) -> VecDeque<CollectionIndex> {
        let mut queue = self.construct_queue(is_draining);
        let built = &mut self.queues_built[usize::from(is_draining)];
        let counter = *built * DRAWS_PER_QUEUE;
        *built += 1;
        if self.shuffles {
            let name = if is_draining { "coordinator/queues/draining" } else { "coordinator/queues/normal" };
            // All priorities are equal, so their heap keeps the order of Go's set of collections.
            Random::at(self.seed, name, counter).shuffle(queue.make_contiguous());
        }
        queue
    }
}
