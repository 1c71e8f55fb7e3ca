//! Sessions and processes of query nodes: they start, stop, die, and are noticed to.

use super::coordinator::carry_out;
use super::query_node::{end_call, share_bandwidth};
use crate::engine::random::Random;
use crate::model::ids::{NodeIndex, SegmentIndex};
use crate::model::query_node::NodeState;
use crate::release::Quirk;
use crate::simulation::event::{Event, rank};
use crate::simulation::history::{Observer, Record};
use crate::simulation::world::World;
use crate::units::SimDuration;

/// How long 2.3.0 takes to take up a node that has started: recorded.
const HEALTH_WAIT: SimDuration = SimDuration::from_secs(3);

/// A node's process starts and registers; the coordinator notices in the same millisecond.
pub fn start(world: &mut World, listener: &mut dyn Observer, node: NodeIndex) {
    world.cluster.start_node(node, NodeState::Normal);
    world.tell(listener, &Record::NodeUp { node });
    let is_slow = world.scenario.release.has(Quirk::NodeUpWaitsForHealth);
    let delay = if is_slow { HEALTH_WAIT } else { SimDuration::ZERO };
    world.at(world.now() + delay, rank::SESSION, node.0, Event::SessionUp(node));
}

/// A node's session says that it stops; the process lives until it is empty, or has waited long enough.
pub fn announce_stop(world: &mut World, listener: &mut dyn Observer, node: NodeIndex) {
    if world.cluster.node(node).state == NodeState::Stopping {
        return;
    }
    world.cluster.start_node(node, NodeState::Stopping);
    world.tell(listener, &Record::NodeStopping { node });
    world.at(world.now(), rank::SESSION, node.0, Event::SessionStopping(node));
    await_stop(world, node, SimDuration::ZERO);
}

/// Nodes that are stopping at the start look whether they are empty, too.
pub fn await_stops(world: &mut World) {
    for node in world.cluster.node_indices() {
        if world.cluster.node(node).state == NodeState::Stopping {
            await_stop(world, node, SimDuration::ZERO);
        }
    }
}

fn await_stop(world: &mut World, node: NodeIndex, delay: SimDuration) {
    let patience = world.coordinator.graceful_stop();
    let now = world.now();
    world.stops.entry(node).or_insert(now.saturating_add(patience));
    world.at_node(delay, node, Event::StopDue(node));
}

/// The coordinator notices that a node stops.
pub fn stopping(world: &mut World, listener: &mut dyn Observer, node: NodeIndex) {
    world.ask(|coordinator, hearing, outcome| coordinator.node_stopping(node, hearing, outcome));
    carry_out(world, listener);
}

/// A node that stops looks every second whether it holds and leads nothing any more.
pub fn stop_due(world: &mut World, listener: &mut dyn Observer, node: NodeIndex) {
    let stopper = world.cluster.node(node);
    if stopper.state != NodeState::Stopping {
        return;
    }
    let on_node = (node, SegmentIndex(0))..=(node, SegmentIndex(u32::MAX));
    let listed = stopper.segments as usize - world.releases.range(on_node).count();
    let is_empty = listed == 0 && stopper.channels == 0 && stopper.loads_in_flight == 0;
    let is_over = world.stops.get(&node).is_some_and(|until| world.now() >= *until);
    if is_empty || is_over {
        world.stops.remove(&node);
        end_process(world, listener, node, "stopped");
        world.at(world.now(), rank::SESSION, node.0, Event::SessionGone(node));
    } else {
        await_stop(world, node, SimDuration::from_secs(1));
    }
}

/// An operator takes a node out of service, or in again.
pub fn set_suspended(world: &mut World, node: NodeIndex, is_suspended: bool) {
    let state = world.cluster.node(node).state;
    if matches!(state, NodeState::Normal | NodeState::Suspended) {
        let state = if is_suspended { NodeState::Suspended } else { NodeState::Normal };
        world.cluster.start_node(node, state);
    }
}

/// The coordinator notices a session.
pub fn up(world: &mut World, listener: &mut dyn Observer, node: NodeIndex) {
    world.ask(|coordinator, hearing, outcome| coordinator.node_up(node, hearing, outcome));
    carry_out(world, listener);
}

/// A node's process ends; its session may outlive it.
pub fn end_process(world: &mut World, listener: &mut dyn Observer, node: NodeIndex, cause: &'static str) {
    if !world.cluster.node(node).is_alive() {
        return;
    }
    world.settle_reports(false);
    world.loads_in_flight -= world.cluster.node(node).loads_in_flight;
    world.cluster.end_process(node);
    world.loads[node.position()].clear();
    if let Some(key) = world.loads_due[node.position()].take() {
        world.schedule.cancel(key);
    }
    world.tell(listener, &Record::NodeDown { node, cause });
    for number in world.calls.accepted_on(node) {
        let id = world.cluster.node(node).id;
        let text = format!("loadSegments: can't find QueryNode by nodeID, nodeID = {id}");
        end_call(world, listener, number, Err(text));
    }
    share_bandwidth(world, node);
}

/// The session of a process that has just died runs out after a time drawn from (2/3 ttl, ttl].
pub fn await_loss(world: &mut World, node: NodeIndex) {
    let ttl = world.scenario.hardware.session_ttl.as_ms();
    let delay = SimDuration::from_ms(draw_loss(world, node, ttl));
    let at = world.now() + delay;
    world.at(at, rank::SESSION, node.0, Event::SessionGone(node));
}

/// Milliseconds until a loss is noticed.
pub fn draw_loss(world: &World, node: NodeIndex, ttl: u64) -> u64 {
    let mut random = Random::stream(world.scenario.seed, &format!("fault/{}", world.cluster.node(node).id));
    random.between((ttl * 2 / 3 + 1).min(ttl.max(1)), ttl.max(1))
}

/// A node's session is gone. A process that still lives ends itself: Milvus's query nodes do so when they
/// lose their session.
pub fn gone(world: &mut World, listener: &mut dyn Observer, node: NodeIndex) {
    if !world.cluster.node(node).is_registered {
        return;
    }
    end_process(world, listener, node, "session lost");
    world.cluster.end_session(node);
    world.tell(listener, &Record::NodeDown { node, cause: "noticed" });
    world.ask(|coordinator, hearing, outcome| coordinator.node_lost(node, hearing, outcome));
    carry_out(world, listener);
}
