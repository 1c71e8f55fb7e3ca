//! The text report of every scenario file, each against a golden of its own in golden/.
//!
//! `INSTA_UPDATE=always` renews them; read the difference aloud. A golden without a scenario is a failure.

use super::shipped::shipped;
use super::sources::{files, package};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn check(name: &str, report: &str) -> bool {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(package().join("tests/it/golden"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let compare = || settings.bind(|| insta::assert_snapshot!(name, report));
    catch_unwind(AssertUnwindSafe(compare)).is_ok()
}

#[test]
fn every_report_is_as_it_was() {
    let mut different = Vec::new();
    for scenario in shipped() {
        if !check(&scenario.name, &scenario.runs[0].report) {
            different.push(scenario.path.as_str());
        }
    }
    assert!(different.is_empty(), "other reports than their goldens:\n{}", different.join("\n"));
}

#[test]
fn every_golden_has_its_scenario() {
    for golden in files("tests/it/golden", &["snap"]) {
        let name = golden.name.trim_start_matches("tests/it/golden/").trim_end_matches(".snap");
        assert!(shipped().iter().any(|scenario| scenario.name == name), "{} is left over", golden.name);
    }
}

#[test]
fn what_a_shipped_scenario_expects_holds() {
    for scenario in shipped() {
        let run = &scenario.runs[0];
        let is_well = if scenario.is_story() { run.code == Some(0) } else { matches!(run.code, Some(0 | 1)) };
        assert!(is_well, "{}: exit code {:?}\n{}{}", scenario.path, run.code, run.report, run.complaints);
        assert_eq!(run.complaints, "", "{}", scenario.path);
    }
}
