//! The coordinator's turns, and its orders carried out.

use super::{command, query_node, session};
use crate::coordinator::outcome::{LoadItem, Order, Turn};
use crate::model::few::Few;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex, ResourceGroupIndex, SegmentIndex};
use crate::model::replica::{Replica, ReplicaShard};
use crate::simulation::calls::{Call, CallKind};
use crate::simulation::event::{Event, rank};
use crate::simulation::history::{Moved, Observer, Record};
use crate::simulation::world::World;
use crate::units::SimTime;

/// The coordinator starts, or is back.
pub fn up(world: &mut World, listener: &mut dyn Observer) {
    world.is_coordinator_up = true;
    world.ask(|coordinator, hearing, outcome| coordinator.start(hearing, outcome));
    carry_out(world, listener);
}

/// The coordinator goes down; its turns are forgotten with it.
pub fn down(world: &mut World, listener: &mut dyn Observer) {
    world.is_coordinator_up = false;
    for key in world.turns.take() {
        world.schedule.cancel(key);
    }
    world.ask(|coordinator, hearing, outcome| coordinator.stop(hearing, outcome));
    carry_out(world, listener);
}

/// A turn that the coordinator asked for.
pub fn turn(world: &mut World, listener: &mut dyn Observer, turn: Turn) {
    world.turns.remove(turn, world.now());
    world.ask(|coordinator, hearing, outcome| coordinator.take_turn(turn, hearing, outcome));
    carry_out(world, listener);
}

/// Carries out the orders of the turn just taken, in their order.
pub fn carry_out(world: &mut World, listener: &mut dyn Observer) {
    let mut outcome = std::mem::take(&mut world.outcome);
    for order in outcome.orders.drain(..) {
        carry_out_one(world, listener, order);
    }
    world.outcome = outcome;
}

fn carry_out_one(world: &mut World, listener: &mut dyn Observer, order: Order) {
    match order {
        Order::LoadSegments { call, node, items } => {
            let kind = CallKind::Load { items, memory_bytes: 0, read_bytes: 0 };
            send(world, call, Call::new(node, kind));
        }
        Order::WatchChannel { call, node } => {
            send(world, call, Call::new(node, CallKind::Watch));
        }
        Order::ReleaseSegment { call, node, segment } => {
            send(world, call, Call::new(node, CallKind::Release { segment }));
        }
        Order::UnsubscribeChannel { call, node } => {
            send(world, call, Call::new(node, CallKind::Unsubscribe));
        }
        Order::Release { node, segment } => query_node::release(world, node, segment),
        Order::CreateReplicas { collection, replicas } => create_replicas(world, collection, replicas),
        Order::DropReplica(replica) => drop_replica(world, listener, replica),
        Order::AddReplicaNode { replica, node } => world.cluster.add_replica_node(replica, node),
        Order::RemoveReplicaNode { replica, node } => {
            forget_leader(world, listener, replica, node);
            world.cluster.remove_replica_node(replica, node);
        }
        Order::SetNodeGroup { node, group } => world.cluster.set_node_group(node, group),
        Order::DeclareGroup { group, requests, limits } => {
            world.cluster.declare_group(group, requests, limits);
        }
        Order::SetReplicaGroup { replica, group } => world.cluster.set_replica_group(replica, group),
        Order::SetSuspended { node, is_suspended } => session::set_suspended(world, node, is_suspended),
        Order::SetShardLeader { shard, leader } => set_leader(world, listener, shard, Some(leader)),
        Order::HandedOver(segment) => handed_over(world, segment),
        Order::Answer { request, result } => command::answer(world, listener, request, result),
        Order::Plan { number, segment, replica, from, to, cause, reason } => {
            let moved = Moved::Segment(segment);
            world.tell(listener, &Record::Plan { number, moved, replica, from, to, cause, reason });
        }
        Order::PlanChannel { number, channel, replica, from, to, cause, reason } => {
            let moved = Moved::Channel(channel);
            world.tell(listener, &Record::Plan { number, moved, replica, from, to, cause, reason });
        }
        Order::MoveEnd { number, outcome } => {
            world.tell(listener, &Record::MoveEnd { number, outcome });
        }
        Order::Declined { replica, reason } => world.tell_declined(listener, replica, reason),
        Order::DeclinedAgain { code, times } => {
            world.tell(listener, &Record::DeclinedAgain { code, times });
        }
        Order::TurnAt { turn, at } => turn_at(world, turn, at),
    }
}

fn send(world: &mut World, number: crate::coordinator::outcome::CallNumber, call: Call) {
    let node = call.node;
    world.calls.insert(number, call);
    world.at_node(world.scenario.hardware.rpc_delay, node, Event::CallArrives(number));
}

