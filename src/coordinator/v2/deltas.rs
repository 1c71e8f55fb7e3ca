//! What tasks will bring to nodes, or take from them, as the scores count it (section 10.6).

use super::state::QueryCoordV2;
use super::tasks::{ActionKind, Subject, Task, TaskId};
use crate::policy::view::ClusterView;
use crate::release::{Quirk, Release};

impl QueryCoordV2 {
    /// Counts what a task that is new brings, as far as it counts now.
    pub(super) fn count_task(&mut self, id: TaskId) {
        self.recount(id);
        if let Some(task) = self.tasks.get(id)
            && task.is_move()
        {
            count_move(&mut self.view, task, true);
        }
    }

    /// Takes back what a task that is out of the scheduler still counted.
    pub(super) fn uncount_task(&mut self, task: &Task) {
        for place in 0..task.what.actions.len() {
            if task.counts[place] {
                shift(&mut self.view, self.release, task, place, -1);
            }
        }
        if task.is_move() {
            count_move(&mut self.view, task, false);
        }
    }

    /// The distribution of a subject changed: what it shows no longer counts, where the release looks.
    pub(super) fn settle_counts(&mut self, subject: Subject) {
        if self.release.has(Quirk::PendingSeesDistribution) {
            for id in self.tasks.all_about(subject) {
                self.recount(id);
            }
        }
    }

    fn recount(&mut self, id: TaskId) {
        for place in 0..2 {
            let Some(task) = self.tasks.get(id).filter(|task| place < task.what.actions.len()) else {
                return;
            };
            let counts = self.counts_now(task, place);
            if counts != task.counts[place] {
                shift(&mut self.view, self.release, task, place, if counts { 1 } else { -1 });
                if let Some(task) = self.tasks.get_mut(id) {
                    task.counts[place] = counts;
                }
            }
        }
    }

    /// Whether an action counts: always, or while its effect cannot be seen yet (2.6.20 and later).
    fn counts_now(&self, task: &Task, place: usize) -> bool {
        let Subject::Segment(segment) = task.what.subject else { return true };
        if !self.release.has(Quirk::PendingSeesDistribution) {
            return true;
        }
        let action = task.what.actions[place];
        let is_there = self.view.holders().has(segment, action.node);
        match action.kind {
            ActionKind::Grow => !is_there,
            ActionKind::Reduce => is_there,
        }
    }
}

fn shift(view: &mut ClusterView, release: Release, task: &Task, place: usize, sign: i64) {
    let action = task.what.actions[place];
    let sign = match action.kind {
        ActionKind::Grow => sign,
        ActionKind::Reduce => -sign,
    };
    match task.what.subject {
        Subject::Segment(_) if release.has(Quirk::PendingRowsCount) => {
            view.shift_pending_rows(task.what.collection, action.node, sign * task.rows);
        }
        Subject::Segment(_) => view.shift_pending_actions(action.node, sign),
        Subject::Channel(_) => view.shift_pending_channels(task.what.collection, action.node, sign),
    }
}

fn count_move(view: &mut ClusterView, task: &Task, is_added: bool) {
    let view = view.collection_mut(task.what.collection);
    let moves = match task.what.subject {
        Subject::Segment(_) => &mut view.pending_segment_moves,
        Subject::Channel(_) => &mut view.pending_channel_moves,
    };
    *moves = if is_added { *moves + 1 } else { moves.saturating_sub(1) };
}
