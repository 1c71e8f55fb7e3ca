//! `tune`: as good as the whole grid, the same with any number of threads, and honest where it is not sure.

use super::sources::package;
use evenkeel::experiment::expression::{Condition, Expression};
use evenkeel::experiment::figure::Figure;
use evenkeel::experiment::threshold_map::run;
use evenkeel::experiment::tune::kept::NoStore;
use evenkeel::experiment::tune::known::Case;
use evenkeel::experiment::tune::search::Limits;
use evenkeel::experiment::tune::space::{Space, TunedKey};
use evenkeel::experiment::tune::verdict::Verdict;
use evenkeel::experiment::tune::{Aim, Means, tune};
use evenkeel::policy::watch::Watch;
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::{self, Scenario};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

const OVERLOADED: &str = "queryCoord.overloadedMemoryThresholdPercentage";
const DIFFERENCE: &str = "queryCoord.memoryUsageMaxDifferencePercentage";
const GIVES: &str = "scenarios/the_fullest_node_gives_until_the_gap_is_under_the_limit.json";

struct Question {
    text: String,
    aim: Aim,
    space: Space,
}

impl Question {
    fn new(file: &str, minimize: &str, subject_to: &[&str], keys: &[(&str, Vec<String>)]) -> Question {
        let text = std::fs::read_to_string(package().join(file)).expect("a shipped scenario");
        let given = scenario::parse(&text, file, &Overrides::default()).expect("a scenario");
        let minimize = Expression::parse(minimize).expect("an expression");
        let subject_to: Vec<Condition> =
            subject_to.iter().map(|text| Condition::parse(text).expect("a condition")).collect();
        let paths = Aim::paths(&minimize, &subject_to);
        let figure = |path: String| (path.clone(), Figure::parse(&path, &given).expect("a figure"));
        let figures = paths.into_iter().map(figure).collect();
        let aim = Aim { minimize, subject_to, figures, case: Case::Worst };
        let keys = keys.iter().map(|(key, values)| TunedKey::new(key, values, &[&given], true));
        let space = Space { keys: keys.collect() };
        Question { text, aim, space }
    }

    fn tune(&self, space: &Space, runs_max: usize, seeds: usize) -> Verdict {
        self.tune_until(space, runs_max, seeds, &|| false).expect("nobody stops it")
    }

    fn tune_until(
        &self,
        space: &Space,
        runs_max: usize,
        seeds: usize,
        is_over: &(dyn Fn() -> bool + Sync),
    ) -> Option<Verdict> {
        let scenario_with = |_: usize, settings: &[(String, String)]| -> Result<Arc<Scenario>, Vec<String>> {
            let overrides = Overrides { settings: settings.to_vec(), ..Overrides::default() };
            let parsed = scenario::parse(&self.text, "shipped", &overrides);
            parsed.map(Arc::new).map_err(|faults| faults.iter().map(ToString::to_string).collect())
        };
        let means = Means {
            scenario_with: &scenario_with,
            scenarios: 1,
            limits: Limits { runs_max, seeds_max: seeds, confidence: 0.95 },
            threads: 2,
            is_over,
            progress: &|_| {},
            store: &NoStore,
        };
        tune(space, &self.aim, &means).expect("no faults")
    }

    /// The least mean over the whole grid, every setting with every seed run by itself.
    fn by_grid(&self, seeds: u64) -> f64 {
        let mut least = f64::INFINITY;
        for number in 0..self.space.count() {
            let settings = self.space.written(&self.space.setting(number));
            let sum: f64 = (0..seeds)
                .map(|seed| {
                    let overrides =
                        Overrides { settings: settings.clone(), seed: Some(seed), ..Overrides::default() };
                    let scenario = scenario::parse(&self.text, "shipped", &overrides).expect("a scenario");
                    let found = run(&Arc::new(scenario), &Watch::default());
                    self.aim.value(&found.expect("no program").summary.expect("it can be placed")).0
                })
                .sum();
            least = least.min(sum / seeds as f64);
        }
        least
    }
}

