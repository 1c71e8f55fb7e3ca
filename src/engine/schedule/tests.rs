//! The schedule against its slow twin, a binary heap of the same keys; and what it must not hoard.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use proptest::prelude::*;

use super::*;

/// Time, rank, subject, sequence: the order as it is stated.
type TwinKey = (u64, u8, u32, u64);

/// A heap of keys and the set of those still pending.
#[derive(Default)]
struct Twin {
    heap: BinaryHeap<Reverse<TwinKey>>,
    pending: BTreeSet<TwinKey>,
    now_ms: u64,
}

impl Twin {
    fn push(&mut self, key: TwinKey) {
        self.heap.push(Reverse(key));
        self.pending.insert(key);
    }

    fn peek(&mut self) -> Option<TwinKey> {
        while let Some(Reverse(key)) = self.heap.peek() {
            if self.pending.contains(key) {
                return Some(*key);
            }
            self.heap.pop();
        }
        None
    }

    fn pop_until(&mut self, limit_ms: u64) -> Option<TwinKey> {
        let key = self.peek().filter(|key| key.0 <= limit_ms)?;
        self.heap.pop();
        self.pending.remove(&key);
        self.now_ms = key.0;
        Some(key)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Push {
        delay_ms: u64,
        rank: u8,
        subject: u32,
    },
    /// Cancels what was pushed in this place, often long gone.
    Cancel(prop::sample::Index),
    CancelNext,
    Peek,
    Pop,
    PopUntil(u64),
    /// Nothing comes for so long, if nothing does.
    Wait(u64),
}

/// Mostly equal and near times, some at the edges of slots, some up to 400 days away.
fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => 0..3_u64,
        3 => 0..200_u64,
        2 => (0..36_u32, 0..3_u64).prop_map(|(bit, less)| (1_u64 << bit).saturating_sub(less)),
        2 => 0..100_000_u64,
        1 => 0..400 * 86_400_000_u64,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (delay(), 0..4_u8, 0..4_u32).prop_map(|(delay_ms, rank, subject)| Step::Push { delay_ms, rank, subject }),
        2 => any::<prop::sample::Index>().prop_map(Step::Cancel),
        1 => Just(Step::CancelNext),
        1 => Just(Step::Peek),
        4 => Just(Step::Pop),
        1 => delay().prop_map(Step::PopUntil),
        1 => delay().prop_map(Step::Wait),
    ]
}

