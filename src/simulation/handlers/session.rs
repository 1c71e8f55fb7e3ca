//! Sessions and processes of query nodes: they start, stop, die, and are noticed to.

use super::coordinator::carry_out;
use super::query_node::{end_call, share_bandwidth};
use crate::engine::random::Random;
use crate::model::ids::NodeIndex;
use crate::model::query_node::NodeState;
use crate::simulation::event::{Event, rank};
use crate::simulation::history::{Observer, Record};
use crate::simulation::world::World;
use crate::units::SimDuration;

/// A node's process starts and registers; the coordinator notices in the same millisecond.
pub fn start(world: &mut World, listener: &mut dyn Observer, node: NodeIndex) {
    world.cluster.start_node(node, NodeState::Normal);
    world.tell(listener, &Record::NodeUp { node });
    world.at(world.now(), rank::SESSION, node.0, Event::SessionUp(node));
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
