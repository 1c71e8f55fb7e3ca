//! Ctrl-C, and the SIGTERM of a batch system: what runs is asked to stop.

use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The first signal ends the process with code 130, and says on standard error how far it had come: for what
/// writes nothing until it is through.
pub fn end_saying(said: impl Fn() -> String + Send + 'static) {
    // Where no handler can be set the signal ends the process all the same.
    let _ = ctrlc::set_handler(move || {
        eprintln!("evenkeel: interrupted; {}", said());
        exit(i32::from(super::INTERRUPTED));
    });
}

/// A signal so soon after the first is its echo: `timeout` and batch systems signal a process and then its group.
const ECHO: Duration = Duration::from_millis(500);

/// A flag that is raised by the first signal; the next one ends the process at once.
pub fn flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    let mut first: Option<Instant> = None;
    // Where no handler can be set the signal ends the process, as it would without us: every trial that was
    // finished is on disk all the same.
    let _ = ctrlc::set_handler(move || {
        raised.store(true, Ordering::SeqCst);
        if first.get_or_insert_with(Instant::now).elapsed() > ECHO {
            exit(i32::from(super::INTERRUPTED));
        }
    });
    flag
}
