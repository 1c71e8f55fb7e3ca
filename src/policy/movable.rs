//! Which segments and channels may be moved at all: targets, level zero, number of copies (section 3).

use super::balance_policy::Ask;
use super::balance_policy::{ChannelToAssign, SegmentToAssign};
use super::reason::{Reason, ReasonCode};
use super::view::ClusterView;
use super::view::columns::Doubts;
use super::view::segment::{SegmentCopy, Target};
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use crate::release::{Quirk, Release};
use std::borrow::Cow;

/// Which targets a segment must be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Targets {
    Any,
    Current,
    Both,
    Either,
}

/// Which segments may be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movable {
    targets: Targets,
    moves_level_zero: bool,
}

impl Movable {
    /// The rule of `release` for all plans but those of the score rule.
    pub fn of(release: Release) -> Movable {
        let targets = if release.has(Quirk::AnySegmentMovable) {
            Targets::Any
        } else if release.has(Quirk::MovableInCurrentTarget) {
            Targets::Current
        } else if release.has(Quirk::MovableInBothTargets) {
            Targets::Both
        } else {
            Targets::Either
        };
        Movable { targets, moves_level_zero: !release.has(Quirk::LevelZeroNotMovable) }
    }

    /// The rule of `release` for the normal plan of the score rule.
    pub fn by_score(release: Release) -> Movable {
        let base = Movable::of(release);
        if release.has(Quirk::ScoreMovesUntargeted) {
            Movable { targets: Targets::Any, ..base }
        } else {
            let stays = release.has(Quirk::ScoreLeavesLevelZero);
            Movable { moves_level_zero: base.moves_level_zero && !stays, ..base }
        }
    }

    /// The rule of `release` for what the score rule drains.
    pub fn drained_by_score(release: Release) -> Movable {
        let base = Movable::of(release);
        if release.has(Quirk::ScoreDrainsCurrentTarget) {
            Movable { targets: Targets::Current, ..base }
        } else {
            base
        }
    }

    /// Whether the segment may be moved.
    pub fn lets(self, view: &ClusterView, segment: SegmentIndex) -> bool {
        let segment = view.segment(segment);
        let (current, next) = (segment.is_in(Target::Current), segment.is_in(Target::Next));
        let is_targeted = match self.targets {
            Targets::Any => true,
            Targets::Current => current,
            Targets::Both => current && next,
            Targets::Either => current || next,
        };
        is_targeted && (self.moves_level_zero || !segment.is_level_zero)
    }

    /// Whether every copy may be moved that these doubts are about.
    pub(super) fn lets_all(self, doubts: Doubts) -> bool {
        let untargeted = match self.targets {
            Targets::Any => 0,
            Targets::Current => doubts.not_current,
            Targets::Both => doubts.not_current + doubts.not_next,
            Targets::Either => doubts.in_neither,
        };
        untargeted == 0 && (self.moves_level_zero || doubts.level_zero == 0)
    }

    /// The same, without a list of their own where all may be moved.
    pub(super) fn those_of<'a>(
        self,
        ask: &mut Ask<'a>,
        collection: CollectionIndex,
        node: NodeIndex,
    ) -> Cow<'a, [SegmentCopy]> {
        let view = ask.view;
        if self.lets_all(view.collection(collection).doubts()) {
            return Cow::Borrowed(view.copies(collection, node));
        }
        Cow::Owned(self.copies(ask, collection, node))
    }

    /// The copies of `collection` on `node` that may be moved, rows ascending; the others are declined.
    pub fn copies(self, ask: &mut Ask<'_>, collection: CollectionIndex, node: NodeIndex) -> Vec<SegmentCopy> {
        let view = ask.view;
        let mut movable = Vec::with_capacity(view.copies(collection, node).len());
        for copy in view.copies(collection, node) {
            if self.lets(view, copy.segment) {
                movable.push(*copy);
            } else {
                ask.declined.plain(ReasonCode::NotInTarget);
            }
        }
        movable
    }
}

/// Drops what has other than one copy (section 3, redundancy filter).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedundancyFilter {
    /// Nothing is dropped.
    Off,
    /// Copies are counted over the cluster (quirk Q8).
    InCluster,
    /// Copies are counted within the replica.
    InReplica,
}

impl RedundancyFilter {
    /// The filter of `release`.
    pub fn of(release: Release) -> RedundancyFilter {
        if !release.has(Quirk::RedundancyFilter) {
            RedundancyFilter::Off
        } else if release.has(Quirk::RedundancyCountsCluster) {
            RedundancyFilter::InCluster
        } else {
            RedundancyFilter::InReplica
        }
    }

    /// Keeps the segments with one copy.
    pub fn keep_single(self, ask: &mut Ask<'_>, replica: ReplicaIndex, segments: &mut Vec<SegmentToAssign>) {
        if self == RedundancyFilter::Off {
            return;
        }
        let view = ask.view;
        segments.retain(|segment| {
            let copies = self.copies(view, replica, segment.segment);
            keep(ask, copies)
        });
    }

    /// How many copies count of a segment of which a node of the replica has one.
    pub(super) fn copies(self, view: &ClusterView, replica: ReplicaIndex, segment: SegmentIndex) -> usize {
        if self == RedundancyFilter::Off {
            return 1;
        }
        let everywhere = view.holders().count(segment);
        // The only copy is the one that was picked on a node of the replica.
        if everywhere == 1 || self == RedundancyFilter::InCluster {
            everywhere
        } else {
            let members = view.replica(replica);
            view.copies_among(segment, |node| members.has(node))
        }
    }
}

/// Keeps the channels with one copy in the replica (section 8.3, channels by score).
pub fn keep_single_channels(ask: &mut Ask<'_>, replica: ReplicaIndex, channels: &mut Vec<ChannelToAssign>) {
    let view = ask.view;
    let members = view.replica(replica);
    channels.retain(|channel| {
        let holders = view.channel_holders(channel.channel).iter();
        keep(ask, holders.filter(|node| members.has_any(**node)).count())
    });
}

fn keep(ask: &mut Ask<'_>, copies: usize) -> bool {
    if copies != 1 {
        ask.declined.add(Reason::compared(ReasonCode::Redundant, None, copies as f64, 1.0));
    }
    copies == 1
}
