//! What the policies of 2.2 and later do in situations that users met, over several rounds.

use super::known_view::{KnownView, Names};
use evenkeel::engine::random::Random;
use evenkeel::policy::balance_policy::Ask;
use evenkeel::policy::facts::NoFacts;
use evenkeel::policy::parameters::Parameters;
use evenkeel::policy::plan::{BalancePlan, Declines, Repeats};
use evenkeel::policy::reason::ReasonCode;
use evenkeel::policy::spec::Balancer;
use evenkeel::policy::view::node::NodeState;
use evenkeel::policy::view::replica::ReplicaView;
use evenkeel::policy::view::segment::Target;
use evenkeel::policy::witness::{Comparison, Unwitnessed};
use evenkeel::policy::{build, build_stopping};
use evenkeel::release::Release;
use proptest::prelude::*;

/// The channel of every segment.
pub(crate) const CHANNEL: &str = "channel";
/// The collection.
pub(crate) const COLLECTION: i64 = 1;
/// Its replica.
pub(crate) const REPLICA: i64 = 1;

/// Nodes 1, 2, .. with the same memory; on node n the segments `held[n - 1]` have these rows. Segments are
/// numbered from 1 in this order.
pub(crate) fn known(held: &[&[u32]], memory_mib: u64) -> KnownView {
    let rows: Vec<u32> = held.iter().flat_map(|rows| rows.iter().copied()).collect();
    let segments = (1..).zip(&rows).map(|(id, rows)| (id, COLLECTION, CHANNEL.to_owned(), *rows));
    let names = Names {
        nodes: (1..=held.len() as i64).collect(),
        collections: vec![COLLECTION],
        channels: vec![(CHANNEL.to_owned(), COLLECTION), ("other".to_owned(), COLLECTION)],
        segments: segments.collect(),
    };
    let mut known = KnownView::new(names, false);
    let mut replica = ReplicaView::new(known.collection(COLLECTION));
    let mut id = 0;
    for (node, rows) in (1..).zip(held) {
        let index = known.node(node);
        {
            let mut seen = known.view.node_mut(index);
            (seen.state, seen.memory_mib) = (NodeState::Normal, memory_mib);
        }
        replica.rw_nodes.push(index);
        for rows in *rows {
            id += 1;
            known.hold(node, id, *rows);
            known.target(id, &[Target::Current, Target::Next]);
        }
    }
    known.add_replica(Some(REPLICA), replica);
    known
}

pub(crate) fn release(text: &str) -> Release {
    text.parse().expect("a known release")
}

