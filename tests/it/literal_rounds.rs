//! Rounds of the policies against their slow twin: over drawn views a round that may look away answers what
//! the literal one answers, plans, grounds, their numbers and counts, and chance alike.

use evenkeel::engine::random::Random;
use evenkeel::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex, SegmentIndex};
use evenkeel::model::query_node::NodeMemory;
use evenkeel::policy::balance_policy::{Ask, BalancePolicy};
use evenkeel::policy::facts::{Facts, NoFacts};
use evenkeel::policy::parameters::Parameters;
use evenkeel::policy::plan::{BalancePlan, Declines, Repeats};
use evenkeel::policy::score_items::Scoring;
use evenkeel::policy::spec::Balancer;
use evenkeel::policy::view::ClusterView;
use evenkeel::policy::view::collection::{ChannelCopy, DelegatorView};
use evenkeel::policy::view::node::{NodeState, NodeView};
use evenkeel::policy::view::replica::ReplicaView;
use evenkeel::policy::view::segment::{SegmentCopy, SegmentView, Target};
use evenkeel::policy::witness::{Literal, Unwitnessed, Witness};
use evenkeel::policy::{build, build_stopping};
use evenkeel::release::Release;
use evenkeel::units::SimTime;
use proptest::prelude::*;

/// On both sides of every change of the rules of score and row count.
const RELEASES: [&str; 18] = [
    "2.2.4", "2.2.16", "2.3.4", "2.3.15", "2.4.5", "2.4.6", "2.4.12", "2.4.15", "2.4.21", "2.4.23", "2.5.3",
    "2.5.27", "2.6.9", "2.6.10", "2.6.20", "2.6.23", "3.0.0", "3.0.1",
];

/// A segment: collection, channel, rows, node, further node, in current target, in next target, level zero.
type DrawnSegment = (u8, u8, u32, u8, Option<u8>, bool, bool, bool);

#[derive(Debug, Clone)]
struct Case {
    release: &'static str,
    shuffles: bool,
    is_streaming: bool,
    /// Memory in MiB, state, exhausted, member of the replica: 0 = read-only, 1 = no, else read-write.
    nodes: Vec<(u64, u8, bool, u8)>,
    segments: Vec<DrawnSegment>,
    /// Collection, channel, node, growing rows.
    delegators: Vec<(u8, u8, u8, i64)>,
    /// Collection, node, rows.
    pending: Vec<(u8, u8, i64)>,
    /// Factors: global, delegator, toleration, reverse.
    factors: (f64, f64, f64, f64),
    batch: i64,
    /// Segments that the scheduler has tasks about, a bit each.
    under_way: u16,
}

fn case() -> impl Strategy<Value = Case> {
    let often = |odds: u32| prop::bool::weighted(1.0 - 1.0 / f64::from(odds));
    let memory = prop_oneof![6 => Just(4_096u64), 3 => Just(8_192), 1 => 1u64..9_000, 1 => Just(0)];
    let node = (
        memory,
        prop_oneof![20 => Just(0u8), 1 => 1u8..4],
        often(30),
        prop_oneof![12 => Just(9u8), 1 => 0u8..2],
    );
    // Few sizes: equals are frequent.
    let rows = prop_oneof![4 => (1u32..6).prop_map(|tenth| tenth * 10_000), 2 => 1u32..400_000, 1 => 0u32..3];
    let segment = (
        prop_oneof![3 => Just(0u8), 1 => Just(1u8)],
        0u8..2,
        rows,
        any::<u8>(),
        prop_oneof![30 => Just(None), 1 => any::<u8>().prop_map(Some)],
        often(40),
        often(40),
        often(60).prop_map(|is_usual| !is_usual),
    );
    let factors = (
        prop_oneof![6 => Just(0.1), 1 => Just(0.0), 1 => Just(1.0), 1 => -1.0f64..9.0, 1 => Just(1e9)],
        prop_oneof![6 => Just(0.1), 1 => Just(0.0), 1 => -1.0f64..3.0],
        prop_oneof![6 => Just(0.05), 1 => Just(0.0), 1 => -1.0f64..3.0, 1 => Just(1e7)],
        prop_oneof![6 => Just(1.3), 1 => Just(0.0), 1 => -1.0f64..9.0, 1 => Just(1e7)],
    );
    (
        (prop::sample::select(&RELEASES[..]), prop::bool::weighted(0.2), any::<bool>()),
        prop::collection::vec(
            node.prop_map(|(memory, state, fits, member)| (memory, state, !fits, member)),
            2..14,
        ),
        prop::collection::vec(segment, 1..90),
        prop::collection::vec((0u8..2, 0u8..2, any::<u8>(), prop_oneof![Just(0i64), 0i64..90_000]), 0..4),
        prop::collection::vec((0u8..2, any::<u8>(), -60_000i64..90_000), 0..4),
        (factors, prop_oneof![8 => Just(5i64), 1 => -1i64..2]),
        prop_oneof![1 => Just(0u16), 1 => any::<u16>(), 1 => Just(u16::MAX)],
    )
        .prop_map(|(drawn, nodes, segments, delegators, pending, (factors, batch), under_way)| {
            let (release, shuffles, is_streaming) = drawn;
            Case {
                release,
                shuffles,
                is_streaming,
                nodes,
                segments,
                delegators,
                pending,
                factors,
                batch,
                under_way,
            }
        })
}

