//! `sweep` and `merge`: the same bytes however the trials were run, and nothing finished is ever run again.

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

const KEY: &str = "queryCoord.memoryUsageMaxDifferencePercentage";

/// Every file that a sweep of one scenario leaves.
const FILES: [&str; 4] = ["trials.jsonl", "trials.csv", "sweep.csv", "sweep.json"];

/// A folder with a small scenario that is drawn by its seed.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        let desk = Desk { folder: tempfile::tempdir().expect("a folder") };
        let generate = [
            "generate",
            "--start",
            "weighted",
            "--duration",
            "10m",
            "--churn",
            "3m",
            "--memory",
            "24GiB",
            "-o",
        ];
        let (code, _, said) = desk.call(&[&generate[..], &["s.json"]].concat());
        assert_eq!(code, 0, "{said}");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut program = Command::new(cargo_bin("evenkeel"));
        program.current_dir(self.folder.path()).args(arguments);
        program
    }

    /// Calls the program: exit code, standard output, standard error.
    fn call(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.program(arguments).output().expect("the program");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
    }

    /// A sweep of 12 combinations under 2 seeds.
    fn sweep(&self, more: &[&str]) -> (i32, String, String) {
        let vary = format!("{KEY}=5..30:5");
        let other = "/hardware/load_bandwidth=100MiB/s,200MiB/s";
        let call = ["sweep", "s.json", "--vary", &vary, "--vary", other, "--seeds", "2", "--quiet"];
        self.call(&[&call[..], more].concat())
    }

    /// What a sweep left.
    fn results(&self, folder: &str) -> Vec<(&'static str, String)> {
        let read = |file| fs::read_to_string(self.path(folder).join(file)).expect(file);
        FILES.into_iter().map(|file| (file, read(file))).collect()
    }
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).expect("a file").lines().map(str::to_owned).collect()
}

