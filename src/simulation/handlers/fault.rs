//! The timeline: commands go to their clients' handler, faults and changes of the data happen here.

use super::{command, coordinator, session, workload};
use crate::coordinator::command::Command;
use crate::coordinator::keys::Value;
use crate::model::ids::NodeIndex;
use crate::release::Quirk;
use crate::scenario::timeline::Happening;
use crate::simulation::event::{Event, rank};
use crate::simulation::faults::FailLoads;
use crate::simulation::history::{Observer, Record};
use crate::simulation::world::World;
use crate::units::{SimDuration, SimTime};
use std::sync::Arc;

/// An entry of the timeline is due.
pub fn timeline(world: &mut World, listener: &mut dyn Observer, position: u32) {
    let scenario = Arc::clone(&world.scenario);
    let entry = &scenario.timeline[position as usize];
    let of = world.tell(
        listener,
        &Record::Command {
            verb: entry.verb,
            arguments: &entry.arguments,
            is_read_only: entry.happening.is_read_only(),
            expects_answer: matches!(entry.happening, Happening::Command(_)),
        },
    );
    match &entry.happening {
        Happening::Command(Command::GetQuerySegmentInfo { collection_name }) => {
            command::segment_info(world, listener, of, collection_name);
        }
        Happening::Command(command) => command::begin(world, listener, position, of, command),
        Happening::AddQueryNode { id } => start(world, listener, *id),
        Happening::ReturnQueryNode { machine, .. } => start(world, listener, machine.id),
        Happening::StopQueryNode { id } => stop(world, listener, *id),
        Happening::KillQueryNode { id } => kill(world, listener, *id),
        Happening::SlowQueryNode { id, factor, duration } => slow(world, *id, *factor, *duration),
        Happening::LoseHeartbeats { id, duration } => lose_heartbeats(world, *id, *duration),
        Happening::FailLoads { query_node, collection_name, segment_id, duration, count } => {
            let until = duration.map_or(SimTime::MAX, |duration| world.now().saturating_add(duration));
            let rule = FailLoads {
                node: query_node.and_then(|id| world.cluster.find_node(id)),
                collection: collection_name.as_deref().and_then(|name| world.cluster.find_collection(name)),
                segment: segment_id.and_then(|id| world.cluster.segments().find(id)),
                until,
                left: *count,
            };
            world.faults.fail_loads.push(rule);
        }
        Happening::RestartQueryCoord { down } => {
            if world.is_coordinator_up {
                coordinator::down(world, listener);
                world.at(world.now() + *down, rank::SESSION, 0, Event::CoordinatorUp);
            }
        }
        Happening::Seal { collection_name, shard } => {
            workload::seal_now(world, listener, collection_name, *shard);
        }
        Happening::Compact { collection_name, sealed_segment_ids } => {
            workload::compact(world, listener, collection_name, sealed_segment_ids);
        }
        Happening::DeleteRows { collection_name, rows } => {
            if let Some(collection) = world.cluster.find_collection(collection_name) {
                world.deleted_rows[collection.position()] += rows;
            }
        }
        Happening::SetConfig(values) => set_config(world, listener, values),
    }
}

fn start(world: &mut World, listener: &mut dyn Observer, id: i64) {
    if let Some(node) = world.cluster.find_node(id) {
        session::start(world, listener, node);
    }
}

fn live(world: &World, id: i64) -> Option<NodeIndex> {
    world.cluster.find_node(id).filter(|node| world.cluster.node(*node).is_alive())
}

/// 2.0 and 2.1 do not drain: the process ends and its session goes at once. Later the node waits until it is
/// empty.
fn stop(world: &mut World, listener: &mut dyn Observer, id: i64) {
    let Some(node) = live(world, id) else { return };
    if !world.scenario.release.has(Quirk::StopsWithoutDraining) {
        session::announce_stop(world, listener, node);
    } else {
        session::end_process(world, listener, node, "stopped");
        world.at(world.now(), rank::SESSION, node.0, Event::SessionGone(node));
    }
}

fn kill(world: &mut World, listener: &mut dyn Observer, id: i64) {
    if let Some(node) = live(world, id) {
        session::end_process(world, listener, node, "killed");
        session::await_loss(world, node);
    }
}

fn slow(world: &mut World, id: i64, factor: f64, duration: Option<SimDuration>) {
    if let Some(node) = live(world, id) {
        world.faults.slow(node, factor);
        super::query_node::share_bandwidth(world, node);
        if let Some(duration) = duration {
            world.at(world.now().saturating_add(duration), rank::TIMELINE, u32::MAX, Event::SlowEnds(node));
        }
    }
}

/// A slowed node is itself again.
pub fn slow_ends(world: &mut World, node: NodeIndex) {
    world.faults.end_slow(node);
    super::query_node::share_bandwidth(world, node);
}

/// The session runs out when the heartbeats stay away for longer than the time drawn.
fn lose_heartbeats(world: &mut World, id: i64, duration: SimDuration) {
    if let Some(node) = live(world, id) {
        let ttl = world.scenario.hardware.session_ttl.as_ms();
        let drawn = session::draw_loss(world, node, ttl);
        if drawn <= duration.as_ms() {
            let at = world.now() + SimDuration::from_ms(drawn);
            world.at(at, rank::SESSION, node.0, Event::SessionGone(node));
        }
    }
}

fn set_config(world: &mut World, listener: &mut dyn Observer, values: &[(&'static str, Value)]) {
    let now = world.now();
    world.coordinator.config_changes(now);
    for (key, value) in values {
        world.coordinator.set_config(key, value);
        let text = value.to_json();
        world.tell(listener, &Record::Config { key, value: &text });
    }
    world.ask(|coordinator, hearing, outcome| coordinator.config_set(hearing, outcome));
    coordinator::carry_out(world, listener);
}
