//! The policies by themselves: one replica's share of a round, and many requests placed.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use evenkeel::engine::random::Random;
use evenkeel::model::ids::{NodeIndex, ReplicaIndex, SegmentIndex};
use evenkeel::model::query_node::NodeMemory;
use evenkeel::policy::allocate::{Filter, allocate_by_memory};
use evenkeel::policy::balance_policy::{Ask, BalancePolicy};
use evenkeel::policy::build;
use evenkeel::policy::facts::NoFacts;
use evenkeel::policy::memory_usage::{Candidate, Pick, RoundFigures, Thresholds, balance_replica};
use evenkeel::policy::parameters::Parameters;
use evenkeel::policy::plan::{BalancePlan, Declines, Repeats};
use evenkeel::policy::spec::Balancer;
use evenkeel::policy::view::ClusterView;
use evenkeel::policy::view::collection::ChannelCopy;
use evenkeel::policy::view::node::{NodeState, NodeView};
use evenkeel::policy::view::replica::ReplicaView;
use evenkeel::policy::view::segment::{SegmentCopy, SegmentView, Target};
use evenkeel::policy::witness::Unwitnessed;
use evenkeel::release::Release;

/// Memory of every node, in bytes.
const MEMORY: u64 = 32 << 30;
/// Segments of the replica on every node.
const SEGMENTS: u32 = 100;
/// Bytes of a segment.
const SEGMENT: u64 = 128 << 20;

/// Milvus's defaults.
const THRESHOLDS: Thresholds = Thresholds { overloaded: 0.9, max_difference: 0.3 };

/// Used memory of a node: all alike but for the first, which is so much fuller.
fn used(node: u32, surplus: u64) -> u64 {
    MEMORY / 2 + u64::from(node % 16) * (SEGMENT / 4) + if node == 0 { surplus } else { 0 }
}

/// Fetches the figures of all nodes and plans one replica.
fn round(nodes: u32, surplus: u64, figures: &mut RoundFigures, random: &mut Random) -> usize {
    let mut available: Vec<NodeIndex> = (0..nodes).map(NodeIndex).collect();
    figures.begin(nodes as usize);
    for node in &available {
        figures.learn(*node, NodeMemory { total_bytes: MEMORY, used_bytes: used(node.0, surplus) });
    }
    let mut segments_on = |node: NodeIndex| {
        let segments = (0..SEGMENTS).map(|number| SegmentIndex(node.0 * SEGMENTS + number));
        segments.map(|segment| Candidate { segment, bytes: SEGMENT }).collect()
    };
    let mut pick = Pick::Drawn(random);
    let plan =
        balance_replica(&mut available, figures, &mut segments_on, THRESHOLDS, &mut pick, &mut Unwitnessed);
    plan.moves.len()
}

fn rounds(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("round of one replica");
    for nodes in [100, 1_000] {
        for (name, surplus) in [("quiet", 0), ("unbalanced", MEMORY * 7 / 16)] {
            let (mut figures, mut random) = (RoundFigures::default(), Random::stream(0, "bench"));
            let moves = round(nodes, surplus, &mut figures, &mut random);
            assert_eq!(moves > 0, surplus > 0, "{name}: {moves} moves");
            group.bench_function(BenchmarkId::new(name, nodes), |bencher| {
                bencher.iter(|| black_box(round(nodes, surplus, &mut figures, &mut random)));
            });
        }
    }
    group.finish();
}

fn allocation(criterion: &mut Criterion) {
    let online: Vec<NodeIndex> = (0..1_000).map(NodeIndex).collect();
    let sizes = vec![SEGMENT; 1_000];
    let filter = Filter { include: &[], exclude: &[] };
    criterion.bench_function("allocation of 1,000 requests on 1,000 nodes", |bencher| {
        bencher.iter_batched(
            || |node: NodeIndex| Some(NodeMemory { total_bytes: MEMORY, used_bytes: used(node.0, 0) }),
            |mut memory_of| {
                allocate_by_memory(
                    black_box(&online),
                    filter,
                    &mut memory_of,
                    &sizes,
                    THRESHOLDS.overloaded,
                    &mut Unwitnessed,
                )
            },
            BatchSize::SmallInput,
        );
    });
}

/// One collection of two channels, a segment on every node for each, all of the same rows.
fn even_view(nodes: u32) -> (ClusterView, ReplicaIndex) {
    let mut view = ClusterView::new(true);
    let collection = view.add_collection();
    let channels = [view.add_channel(collection), view.add_channel(collection)];
    let mut replica = ReplicaView::new(collection);
    for number in 0..=nodes {
        let mut node = NodeView::in_state(NodeState::Normal);
        (node.memory_mib, node.is_streaming) = (MEMORY >> 20, number == nodes);
        let node = view.add_node(node);
        if number == nodes {
            replica.rw_sq_nodes.push(node);
            channels.iter().for_each(|channel| {
                view.set_channel(node, ChannelCopy { channel: *channel, version: 1 });
            });
            continue;
        }
        replica.rw_nodes.push(node);
        for channel in channels {
            let rows = 200_000;
            let segment = view.add_segment(SegmentView::new(collection, channel, rows));
            view.set_in_target(segment, Target::Current, true);
            view.set_copy(node, SegmentCopy { rows, segment, version: 1 });
        }
    }
    view.collection_mut(collection).current_channels = Some(channels.to_vec());
    let replica = view.add_replica(replica);
    (view, replica)
}

