//! How the cluster came to rest after each disturbance.

use super::open_moves::OpenMoves;
use super::summary::Settle;
use crate::coordinator::keys::{Config, Value};
use crate::coordinator::outcome::MoveNumber;
use crate::release::Quirk;
use crate::scenario::Scenario;
use std::collections::BTreeMap;

/// Collections that one round of 2.1 looks at.
const COLLECTIONS_PER_ROUND: u64 = 20;

/// At least so long must nothing move, unless the scenario says otherwise.
const QUIET_LEAST_MS: u64 = 120_000;

/// How long nothing automatic may move before a disturbance counts as settled, in milliseconds: what the
/// scenario says, or the longer of 2 min and twice the time in which the release comes round to every
/// collection loaded at the start (2.0: one round; 2.1: 20 collections a round).
pub fn quiet_ms(scenario: &Scenario) -> u64 {
    if let Some(quiet) = scenario.settle_quiet {
        return quiet.as_ms();
    }
    let loaded = scenario.collections.iter().filter(|collection| collection.loaded).count() as u64;
    let rounds = if scenario.release.has(Quirk::BalancesWholeCluster) {
        1
    } else {
        loaded.div_ceil(COLLECTIONS_PER_ROUND).max(1)
    };
    let interval_ms = number(&scenario.config, "queryCoord.balanceIntervalSeconds").unwrap_or(60.0) * 1000.0;
    QUIET_LEAST_MS.max((2.0 * interval_ms * rounds as f64) as u64)
}

/// A key's value as a number, where it is one.
pub fn number(config: &Config, key: &str) -> Option<f64> {
    let number = match config.value(key)? {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        Value::Text(text) => text.trim().parse().ok()?,
        Value::Bool(_) => return None,
    };
    number.is_finite().then_some(number)
}

/// What may turn out to be a disturbance: an entry that Milvus refuses later was none.
#[derive(Debug, Clone)]
struct Candidate {
    at_ms: u64,
    cause: &'static str,
    /// Sequence number of its command record.
    sequence: u64,
    is_refused: bool,
}

/// Automatic moves planned within one candidate and ended within one.
#[derive(Debug, Clone, Copy, Default)]
struct Ended {
    moves: u64,
    last_ms: u64,
}

/// Follows disturbances and the automatic moves (of segments and channels) within them.
#[derive(Debug, Clone)]
pub struct SettleWatch {
    quiet_ms: u64,
    candidates: Vec<Candidate>,
    /// Moves under way: candidate within which each was planned.
    open: OpenMoves<usize>,
    /// (Candidate of the plan, candidate of the end) -> moves. Refused candidates are only known
    /// afterwards, so nothing is joined before the end.
    ended: BTreeMap<(usize, usize), Ended>,
}

impl SettleWatch {
    /// Watches from t = 0, the first disturbance.
    pub fn new(quiet_ms: u64) -> SettleWatch {
        let start = Candidate { at_ms: 0, cause: "start", sequence: 0, is_refused: false };
        SettleWatch { quiet_ms, candidates: vec![start], open: OpenMoves::default(), ended: BTreeMap::new() }
    }

    /// A timeline entry that does more than look is due.
    pub fn disturbed(&mut self, now_ms: u64, verb: &'static str, sequence: u64) {
        self.candidates.push(Candidate { at_ms: now_ms, cause: verb, sequence, is_refused: false });
    }

    /// The entry with this sequence number was refused.
    pub fn refused(&mut self, sequence: u64) {
        if let Ok(place) = self.candidates[1..].binary_search_by_key(&sequence, |one| one.sequence) {
            self.candidates[place + 1].is_refused = true;
        }
    }

    /// An automatic move was planned.
    pub fn planned(&mut self, number: MoveNumber) {
        self.open.insert(number, self.candidates.len() - 1);
    }

    /// A move ended, however.
    pub fn ended(&mut self, now_ms: u64, number: MoveNumber) {
        if let Some(planned) = self.open.remove(number) {
            let ended = self.ended.entry((planned, self.candidates.len() - 1)).or_default();
            ended.moves += 1;
            ended.last_ms = ended.last_ms.max(now_ms);
        }
    }

    /// Whether the last disturbance has settled by `now_ms`.
    pub fn is_settled(&self, now_ms: u64) -> bool {
        self.finish(now_ms).last().is_some_and(|last| last.settled)
    }