impl Case {
    fn node(&self, number: u8) -> NodeIndex {
        NodeIndex::at(usize::from(number) % self.nodes.len())
    }

    fn view(&self) -> (ClusterView, ReplicaIndex) {
        let mut view = ClusterView::new(self.is_streaming);
        let collections = [view.add_collection(), view.add_collection()];
        let channels: Vec<ChannelIndex> =
            collections.iter().flat_map(|one| [*one; 2]).map(|one| view.add_channel(one)).collect();
        let mut replica = ReplicaView::new(collections[0]);
        for (memory_mib, state, is_exhausted, member) in &self.nodes {
            let states = [NodeState::Normal, NodeState::Unknown, NodeState::Stopping, NodeState::Suspended];
            let mut node = NodeView::in_state(states[usize::from(*state)]);
            (node.memory_mib, node.is_exhausted) = (*memory_mib, *is_exhausted);
            let node = view.add_node(node);
            match member {
                0 => replica.ro_nodes.push(node),
                1 => {}
                _ => replica.rw_nodes.push(node),
            }
        }
        for (collection, channel, rows, node, further, in_current, in_next, is_level_zero) in &self.segments {
            let index = collections[usize::from(*collection)];
            let channel = channels[usize::from(collection * 2 + channel)];
            let mut segment = SegmentView::new(index, channel, *rows);
            segment.is_level_zero = *is_level_zero;
            let segment = view.add_segment(segment);
            for node in [Some(*node), *further].into_iter().flatten() {
                view.set_copy(self.node(node), SegmentCopy { rows: *rows, segment, version: 1 });
            }
            view.set_in_target(segment, Target::Current, *in_current);
            view.set_in_target(segment, Target::Next, *in_next);
        }
        for (collection, channel, node, growing_rows) in &self.delegators {
            let (channel, node) = (channels[usize::from(collection * 2 + channel)], self.node(*node));
            view.set_channel(node, ChannelCopy { channel, version: 1 });
            view.set_delegator(
                node,
                DelegatorView { channel, growing_rows: *growing_rows, is_serviceable: true },
            );
        }
        for (collection, node, rows) in &self.pending {
            view.shift_pending_rows(collections[usize::from(*collection)], self.node(*node), *rows);
        }
        if self.batch != 5 && replica.rw_nodes.len() > 4 {
            // Nodes of their own for each channel, not all of them in ascending order.
            let (left, right) = replica.rw_nodes.split_at(replica.rw_nodes.len() / 2);
            let right: Vec<NodeIndex> = right.iter().rev().copied().collect();
            replica.channel_nodes = vec![(channels[0], left.to_vec().into()), (channels[1], right.into())];
        }
        view.collection_mut(CollectionIndex(0)).current_channels = Some(channels[..2].to_vec());
        let replica = view.add_replica(replica);
        (view, replica)
    }

    fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::shipped(self.release.parse().expect("a known release"));
        let (global, delegator, toleration, reverse) = self.factors;
        parameters.global_row_count_factor = global;
        parameters.delegator_memory_overload_factor = delegator;
        parameters.score_unbalance_toleration_factor = toleration;
        parameters.reverse_un_balance_toleration_factor = reverse;
        parameters.balance_segment_batch_size = self.batch;
        parameters
    }

    /// What a policy answers, and what its stream of chance gives next.
    fn answer(&self, policy: &dyn BalancePolicy, witness: &mut dyn Witness) -> (BalancePlan, u64) {
        self.ask(witness, |ask, replica| {
            let mut plan = policy.balance_replica(ask, replica);
            // How it was found is just what may differ.
            plan.repeats.are_weighed = false;
            plan
        })
    }

    fn ask<T>(
        &self,
        witness: &mut dyn Witness,
        question: impl FnOnce(&mut Ask<'_>, ReplicaIndex) -> T,
    ) -> (T, u64) {
        let (mut view, replica) = self.view();
        view.weigh_rows(self.parameters().global_row_count_factor);
        let mut random = Random::stream(7, "rounds");
        let mut ask = Ask {
            view: &view,
            facts: &UnderWay(self.under_way),
            parameters: &self.parameters(),
            random: &mut random,
            shuffles: self.shuffles,
            witness,
            declined: Declines::default(),
            repeats: Repeats::default(),
        };
        let answer = question(&mut ask, replica);
        (answer, random.below(1 << 40))
    }
}

