//! The normal plan of the score rule by columns: one sweep says that nothing can be planned, or which few
//! segments must be looked at.
//!
//! Before the first plan no score changes, so every segment is held against a target of the lowest priority.
//! Where all those targets give the same numbers, every check is known before anything is sorted: what is
//! rejected, by which comparison, and which segment is planned first. The literal rule in `score` is its slow
//! twin, and answers whatever is outside of these bounds.

use super::balance_policy::{Ask, Force};
use super::movable::RedundancyFilter;
use super::node_item::{Arithmetic, NodeItem};
use super::plan::{Decline, Declines, SegmentPlan};
use super::reason::{Reason, ReasonCode};
use super::score::Score;
use super::score_columns::{FACTOR_BOUND, ScoreColumns};
use super::score_picks::{Pick, Rejections};
use super::view::columns::{Doubts, NOTHING};
use super::whole_numbers::{ceiled, least, truncated};
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex};

/// Verdict on a node that gives nothing.
const GIVES_NOTHING: f64 = f64::INFINITY;
/// Verdict on a node whose segments must be looked at one by one; neither below nor above any other.
const UNDECIDED: f64 = f64::NAN;

/// One plan on its way.
pub(super) struct Sweep<'a> {
    pub(super) rule: &'a Score,
    pub(super) replica: ReplicaIndex,
    pub(super) collection: CollectionIndex,
    channel: Option<ChannelIndex>,
    pub(super) columns: ScoreColumns,
    /// Of each node: rows of the smallest copy of the collection, or [`NOTHING`].
    smallest: Vec<u32>,
    excess: Vec<f64>,
    /// A node of the lowest priority, as good as any other.
    pub(super) target: NodeItem,
    /// Of each node: how far the move of its smallest segment was above the bound on overshoot that rejects
    /// it, or one of the verdicts above.
    verdicts: Vec<f64>,
    /// Of each node: how far the gap was below the toleration; empty if no gap can be.
    within: Vec<f64>,
    pub(super) picks: Vec<Pick>,
}

/// What [`Score::even`] answers; `None` = only the literal rule knows.
pub(super) fn even(
    rule: &Score,
    ask: &mut Ask<'_>,
    replica: ReplicaIndex,
    nodes: &[NodeIndex],
    channel: Option<ChannelIndex>,
) -> Option<Vec<SegmentPlan>> {
    let parameters = ask.parameters;
    let factors =
        [parameters.score_unbalance_toleration_factor, parameters.reverse_un_balance_toleration_factor];
    let is_usual = factors.iter().all(|factor| factor.abs() < FACTOR_BOUND);
    if !is_usual || ask.witness.wants_every_comparison() {
        return None;
    }
    // Drawn orders begin with the order given.
    if ask.shuffles && !ask.view.asked_nodes(nodes).is_ascending() {
        return None;
    }
    let collection = ask.view.replica(replica).collection;
    let columns = ScoreColumns::of(rule.scoring, rule.filter, ask, collection, nodes, Force::Unforced)?;
    let excess = columns.excess();
    let smallest = columns.smallest(ask, collection);
    let target = rule.common_target(&columns, &excess)?;
    let (verdicts, within, picks) = (Vec::new(), Vec::new(), Vec::new());
    let mut sweep = Sweep {
        rule,
        replica,
        collection,
        channel,
        columns,
        smallest,
        excess,
        target,
        verdicts,
        within,
        picks,
    };
    sweep.judge(ask);
    let mut declined = sweep.look_closer(ask);
    if sweep.picks.iter().any(Pick::passes) {
        return Some(sweep.plan(ask, declined));
    }
    sweep.rejections(ask).tell(&mut declined);
    ask.declined.join(&declined);
    Some(Vec::new())
}

impl Score {
    /// A target of the lowest priority, if for all that is asked of targets before the first plan they are
    /// the same.
    fn common_target(&self, columns: &ScoreColumns, excess: &[f64]) -> Option<NodeItem> {
        let arithmetic = self.scoring.arithmetic;
        let lowest = arithmetic.rounded(least(excess));
        let is_lowest = |place: &usize| arithmetic.rounded(excess[*place]) == lowest;
        let mut lowest_places = (0..excess.len()).filter(is_lowest);
        let first = columns.item(lowest_places.next()?, arithmetic);
        let is_same = self.benefit.asks_only_priorities()
            || lowest_places
                .all(|place| self.benefit.is_same_target(&first, &columns.item(place, arithmetic)));
        is_same.then_some(first)
    }