/// Asks for a turn once, however often it is wanted. One that belongs to an earlier rank than that of the
/// event in hand is at most asked for by events of its own or an earlier rank.
fn turn_at(world: &mut World, turn: Turn, at: SimTime) {
    if world.turns.has(turn, at) {
        return;
    }
    let (rank, subject) = match turn {
        Turn::OfflinePoll => (rank::TURN, 0),
        Turn::HandoffPoll => (rank::TURN, 1),
        Turn::BalanceTick => (rank::TURN, 2),
        Turn::TriggerPass => (rank::QUEUE, 0),
        Turn::Pull(node) => (rank::REPORT, node.0),
        Turn::RefreshTargets => (rank::OBSERVER, 0),
        Turn::ObserveTargets => (rank::OBSERVER, 1),
        Turn::ObserveReplicas => (rank::OBSERVER, 2),
        Turn::ObserveGroups => (rank::OBSERVER, 3),
        Turn::GiveUpLoad(collection) => (rank::OBSERVER, collection.0.saturating_add(4)),
        Turn::CheckChannels => (rank::TURN, 0),
        Turn::CheckSegments => (rank::TURN, 1),
        Turn::CheckBalance => (rank::TURN, 3),
        // What is queued by a pass waits for the next one.
        Turn::MergeLoads(node) => (rank::TURN, node.0.saturating_add(4)),
        Turn::Pass(node) => (rank::QUEUE, node.0),
        Turn::AnswerDue(_) => (rank::QUEUE, u32::MAX),
    };
    let key = world.at(at, rank, subject, Event::Turn(turn));
    world.turns.insert(turn, at, key);
}

fn create_replicas(
    world: &mut World,
    collection: CollectionIndex,
    replicas: Vec<(ResourceGroupIndex, Vec<NodeIndex>)>,
) {
    let shards = world.cluster.collection(collection).channels.len();
    for (group, nodes) in replicas {
        let id = world.cluster.replicas().last().map_or(10_000, |replica| replica.id.max(9_999) + 1);
        let replica = world.cluster.add_replica(Replica::new(id, collection, group, shards));
        for node in nodes {
            world.cluster.add_replica_node(replica, node);
        }
        world.growth.begin_replica(&world.cluster, replica);
    }
}

fn drop_replica(world: &mut World, listener: &mut dyn Observer, replica: ReplicaIndex) {
    for shard in 0..world.cluster.replica(replica).shard_leaders.len() {
        let shard = ReplicaShard { replica, shard: u32::try_from(shard).unwrap_or(u32::MAX) };
        set_leader(world, listener, shard, None);
    }
    world.cluster.drop_replica(replica);
}

fn forget_leader(world: &mut World, listener: &mut dyn Observer, replica: ReplicaIndex, node: NodeIndex) {
    for shard in 0..world.cluster.replica(replica).shard_leaders.len() {
        if world.cluster.replica(replica).shard_leaders[shard] == Some(node) {
            let shard = ReplicaShard { replica, shard: u32::try_from(shard).unwrap_or(u32::MAX) };
            set_leader(world, listener, shard, None);
        }
    }
}

fn set_leader(world: &mut World, listener: &mut dyn Observer, shard: ReplicaShard, to: Option<NodeIndex>) {
    let place = shard.shard as usize;
    let from = world.cluster.replica(shard.replica).shard_leaders[place];
    if from == to {
        return;
    }
    let collection = world.cluster.replica(shard.replica).collection;
    let channel = world.cluster.collection(collection).channels[place];
    world.cluster.set_shard_leader(shard.replica, place, to);
    if world.growth.grows(collection) {
        world.growth.lead(&world.cluster, shard, from, to);
    }
    world.tell(listener, &Record::Leader { replica: shard.replica, channel, from, to });
}

/// A sealed segment that grew here serves now: its rows grow no more.
fn handed_over(world: &mut World, segment: SegmentIndex) {
    if !world.unserved.remove(&segment) {
        return;
    }
    let segments = world.cluster.segments();
    let shard = world.cluster.channel(segments.channel(segment)).shard as usize;
    let rows = u64::from(segments.rows(segment));
    for replica in world.cluster.collection(segments.collection(segment)).replicas.clone() {
        world.growth.serve(replica, shard, rows);
    }
}

/// Segments of a call, for whoever needs them without their moves.
pub fn segments_of(items: &[LoadItem]) -> Few<SegmentIndex> {
    items.iter().map(|item| item.segment).collect()
}