/// Asks something with the parameters that a release ships, changed by `change`.
pub(crate) fn consult<T>(
    known: &KnownView,
    version: &str,
    change: impl FnOnce(&mut Parameters),
    answer: impl FnOnce(&mut Ask<'_>) -> T,
) -> T {
    let mut parameters = Parameters::shipped(release(version));
    change(&mut parameters);
    let mut ask = Ask {
        view: &known.view,
        facts: &NoFacts,
        parameters: &parameters,
        random: &mut Random::stream(3, "policies"),
        shuffles: false,
        witness: &mut Unwitnessed,
        declined: Declines::default(),
        repeats: Repeats::default(),
    };
    answer(&mut ask)
}

/// What a balancer as shipped plans for the replica.
pub(crate) fn round(known: &KnownView, version: &str, balancer: Balancer) -> BalancePlan {
    let policy = build(release(version), balancer);
    consult(known, version, |_| {}, |ask| policy.balance_replica(ask, known.replica(REPLICA)))
}

/// Segment, from, to.
pub(crate) fn moves(known: &KnownView, plan: &BalancePlan) -> Vec<(i64, i64, i64)> {
    let id = |node| known.node_id(node);
    plan.segments
        .iter()
        .map(|plan| (known.segment_id(plan.segment), plan.from.map_or(-1, id), id(plan.to)))
        .collect()
}

pub(crate) fn declined(plan: &BalancePlan, code: ReasonCode) -> Option<(f64, f64)> {
    let found = plan.declined.iter().find(|decline| decline.reason.code == code)?;
    Some((found.reason.left.unwrap_or(f64::NAN), found.reason.right.unwrap_or(f64::NAN)))
}

/// Carries out every plan at once until a round plans nothing; the number of rounds that planned.
fn settle(known: &mut KnownView, version: &str, balancer: Balancer) -> usize {
    for rounds in 0..500 {
        let plan = round(known, version, balancer);
        if plan.segments.is_empty() {
            return rounds;
        }
        for (segment, from, to) in moves(known, &plan) {
            let rows = known.view.segment(known.segment(segment)).rows;
            let (from, index) = (known.node(from), known.segment(segment));
            known.view.remove_copy(from, index);
            known.hold(to, segment, rows);
        }
    }
    panic!("no rest after 500 rounds");
}

fn rows_on(known: &KnownView, node: i64) -> i64 {
    known.view.sealed_rows(known.node(node))
}

#[test]
fn q3_a_gap_within_the_toleration_moves_rows_until_2_6_22_and_none_after() {
    let held: &[&[u32]] = &[&[300_000, 300_000, 300_000, 3_000, 7_000], &[300_000, 300_000, 300_000]];
    let known = known(held, 32_768);
    for version in ["2.4.23", "2.5.27", "2.6.22", "3.0.0"] {
        let plan = round(&known, version, Balancer::Score);
        assert_eq!(moves(&known, &plan), [(5, 1, 2)], "{version}");
    }
    // Up to 2.4.12 the bound is a share of the target's score.
    let plan = round(&known, "2.4.12", Balancer::Score);
    assert!(plan.is_empty());
    assert_eq!(declined(&plan, ReasonCode::Tolerance), Some((11_000.0, 49_500.0)));
    for version in ["2.6.23", "3.0.1", "master"] {
        let plan = round(&known, version, Balancer::Score);
        assert!(plan.is_empty(), "{version}");
        assert_eq!(declined(&plan, ReasonCode::Tolerance), Some((11_000.0, 49_775.0)), "{version}");
        assert!(declined(&plan, ReasonCode::NodeUnderQuota).is_some());
    }
}

#[test]
fn two_delegators_shift_a_fifth_of_the_quota_away() {
    let many = [100_000; 20];
    let mut known = known(&[&many, &[]], 4_096);
    known.delegate(1, CHANNEL, 0);
    known.delegate(1, "other", 0);
    settle(&mut known, "2.6.20", Balancer::Score);
    assert_eq!((rows_on(&known, 1), rows_on(&known, 2)), (900_000, 1_100_000));
    assert!(round(&known, "2.6.20", Balancer::Score).is_empty());
}

#[test]
fn growing_rows_push_sealed_ones_off_their_delegator() {
    let ten = [100_000; 10];
    let mut known = known(&[&ten, &ten, &ten], 4_096);
    known.delegate(1, CHANNEL, 600_000);
    let plan = round(&known, "2.6.20", Balancer::Score);
    assert_eq!(plan.segments.len(), 5);
    settle(&mut known, "2.6.20", Balancer::Score);
    let mut rows = [2, 3].map(|node| rows_on(&known, node));
    rows.sort_unstable();
    assert_eq!((rows_on(&known, 1), rows), (500_000, [1_200_000, 1_300_000]));
}

#[test]
fn a_new_thirteenth_node_fills_in_two_rounds() {
    let ten = [50_000; 10];
    let mut held: Vec<&[u32]> = vec![&ten; 12];
    held.push(&[]);
    let mut known = known(&held, 4_096);
    assert_eq!(settle(&mut known, "2.6.20", Balancer::Score), 2);
    let counts: Vec<i64> = (1..=13).map(|node| rows_on(&known, node) / 50_000).collect();
    assert_eq!(counts.iter().filter(|count| **count == 9).count(), 10, "{counts:?}");
}

#[test]
fn a_stopping_segment_that_does_not_fit_never_drains_up_to_2_3_3() {
    let mut known = known(&[&[40, 40], &[40, 40], &[90]], 0);
    let index = known.node(3);
    known.view.node_mut(index).state = NodeState::Stopping;
    for version in ["2.2.16", "2.3.0"] {
        let plan = round(&known, version, Balancer::RowCount);
        assert!(plan.is_empty(), "{version}");
        assert_eq!(declined(&plan, ReasonCode::AboveAverage), Some((170.0, 125.0)), "{version}");
    }
    assert_eq!(moves(&known, &round(&known, "2.3.4", Balancer::RowCount)), [(5, 3, 1)]);
}

#[test]
fn q19_an_even_replica_does_not_drain_in_2_2_3_to_2_2_6() {
    // The average counts what leaves: 51, which no node lacks once divided.
    let mut known = known(&[&[50, 1], &[50, 1], &[1]], 0);
    let index = known.node(3);
    known.view.node_mut(index).state = NodeState::Stopping;
    for version in ["2.2.3", "2.2.6"] {
        let plan = round(&known, version, Balancer::RowCount);
        assert!(plan.is_empty(), "{version}");
        assert!(declined(&plan, ReasonCode::NodeUnderQuota).is_some(), "{version}");
    }
    let plan = round(&known, "2.2.7", Balancer::Score);
    assert_eq!(moves(&known, &plan), [(5, 3, 1)]);
}

#[test]
fn q13_documented_names_of_the_draining_policy_match_nothing_from_2_6_10_on() {
    let mut known = known(&[&[10, 20], &[30], &[]], 0);
    let (leaving, replica) = (known.node(1), known.replica(REPLICA));
    let view = known.view.replica_mut(replica);
    view.rw_nodes.retain(|node| *node != leaving);
    view.ro_nodes.push(leaving);
    let expected = [(2, 1, 3), (1, 1, 3)];
    assert_eq!(moves(&known, &round(&known, "2.6.9", Balancer::Score)), expected);
    assert!(build_stopping(release("2.6.9")).is_none());
    let stopping = build_stopping(release("2.6.10")).expect("a stopping balancer");
    let drain = |name: &str| {
        let change = |parameters: &mut Parameters| {
            parameters.stopping_balance_assign_policy = name.to_owned();
        };
        consult(&known, "2.6.10", change, |ask| stopping.balance_replica(ask, replica))
    };
    // The documented name of another rule means the score rule; the internal name is found.
    for name in ["ScoreBased", "RoundRobin"] {
        assert_eq!(moves(&known, &drain(name)), expected);
    }
    assert_eq!(moves(&known, &drain("round_robin")), [(1, 1, 2), (2, 1, 3)]);
}

#[test]
fn q7_streaming_starves_exclusive_mode_until_2_6_22() {
    let segments = vec![
        (1, COLLECTION, CHANNEL.to_owned(), 100),
        (2, COLLECTION, CHANNEL.to_owned(), 100),
        (3, COLLECTION, "other".to_owned(), 100),
        (4, COLLECTION, "other".to_owned(), 100),
    ];
    let names = Names {
        nodes: (1..=7).collect(),
        collections: vec![COLLECTION],
        channels: vec![(CHANNEL.to_owned(), COLLECTION), ("other".to_owned(), COLLECTION)],
        segments,
    };
    let mut known = KnownView::new(names, true);
    let mut replica = ReplicaView::new(known.collection(COLLECTION));
    for node in 1..=7 {
        let index = known.node(node);
        let mut seen = known.view.node_mut(index);
        (seen.state, seen.memory_mib, seen.is_streaming) = (NodeState::Normal, 4_096, node == 7);
        if node == 7 { &mut replica.rw_sq_nodes } else { &mut replica.rw_nodes }.push(index);
    }
    let lists = [(CHANNEL, [1, 2, 3]), ("other", [4, 5, 6])];
    for (channel, nodes) in lists {
        let own = nodes.map(|node| known.node(node)).to_vec();
        replica.channel_nodes.push((known.channel(channel), own.into()));
        known.serve(7, channel);
        known.delegate(7, channel, 0);
    }
    known.add_replica(Some(REPLICA), replica);
    for (segment, node) in [(1, 1), (2, 1), (3, 4), (4, 4)] {
        known.hold(node, segment, 100);
        known.target(segment, &[Target::Current]);
    }
    let (collection, channels) = (known.collection(COLLECTION), lists.map(|(name, _)| known.channel(name)));
    known.view.collection_mut(collection).current_channels = Some(channels.to_vec());
    for version in ["2.6.10", "2.6.22", "3.0.0"] {
        let plan = round(&known, version, Balancer::ChannelLevelScore);
        assert!(plan.is_empty(), "{version}");
        assert!(declined(&plan, ReasonCode::OutboundFirst).is_some(), "{version}");
    }
    for version in ["2.6.23", "3.0.1", "master"] {
        let plan = round(&known, version, Balancer::ChannelLevelScore);
        assert_eq!(moves(&known, &plan), [(1, 1, 2), (3, 4, 5)], "{version}");
    }
}

/// A reading of the rules for every release line, balancer by balancer.
fn every_policy() -> Vec<(&'static str, Balancer)> {
    let versions = [
        "2.2.0", "2.2.4", "2.2.16", "2.3.0", "2.3.4", "2.3.5", "2.3.15", "2.4.0", "2.4.6", "2.4.12",
        "2.4.17", "2.4.23", "2.5.0", "2.5.27", "2.6.0", "2.6.9", "2.6.20", "2.6.23", "3.0.0", "master",
    ];
    let all = versions.into_iter().flat_map(|version| Balancer::ALL.map(|balancer| (version, balancer)));
    all.filter(|(version, balancer)| balancer.is_in(release(version))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn plans_move_what_is_there_to_nodes_of_the_replica(
        held in prop::collection::vec(prop::collection::vec(0_u32..5_000, 0..12), 1..6),
        memory in 0_u64..3,
        growing in 0_i64..20_000,
    ) {
        let held: Vec<&[u32]> = held.iter().map(Vec::as_slice).collect();
        let mut known = known(&held, memory * 1_024);
        known.delegate(1, CHANNEL, growing);
        known.serve(1, CHANNEL);
        for (version, balancer) in every_policy() {
            let plan = round(&known, version, balancer);
            let again = round(&known, version, balancer);
            prop_assert_eq!(&plan, &again);
            let mut moved: Vec<i64> = Vec::new();
            for (segment, from, to) in moves(&known, &plan) {
                let holds = known.view.holders().has(known.segment(segment), known.node(from));
                prop_assert!(holds, "{} {:?}", version, balancer);
                prop_assert!((1..=held.len() as i64).contains(&to));
                moved.push(segment);
            }
            moved.sort_unstable();
            moved.dedup();
            prop_assert_eq!(moved.len(), plan.segments.len());
            // What moves nothing says why.
            prop_assert!(!plan.is_empty() || !plan.declined.is_empty(), "{} {:?}", version, balancer);
        }
    }

    #[test]
    fn a_witness_changes_nothing(
        held in prop::collection::vec(prop::collection::vec(0_u32..5_000, 0..12), 2..5),
    ) {
        let held: Vec<&[u32]> = held.iter().map(Vec::as_slice).collect();
        let known = known(&held, 1_024);
        for (version, balancer) in every_policy() {
            let release = release(version);
            let mut seen: Vec<Comparison> = Vec::new();
            let mut ask = Ask {
                view: &known.view,
                facts: &NoFacts,
                parameters: &Parameters::shipped(release),
                random: &mut Random::stream(3, "policies"),
                shuffles: false,
                witness: &mut seen,
                declined: Declines::default(),
            repeats: Repeats::default(),
            };
            let plan = build(release, balancer).balance_replica(&mut ask, known.replica(REPLICA));
            prop_assert_eq!(plan, round(&known, version, balancer));
        }
    }
}
