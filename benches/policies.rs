//! The policies of 2.0 and 2.1 by themselves: one replica's share of a round, and many requests placed.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use evenkeel::engine::random::Random;
use evenkeel::model::ids::{NodeIndex, SegmentIndex};
use evenkeel::model::query_node::NodeMemory;
use evenkeel::policy::allocate::{Filter, allocate_by_memory};
use evenkeel::policy::memory_usage::{Candidate, Pick, RoundFigures, Thresholds, balance_replica};
use evenkeel::policy::witness::Unwitnessed;

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

fn settings() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2))
}

criterion_group!(name = benches; config = settings(); targets = rounds, allocation);
criterion_main!(benches);