fn steps(from: i64, to: i64, step: usize) -> Vec<String> {
    (from..=to).step_by(step).map(|value| value.to_string()).collect()
}

#[test]
fn a_few_runs_find_what_the_whole_grid_finds() {
    let keys = [(OVERLOADED, steps(40, 95, 11)), (DIFFERENCE, steps(2, 50, 8))];
    let minimize = "skew.mean.max_difference * 10 + moves.bytes / 1e10";
    let question = Question::new(GIVES, minimize, &["moves.completed >= 4"], &keys);
    let found = question.tune(&question.space, 20, 2);
    assert!(found.runs <= 24, "{} runs, the last few to compare with the scenario's own values", found.runs);
    assert_eq!(question.space.count(), 42);
    assert!(found.holds);
    assert_eq!(found.best.mean, question.by_grid(2));
    let gain = found.given.behind.expect("both are known");
    assert!(gain.mean >= 0.0 && gain.reach.is_some(), "{gain:?}");
}

#[test]
fn a_condition_that_never_holds_is_told() {
    let keys = [(DIFFERENCE, steps(10, 50, 10))];
    let question = Question::new(GIVES, "moves.bytes", &["moves.completed < 0"], &keys);
    let found = question.tune(&question.space, 20, 1);
    assert!(!found.holds && found.best.mean == f64::INFINITY);
}

#[test]
fn a_key_that_is_put_back_shows_what_it_is_worth() {
    let keys = [(OVERLOADED, steps(85, 95, 5)), (DIFFERENCE, steps(5, 50, 5))];
    let question = Question::new(GIVES, "skew.end.max_difference", &[], &keys);
    let found = question.tune(&question.space, 60, 1);
    let regrets: Vec<f64> = found.roles.iter().map(|role| role.regret.expect("known").mean).collect();
    assert_eq!(regrets[0], 0.0, "no node comes near the overload threshold");
    assert!(regrets[1] > 0.1, "{regrets:?}");
    let shares: Vec<f64> = found.roles.iter().map(|role| role.share.expect("it varies")).collect();
    assert!(shares[1] > 0.9 && shares[0] < 0.1, "{shares:?}");
    assert!(found.equals.len() > 1 && found.same_runs > 1);
}

#[test]
fn a_search_that_is_stopped_names_the_best_so_far() {
    let keys = [(OVERLOADED, steps(40, 95, 11)), (DIFFERENCE, steps(2, 50, 8))];
    let question = Question::new(GIVES, "skew.mean.max_difference", &[], &keys);
    let stopped_after = |rounds: usize| {
        let asked = AtomicUsize::new(0);
        let is_over = || asked.fetch_add(1, Ordering::SeqCst) >= rounds;
        question.tune_until(&question.space, 20, 2, &is_over)
    };
    assert_eq!(stopped_after(0), None, "nothing is known yet");
    let found = stopped_after(3).expect("a few runs");
    let whole = question.tune(&question.space, 20, 2);
    assert!(found.is_stopped && !whole.is_stopped);
    assert!(found.runs < whole.runs && found.seeds == 1 && found.holds);
    assert!(found.best.mean <= found.given.mean && found.given.mean.is_finite());
}

#[test]
fn where_nothing_differs_that_is_said_instead_of_an_empty_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let vary = format!("{DIFFERENCE}=10..50:10");
    let said = |nodes: &str, minimize: &str| {
        let text = format!(
            r#"{{"version":1,"name":"empty","milvus":{{"version":"2.1.4"}},"duration":"10m",
            "query_nodes":[{nodes}],"collections":[]}}"#
        );
        std::fs::write(folder.path().join("empty.json"), text).expect("a file");
        let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        program.current_dir(folder.path()).args([
            "tune",
            "empty.json",
            "--vary",
            &vary,
            "--minimize",
            minimize,
        ]);
        String::from_utf8(program.output().expect("the program").stdout).expect("UTF-8").replace('\n', " ")
    };
    let even = said(r#"{"count":2,"memory":"8GiB"}"#, "skew.mean.max_difference");
    assert!(even.contains("Nothing differs: with all 5 settings the runs are the very same"), "{even}");
    assert!(!even.contains("behind the best by"), "{even}");
    let undefined = said("", "skew.mean.max_difference");
    assert!(undefined.contains("skew.mean.max_difference is undefined in every run"), "{undefined}");
}