/// Waits until a few trials are kept, or until the process has ended.
fn wait_for_trials(child: &mut Child, journal: &Path) {
    let is_under_way = || fs::read_to_string(journal).is_ok_and(|text| text.lines().count() > 2);
    while !is_under_way() && child.try_wait().expect("a child").is_none() {
        sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_bytes_are_the_same_on_any_number_of_threads() {
    let desk = Desk::new();
    for threads in ["1", "2", "8"] {
        let (code, _, said) = desk.sweep(&["--threads", threads, "-o", threads]);
        assert_eq!((code, said.as_str()), (0, ""));
    }
    let expected = desk.results("1");
    assert_eq!(expected[1].1.lines().count(), 1 + 24);
    assert_eq!(expected[2].1.lines().count(), 1 + 12);
    assert_eq!(desk.results("2"), expected);
    assert_eq!(desk.results("8"), expected);
    let left: Vec<_> =
        fs::read_dir(desk.path("2")).expect("a folder").map(|file| file.expect("a file")).collect();
    let hidden = left.iter().filter(|file| file.file_name().to_string_lossy().starts_with('.')).count();
    assert_eq!(hidden, 0, "nothing unfinished is left behind");
}

#[test]
fn a_trial_says_what_the_same_run_says_alone() {
    let desk = Desk::new();
    desk.sweep(&["-o", "out"]);
    let setting = format!("{KEY}=30");
    let alone =
        ["run", "s.json", "--set", &setting, "--set", "/hardware/load_bandwidth=200MiB/s", "--seed", "1"];
    let (_, printed, _) = desk.call(&[&alone[..], &["--format", "json"]].concat());
    let summary: Value = serde_json::from_str(&printed).expect("JSON");
    let last = lines(&desk.path("out/trials.jsonl")).pop().expect("a trial");
    let last: Value = serde_json::from_str(&last).expect("JSON");
    assert_eq!((&last["trial"], &last["digest"]), (&Value::from(23), &summary["digest"]));
    assert_eq!(last["figures"][0], summary["skew"]["mean"]["max_difference"]);
    assert_eq!(last["figures"][1].as_f64(), summary["moves"]["bytes"].as_f64());
    assert_eq!(last["figures"][4].as_f64(), summary["settle"][0]["settle_ms"].as_f64());
}

#[test]
fn what_is_kept_is_not_run_again_and_a_torn_line_is() {
    let desk = Desk::new();
    desk.sweep(&["-o", "whole"]);
    let mut kept = lines(&desk.path("whole/trials.jsonl"));
    // As a killed process leaves it: some trials sorted, some not, one torn.
    let header = kept.remove(0);
    let sentinel = "5".repeat(32);
    let digest = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["digest"].clone();
    kept[7] = kept[7].replace(digest(&kept[7]).as_str().expect("a digest"), &sentinel);
    fs::create_dir(desk.path("half")).expect("a folder");
    fs::write(desk.path("half/trials.jsonl"), [&header, &kept[0], &kept[7], ""].join("\n")).expect("a file");
    let torn = &kept[4][..kept[4].len() / 2];
    fs::write(desk.path("half/.trials.journal"), [&kept[9], &kept[3], torn].join("\n")).expect("a file");
    assert_eq!(desk.sweep(&["-o", "half"]).0, 0);
    let after = lines(&desk.path("half/trials.jsonl"));
    assert_eq!(after[1..], kept, "the marked trial was taken as it was kept, all others are as ever");
}

#[test]
fn a_killed_sweep_goes_on_where_it_was() {
    let desk = Desk::new();
    desk.sweep(&["-o", "whole"]);
    let vary = format!("{KEY}=5..30:5");
    let other = "/hardware/load_bandwidth=100MiB/s,200MiB/s";
    let call =
        ["sweep", "s.json", "--vary", &vary, "--vary", other, "--seeds", "2", "--quiet", "-o", "killed"];
    let mut child = desk.program(&call).spawn().expect("the program");
    let journal = desk.path("killed/.trials.journal");
    wait_for_trials(&mut child, &journal);
    child.kill().expect("a child");
    child.wait().expect("a child");
    assert_eq!(desk.sweep(&["-o", "killed"]).0, 0);
    assert_eq!(desk.results("killed"), desk.results("whole"));
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_with_130_and_keeps_what_is_done() {
    let desk = Desk::new();
    let vary = format!("{KEY}=1..90:1");
    let call = ["sweep", "s.json", "--vary", &vary, "--seeds", "1000", "-o", "out"];
    let mut child = desk.program(&call).stderr(Stdio::piped()).spawn().expect("the program");
    let journal = desk.path("out/.trials.journal");
    wait_for_trials(&mut child, &journal);
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill").success());
    let status = child.wait().expect("a child");
    assert_eq!(status.code(), Some(130));
    assert!(lines(&desk.path("out/trials.jsonl")).len() > 3);
    assert!(!desk.path("out/sweep.json").exists());
}

#[test]
fn more_seeds_run_only_what_is_new() {
    let desk = Desk::new();
    let vary = format!("{KEY}=10,20");
    let sweep = |more: &[&str]| {
        let call = ["sweep", "s.json", "--vary", &vary, "--quiet", "-o", "out", "--seeds"];
        assert_eq!(desk.call(&[&call[..], more].concat()).0, 0);
    };
    sweep(&["2"]);
    let first = lines(&desk.path("out/trials.jsonl"));
    let sentinel = "7".repeat(32);
    let digest: Value = serde_json::from_str(&first[3]).expect("JSON");
    let marked = first[3].replace(digest["digest"].as_str().expect("a digest"), &sentinel);
    fs::write(desk.path("out/trials.jsonl"), [&first[..3], &[marked]].concat().join("\n")).expect("a file");
    sweep(&["3"]);
    let more = lines(&desk.path("out/trials.jsonl"));
    assert_eq!(more.len(), 1 + 6);
    assert!(more[4].contains(&sentinel), "the first seed of the second value has another number now");
    // And back: what is not asked for is put aside, not lost.
    sweep(&["1"]);
    assert_eq!(lines(&desk.path("out/trials.jsonl")).len(), 1 + 2);
    sweep(&["3"]);
    assert_eq!(lines(&desk.path("out/trials.jsonl")), more);
}

#[test]
fn shards_merge_to_what_one_sweep_leaves() {
    let desk = Desk::new();
    desk.sweep(&["-o", "whole"]);
    for shard in ["1/3", "2/3", "3/3"] {
        let (code, _, said) = desk.sweep(&["--shard", shard, "-o", "parts"]);
        assert_eq!((code, said.as_str()), (0, ""));
    }
    let parts = ["parts/shard-3-of-3.jsonl", "parts/shard-1-of-3.jsonl", "parts/shard-2-of-3.jsonl"];
    let merge = |files: &[&str]| desk.call(&[&["merge"], files, &["-o", "merged", "--quiet"]].concat());
    let (code, _, said) = merge(&parts[..2]);
    assert_eq!(code, 2);
    assert!(said.contains("8 trials are in none of these files"), "{said}");
    assert!(
        said.contains(&format!("trial 4 (generated, {KEY}=10, /hardware/load_bandwidth=100MiB/s, seed 0)")),
        "{said}"
    );
    let (code, _, said) = merge(&parts);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(desk.results("merged"), desk.results("whole"));
    // A trial of another sweep, under the heading of this one.
    desk.call(&["sweep", "s.json", "--seeds", "4", "--quiet", "-o", "other"]);
    let stranger = lines(&desk.path("other/trials.jsonl")).pop().expect("a trial");
    let mut planted = lines(&desk.path(parts[0]));
    planted.push(stranger);
    fs::write(desk.path("planted.jsonl"), planted.join("\n") + "\n").expect("a file");
    let (code, _, said) = merge(&["planted.jsonl", parts[1], parts[2]]);
    assert_eq!((code, said.as_str()), (2, "evenkeel: planted.jsonl:10: trial 3 is none of this sweep\n"));
    let (code, _, said) = merge(&[parts[0], "other/trials.jsonl"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("other/trials.jsonl: it is of another sweep than parts/shard-3-of-3.jsonl"),
        "{said}"
    );
}

#[test]
fn a_wrong_variant_is_named_before_anything_runs() {
    let desk = Desk::new();
    for (more, expected) in [
        (["--vary", "queryCoord.autoBalance=true,maybe"], "Milvus does not parse \"maybe\""),
        (["--vary", "/query_nodes/0/memory=256GiB,1MiB"], "s.json: /query_nodes/0/memory=1MiB seed 0: "),
        (["--vary", "k=1..2"], "--vary k=1..2: a range needs a step"),
        (["--figure", "skew.mean.max_diference"], "the nearest known is \"skew.mean.max_difference\""),
        (["--pareto", "moves.bytes"], "--pareto moves.bytes: name two different figures, A,B"),
        (["--shard", "3/2"], "--shard 3/2: no shard"),
    ] {
        let (code, printed, said) = desk.call(&[&["sweep", "s.json", "-o", "out"], &more[..]].concat());
        assert_eq!((code, printed.as_str()), (2, ""), "{more:?}");
        assert!(said.contains(expected), "{said}");
        assert!(!desk.path("out/sweep.json").exists(), "{more:?}");
    }
}
