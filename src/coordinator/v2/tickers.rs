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

/// When a ticker fires: first at some time, then once a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grid {
    first: SimTime,
    period_ms: u64,
}

impl Grid {
    /// A ticker that starts at `since`, and first fires one period later.
    pub fn started(since: SimTime, period_ms: u64) -> Grid {
        Grid { first: since.saturating_add(SimDuration::from_ms(period_ms)), period_ms }
    }

    /// The first firing at or after `from`.
    pub fn next(self, from: SimTime) -> SimTime {
        let periods = from.saturating_since(self.first).as_ms().div_ceil(self.period_ms);
        self.first.saturating_add(SimDuration::from_ms(periods.saturating_mul(self.period_ms)))
    }

    /// The last firing at or before `now`; `None` before the first.
    pub fn last(self, now: SimTime) -> Option<SimTime> {
        let periods = now.saturating_since(self.first).as_ms() / self.period_ms;
        (now >= self.first).then(|| self.first + SimDuration::from_ms(periods * self.period_ms))
    }

    /// How many firings there are before `end`.
    pub fn firings_before(self, end: SimTime) -> u64 {
        end.saturating_since(self.first).as_ms().div_ceil(self.period_ms)
    }

    /// The same ticker after its period became another at `now`: it fires once more as it would have, and
    /// keeps to the new period from then on (section 5).
    pub fn changed(self, period_ms: u64, now: SimTime) -> Grid {
        if period_ms == self.period_ms { self } else { Grid { first: self.next(now), period_ms } }
    }
}

/// The grids that a kick or a key may shift, and what is armed.
#[derive(Debug, Clone, Default)]
pub struct Tickers {
    /// When the observers' tickers were started.
    pub observers_since: SimTime,
    /// Of the balance checker.
    pub balance_grid: Grid,
    /// Of the segment checker.
    pub segment_grid: Grid,
    /// Of the channel checker.
    pub channel_grid: Grid,
    /// From when on firings of the balance checker that were skipped have not been counted.
    pub uncounted_from: SimTime,
    /// Whether the next firing of the balance checker was asked for, so that it tells why it does nothing.
    pub is_balance_asked: bool,
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

/// The millisecond after `now`.
pub fn after(now: SimTime) -> SimTime {
    now + SimDuration::from_ms(1)
}

impl QueryCoordV2 {
    /// The next report of `node`, `now` included, as its last one is not made yet.
    pub(super) fn arm_pull(&mut self, node: NodeIndex, from: SimTime, outcome: &mut Outcome) {
        let record = &self.nodes[node.position()];
        if record.since.is_some() {
            outcome.order(Order::TurnAt { turn: Turn::Pull(node), at: record.pulls.next(from) });
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
            (Turn::RefreshTargets, self.in_force.target_period_ms),
            (Turn::ObserveReplicas, self.in_force.replica_period_ms),
            (Turn::ObserveGroups, self.settings().group_period_ms()),
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
        let at = self.tickers.segment_grid.next(self.soonest(from));
        if self.tickers.segments.is_none_or(|armed| at < armed) {
            self.tickers.segments = Some(at);
            outcome.order(Order::TurnAt { turn: Turn::CheckSegments, at });
        }
    }

    /// The channel checker has something to look at.
    pub(super) fn arm_channels(&mut self, from: SimTime, outcome: &mut Outcome) {
        let at = self.tickers.channel_grid.next(self.soonest(from));
        if self.tickers.channels.is_none_or(|armed| at < armed) {
            self.tickers.channels = Some(at);
            outcome.order(Order::TurnAt { turn: Turn::CheckChannels, at });
        }
    }

    /// The balance checker may have something to do from `from` on.
    pub(super) fn arm_balance(&mut self, from: SimTime, outcome: &mut Outcome) {
        self.tickers.is_balance_asked = true;
        self.arm_balance_tick(from, outcome);
    }

    /// The balance checker fires, whether or not it has anything to do.
    pub(super) fn arm_balance_tick(&mut self, from: SimTime, outcome: &mut Outcome) {
        let at = self.tickers.balance_grid.next(self.soonest(from));
        if self.tickers.balance.is_none_or(|armed| at < armed) {
            self.tickers.balance = Some(at);
            outcome.order(Order::TurnAt { turn: Turn::CheckBalance, at });
        }
    }

    /// The checkers' tickers start.
    pub(super) fn start_checkers(&mut self, now: SimTime) {
        self.tickers.balance_grid = Grid::started(now, self.in_force.balance_period_ms);
        self.tickers.segment_grid = Grid::started(now, self.in_force.segment_period_ms);
        self.tickers.channel_grid = Grid::started(now, self.in_force.channel_period_ms);
    }

    /// Keys were set: tickers whose period changed notice it.
    pub(super) fn notice_periods(&mut self, now: SimTime) {
        self.note_reports(now);
        let in_force = &self.in_force;
        for node in &mut self.nodes {
            if node.since.is_some() {
                node.pulls = node.pulls.changed(in_force.pull_period_ms, now);
                node.passes = node.passes.changed(in_force.pass_period_ms, now);
            }
        }
        let tickers = &mut self.tickers;
        tickers.balance_grid = tickers.balance_grid.changed(in_force.balance_period_ms, now);
        tickers.segment_grid = tickers.segment_grid.changed(in_force.segment_period_ms, now);
        tickers.channel_grid = tickers.channel_grid.changed(in_force.channel_period_ms, now);
    }

    /// Every checker runs at once (section 6.1); where the release does so, its ticker starts anew.
    pub(super) fn kick(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let at = hearing.now;
        self.settle_idle_ticks(at);
        if self.release.has(Quirk::KickRestartsTicker) {
            self.start_checkers(at);
        }
        self.tickers.is_balance_asked = true;
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
        let grid = Grid::started(at(70), 500);
        assert_eq!([0, 70, 570, 571].map(|from| grid.next(at(from))), [570, 570, 570, 1070].map(at));
        assert_eq!([569, 570, 1069].map(|now| grid.last(at(now))), [None, Some(at(570)), Some(at(570))]);
        assert_eq!([0, 570, 571, 1070, 1071].map(|end| grid.firings_before(at(end))), [0, 0, 1, 1, 2]);
    }

    #[test]
    fn a_ticker_with_a_new_period_fires_once_more_as_before() {
        let at = SimTime::from_ms;
        let grid = Grid::started(at(0), 500).changed(7_000, at(1_000));
        assert_eq!(
            [0, 1_000, 1_001, 8_001].map(|from| grid.next(at(from))),
            [1_000, 1_000, 8_000, 15_000].map(at)
        );
        assert_eq!(grid.changed(7_000, at(1_001)), grid, "nothing changed");
    }
}