    /// One entry per disturbance, for a run that ends at `end_ms`.
    pub fn finish(&self, end_ms: u64) -> Vec<Settle> {
        let mut spans: Vec<RestSpan> = Vec::new();
        let mut span_of = Vec::with_capacity(self.candidates.len());
        for candidate in &self.candidates {
            if !candidate.is_refused {
                if let Some(before) = spans.last_mut() {
                    before.until_ms = candidate.at_ms;
                }
                spans.push(RestSpan::new(candidate, end_ms));
            }
            span_of.push(spans.len() - 1);
        }
        for ((planned, ended), moves) in &self.ended {
            note(&mut spans, span_of[*planned], Some((span_of[*ended], moves.last_ms)), moves.moves);
        }
        for planned in self.open.values() {
            note(&mut spans, span_of[*planned], None, 1);
        }
        spans.into_iter().map(|span| span.settle(self.quiet_ms)).collect()
    }
}

/// One disturbance with what is known about its span.
struct RestSpan {
    at_ms: u64,
    until_ms: u64,
    cause: &'static str,
    moves: u64,
    /// End of the last move planned within it.
    own_end_ms: u64,
    /// End of the last move within it, whenever planned.
    any_end_ms: u64,
    is_open_at_end: bool,
}

impl RestSpan {
    fn new(candidate: &Candidate, until_ms: u64) -> RestSpan {
        let at_ms = candidate.at_ms;
        RestSpan {
            at_ms,
            until_ms,
            cause: candidate.cause,
            moves: 0,
            own_end_ms: at_ms,
            any_end_ms: at_ms,
            is_open_at_end: false,
        }
    }

    fn settle(self, quiet_ms: u64) -> Settle {
        let settled = !self.is_open_at_end && self.any_end_ms + quiet_ms <= self.until_ms;
        Settle {
            at_ms: self.at_ms,
            cause: self.cause.to_string(),
            settled,
            settle_ms: settled.then_some(self.own_end_ms - self.at_ms),
            moves: self.moves,
        }
    }
}

/// Notes moves planned within one span and ended within one (`None` = under way at the end of the run).
fn note(spans: &mut [RestSpan], planned: usize, ended: Option<(usize, u64)>, moves: u64) {
    spans[planned].moves += moves;
    let last = ended.map_or(spans.len(), |(place, _)| place);
    spans[planned..last].iter_mut().for_each(|span| span.is_open_at_end = true);
    if let Some((place, end_ms)) = ended {
        spans[place].any_end_ms = spans[place].any_end_ms.max(end_ms);
        if place == planned {
            spans[place].own_end_ms = spans[place].own_end_ms.max(end_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(moves: &[(u64, Option<u64>)], disturbances: &[(u64, bool)]) -> Vec<Settle> {
        let mut watch = SettleWatch::new(100);
        let mut steps: Vec<(u64, u32, usize)> = Vec::new();
        for (place, (at, _)) in disturbances.iter().enumerate() {
            steps.push((*at, 0, place));
        }
        for (place, (planned, ended)) in moves.iter().enumerate() {
            steps.push((*planned, 1, place));
            steps.extend(ended.map(|ended| (ended, 2, place)));
        }
        steps.sort_unstable();
        for (at, kind, place) in steps {
            match kind {
                0 => watch.disturbed(at, "stop_query_node", 10 + place as u64),
                1 => watch.planned(MoveNumber(place as u32)),
                _ => watch.ended(at, MoveNumber(place as u32)),
            }
        }
        for (place, (_, is_refused)) in disturbances.iter().enumerate() {
            if *is_refused {
                watch.refused(10 + place as u64);
            }
        }
        watch.finish(1_000)
    }

    fn answers(settles: &[Settle]) -> Vec<(u64, Option<u64>, u64)> {
        settles.iter().map(|settle| (settle.at_ms, settle.settle_ms, settle.moves)).collect()
    }

    #[test]
    fn a_disturbance_without_moves_settles_at_once() {
        assert_eq!(answers(&watch(&[], &[])), [(0, Some(0), 0)]);
    }

    #[test]
    fn quiet_must_fit_before_the_next_disturbance() {
        let settles = watch(&[(10, Some(50)), (400, Some(450))], &[(149, false), (550, false)]);
        assert_eq!(answers(&settles), [(0, None, 1), (149, Some(301), 1), (550, Some(0), 0)]);
        assert_eq!(answers(&watch(&[(10, Some(50))], &[(150, false)]))[0], (0, Some(50), 1));
    }

    #[test]
    fn a_move_from_before_disturbs_the_rest_but_not_the_count() {
        let settles = watch(&[(100, Some(350))], &[(300, false), (440, false)]);
        assert_eq!(answers(&settles), [(0, None, 1), (300, None, 0), (440, Some(0), 0)]);
    }

    #[test]
    fn a_refused_entry_is_no_disturbance() {
        let settles = watch(&[(100, Some(350))], &[(300, true)]);
        assert_eq!(answers(&settles), [(0, Some(350), 1)]);
    }

    #[test]
    fn a_move_that_never_ends_never_settles() {
        let settles = watch(&[(100, None)], &[(300, false)]);
        assert_eq!(answers(&settles), [(0, None, 1), (300, None, 0)]);
    }
}
