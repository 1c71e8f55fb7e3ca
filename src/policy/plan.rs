//! What a policy answers: moves of segments and channels, and why others were not planned.

use super::reason::{Reason, ReasonCode};
use crate::model::ids::{ChannelIndex, NodeIndex, ReplicaIndex, SegmentIndex};

/// A segment goes to a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentPlan {
    /// The segment.
    pub segment: SegmentIndex,
    /// The node that gives it; `None` = it is loaded anew.
    pub from: Option<NodeIndex>,
    /// The node that gets it. In some releases it may be the giver itself (quirk Q11, section 7.3.4).
    pub to: NodeIndex,
    /// The replica it is planned for; `None` from a bare assignment, whose caller knows.
    pub replica: Option<ReplicaIndex>,
    /// Why.
    pub reason: Reason,
}

/// A channel goes to a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelPlan {
    /// The channel.
    pub channel: ChannelIndex,
    /// The node that gives it; `None` = it is subscribed anew.
    pub from: Option<NodeIndex>,
    /// The node that gets it.
    pub to: NodeIndex,
    /// The replica it is planned for; `None` from a bare assignment, whose caller knows.
    pub replica: Option<ReplicaIndex>,
    /// Why.
    pub reason: Reason,
}

/// A ground for planning nothing, and how often it applied in one consultation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decline {
    /// The ground, with the numbers of the comparison nearest to turning out otherwise.
    pub reason: Reason,
    /// How many nodes, segments or channels it held back.
    pub count: u32,
}

impl Decline {
    fn take_nearer(&mut self, reason: Reason) {
        let is_nearer = match (reason.margin(), self.reason.margin()) {
            (Some(new), Some(old)) => new.abs() < old.abs(),
            (new, old) => new.is_some() && old.is_none(),
        };
        if is_nearer {
            self.reason = reason;
        }
    }
}

/// The grounds met in one consultation: one entry per code, in the order of the first meeting.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declines {
    entries: Vec<Decline>,
}

impl Declines {
    /// Notes a ground once more.
    pub fn add(&mut self, reason: Reason) {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.reason.code == reason.code) else {
            self.entries.push(Decline { reason, count: 1 });
            return;
        };
        entry.count += 1;
        entry.take_nearer(reason);
    }

    /// Notes a ground that was met so often.
    pub(super) fn note(&mut self, new: Decline) {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.reason.code == new.reason.code) else {
            self.entries.push(new);
            return;
        };
        entry.count += new.count;
        entry.take_nearer(new.reason);
    }

    /// Notes a ground that compares nothing.
    pub fn plain(&mut self, code: ReasonCode) {
        self.add(Reason::plain(code));
    }

    /// Notes grounds that were met elsewhere, after those met so far.
    pub fn join(&mut self, met: &Declines) {
        met.entries.iter().for_each(|new| self.note(*new));
    }

    /// The grounds, in the order of the first meeting.
    pub fn entries(&self) -> &[Decline] {
        &self.entries
    }

    /// Takes the grounds out.
    pub fn take(&mut self) -> Vec<Decline> {
        std::mem::take(&mut self.entries)
    }
}

/// Moves of segments that were planned in vain, because they are under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repeats {
    /// How many. Milvus counts them as planned where it limits how much a tick plans.
    pub count: usize,
    /// Whether nodes had to be weighed to find out; otherwise they hang on what is where and under way alone.
    pub are_weighed: bool,
}

/// What should move within a replica.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BalancePlan {
    /// Moves of segments, in the order of planning.
    pub segments: Vec<SegmentPlan>,
    /// Moves of channels, in the order of planning.
    pub channels: Vec<ChannelPlan>,
    /// Moves of segments that were planned in vain, because they are under way.
    pub repeats: Repeats,
    /// Why nothing or no more was planned; may stand beside moves.
    pub declined: Vec<Decline>,
}

impl BalancePlan {
    /// Whether nothing was planned, not even in vain.
    pub fn is_empty(&self) -> bool {
        self.plans_nothing_new() && self.repeats.count == 0
    }

    /// Whether nothing was planned but what is known to be under way.
    pub fn plans_nothing_new(&self) -> bool {
        self.segments.is_empty() && self.channels.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grounds_are_counted_and_keep_the_nearest_comparison() {
        let mut declines = Declines::default();
        for left in [10.0, 48.0, 30.0] {
            declines.add(Reason::compared(ReasonCode::Tolerance, None, left, 50.0));
        }
        declines.plain(ReasonCode::Redundant);
        let taken = declines.take();
        assert_eq!(taken.iter().map(|entry| entry.count).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(taken[0].reason.left, Some(48.0));
        assert!(declines.entries().is_empty());
    }
}