fn program(folder: &Path, more: &[&str]) -> Command {
    let scenario = package().join(GIVES);
    let vary = format!("{DIFFERENCE}=5..50:5");
    let period = "queryCoord.balanceIntervalSeconds=30,60,120";
    let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    program.current_dir(folder).arg("tune").arg(scenario).args(["--vary", &vary, "--vary", period]);
    program.args(["--seeds", "2"]).args(more);
    program
}

fn call(folder: &Path, more: &[&str]) -> (i32, String, String) {
    let output = program(folder, more).output().expect("the program");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
}

#[test]
fn the_verdict_is_the_same_with_any_number_of_threads_and_can_be_pasted() {
    let folder = tempfile::tempdir().expect("a folder");
    let aim = ["--minimize", "skew.mean.max_difference", "--max-runs", "30"];
    let said: Vec<String> = ["1", "2", "8"]
        .iter()
        .map(|threads| {
            let (code, said, faults) = call(folder.path(), &[&aim[..], &["--threads", threads]].concat());
            assert_eq!((code, faults.as_str()), (0, ""));
            said
        })
        .collect();
    assert!(said[0] == said[1] && said[1] == said[2], "{}", said[0]);
    let verdict = std::fs::read_to_string(folder.path().join("out/tune/tune.json")).expect("tune.json");
    let verdict: Value = serde_json::from_str(&verdict).expect("JSON");
    let yaml = folder.path().join("out/tune/milvus.yaml");
    let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    program.current_dir(folder.path()).arg("run").arg(package().join(GIVES));
    let output = program.args(["--no-events", "--format", "json", "--milvus-yaml"]).arg(yaml).output();
    let summary: Value = serde_json::from_slice(&output.expect("the program").stdout).expect("JSON");
    for (key, value) in verdict["best"]["values"].as_object().expect("values") {
        assert_eq!(summary["config"][key]["value"].to_string(), value.as_str().expect("a text"), "{key}");
    }
}

#[test]
fn what_cannot_be_tuned_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    for (more, expected) in [
        (&["--minimize", "moves.bytes +"][..], "letter 14: expected a number"),
        (&["--minimize", "moves.byte"], "moves.bytes"),
        (&["--minimize", "moves.bytes", "--subject-to", "moves.bytes"], "expected <=, <, >= or >"),
        (&["--minimize", "moves.bytes", "--confidence", "2"], "--confidence 2: write a number"),
        (&["--minimize", "moves.bytes", "--vary", "/seed=1,2"], "seeds are varied with --seeds"),
        (&["--minimize", "moves.bytes", "--vary", "queryCoord.autoBalance=maybe"], "true or false"),
        (&["--minimize", "moves.bytes", "--vary", "/duratio=1m"], "evenkeel: --vary /duratio=1m"),
    ] {
        let (code, _, said) = call(folder.path(), more);
        assert!(code == 2 && said.contains(expected), "{more:?}: {code} {said}");
    }
}

/// Files of a results folder with what is in them.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file"));
    let read = |path: &Path| std::fs::read_to_string(path).expect("UTF-8");
    files.map(|file| (file.file_name().to_string_lossy().into_owned(), read(&file.path()))).collect()
}

