//! The loop.

use super::event::{Event, rank};
use super::handlers::{self, command, fault, query_node, session, workload};
use super::history::{Observer, Record};
use super::place::{Start, place};
use super::world::World;
use crate::coordinator;
use crate::coordinator::query_coord::QueryCoord;
use crate::coordinator::v1::state::{Choices, Found};
use crate::model::ids::ChannelIndex;
use crate::policy::balance_policy::BalancePolicy;
use crate::policy::watch::Watch;
use crate::scenario::{Chance, Scenario, SegmentPick};
use crate::units::SimTime;
use std::sync::Arc;

/// A run of a scenario.
pub struct Simulation {
    world: World,
    ends_at: SimTime,
    /// The next sampling instant. It comes after all events of its millisecond, and is none itself: there is just
    /// this one, and nobody cancels it.
    next_sample: Option<SimTime>,
    has_ended: bool,
    /// Events handled so far.
    handled: u64,
}

/// What a finished run leaves besides what was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Time of the end.
    pub at: SimTime,
    /// Lines of the event log.
    pub lines: u64,
    /// The digest: 32 hex digits.
    pub digest: String,
}

impl Simulation {
    /// The run of a scenario, at t = 0.
    ///
    /// # Errors
    ///
    /// Texts of what cannot be placed. A scenario whose policy is a program is run by
    /// `experiment::running::Running` alone, which can start it.
    pub fn new(scenario: &Arc<Scenario>) -> Result<Simulation, Vec<String>> {
        Simulation::watched(scenario, &Watch::default())
    }

    /// The same, with every decision that rests on a key shown to `watch`, those of the placement included.
    ///
    /// # Errors
    ///
    /// As for [`Simulation::new`].
    pub fn watched(scenario: &Arc<Scenario>, watch: &Watch) -> Result<Simulation, Vec<String>> {
        refuse_program(scenario)?;
        Simulation::build(scenario, watch, |choices, found| shipped(scenario, choices, found, None))
    }

    /// The same run of a release of 2.2 or later, slowly: every ticker fires, nodes report and checkers look at
    /// everything at every tick, passes visit every task, and every round is asked literally. Tests hold the two
    /// against each other.
    ///
    /// # Errors
    ///
    /// As for [`Simulation::new`].
    pub fn naive(scenario: &Arc<Scenario>) -> Result<Simulation, Vec<String>> {
        Simulation::coordinated(scenario, |choices| {
            coordinator::naive(scenario.release, choices, scenario.config.clone(), scenario.seed)
        })
    }

    /// The run of a scenario with a coordinator of the caller's making, perhaps a shipped one behind something
    /// that counts what it does or plants a mistake in it.
    ///
    /// # Errors
    ///
    /// As for [`Simulation::new`].
    pub fn coordinated(
        scenario: &Arc<Scenario>,
        coordinator: impl FnOnce(Choices) -> Box<dyn QueryCoord>,
    ) -> Result<Simulation, Vec<String>> {
        refuse_program(scenario)?;
        Simulation::build(scenario, &Watch::default(), |choices, _| coordinator(choices))
    }

    /// The run of a scenario with a policy of one's own in the place of the configured balancer, whatever
    /// `queryCoord.balancer` says or is set to later.
    ///
    /// The cluster at the start is the same as without it, so that policies can be compared. What Milvus
    /// decides apart from the balancer stays Milvus's: from which replicas balance is asked and when, who
    /// drains and who places new loads in releases that have rules of their own for it, and in 2.0 and 2.1
    /// everything but the automatic round, which asks [`BalancePolicy::balance_replica`].
    ///
    /// # Errors
    ///
    /// Texts of what cannot be placed.
    pub fn with_policy(
        scenario: &Arc<Scenario>,
        policy: Box<dyn BalancePolicy>,
    ) -> Result<Simulation, Vec<String>> {
        Simulation::build(scenario, &Watch::default(), |choices, found| {
            shipped(scenario, choices, found, Some(policy))
        })
    }

    fn build(
        scenario: &Arc<Scenario>,
        watch: &Watch,
        coordinator: impl FnOnce(Choices, Found) -> Box<dyn QueryCoord>,
    ) -> Result<Simulation, Vec<String>> {
        let Start { cluster, growth, offline, recorded_offline, .. } = place(scenario, watch)?;
        let choices = Choices {
            is_ascending: scenario.chance == Chance::Ascending,
            picks_least_difference: scenario.segment_pick == SegmentPick::LeastDifference,
        };
        let found = Found { offline, recorded: recorded_offline };
        let mut coordinator = coordinator(choices, found);
        coordinator.show(watch.clone());
        let mut simulation = Simulation::begin(scenario, cluster, growth, coordinator);
        simulation.world.watch = watch.clone();
        Ok(simulation)
    }

