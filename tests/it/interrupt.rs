//! Ctrl-C: what is left behind, what is said, and the exit code.

use crate::cli::Desk;
use std::fs;
use std::io::Read;
use std::process::Stdio;

#[test]
#[cfg(unix)]
fn a_run_that_is_interrupted_leaves_nothing_behind() {
    let desk = Desk::new();
    assert_eq!(desk.call(&["generate", "--size", "M", "-o", "m.json"]).0, 0);
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    program.current_dir(desk.folder.path()).args(["run", "m.json", "-o", "out"]);
    let mut child = program.stderr(Stdio::piped()).spawn().expect("the program");
    let drafts = || {
        let files = fs::read_dir(desk.folder.path()).expect("a folder").map(|file| file.expect("a file"));
        files.filter(|file| file.file_name().to_string_lossy().starts_with(".out.")).count()
    };
    while drafts() == 0 && child.try_wait().expect("a child").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill").success());
    assert_eq!(child.wait().expect("a child").code(), Some(130));
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("UTF-8");
    assert_eq!(said, "evenkeel: interrupted; the results of this run are not written\n");
    assert!(drafts() == 0 && !desk.path("out").exists());
}

/// Whether a process handles SIGINT by now.
#[cfg(target_os = "linux")]
fn handles_interrupts(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 2 != 0)
}

#[test]
#[cfg(target_os = "linux")]
fn what_writes_nothing_until_it_is_through_says_how_far_it_came() {
    let desk = Desk::new();
    assert_eq!(desk.call(&["generate", "--size", "T", "-o", "t.json"]).0, 0);
    let calls = [
        (&["check", "t.json"][..], "0 of 1 runs were done, all those of 0 of 1 scenarios; nothing is judged"),
        (
            &["compare", "t.json", "-o", "c"],
            "0 of 1 runs were done; the results of 0 of 1 scenarios are written",
        ),
        (&["diff", "t.json", "--b-seed", "2"], "the two runs are not compared to their end"),
    ];
    for (call, expected) in calls {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        program.current_dir(desk.folder.path()).args(call).args(["--set", "/duration=360d"]);
        let mut child = program.stderr(Stdio::piped()).spawn().expect("the program");
        while !handles_interrupts(child.id()) && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(killed.expect("kill").success());
        let code = child.wait().expect("a child").code();
        let mut said = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut said).expect("UTF-8");
        assert!(said.starts_with(&format!("evenkeel: interrupted; {expected}")), "{call:?}: {said}");
        assert_eq!(code, Some(130), "{call:?}");
    }
    assert!(!desk.path("c").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_sweep_that_is_signalled_with_its_group_still_says_what_it_kept() {
    let desk = Desk::new();
    assert_eq!(desk.call(&["generate", "--size", "T", "-o", "t.json"]).0, 0);
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    program.current_dir(desk.folder.path()).args(["sweep", "t.json", "--seeds", "100000", "-o", "s"]);
    let mut child = program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program");
    let kept = || fs::metadata(desk.path("s/.trials.journal")).map_or(0, |journal| journal.len());
    while kept() == 0 && child.try_wait().expect("a child").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    for _ in 0..2 {
        let killed = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(killed.expect("kill").success());
    }
    assert_eq!(child.wait().expect("a child").code(), Some(130));
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("UTF-8");
    assert!(said.contains("of 100000 trials are kept"), "{said}");
}