fn score_rounds(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("quiet round of one collection");
    let release: Release = "2.6.20".parse().expect("a release");
    let parameters = Parameters::shipped(release);
    for nodes in [100, 1_000] {
        let (view, replica) = even_view(nodes);
        for (name, balancer) in [("score", Balancer::Score), ("channel-level", Balancer::ChannelLevelScore)] {
            let policy = build(release, balancer);
            group.bench_function(BenchmarkId::new(name, nodes), |bencher| {
                let mut random = Random::stream(0, "bench");
                bencher.iter(|| {
                    let mut ask = Ask {
                        view: &view,
                        facts: &NoFacts,
                        parameters: &parameters,
                        random: &mut random,
                        shuffles: false,
                        witness: &mut Unwitnessed,
                        declined: Declines::default(),
                        repeats: Repeats::default(),
                    };
                    black_box(policy.balance_replica(&mut ask, replica))
                });
            });
        }
    }
    group.finish();
}

/// A cluster like reference L: 1,000 nodes, 100 of its collections with 1,000 segments of log-normal rows, evened
/// until nothing more is planned, and the replicas.
fn large_view(policy: &dyn BalancePolicy, parameters: &Parameters) -> (ClusterView, Vec<ReplicaIndex>) {
    let mut view = ClusterView::new(true);
    let mut random = Random::stream(0, "large");
    let mut normal_node = NodeView::in_state(NodeState::Normal);
    normal_node.memory_mib = MEMORY >> 20;
    let nodes: Vec<NodeIndex> = (0..1_000).map(|_| view.add_node(normal_node.clone())).collect();
    let mut replicas = Vec::new();
    for _ in 0..100 {
        let collection = view.add_collection();
        let channel = view.add_channel(collection);
        view.collection_mut(collection).current_channels = Some(vec![channel]);
        for node in &nodes {
            // The sum of twelve uniform draws is as good as normal.
            let normal: f64 = (0..12).map(|_| random.unit_f64()).sum::<f64>() - 6.0;
            let rows = (200_000.0 * (0.8 * normal).exp()) as u32;
            let segment = view.add_segment(SegmentView::new(collection, channel, rows));
            view.set_in_target(segment, Target::Current, true);
            view.set_copy(*node, SegmentCopy { rows, segment, version: 1 });
        }
        let mut replica = ReplicaView::new(collection);
        replica.rw_nodes.extend(&nodes);
        replicas.push(view.add_replica(replica));
    }
    let mut moved = 1;
    while moved > 0 {
        moved = 0;
        for replica in &replicas {
            for plan in ask(policy, &view, parameters, *replica).segments {
                let Some(from) = plan.from else { continue };
                let rows = view.segment(plan.segment).rows;
                view.remove_copy(from, plan.segment);
                view.set_copy(plan.to, SegmentCopy { rows, segment: plan.segment, version: 2 });
                moved += 1;
            }
        }
    }
    (view, replicas)
}

fn ask(
    policy: &dyn BalancePolicy,
    view: &ClusterView,
    parameters: &Parameters,
    replica: ReplicaIndex,
) -> BalancePlan {
    let mut ask = Ask {
        view,
        facts: &NoFacts,
        parameters,
        random: &mut Random::stream(0, "bench"),
        shuffles: false,
        witness: &mut Unwitnessed,
        declined: Declines::default(),
        repeats: Repeats::default(),
    };
    policy.balance_replica(&mut ask, replica)
}

/// An attempt that finds nothing over all collections of reference L, while rows are inserted: every score may
/// have changed, so every round is reckoned; and one round that plans. Throughput is by (collection, node).
fn large_rounds(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("score rounds of reference L");
    for version in ["2.6.9", "2.6.20", "2.6.23"] {
        let release: Release = version.parse().expect("a release");
        let (parameters, policy) = (Parameters::shipped(release), build(release, Balancer::Score));
        let (mut view, replicas) = large_view(policy.as_ref(), &parameters);
        group.throughput(Throughput::Elements(100_000));
        group.bench_function(BenchmarkId::new("quiet attempt, 100 collections", version), |bencher| {
            bencher.iter(|| {
                for replica in &replicas {
                    let plan = ask(policy.as_ref(), &view, &parameters, *replica);
                    assert!(black_box(plan).is_empty());
                }
            });
        });
        // One node of the first collection has given its segment to another.
        let collection = view.replica(replicas[0]).collection;
        let smallest = view.copies(collection, NodeIndex(500))[0];
        view.remove_copy(NodeIndex(500), smallest.segment);
        view.set_copy(NodeIndex(7), smallest);
        group.throughput(Throughput::Elements(1_000));
        group.bench_function(BenchmarkId::new("round that plans", version), |bencher| {
            bencher.iter(|| {
                let plan = ask(policy.as_ref(), &view, &parameters, replicas[0]);
                assert!(!black_box(plan).is_empty());
            });
        });
    }
    group.finish();
}

fn settings() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2))
}

criterion_group!(name = benches; config = settings(); targets = rounds, score_rounds, large_rounds, allocation);
criterion_main!(benches);
