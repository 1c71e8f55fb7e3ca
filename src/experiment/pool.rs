//! Work on several threads, with as much under way as a fixed window holds.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// Items given out and not yet handed back, per thread: enough that no thread ever waits for the next.
const WINDOW: usize = 16;
/// The same where results wait for an earlier one.
const ORDERED_WINDOW: usize = 64;

/// So long the calling thread lets results gather, unless a thread has nothing left to do: waking it for each
/// one would cost short work several hundredths of its time. While none comes it waits longer and longer.
const GATHER: Duration = Duration::from_millis(4);
/// At most so long.
const GATHER_MAX: Duration = Duration::from_millis(64);

/// Does `work` for every item on `threads` threads (at least one) and hands each result with the number of its
/// item, from 0, to `on_done` on the calling thread, whichever is done first. Memory is bounded by the window,
/// however many items there are. After a break nothing new begins and nothing more is handed on.
///
/// # Panics
///
/// When `work` panics, with its panic.
pub fn as_they_come<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    threads: usize,
    work: impl Fn(T) -> R + Sync,
    on_done: impl FnMut(u64, R) -> ControlFlow<()>,
) {
    let mut on_done = on_done;
    let hand_on = |number, result, delivered: &mut u64| {
        *delivered += 1;
        on_done(number, result)
    };
    run(items, threads, WINDOW, &work, hand_on);
}

/// As [`as_they_come`], in the order of the items. No more than the window are ever kept waiting.
///
/// # Panics
///
/// When `work` panics, with its panic.
pub fn in_order<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    threads: usize,
    work: impl Fn(T) -> R + Sync,
    on_done: impl FnMut(u64, R) -> ControlFlow<()>,
) {
    let mut on_done = on_done;
    let mut waiting = BTreeMap::new();
    let hand_on = |number, result, delivered: &mut u64| {
        waiting.insert(number, result);
        while let Some(result) = waiting.remove(delivered) {
            let number = *delivered;
            *delivered += 1;
            on_done(number, result)?;
        }
        ControlFlow::Continue(())
    };
    run(items, threads, ORDERED_WINDOW, &work, hand_on);
}

/// As [`in_order`], of all `items`; the results come together at the end.
///
/// # Panics
///
/// When `work` panics, with its panic.
pub fn all<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let mut results = Vec::with_capacity(items.len());
    in_order(items, threads.min(items.len()), work, |_, result| {
        results.push(result);
        ControlFlow::Continue(())
    });
    results
}

/// A finished item: its number, and its result or the panic that ended it.
type Done<R> = (u64, thread::Result<R>);

/// Finished items on their way to the calling thread.
struct Gathered<R> {
    done: Mutex<Vec<Done<R>>>,
    caller: Thread,
}

fn run<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    threads: usize,
    window: usize,
    work: &(impl Fn(T) -> R + Sync),
    mut hand_on: impl FnMut(u64, R, &mut u64) -> ControlFlow<()>,
) {
    let threads = threads.max(1);
    let window = (threads * window) as u64;
    let (give, queue) = channel();
    let queue = Mutex::new(queue);
    let gathered = Gathered { done: Mutex::new(Vec::new()), caller: thread::current() };
    thread::scope(|scope| {
        // Dropped when this closure ends, however it ends: that is what lets the threads end.
        let give = give;
        for _ in 0..threads {
            scope.spawn(|| take_turns(&queue, work, &gathered));
        }
        let mut items = items.into_iter().zip(0_u64..).fuse();
        let (mut given, mut returned, mut delivered) = (0_u64, 0_u64, 0_u64);
        let (mut done, mut wait) = (Vec::new(), GATHER);
        loop {
            while given - delivered < window
                && let Some((item, number)) = items.next()
            {
                given += 1;
                // The queue outlives this scope, so that there is always a reader.
                let _ = give.send((number, item));
            }
            if returned == given {
                return;
            }
            std::mem::swap(&mut done, &mut lock(&gathered.done));
            if done.is_empty() {
                thread::park_timeout(wait);
                wait = GATHER_MAX.min(2 * wait);
                continue;
            }
            wait = GATHER;
            for (number, result) in done.drain(..) {
                returned += 1;
                let is_over = match result {
                    Ok(result) => hand_on(number, result, &mut delivered).is_break(),
                    // A broken invariant of ours: it has told its scenario and event already.
                    Err(panic) => {
                        abandon(&queue, give);
                        resume_unwind(panic)
                    }
                };
                if is_over {
                    return abandon(&queue, give);
                }
            }
        }
    });
}