/// The scheduler has tasks about some segments, a bit each; else there is nothing to find out.
struct UnderWay(u16);

impl Facts for UnderWay {
    fn now(&self) -> SimTime {
        NoFacts.now()
    }

    fn node_id(&self, node: NodeIndex) -> i64 {
        NoFacts.node_id(node)
    }

    fn node_memory(&self, node: NodeIndex) -> Option<NodeMemory> {
        NoFacts.node_memory(node)
    }

    fn pending_bytes(&self, node: NodeIndex) -> i64 {
        NoFacts.pending_bytes(node)
    }

    fn is_under_way(&self, segment: SegmentIndex, _replica: ReplicaIndex) -> bool {
        self.0 >> (segment.0 % 16) & 1 == 1
    }

    fn segment_id(&self, segment: SegmentIndex) -> i64 {
        NoFacts.segment_id(segment)
    }

    fn segment_bytes(&self, segment: SegmentIndex) -> u64 {
        NoFacts.segment_bytes(segment)
    }

    fn collection_id(&self, collection: CollectionIndex) -> i64 {
        NoFacts.collection_id(collection)
    }

    fn collection_name(&self, _collection: CollectionIndex) -> &str {
        ""
    }

    fn channel_name(&self, _channel: ChannelIndex) -> &str {
        ""
    }

    fn replica_id(&self, replica: ReplicaIndex) -> i64 {
        NoFacts.replica_id(replica)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_500) })]

    #[test]
    fn rounds_that_look_away_answer_what_literal_rounds_answer(case in case()) {
        let release: Release = case.release.parse().expect("a known release");
        let balancers = [Balancer::Score, Balancer::ChannelLevelScore, Balancer::RowCount];
        let policies = balancers.map(|balancer| build(release, balancer)).into_iter();
        for policy in policies.chain(build_stopping(release)) {
            let quick = case.answer(policy.as_ref(), &mut Unwitnessed);
            let literal = case.answer(policy.as_ref(), &mut Literal);
            prop_assert_eq!(quick, literal);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn scores_read_all_at_once_are_those_read_one_by_one(case in case()) {
        let scoring = Scoring::of(case.release.parse().expect("a known release"));
        let ((whole, single), _) = case.ask(&mut Unwitnessed, |ask, replica| {
            let members = ask.view.replica(replica);
            let mut scores = Vec::new();
            let is_whole = scoring.whole_scores(ask, members.collection, &members.rw_nodes, &mut scores);
            let single = |node: &NodeIndex| scoring.node_score(ask, members.collection, *node);
            (is_whole.map(|()| scores), members.rw_nodes.iter().map(single).collect::<Vec<i64>>())
        });
        if let Some(whole) = whole {
            prop_assert_eq!(whole.into_iter().map(i64::from).collect::<Vec<_>>(), single);
        }
    }
}

/// How often the cases above come to something: a test of the test.
#[test]
fn drawn_rounds_plan_and_decline() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, RngSeed, TestRunner};
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(11), ..Config::default() });
    let (mut plans, mut quiet, mut repeats) = (0, 0, 0);
    for _ in 0..300 {
        let case = case().new_tree(&mut runner).expect("a case").current();
        let policy = build(case.release.parse().expect("a known release"), Balancer::Score);
        let (plan, _) = case.answer(policy.as_ref(), &mut Unwitnessed);
        if plan.segments.is_empty() {
            quiet += 1
        } else {
            plans += 1
        }
        let stopping = build_stopping(case.release.parse().expect("a known release"));
        let drained = stopping.map(|policy| case.answer(policy.as_ref(), &mut Unwitnessed).0);
        repeats += usize::from(drained.is_some_and(|plan| plan.repeats.count > 0));
    }
    assert!(plans > 60 && quiet > 30 && repeats > 5, "{plans} plans, {quiet} without, {repeats} in vain");
}