    fn begin(
        scenario: &Arc<Scenario>,
        cluster: crate::model::cluster::Cluster,
        growth: super::growth::Growth,
        coordinator: Box<dyn QueryCoord>,
    ) -> Simulation {
        let mut world = World::new(Arc::clone(scenario), cluster, growth, coordinator);
        for (position, entry) in scenario.timeline.iter().enumerate() {
            let position = u32::try_from(position).unwrap_or(u32::MAX);
            world.at(entry.at, rank::TIMELINE, position, Event::Timeline(position));
        }
        world.at(SimTime::ZERO, rank::SESSION, 0, Event::CoordinatorUp);
        for channel in (0..world.cluster.channels().len()).map(ChannelIndex::at) {
            workload::await_seal(&mut world, channel);
        }
        session::await_stops(&mut world);
        let next_sample = Some(SimTime::ZERO);
        Simulation { world, ends_at: scenario.duration, next_sample, has_ended: false, handled: 0 }
    }

    /// The world as it is, to look at.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Runs to the end.
    pub fn run(mut self, listener: &mut dyn Observer) -> Ended {
        while self.step(listener) {}
        Ended { at: self.ends_at, lines: self.world.lines(), digest: self.world.digest() }
    }

    /// Handles the next event or sampling instant; false when none is left before the end.
    pub fn step(&mut self, listener: &mut dyn Observer) -> bool {
        if self.handled == 0 {
            let scenario = Arc::clone(&self.world.scenario);
            self.world.tell(listener, &Record::Start { scenario: &scenario.name, seed: scenario.seed });
        }
        let until = self.next_sample.unwrap_or(self.ends_at);
        if let Some((_, event)) = self.world.schedule.pop_until(until) {
            handle(&mut self.world, listener, event);
        } else if self.next_sample.is_some() {
            self.begin_sample(until);
        } else {
            if !std::mem::replace(&mut self.has_ended, true) {
                self.world.tell(listener, &Record::End);
            }
            return false;
        }
        self.handled += 1;
        self.check_invariants();
        if !self.world.schedule.has_more_now() && self.next_sample != Some(self.world.now()) {
            query_node::end_millisecond(&mut self.world, listener);
        }
        true
    }

    /// A sampling instant: everything is looked at once this millisecond is over.
    fn begin_sample(&mut self, now: SimTime) {
        self.world.schedule.wait_until(now);
        self.world.is_sample_due = true;
        let next = (now + self.world.scenario.sampling_every).min(self.ends_at);
        self.next_sample = (now < self.ends_at).then_some(next);
    }

    /// In debug builds the cluster is reckoned anew after every event; a large one after every n-th, so that
    /// the check does not cost more than a thousand segments an event.
    fn check_invariants(&self) {
        if cfg!(debug_assertions) {
            let every = 1 + self.world.cluster.segments().len() as u64 / 1_000;
            if self.handled.is_multiple_of(every)
                && let Err(broken) = self.world.cluster.check_invariants()
            {
                let scenario = &self.world.scenario;
                let (name, seed, now) = (&scenario.name, scenario.seed, self.world.now());
                panic!("{name}, seed {seed}, {now}, event {}: {broken}", self.handled);
            }
        }
    }
}

/// A policy that is a program is asked nowhere here.
fn refuse_program(scenario: &Scenario) -> Result<(), Vec<String>> {
    scenario
        .program
        .as_ref()
        .map_or(Ok(()), |program| Err(vec![format!("balancer {}: no program is asked here", program.name)]))
}

fn shipped(
    scenario: &Scenario,
    choices: Choices,
    found: Found,
    own: Option<Box<dyn BalancePolicy>>,
) -> Box<dyn QueryCoord> {
    let config = scenario.config.clone();
    coordinator::build(scenario.release, choices, config, scenario.seed, found, own)
}

fn handle(world: &mut World, listener: &mut dyn Observer, event: Event) {
    match event {
        Event::Timeline(entry) => fault::timeline(world, listener, entry),
        Event::SlowEnds(node) => fault::slow_ends(world, node),
        Event::CallArrives(call) => query_node::call_arrives(world, listener, call),
        Event::LoadReads(call) => query_node::load_reads(world, call),
        Event::LoadsDue(node) => query_node::loads_due(world, listener, node),
        Event::StopDue(node) => session::stop_due(world, listener, node),
        Event::SessionStopping(node) => session::stopping(world, listener, node),
        Event::WatchDone(call) => query_node::watch_done(world, listener, call),
        Event::ReleaseDue { node, segment } => query_node::release_due(world, listener, node, segment),
        Event::SealDue(channel) => workload::seal_due(world, listener, channel),
        Event::Announced(segment) => workload::announced(world, listener, segment),
        Event::SessionUp(node) => session::up(world, listener, node),
        Event::SessionGone(node) => session::gone(world, listener, node),
        Event::CoordinatorUp => handlers::coordinator::up(world, listener),
        Event::Turn(turn) => handlers::coordinator::turn(world, listener, turn),
        Event::ClientDeadline(request) => command::deadline(world, listener, request),
        Event::ClientRetry(request) => command::retry(world, listener, request),
    }
}
