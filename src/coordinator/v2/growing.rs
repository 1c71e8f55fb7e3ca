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
use crate::policy::view::ClusterView;
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

/// Up to when the reports of a node have been made: those of this millisecond come after sessions and commands,
/// and in the order of the nodes, of which `reporting` is the last.
fn reports_made(reporting: Option<NodeIndex>, node: NodeIndex, now: SimTime) -> Option<SimTime> {
    let is_made = reporting.is_some_and(|reporting| node <= reporting);
    if is_made { Some(now) } else { now.as_ms().checked_sub(1).map(SimTime::from_ms) }
}

fn count(view: &mut ClusterView, leader: NodeIndex, channel: ChannelIndex, rows: u64) {
    view.set_growing_rows(leader, channel, i64::try_from(rows).unwrap_or(i64::MAX));
}

impl QueryCoordV2 {
    /// The reports that were made on the grid in force so far are remembered, as it may become another.
    pub(super) fn note_reports(&mut self, now: SimTime) {
        for node in (0..self.nodes.len()).map(NodeIndex::at) {
            let until = reports_made(self.reporting, node, now);
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
        let (nodes, view) = (&self.nodes, &mut self.view);
        let (is_own, reporting) = (self.is_own, self.reporting);
        let counted = RefCell::new(Vec::new());
        let when = |leader: NodeIndex| {
            let node = hearing.cluster.node(leader);
            let record = nodes.get(leader.position()).filter(|record| record.since.is_some())?;
            if !node.is_alive() || (node.is_streaming && !is_own) {
                return None;
            }
            let last = record.reported.last(record.pulls, reports_made(reporting, leader, hearing.now));
            let is_due = record.reported.counted < last;
            counted.borrow_mut().extend(last.filter(|_| is_due).map(|last| (leader, last)));
            last.filter(|_| is_due)
        };
        hearing.nodes.each_growing(&when, &mut |leader, channel, rows| count(view, leader, channel, rows));
        for (leader, last) in counted.into_inner() {
            self.nodes[leader.position()].reported.counted = Some(last);
        }
    }

    /// A node leads a channel from now on: what its earlier reports told of that stays until the next one.
    pub(super) fn note_lead(&mut self, leader: NodeIndex, now: SimTime) {
        let until = reports_made(self.reporting, leader, now);
        let record = &mut self.nodes[leader.position()];
        record.reported.counted = record.reported.counted.max(record.reported.last(record.pulls, until));
    }

    /// Counts the growing rows of delegators as of the times that `when` says for their nodes.
    pub(super) fn count_growing(
        &mut self,
        when: &dyn Fn(NodeIndex) -> Option<SimTime>,
        hearing: Hearing<'_>,
    ) {
        let view = &mut self.view;
        hearing.nodes.each_growing(when, &mut |leader, channel, rows| count(view, leader, channel, rows));
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
            count(&mut self.view, node, channel, rows);
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
