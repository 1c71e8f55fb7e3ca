//! Growing rows as the reports tell them: each delegator's as of its node's last report (section 3).
//!
//! A report that shows nothing else new is not asked for, so what it would have told is reckoned when somebody
//! reads it. Before the form changes by which a delegator's rows grow (its rows are sealed and serve, its
//! channel has another leader, its process ends) the rows as of the last report before are put into the picture;
//! there they stay until the next one.

use super::state::QueryCoordV2;
use super::tickers::Grid;
use crate::coordinator::hearing::Hearing;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex};
use crate::units::SimTime;
use std::cell::RefCell;

/// A node's reports, as far as growing rows depend on them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reported {
    /// The last report that does not lie on the grid in force, or was asked for.
    pub noted: Option<SimTime>,
    /// The report of which the growing rows are in the picture.
    pub counted: Option<SimTime>,
}

impl Reported {
    /// The last report, where those on the grid have been made up to `until`.
    fn last(self, grid: Grid, until: Option<SimTime>) -> Option<SimTime> {
        self.noted.max(until.and_then(|until| grid.last(until)))
    }
}

impl QueryCoordV2 {
    /// Up to when the reports of a node have been made: those of this millisecond come after sessions and
    /// commands, and in the order of the nodes.
    fn reports_made(&self, node: NodeIndex, now: SimTime) -> Option<SimTime> {
        let is_made = self.reporting.is_some_and(|reporting| node <= reporting);
        if is_made { Some(now) } else { now.as_ms().checked_sub(1).map(SimTime::from_ms) }
    }

    /// The reports that were made on the grid in force so far are remembered, as it may become another.
    pub(super) fn note_reports(&mut self, now: SimTime) {
        for node in (0..self.nodes.len()).map(NodeIndex::at) {
            let until = self.reports_made(node, now);
            let record = &mut self.nodes[node.position()];
            if record.since.is_some() {
                record.reported.noted = record.reported.last(record.pulls, until);
            }
        }
    }

    /// Growing rows become those of the last reports. Those of streaming nodes, which only channels go to, play
    /// no part in any rule of Milvus.
    pub(super) fn refresh_growing(&mut self, hearing: Hearing<'_>) {
        if self.is_naive {
            return;
        }
        let leaders = RefCell::new(Vec::new());
        let note = |node: NodeIndex| {
            leaders.borrow_mut().push(node);
            None
        };
        hearing.nodes.each_growing(&note, &mut |_, _, _| {});
        let mut due: Vec<(NodeIndex, SimTime)> = Vec::new();
        for node in leaders.into_inner() {
            let is_read = self.is_own || !self.view.node(node).is_streaming;
            let until = self.reports_made(node, hearing.now);
            let record = &mut self.nodes[node.position()];
            if record.since.is_none() || !is_read || !hearing.cluster.node(node).is_alive() {
                continue;
            }
            if let Some(last) = record.reported.last(record.pulls, until)
                && record.reported.counted < Some(last)
            {
                record.reported.counted = Some(last);
                due.push((node, last));
            }
        }
        if !due.is_empty() {
            let when = |node: NodeIndex| due.iter().find(|(due, _)| *due == node).map(|(_, last)| *last);
            self.count_growing(&when, hearing);
        }
    }

    /// Counts the growing rows of delegators as of the times that `when` says for their nodes.
    pub(super) fn count_growing(
        &mut self,
        when: &dyn Fn(NodeIndex) -> Option<SimTime>,
        hearing: Hearing<'_>,
    ) {
        let view = &mut self.view;
        hearing.nodes.each_growing(when, &mut |leader, channel, rows| {
            view.set_growing_rows(leader, channel, i64::try_from(rows).unwrap_or(i64::MAX));
        });
    }

    /// A report shows a delegator for the first time, with the rows that it has taken in.
    pub(super) fn count_newcomer(&mut self, node: NodeIndex, channel: ChannelIndex, hearing: Hearing<'_>) {
        let collection: CollectionIndex = self.view.collection_of(channel);
        let known = hearing.cluster.collection(collection);
        let shard = hearing.cluster.channel(channel).shard as usize;
        let replica =
            known.replicas.iter().find(|replica| self.view.replica(**replica).has_any(node)).copied();
        if let Some(replica) = replica {
            let rows = hearing.nodes.growing_rows(replica, shard);
            self.view.set_growing_rows(node, channel, i64::try_from(rows).unwrap_or(i64::MAX));
        }
    }

    /// A node has just made a report.
    pub(super) fn note_report(&mut self, node: NodeIndex, hearing: Hearing<'_>) {
        self.nodes[node.position()].reported.noted = Some(hearing.now);
        if self.is_naive {
            self.count_growing(&|leader| (leader == node).then_some(hearing.now), hearing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_off_the_grid_counts_until_the_next_one_on_it() {
        let at = SimTime::from_ms;
        let grid = Grid::started(at(0), 500);
        let reported = Reported { noted: Some(at(700)), counted: None };
        assert_eq!(
            [699, 999, 1_000].map(|until| reported.last(grid, Some(at(until)))),
            [700, 700, 1_000].map(|ms| Some(at(ms)))
        );
        assert_eq!(Reported::default().last(grid, Some(at(499))), None);
        assert_eq!(Reported::default().last(grid, None), None);
        let later = grid.changed(7_000, at(701));
        assert_eq!(reported.last(later, Some(at(999))), Some(at(700)), "a new grid has no past");
    }
}
