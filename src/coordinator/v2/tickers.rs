//! When tickers fire: on a grid from their start, and only while a firing can change something.
//!
//! A firing that would find nothing to do leaves no trace, so it is not asked for. A ticker is armed by
//! whoever gives it something to do (`speed.md` section 4).

use super::state::QueryCoordV2;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::ids::NodeIndex;
use crate::release::Quirk;
use crate::units::{SimDuration, SimTime};

/// The grids that a kick may shift, and what is armed.
#[derive(Debug, Clone, Default)]
pub struct Tickers {
    /// When the checkers' tickers were last started.
    pub checkers_since: SimTime,
    /// When the observers' tickers were started.
    pub observers_since: SimTime,
    /// The next firing of the balance checker.
    pub balance: Option<SimTime>,
    /// The next firing of the segment checker.
    pub segments: Option<SimTime>,
    /// The next firing of the channel checker.
    pub channels: Option<SimTime>,
}

/// The first firing at or after `from` of a ticker started at `since`.
pub fn next_tick(since: SimTime, period_ms: u64, from: SimTime) -> SimTime {
    let elapsed = from.saturating_since(since).as_ms();
    let ticks = elapsed.div_ceil(period_ms).max(1);
    since.saturating_add(SimDuration::from_ms(ticks.saturating_mul(period_ms)))
}

/// The last firing at or before `now`; `None` before the first.
pub fn last_tick(since: SimTime, period_ms: u64, now: SimTime) -> Option<SimTime> {
    let ticks = now.saturating_since(since).as_ms() / period_ms;
    (ticks > 0).then(|| since + SimDuration::from_ms(ticks * period_ms))
}

/// The millisecond after `now`.
pub fn after(now: SimTime) -> SimTime {
    now + SimDuration::from_ms(1)
}

impl QueryCoordV2 {
    /// The next report of `node`, `now` included, as its last one is not made yet.
    pub(super) fn arm_pull(&mut self, node: NodeIndex, from: SimTime, outcome: &mut Outcome) {
        if let Some(since) = self.nodes[node.position()].since {
            let at = next_tick(since, self.in_force.pull_period_ms, from);
            outcome.order(Order::TurnAt { turn: Turn::Pull(node), at });
        }
    }

    /// An action on `node` has finished: some releases pull and pass early.
    pub(super) fn arm_early(&mut self, node: NodeIndex, from: SimTime, outcome: &mut Outcome) {
        if let Some(since) = self.nodes[node.position()].since
            && self.release.has(Quirk::EarlyPull)
        {
            let at = next_tick(since, self.in_force.executed_period_ms, from);
            outcome.order(Order::TurnAt { turn: Turn::Pull(node), at });
            outcome.order(Order::TurnAt { turn: Turn::Pass(node), at });
        }
    }

    /// Reports, passes and observers come at every tick, whether or not they have anything to do.
    pub(super) fn arm_everything(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        for node in (0..self.nodes.len()).map(NodeIndex::at) {
            self.arm_pull(node, hearing.now, outcome);
            self.arm_next_pass(node, hearing, outcome);
        }
        for (turn, period) in [
            (Turn::RefreshTargets, self.settings().target_period_ms()),
            (Turn::ObserveReplicas, self.settings().replica_period_ms()),
        ] {
            let at = next_tick(self.tickers.observers_since, period, hearing.now);
            outcome.order(Order::TurnAt { turn, at });
        }
    }

    /// The first millisecond, from `from` on, at which a checker may still be asked for.
    fn soonest(&self, from: SimTime) -> SimTime {
        self.late_at.map_or(from, |now| from.max(after(now)))
    }

    /// The segment checker has something to look at.
    pub(super) fn arm_segments(&mut self, from: SimTime, outcome: &mut Outcome) {
        let at = next_tick(self.tickers.checkers_since, self.in_force.segment_period_ms, self.soonest(from));
        if self.tickers.segments.is_none_or(|armed| at < armed) {
            self.tickers.segments = Some(at);
            outcome.order(Order::TurnAt { turn: Turn::CheckSegments, at });
        }
    }

    /// The channel checker has something to look at.
    pub(super) fn arm_channels(&mut self, from: SimTime, outcome: &mut Outcome) {
        let at = next_tick(self.tickers.checkers_since, self.in_force.channel_period_ms, self.soonest(from));
        if self.tickers.channels.is_none_or(|armed| at < armed) {
            self.tickers.channels = Some(at);
            outcome.order(Order::TurnAt { turn: Turn::CheckChannels, at });
        }
    }

    /// The balance checker may have something to do from `from` on.
    pub(super) fn arm_balance(&mut self, from: SimTime, outcome: &mut Outcome) {
        let at = next_tick(self.tickers.checkers_since, self.in_force.balance_period_ms, self.soonest(from));
        if self.tickers.balance.is_none_or(|armed| at < armed) {
            self.tickers.balance = Some(at);
            outcome.order(Order::TurnAt { turn: Turn::CheckBalance, at });
        }
    }

    /// Every checker runs at once (section 6.1); where the release does so, its ticker starts anew.
    pub(super) fn kick(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let at = hearing.now;
        if self.release.has(Quirk::KickRestartsTicker) {
            self.tickers.checkers_since = at;
        }
        self.tickers.balance = Some(at);
        self.tickers.segments = Some(at);
        self.tickers.channels = Some(at);
        for turn in [Turn::CheckChannels, Turn::CheckSegments, Turn::CheckBalance] {
            outcome.order(Order::TurnAt { turn, at });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_lie_on_the_grid_of_their_start() {
        let at = SimTime::from_ms;
        assert_eq!(next_tick(at(70), 500, at(70)), at(570));
        assert_eq!(next_tick(at(70), 500, at(570)), at(570));
        assert_eq!(next_tick(at(70), 500, at(571)), at(1070));
        assert_eq!(last_tick(at(70), 500, at(569)), None);
        assert_eq!(last_tick(at(70), 500, at(1069)), Some(at(570)));
    }
}