/// One thread: item after item until there will be none.
fn take_turns<T, R>(queue: &Mutex<Receiver<(u64, T)>>, work: &impl Fn(T) -> R, gathered: &Gathered<R>) {
    loop {
        let at_once = queue.try_lock().ok().and_then(|queue| queue.try_recv().ok());
        let next = at_once.or_else(|| {
            // Perhaps nothing comes until what is done is handed on.
            gathered.caller.unpark();
            lock(queue).recv().ok()
        });
        let Some((number, item)) = next else { return };
        let result = catch_unwind(AssertUnwindSafe(|| work(item)));
        let is_panic = result.is_err();
        lock(&gathered.done).push((number, result));
        if is_panic {
            gathered.caller.unpark();
        }
    }
}

/// No thread panics while it holds one of our locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Throws away what no thread has taken yet.
fn abandon<T>(queue: &Mutex<Receiver<(u64, T)>>, give: Sender<(u64, T)>) {
    // First: a thread that waits for an item holds the queue.
    drop(give);
    while lock(queue).try_recv().is_ok() {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn results_come_in_order_whatever_the_threads() {
        for threads in [0, 1, 2, 8] {
            let mut seen = Vec::new();
            let slow_ones = |item: u64| {
                if item.is_multiple_of(7) {
                    thread::yield_now();
                }
                item * item
            };
            in_order(0..1_000, threads, slow_ones, |number, square| {
                seen.push((number, square));
                ControlFlow::Continue(())
            });
            let expected: Vec<(u64, u64)> = (0..1_000).map(|number| (number, number * number)).collect();
            assert_eq!(seen, expected, "{threads} threads");
        }
    }

    #[test]
    fn every_result_comes_once() {
        let mut sum = 0;
        as_they_come(
            1..=100_u64,
            3,
            |item| item,
            |number, item| {
                assert_eq!(number + 1, item);
                sum += item;
                ControlFlow::Continue(())
            },
        );
        assert_eq!(sum, 5_050);
    }

    #[test]
    fn a_break_ends_it_soon() {
        let begun = AtomicU64::new(0);
        let work = |item: u64| {
            begun.fetch_add(1, Ordering::Relaxed);
            item
        };
        let mut handed = 0;
        as_they_come(0..1_000_000_u64, 2, work, |_, _| {
            handed += 1;
            if handed == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(handed, 10);
        assert!(begun.into_inner() <= 10 + 2 * WINDOW as u64, "no more than what was under way");
    }

    #[test]
    fn no_more_than_the_window_wait_for_a_slow_one() {
        let begun = AtomicU64::new(0);
        let (go, wait) = channel::<()>();
        let wait = Mutex::new(wait);
        let most = 2 * ORDERED_WINDOW as u64;
        let work = |item: u64| {
            if begun.fetch_add(1, Ordering::SeqCst) + 1 == most {
                let _ = go.send(());
            }
            if item == 0 {
                // The first is held back until all others of the window have been begun.
                let _ = wait.lock().map(|wait| wait.recv());
                assert_eq!(begun.load(Ordering::SeqCst), most);
            }
        };
        in_order(0..1_000_u64, 2, work, |_, ()| ControlFlow::Continue(()));
        assert_eq!(begun.into_inner(), 1_000);
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let work = |item: u64| assert_ne!(item, 5, "planted");
        let caught = catch_unwind(|| in_order(0..100_u64, 2, work, |_, ()| ControlFlow::Continue(())));
        assert!(caught.is_err());
    }
}
