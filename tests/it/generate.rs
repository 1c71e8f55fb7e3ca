//! Generated scenarios, run end to end, and what `generate` says to wrong options.

use super::runs;
use assert_cmd::Command;
use evenkeel::engine::distribution::Shape;
use evenkeel::scenario::generate::{NodeClass, Plan, Size};
use evenkeel::units::SimDuration;

#[test]
fn classes_failures_and_churn_run_from_their_start_to_their_end() {
    for release in ["2.1.4", "2.5.27"] {
        let class = |count, gibibytes: u64| NodeClass { count, memory_bytes: gibibytes << 30 };
        let plan = Plan {
            milvus: release.to_owned(),
            node_classes: vec![class(2, 64), class(3, 32)],
            segments: 30,
            rows: Shape::Uniform { min: 50_000, max: 300_000 },
            duration: SimDuration::from_secs(900),
            churn: Some(SimDuration::from_secs(200)),
            failures: Some(SimDuration::from_secs(250)),
            ..Plan::of_size(Size::T)
        };
        assert_eq!(plan.lint(), Vec::<String>::new());
        let run = runs::run(&plan.text());
        let count = |cause: &str| run.of("node_down").iter().filter(|line| line["cause"] == cause).count();
        // Churn at 200, 400, 600 and 800 s: two join, two leave. Failures at 250, 500 and 750 s: all return.
        assert_eq!(count("killed"), 3, "{release}");
        assert_eq!(run.of("node_up").len(), 2 + 3, "{release}");
        let mut memory: Vec<u64> = run.cluster().nodes().iter().map(|node| node.memory_bytes >> 30).collect();
        memory.truncate(7);
        assert_eq!(memory, [64, 64, 32, 32, 32, 64, 32], "{release}");
        let alive = run.cluster().nodes().iter().filter(|node| node.is_alive() && !node.is_streaming).count();
        assert_eq!(alive, 5, "{release}: five at the start, two joined, two left, three died and returned");
        for segment in 1_000_000..1_000_030 {
            assert!(!run.holders(segment).is_empty(), "{release}: segment {segment} is on no node");
        }
    }
}

#[test]
fn wrong_options_are_answered_with_right_ones() {
    let cases: [(&[&str], &str); 8] = [
        (
            &["--node-class", "4x64GiB", "--nodes", "3"],
            "--node-class 4x64GiB: --nodes is given too; leave out",
        ),
        (
            &["--node-class", "64GiB"],
            "--node-class 64GiB: no class of nodes; write COUNTxSIZE, such as 4x64GiB",
        ),
        (&["--node-class", "2x64Gi"], "--node-class 2x64Gi: no class of nodes; write COUNTxSIZE"),
        (&["--rows", "uniform:9,3"], "--rows uniform:9,3: 9 is above 3; write the smaller one first"),
        (&["--bytes-per-row", "0"], "'--bytes-per-row <N>': 0 is not in 1..=262144"),
        (&["--insert=-1"], "--insert -1: no number a second; write none, or 0 to 1000000000"),
        (
            &["--search", "0.0000001"],
            "--search 0.0000001: no number a second; write none, or 0 to 1000000000",
        ),
        (
            &["--failures", "1ms"],
            "--nodes or --node-class (5) with --churn and --failures come to 3600007 query nodes; keep to 20000",
        ),
    ];
    for (options, complaint) in cases {
        let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        let output = program.arg("generate").args(options).output().expect("the program");
        let errors = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{options:?}: {errors}");
        assert!(errors.contains(complaint), "{complaint} is not in:\n{errors}");
        assert!(output.stdout.is_empty(), "{options:?}");
    }
}
