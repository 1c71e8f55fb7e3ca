//! Sweeps as a user starts them: runs a second on one thread and on two, and what cutting into shards costs.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use evenkeel::scenario::generate::{Plan, Size};
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::parse;
use evenkeel::simulation::run::Simulation;
use tempfile::{TempDir, tempdir};

const SHARDS: u64 = 4;

/// A reference scenario in a file, and under how many of its seeds it can be placed: others are no runs.
struct Reference {
    folder: TempDir,
    seeds: u64,
    placed: u64,
}

impl Reference {
    fn new(size: Size, release: &str, seeds: u64) -> Reference {
        let text = Plan { milvus: release.to_owned(), ..Plan::of_size(size) }.text();
        let scenario =
            parse(&text, "reference", &Overrides::default()).expect("a reference scenario can be read");
        let is_placed = |seed: &u64| Simulation::new(&Arc::new(scenario.with_seed(*seed))).is_ok();
        let placed = (0..seeds).filter(is_placed).count() as u64;
        let folder = tempdir().expect("a folder");
        std::fs::write(folder.path().join("reference.json"), text).expect("a file");
        Reference { folder, seeds, placed }
    }

    fn sweep(&self, output: &Path, more: &[&str]) {
        let seeds = self.seeds.to_string();
        let mut arguments = vec!["sweep", "reference.json", "--seeds", &seeds];
        arguments.extend(more);
        self.call(output, &arguments);
    }

    fn call(&self, output: &Path, arguments: &[&str]) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        program.current_dir(self.folder.path()).args(arguments).arg("--quiet").arg("-o").arg(output);
        assert!(program.status().expect("the program starts").success(), "{arguments:?}");
    }

    /// The same sweep cut, one shard after the other, and merged.
    fn sweep_in_shards(&self, output: &Path) {
        let parts = (1..=SHARDS).map(|number| format!("shard-{number}-of-{SHARDS}.jsonl"));
        let files: Vec<String> = parts.map(|part| output.join(part).display().to_string()).collect();
        for number in 1..=SHARDS {
            self.sweep(output, &["--shard", &format!("{number}/{SHARDS}")]);
        }
        let mut arguments = vec!["merge"];
        arguments.extend(files.iter().map(String::as_str));
        self.call(&output.join("all"), &arguments);
    }
}

fn sweeps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sweep");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(10));
    let references = [
        ("T of 2.1.4", Reference::new(Size::T, "2.1.4", 4_000)),
        ("T of 2.6.20", Reference::new(Size::T, "2.6.20", 4_000)),
        ("S of 2.1.4", Reference::new(Size::S, "2.1.4", 100)),
    ];
    let fresh = || tempdir().expect("a folder");
    for (name, reference) in &references {
        group.throughput(Throughput::Elements(reference.placed));
        for threads in ["1", "2"] {
            group.bench_function(format!("{name}, {threads} threads"), |bencher| {
                let sweep = |output: TempDir| {
                    reference.sweep(output.path(), &["--threads", threads]);
                    output
                };
                bencher.iter_batched(fresh, sweep, BatchSize::PerIteration);
            });
        }
    }
    let (name, reference) = &references[0];
    group.throughput(Throughput::Elements(reference.placed));
    group.bench_function(format!("{name}, 2 threads, {SHARDS} shards and merge"), |bencher| {
        let sweep = |output: TempDir| {
            reference.sweep_in_shards(output.path());
            output
        };
        bencher.iter_batched(fresh, sweep, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, sweeps);
criterion_main!(benches);
