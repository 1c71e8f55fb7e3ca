//! Work on several threads, with as much under way as a fixed window holds.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Items given out and not yet handed back, per thread: enough that no thread ever waits for the next.
const WINDOW: usize = 4;
/// The same where results wait for an earlier one.
const ORDERED_WINDOW: usize = 64;

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
    let (tell, told) = channel();
    thread::scope(|scope| {
        // Dropped when this closure ends, however it ends: that is what lets the threads end.
        let give = give;
        for _ in 0..threads {
            let tell = tell.clone();
            let queue = &queue;
            scope.spawn(move || take_turns(queue, work, &tell));
        }
        drop(tell);
        let mut items = items.into_iter().zip(0_u64..).fuse();
        let (mut given, mut returned, mut delivered) = (0_u64, 0_u64, 0_u64);
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
            let Ok((number, result)) = told.recv() else { return };
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
    });
}

/// One thread: item after item until there will be none.
fn take_turns<T, R>(queue: &Mutex<Receiver<(u64, T)>>, work: &impl Fn(T) -> R, tell: &Sender<Done<R>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, item)) = next else { return };
        let result = catch_unwind(AssertUnwindSafe(|| work(item)));
        if tell.send((number, result)).is_err() {
            return;
        }
    }
}

/// Throws away what no thread has taken yet.
fn abandon<T>(queue: &Mutex<Receiver<(u64, T)>>, give: Sender<(u64, T)>) {
    // First: a thread that waits for an item holds the queue.
    drop(give);
    while queue.lock().unwrap_or_else(PoisonError::into_inner).try_recv().is_ok() {}
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
        assert!(begun.into_inner() <= 20, "no more than what was under way");
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