#[test]
fn a_killed_tune_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let aim = ["--minimize", "skew.mean.max_difference", "--max-runs", "40", "--format", "json"];
    let with = |output: &'static str| [&aim[..], &["-o", output]].concat();
    let (code, said, _) = call(folder.path(), &with("whole"));
    assert_eq!(code, 0);
    let mut child =
        program(folder.path(), &with("killed")).stdout(Stdio::null()).spawn().expect("the program");
    let journal = folder.path().join("killed/.runs.journal");
    let is_under_way = || std::fs::read_to_string(&journal).is_ok_and(|text| text.lines().count() > 2);
    while !is_under_way() && child.try_wait().expect("a child").is_none() {
        sleep(Duration::from_millis(1));
    }
    child.kill().expect("a child");
    child.wait().expect("a child");
    assert_eq!(call(folder.path(), &with("killed")), (0, said, String::new()));
    let whole = files(&folder.path().join("whole"));
    assert_eq!(whole.keys().collect::<Vec<_>>(), ["milvus.yaml", "runs.jsonl", "tune.json"]);
    assert_eq!(files(&folder.path().join("killed")), whole);
}

#[test]
fn a_run_that_is_kept_is_not_made_again_and_a_torn_line_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let aim = ["--minimize", "skew.mean.max_difference", "--max-runs", "40", "-o", "out", "--quiet"];
    assert_eq!(call(folder.path(), &aim).0, 0);
    let whole = files(&folder.path().join("out"));
    let mut kept: Vec<Value> =
        whole["runs.jsonl"].lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    // What no run gives: that it stands there in the end shows who was asked.
    let sentinel = "5".repeat(32);
    kept[3]["digest"] = Value::from(sentinel.as_str());
    let lines: Vec<String> = kept.iter().map(ToString::to_string).collect();
    let out = folder.path().join("out");
    std::fs::write(out.join("runs.jsonl"), lines[3].clone() + "\n").expect("a file");
    let torn = &lines[0][..lines[0].len() / 2];
    std::fs::write(out.join(".runs.journal"), [&lines[5], &lines[2], torn].join("\n")).expect("a file");
    assert_eq!(call(folder.path(), &aim).0, 0);
    let after: Vec<String> = files(&out)["runs.jsonl"].lines().map(str::to_owned).collect();
    assert_eq!(after, lines);
    // Another aim is another search; what the first one kept stays for it.
    let other = ["--minimize", "moves.bytes", "--max-runs", "40", "-o", "out", "--quiet"];
    assert_eq!(call(folder.path(), &other).0, 0);
    let both = files(&out)["runs.jsonl"].clone();
    assert!(both.lines().count() > lines.len() && lines.iter().all(|line| both.contains(line)));
}

#[test]
fn two_calls_do_not_write_to_one_folder_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("out")).expect("a folder");
    let journal = std::fs::File::create(folder.path().join("out/.runs.journal")).expect("a file");
    journal.lock().expect("a lock");
    let (code, _, said) = call(folder.path(), &["--minimize", "moves.bytes", "-o", "out"]);
    assert!(code == 2 && said.contains("another tune is writing to it"), "{code} {said}");
}

#[test]
fn where_the_scenario_does_better_that_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = package().join(GIVES);
    let vary = format!("{DIFFERENCE}=1,2");
    let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    program.current_dir(folder.path()).arg("tune").arg(scenario).args(["--vary", &vary, "--seeds", "1"]);
    let output = program.args(["--minimize", "moves.bytes"]).output().expect("the program");
    let said = String::from_utf8(output.stdout).expect("UTF-8").replace('\n', " ");
    assert!(said.contains("better by 5.369e9 than every setting tried: keep them."), "{said}");
    assert!(
        said.contains("the runs are the very same, and other ones than with the scenario's own"),
        "{said}"
    );
}

#[test]
fn a_key_that_nobody_knows_is_told_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _, said) = call(folder.path(), &["--minimize", "moves.bytes", "--vary", "nope=1..60:1"]);
    let expected = "evenkeel: --vary nope=1: no Milvus release knows the key \"nope\"; write a key of milvus.yaml \
                    in full, such as queryCoord.autoBalance\n";
    assert_eq!((code, said.as_str()), (2, expected));
}
