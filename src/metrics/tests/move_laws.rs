//! Every figure of moves equals its definition, over drawn plans, ends and loads.

use super::driven::{Driven, cluster, scenario};
use crate::coordinator::outcome::{MoveCause, MoveNumber, MoveOutcome};
use crate::metrics::summary::Moves;
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};
use crate::policy::reason::{Reason, ReasonCode};
use crate::simulation::history::{Moved, Record};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One thing that happens to moves.
#[derive(Debug, Clone)]
enum Step {
    /// A segment of the second collection goes from where it is to a node.
    Plan { segment: u32, to: u32, cause: MoveCause },
    /// The open move at this place ends.
    End { place: usize, outcome: MoveOutcome },
    /// A load that is no move.
    Load { segment: u32, node: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let cause = prop::sample::select(vec![MoveCause::Balance, MoveCause::Drain, MoveCause::Manual]);
    let outcome = prop_oneof![
        6 => Just(MoveOutcome::Completed),
        1 => Just(MoveOutcome::Failed),
        1 => Just(MoveOutcome::Cancelled),
        1 => Just(MoveOutcome::Refused),
    ];
    prop_oneof![
        4 => (8u32..11, 0u32..4, cause).prop_map(|(segment, to, cause)| Step::Plan { segment, to, cause }),
        4 => (0usize..3, outcome).prop_map(|(place, outcome)| Step::End { place, outcome }),
        1 => (8u32..11, 0u32..4).prop_map(|(segment, node)| Step::Load { segment, node }),
    ]
}

/// Completed moves in their order, with the loads between them.
#[derive(Debug, Clone, Copy)]
enum Fact {
    Moved { segment: u32, from: u32, to: u32 },
    Loaded { segment: u32, node: u32 },
}

/// The chains of a segment: lists of nodes visited.
fn chains(facts: &[Fact]) -> BTreeMap<u32, Vec<Vec<u32>>> {
    let mut chains: BTreeMap<u32, Vec<Vec<u32>>> = BTreeMap::new();
    for fact in facts {
        match *fact {
            Fact::Loaded { segment, node } => chains.entry(segment).or_default().push(vec![node]),
            Fact::Moved { segment, from, to } => {
                let of_segment = chains.entry(segment).or_default();
                if of_segment.last().and_then(|chain| chain.last()) != Some(&from) {
                    of_segment.push(vec![from]);
                }
                of_segment.last_mut().unwrap().push(to);
            }
        }
    }
    chains
}

fn plain(facts: &[Fact], cluster: &Cluster) -> Moves {
    let mut moves = Moves::default();
    for (segment, chains) in chains(facts) {
        let bytes = cluster.segments().memory_bytes(SegmentIndex(segment));
        let rows = u64::from(cluster.segments().rows(SegmentIndex(segment)));
        let mut returns = 0;
        for chain in &chains {
            let steps = chain.len() as u64 - 1;
            moves.completed += steps;
            moves.bytes += bytes * steps;
            moves.rows += rows * steps;
            let is_back = chain.first() == chain.last();
            moves.net_zero += if is_back { steps } else { 0 };
            let needed = u64::from(!is_back);
            moves.wasted_bytes += bytes * (steps - needed);
            let mut visited = BTreeSet::new();
            returns += chain.iter().filter(|node| !visited.insert(**node)).count() as u64;
        }
        moves.ping_pong.returns += returns;
        moves.ping_pong.segments += u64::from(returns > 0);
    }
    moves.net_zero_ratio = moves.net_zero as f64 / moves.completed.max(1) as f64;
    moves
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_figure_of_moves_equals_its_definition(steps in prop::collection::vec(step(), 0..60)) {
        let scenario = scenario();
        let mut driven = Driven::new(&scenario, cluster(false));
        let mut at: BTreeMap<u32, u32> = (8..11).map(|segment| (segment, segment % 3)).collect();
        let (mut open, mut facts) = (Vec::new(), Vec::new());
        let mut plain_moves = Moves::default();
        for step in steps {
            match step {
                Step::Plan { segment, to, cause } => {
                    let (number, from) = (MoveNumber(plain_moves.planned as u32), at[&segment]);
                    driven.record(&Record::Plan {
                        number,
                        moved: Moved::Segment(SegmentIndex(segment)),
                        replica: Some(ReplicaIndex(2)),
                        from: NodeIndex(from),
                        to: NodeIndex(to),
                        cause,
                        reason: Reason::plain(ReasonCode::Manual),
                    });
                    plain_moves.planned += 1;
                    match cause {
                        MoveCause::Balance => plain_moves.by_cause.balance += 1,
                        MoveCause::Drain => plain_moves.by_cause.drain += 1,
                        MoveCause::Manual => plain_moves.by_cause.manual += 1,
                    }
                    if from == to {
                        // Nobody plans that; it only fails.
                        driven.record(&Record::MoveEnd { number, outcome: MoveOutcome::Failed });
                        plain_moves.failed += 1;
                    } else {
                        open.push((number, segment, from, to));
                    }
                }
                Step::End { place, outcome } if place < open.len() => {
                    let (number, segment, from, to) = open.remove(place);
                    driven.record(&Record::MoveEnd { number, outcome });
                    // An answer that comes twice counts once.
                    driven.record(&Record::MoveEnd { number, outcome });
                    match outcome {
                        MoveOutcome::Completed => {
                            facts.push(Fact::Moved { segment, from, to });
                            at.insert(segment, to);
                        }
                        MoveOutcome::Failed => plain_moves.failed += 1,
                        MoveOutcome::Cancelled => plain_moves.cancelled += 1,
                        MoveOutcome::Refused => plain_moves.refused += 1,
                    }
                }
                Step::End { .. } => {}
                Step::Load { segment, node } => {
                    let (bytes, number) = (1, None);
                    let load = (NodeIndex(node), SegmentIndex(segment));
                    driven.record(&Record::LoadDone { node: load.0, segment: load.1, number, bytes });
                    facts.push(Fact::Loaded { segment, node });
                    at.insert(segment, node);
                }
            }
        }
        plain_moves.unfinished = open.len() as u64;
        let cluster = driven.cluster.clone();
        let told = driven.finish().0.moves;
        let by_definition = Moves {
            planned: plain_moves.planned,
            failed: plain_moves.failed,
            cancelled: plain_moves.cancelled,
            refused: plain_moves.refused,
            unfinished: plain_moves.unfinished,
            by_cause: plain_moves.by_cause,
            ..plain(&facts, &cluster)
        };
        prop_assert_eq!(told, by_definition);
        let ends = told.completed + told.failed + told.cancelled + told.refused + told.unfinished;
        prop_assert_eq!(told.planned, ends);
    }
}
