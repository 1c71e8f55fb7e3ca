//! Whether a move brings enough: a lower bound on the gap, an upper bound on overshoot (section 7.3.4).

use super::node_item::{Arithmetic, NodeItem};
use super::parameters::Parameters;
use super::reason::{Reason, ReasonCode};
use super::whole_numbers::truncated;
use super::witness::{Instead, Unwitnessed, Witness};
use crate::release::{Quirk, Release};

/// Key of the lower bound.
pub const TOLERATION_KEY: &str = "queryCoord.scoreUnbalanceTolerationFactor";
/// Key of the upper bound.
pub const REVERSE_KEY: &str = "queryCoord.reverseUnBalanceTolerationFactor";

/// What the toleration is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    /// The target's score itself, which up to 2.4.12 is its priority; the dead toleration of quirk Q3
    /// later, when the priority is hardly ever above 0.
    Priority,
    /// The target's share of all scores (2.6.23, 3.0.1 and later).
    Assigned,
}

/// How priorities after the move are reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// Priority plus or minus the truncated score of what moves.
    TruncatedScore,
    /// The whole difference truncated (2.4.13 to 2.6.9).
    TruncatedDifference,
}

/// The benefit check of one release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Benefit {
    base: Base,
    after: After,
}

impl Benefit {
    /// The check of `release`.
    pub fn of(release: Release) -> Benefit {
        let is_weighted = Arithmetic::of(release) != Arithmetic::Whole;
        let is_on_priority = !is_weighted || release.has(Quirk::TolerationIsDead);
        Benefit {
            base: if is_on_priority { Base::Priority } else { Base::Assigned },
            after: if release.has(Quirk::BenefitTruncatesDifference) {
                After::TruncatedDifference
            } else {
                After::TruncatedScore
            },
        }
    }

    /// Whether moving `score` from `source` to `target` brings enough; otherwise why not.
    ///
    /// # Errors
    ///
    /// [`ReasonCode::Tolerance`] or [`ReasonCode::Reverse`], with both sides.
    pub fn check(
        self,
        source: &NodeItem,
        target: &NodeItem,
        score: f64,
        parameters: &Parameters,
        witness: &mut (impl Witness + ?Sized),
    ) -> Result<(), Reason> {
        let (source_before, target_before) = (source.priority(), target.priority());
        let gap = (source_before - target_before).abs() as f64;
        let base = match self.base {
            Base::Priority => target_before as f64,
            Base::Assigned => target.assigned,
        };
        let toleration = parameters.score_unbalance_toleration_factor;
        let reverse = parameters.reverse_un_balance_toleration_factor;
        let (source_after, target_after) = self.priorities_after(source, target, score);
        let (turns, turned) = (target_after > source_after, (source_after - target_after).abs() as f64);
        witness.decided(&|instead: &Instead<'_>| {
            gap < base * instead.of(TOLERATION_KEY, toleration)
                || (turns && turned * instead.of(REVERSE_KEY, reverse) >= gap)
        });
        let bound = base * toleration;
        if witness.below(Some(TOLERATION_KEY), gap, bound) {
            return Err(Reason::compared(ReasonCode::Tolerance, Some(TOLERATION_KEY), gap, bound));
        }
        if turns {
            let overshoot = turned * reverse;
            if witness.at_least(Some(REVERSE_KEY), overshoot, gap) {
                return Err(Reason::compared(ReasonCode::Reverse, Some(REVERSE_KEY), overshoot, gap));
            }
        }
        Ok(())
    }

    /// The check without a witness.
    ///
    /// # Errors
    ///
    /// As [`Benefit::check`].
    pub fn compare(
        self,
        source: &NodeItem,
        target: &NodeItem,
        score: f64,
        parameters: &Parameters,
    ) -> Result<(), Reason> {
        self.check(source, target, score, parameters, &mut Unwitnessed)
    }

    /// Whether of a target only its priority matters.
    pub(super) fn asks_only_priorities(self) -> bool {
        self.base == Base::Priority && self.after == After::TruncatedScore
    }

    /// Whether two targets of the same priority come to the same in every check.
    pub(super) fn is_same_target(self, one: &NodeItem, other: &NodeItem) -> bool {
        let is_same_share = self.base == Base::Priority || one.assigned == other.assigned;
        let is_same_item = one.current == other.current && one.assigned == other.assigned;
        is_same_share && (self.after == After::TruncatedScore || is_same_item)
    }

    /// Gaps below it are within the toleration.
    pub(super) fn bound(self, target: &NodeItem, parameters: &Parameters) -> f64 {
        let base = match self.base {
            Base::Priority => target.priority() as f64,
            Base::Assigned => target.assigned,
        };
        base * parameters.score_unbalance_toleration_factor
    }

    /// How far the target's priority is above the source's once `score` has moved, as a whole number.
    /// `source` is the source's current and assigned score, and its priority.
    #[inline]
    pub(super) fn turned(self, source: (f64, f64, f64), score: f64, target: &NodeItem, lowest: f64) -> f64 {
        let (current, assigned, priority) = source;
        match self.after {
            After::TruncatedScore => {
                let moved = truncated(score);
                (lowest + moved) - (priority - moved)
            }
            After::TruncatedDifference => {
                let after = truncated((target.current + score) - target.assigned);
                after - truncated((current - score) - assigned)
            }
        }
    }

    /// Priorities of both once `score` has moved.
    fn priorities_after(self, source: &NodeItem, target: &NodeItem, score: f64) -> (i64, i64) {
        match self.after {
            After::TruncatedScore => (source.priority() - score as i64, target.priority() + score as i64),
            After::TruncatedDifference => (
                ((source.current - score) - source.assigned) as i64,
                ((target.current + score) - target.assigned) as i64,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::NodeIndex;
    use crate::policy::witness::Unwitnessed;

    fn code(release: &str, source: (i64, f64), target: (i64, f64), score: f64) -> Option<ReasonCode> {
        let release: Release = release.parse().expect("known");
        let item = |(score, assigned)| NodeItem {
            assigned,
            ..NodeItem::new(NodeIndex(0), score, Arithmetic::of(release))
        };
        let parameters = Parameters::shipped(release);
        let check =
            Benefit::of(release).check(&item(source), &item(target), score, &parameters, &mut Unwitnessed);
        check.err().map(|reason| reason.code)
    }

    #[test]
    fn the_toleration_lives_again_from_2_6_23_on() {
        let (source, target) = ((1_001_000, 995_500.0), (990_000, 995_500.0));
        for release in ["2.4.23", "2.5.27", "2.6.22", "3.0.0"] {
            assert_eq!(code(release, source, target, 7_700.0), None, "{release}");
        }
        for release in ["2.6.23", "3.0.1", "master"] {
            assert_eq!(code(release, source, target, 7_700.0), Some(ReasonCode::Tolerance), "{release}");
        }
        let whole = ((1_001_000, 0.0), (990_000, 0.0));
        assert_eq!(code("2.4.12", whole.0, whole.1, 7_700.0), Some(ReasonCode::Tolerance));
    }

    #[test]
    fn an_overshoot_must_shrink_the_gap() {
        for release in ["2.4.0", "2.5.27", "master"] {
            let code = code(release, (110_000, 0.0), (0, 0.0), 110_000.0);
            assert_eq!(code, Some(ReasonCode::Reverse), "{release}");
        }
    }
}
