//! The hold model: pop an event, schedule one at a drawn later time, with so many pending throughout.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use evenkeel::engine::schedule::Schedule;
use evenkeel::units::SimDuration;
use nexosim::model::{Context, Model, schedulable};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

/// Events per timed call, so that the call itself costs nothing.
const BATCH: u64 = 1_000;

/// Delays of 1 ms to 65.536 s, evenly spread, the same for all; by a multiplier and not by a stream of the
/// engine, to take next to no time of what is measured.
#[derive(Clone, Serialize, Deserialize)]
struct Delays(u64);

impl Delays {
    const fn new() -> Self {
        Delays(1)
    }

    fn next_ms(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 48) + 1
    }
}

/// What is compared: takes its pending events when made, then handles `BATCH` of them per call.
type Hold = Box<dyn FnMut()>;

/// Makes one with so many pending.
type MakeHold = fn(u32) -> Hold;

fn wheel(pending: u32) -> Hold {
    let mut delays = Delays::new();
    let mut schedule = Schedule::new();
    for subject in 0..pending {
        schedule.after(SimDuration::from_ms(delays.next_ms()), 0, subject, subject);
    }
    Box::new(move || {
        for _ in 0..BATCH {
            let (_, subject) = schedule.pop().expect("always pending");
            schedule.after(SimDuration::from_ms(delays.next_ms()), 0, subject, subject);
        }
    })
}

fn heap(pending: u32) -> Hold {
    let mut delays = Delays::new();
    let mut sequence = 0_u64;
    let mut heap: BinaryHeap<Reverse<(u64, u8, u32, u64)>> = BinaryHeap::new();
    for subject in 0..pending {
        heap.push(Reverse((delays.next_ms(), 0, subject, sequence)));
        sequence += 1;
    }
    Box::new(move || {
        for _ in 0..BATCH {
            let Reverse((time, rank, subject, _)) = heap.pop().expect("always pending");
            heap.push(Reverse((time + delays.next_ms(), rank, subject, sequence)));
            sequence += 1;
        }
    })
}

#[derive(Clone, Serialize)]
struct SimcoreTurn {
    subject: u32,
}

struct SimcoreModel {
    context: simcore::SimulationContext,
    delays: Delays,
}

impl SimcoreModel {
    fn schedule(&mut self, subject: u32) {
        self.context.emit_self(SimcoreTurn { subject }, self.delays.next_ms() as f64);
    }
}

impl simcore::EventHandler for SimcoreModel {
    fn on(&mut self, event: simcore::Event) {
        simcore::cast!(match event.data {
            SimcoreTurn { subject } => {
                self.schedule(subject);
            }
        });
    }
}

fn simcore_hold(pending: u32) -> Hold {
    let mut simulation = simcore::Simulation::new(1);
    let context = simulation.create_context("model");
    let model = Rc::new(RefCell::new(SimcoreModel { context, delays: Delays::new() }));
    simulation.add_handler("model", model.clone());
    for subject in 0..pending {
        model.borrow_mut().schedule(subject);
    }
    Box::new(move || {
        for _ in 0..BATCH {
            assert!(simulation.step(), "always pending");
        }
    })
}

/// A step of nexosim does all of a millisecond, so its model counts what it has handled.
static NEXOSIM_HANDLED: AtomicU64 = AtomicU64::new(0);

#[derive(Serialize, Deserialize)]
struct NexosimModel {
    pending: u32,
    delays: Delays,
}

#[Model]
impl NexosimModel {
    #[nexosim(init)]
    async fn init(&mut self, context: &Context<Self>) {
        for subject in 0..self.pending {
            self.schedule(subject, context);
        }
    }

    #[nexosim(schedulable)]
    async fn turn(&mut self, subject: u32, context: &Context<Self>) {
        NEXOSIM_HANDLED.fetch_add(1, Ordering::Relaxed);
        self.schedule(subject, context);
    }

    fn schedule(&mut self, subject: u32, context: &Context<Self>) {
        let delay = Duration::from_millis(self.delays.next_ms());
        context.schedule_event(delay, schedulable!(Self::turn), subject).expect("a later time");
    }
}

fn nexosim_hold(pending: u32) -> Hold {
    let model = NexosimModel { pending, delays: Delays::new() };
    let mut simulation = SimInit::with_num_threads(1)
        .add_model(model, Mailbox::new(), "model")
        .init(MonotonicTime::EPOCH)
        .expect("a simulation of one model");
    let target = Cell::new(NEXOSIM_HANDLED.load(Ordering::Relaxed));
    Box::new(move || {
        // Kept over calls, so that what one call does too much the next does less.
        target.set(target.get() + BATCH);
        while NEXOSIM_HANDLED.load(Ordering::Relaxed) < target.get() {
            simulation.step().expect("always pending");
        }
    })
}

fn hold(criterion: &mut Criterion) {
    for pending in [30, 1_000, 10_000, 100_000] {
        let mut group = criterion.benchmark_group("hold");
        group.throughput(Throughput::Elements(BATCH)).sample_size(20);
        group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
        let rivals: [(&str, MakeHold); 4] =
            [("evenkeel", wheel), ("std heap", heap), ("simcore", simcore_hold), ("nexosim", nexosim_hold)];
        for (name, make) in rivals {
            let mut run = make(pending);
            group.bench_function(BenchmarkId::new(name, pending), |bencher| {
                bencher.iter(|| black_box(&mut run)());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, hold);
criterion_main!(benches);
