//! Policies of one's own that are programs: what they are told, what their answers do, and how they fail.

use super::own_policy::ByBytes;
use super::sources::package;
use assert_cmd::Command;
use evenkeel::experiment::run_all::outcome;
use evenkeel::experiment::running::Running;
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::{Scenario, parse};
use evenkeel::simulation::history::{Moment, Observer, Record};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// A program that knows the protocol and plans nothing, for a shell; what answers instead is put in front.
const QUIET: &str = r#"while read -r line; do
  number=${line#*\"question\":}
  echo "{\"answer\":${number%%,*}}"
done
"#;
const GREETS: &str = "read -r greeting\necho '{\"protocol\":1}'\n";

/// A folder with a scenario in which node 1 holds 64 of 200 bytes and node 2 holds 8, in equal rows, and with
/// programs for a shell.
pub(crate) struct Desk {
    folder: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let large = (11..19).map(|id| json!({ "id": id, "rows": 10, "memory": 8, "query_node": 1 }));
        let small = (21..29).map(|id| json!({ "id": id, "rows": 10, "memory": 1, "query_node": 2 }));
        let scenario = json!({
            "version": 1, "name": "lopsided", "seed": 7, "duration": "5m",
            "milvus": { "version": "2.5.27" },
            "query_nodes": [ { "id": 1, "memory": 200 }, { "id": 2, "memory": 200 } ],
            "collections": [ { "name": "book", "id": 100, "segments": large.chain(small).collect::<Vec<_>>() } ],
        });
        let desk = Desk { folder: tempfile::tempdir().expect("a folder") };
        desk.write("lopsided.json", &scenario.to_string());
        desk.write("quiet.sh", &[GREETS, QUIET].concat());
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a writable file");
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    /// Calls the program: exit code, standard output, standard error.
    pub(crate) fn call(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        let output = program.current_dir(self.folder.path()).args(arguments).output().expect("the program");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
    }

    /// The scenario under a release, with this balancer.
    fn scenario(&self, release: &str, balancer: Option<&str>) -> Arc<Scenario> {
        let overrides = Overrides {
            release: Some(release.to_owned()),
            balancer: balancer.map(str::to_owned),
            ..Overrides::default()
        };
        let read = parse(&self.text("lopsided.json"), "lopsided.json", &overrides);
        Arc::new(read.expect("a scenario without faults"))
    }

    /// The names of what lies in the folder.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// The shipped example, as `--balancer` names it.
fn by_bytes() -> String {
    let python = std::process::Command::new("python3").arg("--version").output();
    assert!(python.is_ok(), "the example is in Python: install python3 to test it");
    format!("exec:python3 '{}'", package().join("tests/it/exec/by_bytes.py").display())
}

#[test]
fn a_program_decides_as_the_same_policy_in_rust_in_every_generation() {
    let desk = Desk::new();
    for release in ["2.0.2", "2.1.4", "2.2.4", "2.5.27", "2.6.20"] {
        let program = desk.scenario(release, Some(&by_bytes()));
        let of_program = outcome(&program, Running::start(&program).expect("it greets")).expect("it answers");
        let scenario = desk.scenario(release, None);
        let own = Running::with_policy(&scenario, "ByBytes", Box::new(ByBytes)).expect("it is placed");
        let of_trait = outcome(&scenario, own).expect("it cannot fail");
        assert_eq!(of_program.summary.digest, of_trait.summary.digest, "{release}");
        assert!(of_program.summary.moves.completed >= 3, "{release}");
        assert_eq!(of_program.summary.milvus.balancer, by_bytes());
        assert!(of_program.summary.declined["OWN_POLICY"] > 0, "{release}");
    }
}

/// Looks on at nothing.
struct Nobody;

impl Observer for Nobody {
    fn record(&mut self, _moment: Moment<'_>, _sequence: u64, _record: &Record<'_>) {}

    fn changed(&mut self, _moment: Moment<'_>) {}

    fn sample(&mut self, _moment: Moment<'_>) {}
}

#[test]
fn a_program_says_where_what_a_lost_node_held_should_go() {
    let desk = Desk::new();
    let kill = r#""duration":"5m","timeline":[{"at":"1m","kill_query_node":{"id":1}}]"#;
    desk.write("lopsided.json", &desk.text("lopsided.json").replace(r#""duration":"5m""#, kill));
    let tee = desk.path("heard").display().to_string();
    desk.write("listen.sh", &format!("tee '{tee}' | {}", by_bytes().trim_start_matches("exec:")));
    let program = format!("exec:sh '{}'", desk.path("listen.sh").display());
    let mut running = Running::start(&desk.scenario("2.5.27", Some(&program))).expect("it greets");
    while running.step(&mut Nobody).expect("it answers") {}
    let cluster = &running.world().cluster;
    let survivor = cluster.node(cluster.find_node(2).expect("a node"));
    assert_eq!((survivor.segments, survivor.channels), (16, 1));
    drop(running);
    let heard = desk.text("heard");
    for ask in ["balance_replica", "assign_segments", "assign_channels"] {
        assert!(heard.contains(&format!("\"ask\":\"{ask}\"")), "{ask} was not asked");
    }
}

#[test]
fn the_example_stands_beside_milvus_in_one_table() {
    let desk = Desk::new();
    let balancers = format!("{},ScoreBasedBalancer,exec:sh quiet.sh", by_bytes());
    let call = ["compare", "lopsided.json", "--balancers", &balancers, "--format", "json"];
    let (code, printed, complaints) = desk.call(&call);
    assert_eq!((code, complaints.as_str()), (0, ""));
    let comparison: Value = serde_json::from_str(&printed).expect("JSON");
    let rows = comparison["runs"].as_array().expect("rows");
    let balancer = |row: &Value| row["balancer"].as_str().map(str::to_owned).expect("a name");
    let expected = [by_bytes(), "ScoreBasedBalancer".to_owned(), "exec:sh quiet.sh".to_owned()];
    assert_eq!(rows.iter().map(balancer).collect::<Vec<_>>(), expected);
    assert_eq!((&rows[0]["moves_completed"], &rows[2]["moves_completed"]), (&json!(3), &json!(0)));
    let difference = |row: &Value| row["max_difference_end"].as_f64().expect("two nodes");
    let differences: Vec<f64> = rows.iter().map(difference).collect();
    assert!(differences[0] < differences[1] && differences[0] < 0.041, "{differences:?}");
    assert!(desk.text("out/compare/comparison.csv").contains("exec:python3"));
    let plot = desk.text("out/compare/memory_skew.svg");
    assert!(plot.contains("1: by_bytes.py") && plot.contains("2: Score"), "curves are named");
}

/// Runs the scenario with a program for a shell that does `first` and then knows the protocol; it must fail
/// with all of `said`, and leave nothing.
#[track_caller]
fn check_fault(first: &str, said: &[&str]) {
    let desk = Desk::new();
    desk.write("faulty.sh", &[first, "\n", QUIET].concat());
    let call = ["run", "lopsided.json", "--balancer", "exec:sh faulty.sh", "--exec-timeout", "5s"];
    let (code, printed, complaints) = desk.call(&call);
    assert_eq!((code, printed.as_str()), (2, ""), "{first}: {complaints}");
    for part in said {
        assert!(complaints.contains(part), "{first}: {part} is not in: {complaints}");
    }
    let names: Vec<String> = desk.names();
    assert_eq!(names, ["faulty.sh", "lopsided.json", "out", "quiet.sh"], "{first}");
    assert_eq!(fs::read_dir(desk.path("out")).expect("a folder").count(), 0, "{first}");
}

#[test]
fn a_program_that_cannot_be_spoken_with_ends_the_run_before_it_begins() {
    let desk = Desk::new();
    for (balancer, said) in [
        ("exec:", "exec: names no program; write exec:PROGRAM"),
        ("exec:sh 'quiet.sh", "is not closed"),
        ("exec:./nothing_here", "balancer exec:./nothing_here: cannot start ./nothing_here: "),
        ("exec:sh -c 'echo broken >&2; exit 3'", "the program has ended (exit status: 3)"),
        ("exec:sh -c 'echo broken >&2; exit 3'", "its standard error: broken"),
        ("exec:sh -c 'echo hello; read line'", "the greeting: the answer is not understood: expected value"),
        (
            "exec:sh -c 'echo {\\\"protocol\\\":2}; read line'",
            "version 2 of the protocol, evenkeel version 1",
        ),
        ("exec:sh -c 'exec sleep 60'", "no answer within 200 ms; --exec-timeout gives it more time"),
        ("exec:sh -c 'exec >&-; exec sleep 60'", "the program has closed its standard output"),
    ] {
        let call = ["run", "lopsided.json", "--balancer", balancer, "--exec-timeout", "200ms"];
        let (code, printed, complaints) = desk.call(&call);
        assert_eq!((code, printed.as_str()), (2, ""), "{balancer}: {complaints}");
        assert!(complaints.contains(said), "{balancer}: {said} is not in: {complaints}");
        assert_eq!(desk.names(), ["lopsided.json", "quiet.sh"], "{balancer}");
    }
}

/// A program that greets and answers its first question with `line`.
fn answers(line: &str) -> String {
    format!("{GREETS}read -r question\necho '{line}'")
}

#[test]
fn nonsense_ends_the_run_and_names_the_question() {
    let place = "lopsided.json: balancer exec:sh faulty.sh: question 1, balance_replica at ";
    for (line, said) in [
        ("yes", "the answer is not understood: expected value at line 1 column 1; it begins \"yes\""),
        ("[]", "the answer is not understood: "),
        (r#"{"segments":[]}"#, "missing field `answer`"),
        (r#"{"answer":2}"#, "the answer bears the number 2"),
        (r#"{"answer":1,"moves":[]}"#, "unknown field `moves`"),
        (r#"{"answer":1,"segments":{}}"#, "invalid type: map"),
        (r#"{"answer":1,"segments":[{"segment":true,"from":1,"to":2}]}"#, "true is no id"),
        (r#"{"answer":1,"segments":[{"segment":"11","to":2}]}"#, "segment 11 has no \"from\""),
        (
            r#"{"answer":1,"segments":[{"segment":"99","from":1,"to":2}]}"#,
            "segment 99 of this collection is not on node 1",
        ),
        (
            r#"{"answer":1,"segments":[{"segment":"11","from":2,"to":1}]}"#,
            "segment 11 of this collection is not on node 2",
        ),
        (r#"{"answer":1,"segments":[{"segment":"11","from":7,"to":2}]}"#, "node 7 is none of the replica"),
        (
            r#"{"answer":1,"segments":[{"segment":"11","from":1,"to":7}]}"#,
            "node 7 is no candidate; candidates are 1, 2",
        ),
        (r#"{"answer":1,"segments":[{"segment":"11","from":1,"to":1}]}"#, "a move from node 1 to node 1"),
        (
            r#"{"answer":1,"segments":[{"segment":"11","from":1,"to":2},{"segment":11,"from":1,"to":2}]}"#,
            "segment 11 is planned twice",
        ),
        (r#"{"answer":1,"channels":[{"channel":"none","from":1,"to":2}]}"#, "channel none is not on node 1"),
    ] {
        check_fault(&answers(line), &[place, said]);
    }
}

#[test]
fn a_program_that_falls_silent_ends_the_run_and_its_last_words_are_shown() {
    let first = format!("{GREETS}read -r question\necho 'no more to say' >&2\nexit 4");
    check_fault(
        &first,
        &[
            "question 1, balance_replica at ",
            "has ended (exit status: 4)",
            "its standard error: no more to say",
        ],
    );
    let endless = format!("{GREETS}read -r question\nexec yes x | tr -d '\\n'");
    check_fault(&endless, &["question 1, ", "the answer is longer than 16 MiB"]);
}

#[test]
fn every_run_has_a_program_of_its_own_whatever_the_threads() {
    let desk = Desk::new();
    desk.write("counted.sh", &["echo started >> starts\n", GREETS, QUIET].concat());
    let vary = "queryCoord.checkBalanceInterval=1000,2000,3000";
    let call =
        ["compare", "lopsided.json", "--balancers", "exec:sh counted.sh", "--vary", vary, "--threads", "3"];
    let (code, _, complaints) = desk.call(&call);
    assert_eq!((code, complaints.as_str()), (0, ""));
    assert_eq!(desk.text("starts").lines().count(), 3);
}

#[test]
fn a_sweep_knows_a_program_again_by_its_files() {
    let desk = Desk::new();
    let program = |text: &str| [text, "echo started >> starts\n", GREETS, QUIET].concat();
    let vary = "queryCoord.checkBalanceInterval=1000,2000";
    let call = ["sweep", "lopsided.json", "--balancer", "exec:sh counted.sh", "--vary", vary, "--seeds", "2"];
    // Each of two combinations is tried before anything runs, and then run under two seeds.
    for (text, starts) in [("", 6), ("", 6), ("# Another program.\n", 12)] {
        desk.write("counted.sh", &program(text));
        let (code, _, complaints) = desk.call(&call);
        assert_eq!((code, complaints.as_str()), (0, ""));
        assert_eq!(desk.text("starts").lines().count(), starts, "{text}");
    }
    desk.write("counted.sh", "echo broken >&2; exit 3");
    let (code, _, complaints) = desk.call(&call);
    assert!(code == 2 && complaints.contains("its standard error: broken"), "{complaints}");
}

#[test]
fn settings_are_searched_for_a_program_too() {
    let desk = Desk::new();
    let keys = "queryCoord.checkBalanceInterval=1000,2000";
    let tune =
        ["tune", "lopsided.json", "--vary", keys, "--minimize", "moves.bytes", "--quiet", "--balancer"];
    let (code, _, complaints) = desk.call(&[&tune[..], &["exec:sh quiet.sh"]].concat());
    assert_eq!((code, complaints.as_str()), (0, ""));
    desk.write("faulty.sh", &[GREETS, "exit 3"].concat());
    let (code, _, complaints) = desk.call(&[&tune[..], &["exec:sh faulty.sh"]].concat());
    assert!(code == 2 && complaints.contains("question 1, balance_replica at "), "{complaints}");
}

#[test]
fn a_program_is_gone_when_its_run_is() {
    let desk = Desk::new();
    let stays = "echo $$ > process\n".to_owned() + GREETS + QUIET + "exec sleep 60\n";
    desk.write("stays.sh", &stays.replace("process", &desk.path("process").display().to_string()));
    let balancer = format!("exec:sh '{}'", desk.path("stays.sh").display());
    let running = Running::start(&desk.scenario("2.5.27", Some(&balancer))).expect("it greets");
    let process = PathBuf::from("/proc").join(desk.text("process").trim());
    let is_shown = process.exists();
    drop(running);
    // Where processes are shown as files, one that was not waited for would still be.
    assert!(is_shown || !PathBuf::from("/proc/self").exists());
    assert!(!process.exists());
}

#[test]
fn a_program_plans_to_the_end_whatever_the_key_says() {
    let desk = Desk::new();
    let set = r#""duration":"5m","timeline":[{"at":"1m","set_config":{"queryCoord.balancer":"RoundRobinBalancer"}}]"#;
    desk.write("set.json", &desk.text("lopsided.json").replace(r#""duration":"5m""#, set));
    let (code, printed, _) = desk.call(&["run", "set.json", "--balancer", "exec:sh quiet.sh"]);
    assert_eq!(code, 0);
    let warning = "queryCoord.balancer is set at 1m, but exec:sh quiet.sh plans to the end";
    assert!(printed.contains(warning), "{printed}");
    let summary: Value = serde_json::from_str(&desk.text("out/lopsided/summary.json")).expect("JSON");
    assert_eq!(summary["milvus"]["balancer"], "exec:sh quiet.sh");
    let declined = summary["declined"].as_object().expect("codes");
    assert_eq!(declined.keys().collect::<Vec<_>>(), ["OWN_POLICY"]);
}

#[test]
fn a_file_names_no_program() {
    let desk = Desk::new();
    let text = desk.text("lopsided.json").replace(
        "\"version\":\"2.5.27\"",
        r#""version":"2.5.27","config":{"queryCoord.balancer":"exec:sh quiet.sh"}"#,
    );
    desk.write("bold.json", &text);
    let (code, _, complaints) = desk.call(&["run", "bold.json"]);
    assert_eq!(code, 2);
    assert!(
        complaints.contains("name a program by the option --balancer exec:PROGRAM alone"),
        "{complaints}"
    );
    let set = ["run", "lopsided.json", "--set", "queryCoord.balancer=exec:sh quiet.sh"];
    let (code, _, complaints) = desk.call(&set);
    assert!(code == 2 && complaints.contains("--balancer exec:PROGRAM alone"), "{complaints}");
}

/// What a program is told and answers, kept beside the example.
#[test]
fn the_conversation_is_the_one_that_is_documented() {
    let desk = Desk::new();
    let tee = "tee heard | python3 by_bytes.py | tee said\n";
    desk.write("listen.sh", tee);
    fs::copy(package().join("tests/it/exec/by_bytes.py"), desk.path("by_bytes.py")).expect("the example");
    let (code, _, complaints) = desk.call(&["run", "lopsided.json", "--balancer", "exec:sh listen.sh"]);
    assert_eq!((code, complaints.as_str()), (0, ""));
    let (heard, said) = (desk.text("heard"), desk.text("said"));
    let lines = heard.lines().zip(said.lines()).take(2).flat_map(|(heard, said)| [heard, said]);
    let spoken: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let readme = fs::read_to_string(package().join("README.md")).expect("README.md");
    let shown = readme.split("```jsonl\n").nth(1).and_then(|rest| rest.split("```").next());
    let shown = shown.expect("the conversation in the README").lines();
    let shown: Vec<Value> = shown.map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(shown.len(), spoken.len());
    for (shown, spoken) in shown.iter().zip(&spoken) {
        assert!(is_part(shown, spoken), "the README shows\n{shown}\nbut spoken was\n{spoken}");
    }
}

/// Whether everything that `part` says is said in `whole`, whose objects may have more members and whose
/// lists more entries.
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|other| is_part(value, other)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() <= whole.len() && part.iter().zip(whole).all(|(one, other)| is_part(one, other))
        }
        (part, whole) => part == whole,
    }
}
