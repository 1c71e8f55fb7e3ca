//! Whole runs of the reference scenarios in process: all figures kept, default sampling, no files, no plots.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use evenkeel::metrics::meter::{Ending, Meter};
use evenkeel::metrics::summary::Summary;
use evenkeel::scenario::generate::{Plan, Size};
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::{Scenario, parse};
use evenkeel::simulation::run::Simulation;

/// Places the cluster and runs to the end.
fn whole_run(scenario: &Arc<Scenario>) -> Summary {
    let mut simulation = Simulation::new(scenario).expect("a reference scenario can be placed");
    let mut meter = Meter::new(scenario);
    while simulation.step(&mut meter) {}
    let world = simulation.world();
    let ending = Ending {
        balancer: scenario.balancer().to_owned(),
        digest: world.digest(),
        events: world.lines(),
        samples_written: 0,
    };
    meter.finish(world.moment(), ending)
}

fn sizes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("whole run");
    group.sample_size(10).warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_secs(3));
    for milvus in ["2.1.4", "2.6.20"] {
        for (name, size) in [("T", Size::T), ("S", Size::S), ("M", Size::M), ("L", Size::L)] {
            // Where 2.6.20 places segments round robin, T's nodes of seed 0 cannot hold theirs.
            let seed = if (milvus, name) == ("2.6.20", "T") { 1 } else { 0 };
            let plan = Plan { milvus: milvus.to_owned(), seed, ..Plan::of_size(size) };
            let scenario =
                parse(&plan.text(), name, &Overrides::default()).expect("a reference scenario can be read");
            let scenario = Arc::new(scenario);
            let id = BenchmarkId::new(name, milvus);
            group.bench_function(id, |bencher| bencher.iter(|| black_box(whole_run(&scenario))));
        }
    }
    group.finish();
}

/// The smallest reference scenario, read once, under a new seed each time: what a sweep does.
fn t_runs_per_second(criterion: &mut Criterion) {
    let text = Plan::of_size(Size::T).text();
    let scenario = parse(&text, "T", &Overrides::default()).expect("a reference scenario can be read");
    let mut group = criterion.benchmark_group("t_runs_per_second");
    group.throughput(Throughput::Elements(1));
    // Under a few seeds a node cannot hold what is drawn for it.
    let can_be_placed = |seed: &u64| Simulation::new(&Arc::new(scenario.with_seed(*seed))).is_ok();
    let seeds: Vec<u64> = (0..1_000).filter(can_be_placed).collect();
    let mut seeds = seeds.iter().cycle();
    group.bench_function("one core", |bencher| {
        let mut next = || scenario.with_seed(*seeds.next().expect("a cycle"));
        bencher.iter(|| whole_run(&Arc::new(next())));
    });
    group.finish();
}

criterion_group!(benches, sizes, t_runs_per_second);
criterion_main!(benches);
