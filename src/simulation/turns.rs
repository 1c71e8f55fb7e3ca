//! The turns that the coordinator has asked for and not had yet.

use crate::coordinator::outcome::Turn;
use crate::engine::schedule::Key;
use crate::units::SimTime;
use std::collections::BTreeMap;

/// Turns to come. Those of which there is one, or one for each node, are found by their place, as they are
/// asked for far more often than they come.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    /// By place: keys of the turns asked for, few at a time.
    placed: Vec<Vec<Key>>,
    others: BTreeMap<(Turn, SimTime), Key>,
}

/// Turns of which there is one at a time.
const SINGLE: usize = 11;

/// Where a turn is kept; `None` = among the others.
fn place_of(turn: Turn) -> Option<usize> {
    Some(match turn {
        Turn::OfflinePoll => 0,
        Turn::HandoffPoll => 1,
        Turn::BalanceTick => 2,
        Turn::TriggerPass => 3,
        Turn::ObserveTargets => 4,
        Turn::RefreshTargets => 5,
        Turn::ObserveReplicas => 6,
        Turn::ObserveGroups => 7,
        Turn::CheckChannels => 8,
        Turn::CheckSegments => 9,
        Turn::CheckBalance => 10,
        Turn::Pull(node) => SINGLE + 2 * node.position(),
        Turn::Pass(node) => SINGLE + 2 * node.position() + 1,
        Turn::MergeLoads(_) | Turn::GiveUpLoad(_) | Turn::AnswerDue(_) => return None,
    })
}

impl Turns {
    /// Whether a turn has been asked for.
    pub fn has(&self, turn: Turn, at: SimTime) -> bool {
        match place_of(turn) {
            Some(place) => self.placed.get(place).is_some_and(|keys| keys.iter().any(|key| key.time() == at)),
            None => self.others.contains_key(&(turn, at)),
        }
    }

    /// A turn is asked for; its event has this key.
    pub fn insert(&mut self, turn: Turn, at: SimTime, key: Key) {
        let Some(place) = place_of(turn) else {
            self.others.insert((turn, at), key);
            return;
        };
        let count = self.placed.len().max(place + 1);
        self.placed.resize_with(count, Vec::new);
        self.placed[place].push(key);
    }

    /// A turn comes.
    pub fn remove(&mut self, turn: Turn, at: SimTime) {
        let Some(place) = place_of(turn) else {
            self.others.remove(&(turn, at));
            return;
        };
        if let Some(keys) = self.placed.get_mut(place) {
            keys.retain(|key| key.time() != at);
        }
    }

    /// Takes all out.
    pub fn take(&mut self) -> impl Iterator<Item = Key> + use<> {
        let Turns { placed, others } = std::mem::take(self);
        placed.into_iter().flatten().chain(others.into_values())
    }
}