    /// Whether every copy may move as far as `doubts` tell.
    fn moves_all(&self, doubts: Doubts) -> bool {
        self.movable.lets_all(doubts) && (doubts.repeated == 0 || self.redundancy == RedundancyFilter::Off)
    }
}

impl ScoreColumns {
    pub(super) fn item(&self, place: usize, arithmetic: Arithmetic) -> NodeItem {
        let (node, current, assigned) = (self.nodes()[place], self.current[place], self.assigned[place]);
        NodeItem { node, current, assigned, arithmetic }
    }
}

impl Sweep<'_> {
    pub(super) fn item(&self, place: usize) -> NodeItem {
        self.columns.item(place, self.rule.scoring.arithmetic)
    }

    /// Fills the verdicts.
    fn judge(&mut self, ask: &Ask<'_>) {
        let is_plain =
            self.channel.is_none() && self.rule.moves_all(ask.view.collection(self.collection).doubts());
        if !is_plain {
            let undecided = |excess: &f64| if *excess <= 0.0 { GIVES_NOTHING } else { UNDECIDED };
            self.verdicts = self.excess.iter().map(undecided).collect();
            return;
        }
        // The usual case has a loop of its own: without a choice inside it takes several nodes at a time.
        let (benefit, target) = (self.rule.benefit, self.target);
        let lowest = target.priority() as f64;
        match self.rule.scoring.arithmetic {
            Arithmetic::Ceiled if benefit.asks_only_priorities() => {
                self.judge_by(ask, ceiled, |(_, _, priority), score| {
                    let moved = truncated(score);
                    (lowest + moved) - (priority - moved)
                });
            }
            arithmetic => self.judge_by(
                ask,
                |excess| arithmetic.rounded(excess),
                |source, score| benefit.turned(source, score, &target, lowest),
            ),
        }
    }

    /// Fills the verdicts, by how priorities are rounded and how far a move turns the gap around.
    #[inline]
    fn judge_by(
        &mut self,
        ask: &Ask<'_>,
        rounded: impl Fn(f64) -> f64,
        turned: impl Fn((f64, f64, f64), f64) -> f64,
    ) {
        let bound = self.rule.benefit.bound(&self.target, ask.parameters);
        let lowest = self.target.priority() as f64;
        let reverse = ask.parameters.reverse_un_balance_toleration_factor;
        let weight = 1.0 + ask.parameters.global_row_count_factor;
        let columns = &self.columns;
        let nodes = columns.current.iter().zip(&columns.assigned).zip(&self.smallest).zip(&self.excess);
        self.verdicts = nodes
            .map(|(((current, assigned), smallest), excess)| {
                let score = f64::from(*smallest) * weight;
                let priority = rounded(*excess);
                let gap = priority - lowest;
                let turned = turned((*current, *assigned, priority), score);
                let margin = turned * reverse - gap;
                let rejects = (turned > 0.0) & (margin >= 0.0);
                let is_alone = (current - score <= *assigned) & (*smallest != NOTHING);
                let known = if rejects & is_alone { margin } else { UNDECIDED };
                if *excess <= 0.0 { GIVES_NOTHING } else { known }
            })
            .collect();
        // Gaps are never negative.
        if bound > 0.0 {
            self.within = vec![GIVES_NOTHING; columns.nodes().len()];
            for place in 0..columns.nodes().len() {
                let score = f64::from(self.smallest[place]) * weight;
                let is_alone = columns.current[place] - score <= columns.assigned[place]
                    && self.smallest[place] != NOTHING;
                let gap = rounded(self.excess[place]) - lowest;
                if self.excess[place] > 0.0 && is_alone && gap < bound {
                    (self.verdicts[place], self.within[place]) = (GIVES_NOTHING, bound - gap);
                }
            }
        }
    }

    /// Picks the segments of the nodes that are undecided, and tells what stands in the way of others.
    fn look_closer(&mut self, ask: &Ask<'_>) -> Declines {
        let (view, rule) = (ask.view, self.rule);
        let mut met = Declines::default();
        let under = self.under_quota();
        let mut under = under.as_ref();
        let mut redundant = Declines::default();
        let all_movable = rule.movable.lets_all(view.collection(self.collection).doubts());
        let undecided: Vec<usize> =
            (0..self.verdicts.len()).filter(|place| self.verdicts[*place].is_nan()).collect();
        for place in undecided {
            if let Some((_, decline)) = under.take_if(|(first, _)| *first < place) {
                met.note(*decline);
            }
            let item = self.item(place);
            let (mut left, mut has_candidate, mut is_at_quota) = (item.current, false, false);
            for copy in view.copies(self.collection, item.node) {
                if !all_movable && !rule.movable.lets(view, copy.segment) {
                    met.plain(ReasonCode::NotInTarget);
                    continue;
                }
                let is_candidate =
                    self.channel.is_none_or(|channel| view.segment(copy.segment).channel == channel);
                if !is_candidate || is_at_quota {
                    continue;
                }
                has_candidate = true;
                let score = rule.scoring.segment_score(ask, copy.row_count());
                left -= score;
                is_at_quota = left <= item.assigned;
                let copies = rule.redundancy.copies(view, self.replica, copy.segment);
                if copies == 1 {
                    let pick = Pick::of(copy, place, &item);
                    let outcome = rule.benefit.compare(&item, &self.target, score, ask.parameters);
                    self.picks.push(Pick { rejected: outcome.err(), ..pick });
                } else {
                    let code = ReasonCode::Redundant;
                    redundant.add(Reason::compared(code, None, copies as f64, 1.0));
                }
                if is_at_quota && all_movable {
                    break;
                }
            }
            if !has_candidate {
                met.plain(ReasonCode::SourceHasNothingOfThisCollection);
            }
        }
        if let Some((_, decline)) = under {
            met.note(*decline);
        }
        met.join(&redundant);
        met
    }

    /// The nodes that are at their quota or below: the place of the first, and the nearest.
    fn under_quota(&self) -> Option<(usize, Decline)> {
        let below: Vec<f64> =
            self.excess.iter().map(|excess| if *excess <= 0.0 { -excess } else { GIVES_NOTHING }).collect();
        let nearest = least(&below);
        let place = below.iter().position(|margin| *margin == nearest).filter(|_| nearest < GIVES_NOTHING)?;
        let count = self.excess.iter().map(|excess| u32::from(*excess <= 0.0)).sum();
        let first = self.excess.iter().position(|excess| *excess <= 0.0)?;
        let (current, assigned) = (self.columns.current[place], self.columns.assigned[place]);
        let reason = Reason::compared(ReasonCode::NodeUnderQuota, None, current, assigned);
        Some((first, Decline { reason, count }))
    }

    /// Everything that the benefit check rejects while nothing is planned.
    fn rejections(&self, ask: &Ask<'_>) -> Rejections {
        let mut rejections = Rejections::default();
        for pick in &self.picks {
            if let Some(reason) = pick.rejected {
                rejections.add(reason, pick.key(), 1);
            }
        }
        for margins in [&self.verdicts, &self.within] {
            let count: u32 = margins.iter().map(|margin| u32::from(*margin < GIVES_NOTHING)).sum();
            if count == 0 {
                continue;
            }
            let nearest = least(margins);
            let places = (0..margins.len()).filter(|place| margins[*place] == nearest);
            // Equal keys are equal numbers, and so equal comparisons.
            let Some(pick) = places.map(|place| self.smallest_pick(place)).min_by_key(Pick::key) else {
                continue;
            };
            let Err(reason) = self.check(ask, &pick) else { continue };
            rejections.add(reason, pick.key(), count);
            // Whose first rejection came first matters only where there are both.
            if !self.within.is_empty() {
                let rejected = (0..margins.len()).filter(|place| margins[*place] < GIVES_NOTHING);
                if let Some(first) = rejected.map(|place| self.smallest_pick(place).key()).min() {
                    rejections.come_first(reason.code, first);
                }
            }
        }
        rejections
    }

    fn check(&self, ask: &Ask<'_>, pick: &Pick) -> Result<(), Reason> {
        let score = self.rule.scoring.segment_score(ask, i64::from(pick.rows));
        self.rule.benefit.compare(&self.item(pick.place), &self.target, score, ask.parameters)
    }

    /// The smallest segment of a node, which segment it is not yet being known.
    fn smallest_pick(&self, place: usize) -> Pick {
        let (rows, priority) = (self.smallest[place], self.item(place).priority());
        Pick { rows, priority, place, segment: None, rejected: None }
    }

    /// All that is picked, in no order.
    pub(super) fn all_picks(&mut self, ask: &Ask<'_>) -> Vec<Pick> {
        let mut picks = std::mem::take(&mut self.picks);
        for place in 0..self.verdicts.len() {
            let is_within = self.within.get(place).is_some_and(|margin| *margin < GIVES_NOTHING);
            if is_within || self.verdicts[place] < GIVES_NOTHING {
                let pick = self.smallest_pick(place);
                picks.push(Pick { rejected: self.check(ask, &pick).err(), ..pick });
            }
        }
        picks
    }
}
