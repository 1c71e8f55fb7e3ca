//! Trials in process: the smallest reference scenario under seed after seed, on one thread and on two.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use evenkeel::experiment::figure::Figure;
use evenkeel::experiment::trial::{Trial, run_trials};
use evenkeel::scenario::generate::{Plan, Size};
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::parse;
use evenkeel::simulation::run::Simulation;

fn trials(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("trials");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(5));
    for (name, size, count) in [("T", Size::T, 1_000), ("S", Size::S, 20)] {
        let text = Plan::of_size(size).text();
        let scenario = parse(&text, name, &Overrides::default()).expect("a reference scenario can be read");
        let scenario = Arc::new(scenario);
        let path = |path| Figure::parse(path, &scenario).expect("a figure");
        let figures = [path("skew.mean.max_difference"), path("moves.bytes"), path("settle.0.settle_ms")];
        // Some seeds draw more than the nodes have room for.
        let is_placed = |seed: &u64| Simulation::new(&Arc::new(scenario.with_seed(*seed))).is_ok();
        let seeds: Vec<u64> = (0..).filter(is_placed).take(count).collect();
        group.throughput(Throughput::Elements(count as u64));
        for threads in [1, 2] {
            group.bench_function(format!("{name}, {threads} threads"), |bencher| {
                bencher.iter(|| {
                    let trial = |seed: &u64| Trial { scenario: Arc::clone(&scenario), seed: *seed };
                    let trials = seeds.iter().map(trial);
                    run_trials(trials, &figures, threads, |_, measured| {
                        let _ = black_box(measured);
                        ControlFlow::Continue(())
                    });
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, trials);
criterion_main!(benches);