/// Does `steps` on both and compares every answer, then empties both.
fn check(steps: &[Step]) -> Result<(), TestCaseError> {
    let (mut schedule, mut twin) = (Schedule::new(), Twin::default());
    let mut pushed: Vec<(Key, TwinKey)> = Vec::new();
    let finish = std::iter::repeat_n(&Step::Pop, steps.len() + 1);
    for step in steps.iter().chain(finish) {
        match step {
            Step::Push { delay_ms, rank, subject } => {
                let key = (twin.now_ms + delay_ms, *rank, *subject, pushed.len() as u64);
                twin.push(key);
                pushed.push((schedule.after(SimDuration::from_ms(*delay_ms), *rank, *subject, key), key));
            }
            Step::Cancel(index) if !pushed.is_empty() => {
                let (key, twin_key) = pushed[index.index(pushed.len())];
                prop_assert_eq!(schedule.cancel(key), twin.pending.remove(&twin_key));
            }
            Step::CancelNext => {
                let key = schedule.peek_key();
                let twin_key = twin.peek();
                prop_assert_eq!(key.map(|key| (key.time().as_ms(), key.rank(), key.subject())), {
                    twin_key.map(|key| (key.0, key.1, key.2))
                });
                if let (Some(key), Some(twin_key)) = (key, twin_key) {
                    prop_assert_eq!(schedule.cancel(key), twin.pending.remove(&twin_key));
                }
            }
            Step::Cancel(_) | Step::Peek => {
                prop_assert_eq!(schedule.next_time().map(SimTime::as_ms), twin.peek().map(|key| key.0));
            }
            Step::Pop | Step::PopUntil(_) => {
                let limit = match step {
                    Step::PopUntil(ms) => SimTime::from_ms(twin.now_ms + ms),
                    _ => SimTime::MAX,
                };
                let popped = schedule.pop_until(limit);
                prop_assert_eq!(
                    popped,
                    twin.pop_until(limit.as_ms()).map(|key| (SimTime::from_ms(key.0), key))
                );
            }
            Step::Wait(ms) => {
                let until_ms = twin.now_ms + ms;
                if twin.peek().is_none_or(|key| key.0 > until_ms) {
                    schedule.wait_until(SimTime::from_ms(until_ms));
                    twin.now_ms = until_ms;
                }
            }
        }
        prop_assert_eq!(schedule.now().as_ms(), twin.now_ms);
        prop_assert_eq!(schedule.has_more_now(), twin.peek().is_some_and(|key| key.0 == twin.now_ms));
        prop_assert_eq!(schedule.len(), twin.pending.len());
    }
    prop_assert!(schedule.is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_wheel_answers_as_a_heap_does(steps in prop::collection::vec(step(), 1..200)) {
        check(&steps)?;
    }
}

#[test]
fn many_pending_events_come_in_the_order_of_a_heap() {
    let mut random = crate::engine::random::Random::stream(7, "schedule");
    let mut steps: Vec<Step> = Vec::new();
    for _ in 0..30_000 {
        let [range, rank, subject] = [36, 10, 1_000].map(|count| random.below(count));
        let delay_ms = random.below(1 << range);
        steps.push(Step::Push { delay_ms, rank: rank as u8, subject: subject as u32 });
        if random.below(3) == 0 {
            steps.push(if random.below(4) == 0 { Step::CancelNext } else { Step::Pop });
        }
    }
    check(&steps).expect("as the twin");
}

#[test]
fn an_event_scheduled_in_its_own_millisecond_comes_by_rank() {
    let mut schedule = Schedule::new();
    let time = SimTime::from_ms(5);
    schedule.at(time, 3, 0, "first");
    schedule.at(time, 7, 0, "last");
    assert_eq!(schedule.pop(), Some((time, "first")));
    schedule.at(time, 7, 1, "after the last");
    schedule.at(time, 5, 9, "between");
    schedule.at(time, 1, 0, "a lower rank than what is done");
    let rest: Vec<_> = std::iter::from_fn(|| schedule.pop().map(|(_, event)| event)).collect();
    assert_eq!(rest, ["a lower rank than what is done", "between", "last", "after the last"]);
}

#[test]
fn a_stale_key_never_cancels_the_event_that_took_its_place() {
    let mut schedule = Schedule::new();
    let done = schedule.at(SimTime::from_ms(1), 0, 0, 'a');
    schedule.pop();
    let reused = schedule.at(SimTime::from_ms(1), 0, 0, 'b');
    assert_eq!(done.index(), reused.index(), "the case this test is about");
    assert!(!schedule.cancel(done));
    assert!(schedule.cancel(reused));
    assert!(!schedule.cancel(reused));
    assert_eq!(schedule.pop(), None);
}

#[test]
fn a_clone_runs_on_alone() {
    let mut schedule = Schedule::new();
    schedule.at(SimTime::from_ms(9), 0, 0, 'a');
    let mut clone = schedule.clone();
    assert_eq!(clone.pop(), Some((SimTime::from_ms(9), 'a')));
    assert_eq!(schedule.len(), 1);
    assert_eq!(schedule.now(), SimTime::ZERO);
}

#[test]
fn timers_armed_and_cancelled_for_ever_do_not_pile_up() {
    let mut schedule = Schedule::new();
    schedule.at(SimTime::from_ms(1), 0, 0, ());
    for round in 0..100_000_u64 {
        let key = schedule.at(SimTime::from_ms(1_000 + round % 977 * 1_000), 0, 0, ());
        assert!(schedule.cancel(key));
        assert!(schedule.wheel.key_count() <= SWEEP_MIN + 2);
    }
    assert_eq!(schedule.len(), 1);
}

#[test]
fn a_steady_state_takes_no_more_memory() {
    let mut schedule = Schedule::new();
    let mut random = crate::engine::random::Random::stream(1, "hold");
    for subject in 0..1_000 {
        schedule.at(SimTime::from_ms(random.below(10_000)), 0, subject, ());
    }
    let mut hold = |schedule: &mut Schedule<()>, count: u32| {
        for subject in 0..count {
            schedule.pop();
            schedule.after(SimDuration::from_ms(random.below(10_000)), 0, subject, ());
        }
    };
    hold(&mut schedule, 100_000);
    let warm = schedule.wheel.chunk_count();
    hold(&mut schedule, 1_000_000);
    // Chunks follow the draw of the moment; that they are a handful, and not one per event, is the claim.
    assert!(schedule.wheel.chunk_count() <= warm + warm / 4, "{} after {warm}", schedule.wheel.chunk_count());
    assert!(warm < 400, "{warm}");
}
