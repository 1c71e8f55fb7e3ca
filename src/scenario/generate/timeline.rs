//! What happens to the nodes: churn and failures, which leave each other their nodes.

use super::plan::{Plan, turns};
use super::text::time;
use crate::engine::random::Random;
use crate::units::SimDuration;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// How long a node that died is away.
pub(super) const AWAY: SimDuration = SimDuration::from_secs(120);

/// One turn, in the order in which they come at equal times: nobody dies in the moment of joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Failure,
    /// The how-manieth of churn.
    Churn(u64),
    Return,
}

/// Query nodes as the turns go by.
struct Fleet {
    /// Ids of those that are up, by the time since when they are.
    up: VecDeque<u64>,
    /// Ids of those that died, in order; `None` where none was left to die.
    away: VecDeque<Option<u64>>,
    /// The id of the next one that joins.
    next_joining: u64,
    /// The id with which the next one returns, above those of all that join.
    next_returning: u64,
    random: Random,
}

impl Plan {
    /// The entries of the timeline, by time.
    pub(super) fn timeline(&self) -> Vec<Value> {
        let nodes = self.node_count();
        let mut fleet = Fleet {
            up: (1..=nodes).collect(),
            away: VecDeque::new(),
            next_joining: nodes + 1,
            next_returning: nodes + turns(self.churn, self.duration).div_ceil(2) + 1,
            random: Random::stream(self.seed, "generate/failures"),
        };
        let entry = |(at_ms, turn)| {
            let at = time(SimDuration::from_ms(at_ms));
            let (verb, arguments) = self.turn(turn, &mut fleet)?;
            Some(json!({ "at": at, verb: arguments }))
        };
        self.turns().into_iter().filter_map(entry).collect()
    }

    /// How many failures find a node.
    pub(super) fn failures_that_come(&self) -> u64 {
        self.timeline().iter().filter(|entry| entry.get("kill_query_node").is_some()).count() as u64
    }

    /// All turns with their times in milliseconds, in order.
    fn turns(&self) -> Vec<(u64, Turn)> {
        let times = |every: Option<SimDuration>| {
            let every_ms = every.unwrap_or_default().as_ms();
            (0..turns(every, self.duration)).map(move |turn| (turn, (turn + 1) * every_ms))
        };
        let churn = times(self.churn).map(|(turn, at)| (at, Turn::Churn(turn)));
        let failures = times(self.failures).map(|(_, at)| (at, Turn::Failure));
        let returns = times(self.failures).map(|(_, at)| (at + AWAY.as_ms(), Turn::Return));
        let returns = returns.filter(|(at, _)| *at < self.duration.as_ms());
        let mut turns: Vec<(u64, Turn)> = churn.chain(failures).chain(returns).collect();
        turns.sort_unstable();
        turns
    }

    /// The verb of a turn and its arguments; `None` where no node is left for it.
    fn turn(&self, turn: Turn, fleet: &mut Fleet) -> Option<(&'static str, Value)> {
        match turn {
            Turn::Churn(turn) if turn % 2 == 0 => {
                fleet.up.push_back(fleet.next_joining);
                fleet.next_joining += 1;
                let classes = self.classes();
                let memory = classes[(turn / 2) as usize % classes.len()].memory_bytes;
                Some(("add_query_node", json!({ "memory": memory })))
            }
            Turn::Churn(_) => fleet.up.pop_front().map(|id| ("stop_query_node", json!({ "id": id }))),
            Turn::Failure => {
                let count = fleet.up.len() as u64;
                let chosen = (count > 0).then(|| fleet.random.below(count) as usize);
                let dead = chosen.and_then(|chosen| fleet.up.remove(chosen));
                fleet.away.push_back(dead);
                dead.map(|id| ("kill_query_node", json!({ "id": id })))
            }
            Turn::Return => {
                let id = fleet.away.pop_front().flatten()?;
                let new_id = fleet.next_returning;
                fleet.next_returning += 1;
                fleet.up.push_back(new_id);
                Some(("return_query_node", json!({ "id": id, "new_id": new_id })))
            }
        }
    }
}
