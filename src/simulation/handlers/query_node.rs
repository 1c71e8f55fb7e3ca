//! What happens on query nodes: requests arrive, loads share bandwidth, copies go, memory runs out.

use super::coordinator::{carry_out, segments_of};
use super::session;
use crate::coordinator::hearing::Nodes;
use crate::coordinator::outcome::{CallNumber, LoadItem};
use crate::model::cluster::Cluster;
use crate::model::few::Few;
use crate::model::ids::{NodeIndex, SegmentIndex};
use crate::model::query_node::NodeMemory;
use crate::query_node::disk_guard::{self, DiskRequest};
use crate::query_node::load_guard::{LoadRequest, check};
use crate::query_node::load_guard_v2::{self, LoadRequestV2};
use crate::release::Quirk;
use crate::scenario::OutOfMemory;
use crate::simulation::answers::Answers;
use crate::simulation::calls::CallKind;
use crate::simulation::event::{Event, rank};
use crate::simulation::growth::Growth;
use crate::simulation::history::{Observer, Record};
use crate::simulation::world::World;
use crate::units::{SimDuration, SimTime};

/// A call reaches its node.
pub fn call_arrives(world: &mut World, listener: &mut dyn Observer, number: CallNumber) {
    let Some(call) = world.calls.get_mut(number) else { return };
    let node = call.node;
    if !world.cluster.node(node).is_alive() {
        let id = world.cluster.node(node).id;
        let text = format!("loadSegments: can't find QueryNode by nodeID, nodeID = {id}");
        return end_call(world, listener, number, Err(text));
    }
    match &mut call.kind {
        CallKind::Watch => {
            world.calls.accept(number);
            let delay = world.scenario.hardware.load_overhead;
            world.at_node(delay, node, Event::WatchDone(number));
        }
        CallKind::Load { items, .. } => {
            // The call gets them back when it is accepted; until then nobody looks at them.
            let items = std::mem::take(items);
            load_arrives(world, listener, number, node, items);
        }
        CallKind::Release { segment } => {
            let segment = *segment;
            begin_release(world, node, segment, world.scenario.hardware.release_delay);
            end_call(world, listener, number, Ok(()));
        }
        CallKind::Unsubscribe => end_call(world, listener, number, Ok(())),
    }
}

fn load_arrives(
    world: &mut World,
    listener: &mut dyn Observer,
    number: CallNumber,
    node: NodeIndex,
    mut items: Few<LoadItem>,
) {
    for item in &items {
        // A copy that was told to go stays when it is wanted again in time.
        if let Some(key) = world.releases.remove(&(node, item.segment)) {
            world.schedule.cancel(key);
        }
    }
    items.retain(|item| !world.cluster.segments().copies().has(item.segment, node));
    if items.is_empty() {
        return end_call(world, listener, number, Ok(()));
    }
    let segments = segments_of(&items);
    if world.faults.fails(node, &segments, &world.cluster, world.now()) {
        return refuse(world, listener, number, &items, "load failed by the scenario (fail_loads)", false);
    }
    let checked = check_files(world, node)
        .and_then(|()| check_memory(world, node, &segments))
        .and_then(|()| check_disk(world, node, &segments));
    if let Err(text) = checked {
        return refuse(world, listener, number, &items, &text, true);
    }
    let bytes: u64 = segments.iter().map(|segment| world.cluster.segments().memory_bytes(*segment)).sum();
    let taken = (bytes as f64 * world.scenario.hardware.load_memory_factor) as u64;
    let read = segments.iter().map(|segment| world.cluster.segments().log_bytes(*segment)).sum();
    for item in &items {
        let bytes = world.cluster.segments().memory_bytes(item.segment);
        world.tell(listener, &Record::LoadStart { node, segment: item.segment, number: item.number, bytes });
    }
    if let Some(call) = world.calls.get_mut(number) {
        call.kind = CallKind::Load { items, memory_bytes: taken, read_bytes: read };
    }
    world.calls.accept(number);
    world.cluster.begin_load(node, taken);
    world.loads_in_flight += 1;
    share_bandwidth(world, node);
    world.at_node(world.scenario.hardware.load_overhead, node, Event::LoadReads(number));
}

fn refuse(
    world: &mut World,
    listener: &mut dyn Observer,
    number: CallNumber,
    items: &[LoadItem],
    text: &str,
    is_refusal: bool,
) {
    let node = world.calls.get_mut(number).map(|call| call.node);
    for item in items {
        let bytes = world.cluster.segments().memory_bytes(item.segment);
        if let Some(node) = node {
            let (segment, number) = (item.segment, item.number);
            world.tell(listener, &Record::LoadFailed { node, segment, number, bytes, is_refusal, text });
        }
    }
    end_call(world, listener, number, Err(text.to_owned()));
}

/// Whether the node's readers have room for one more load.
fn check_files(world: &World, node: NodeIndex) -> Result<(), String> {
    if !world.scenario.release.has(Quirk::LoadsLimitedByFiles) {
        return Ok(());
    }
    let files =
        world.calls.loading_on(node).count() as u64 * u64::from(world.scenario.hardware.binlog_fields);
    let cpu = world.cluster.node(node).cpu;
    load_guard_v2::check_files(world.scenario.release, files, cpu, &mut world.watch.clone())
}

/// Whether the node's disk has room for what of the segments lies there.
fn check_disk(world: &World, node: NodeIndex, segments: &[SegmentIndex]) -> Result<(), String> {
    let cluster = &world.cluster;
    let total_bytes = cluster.node(node).disk_bytes;
    if total_bytes == 0 {
        return Ok(());
    }
    let collection = cluster.segments().collection(segments[0]);
    let request = DiskRequest {
        total_bytes,
        used_bytes: cluster.used_disk_bytes(node),
        committed_bytes: world.calls.loading_on(node).map(|segment| cluster.disk_bytes(segment)).sum(),
        load_bytes: segments.iter().map(|segment| cluster.disk_bytes(*segment)).sum(),
        collection_id: cluster.collection(collection).id,
    };
    let threshold = world.coordinator.disk_threshold();
    disk_guard::check_disk(world.scenario.release, request, threshold, &mut world.watch.clone())
}

fn check_memory(world: &World, node: NodeIndex, segments: &[SegmentIndex]) -> Result<(), String> {
    let answers = Answers {
        cluster: &world.cluster,
        growth: &world.growth,
        now: world.now(),
        releases: &world.releases,
    };
    let Some(mut memory) = answers.memory(node) else { return Ok(()) };
    // Milvus reads 0 where it cannot read; a process that lives never measures 0, also where a scenario
    // leaves its base memory out.
    memory.used_bytes = memory.used_bytes.max(1);
    let sizes: Few<u64> =
        segments.iter().map(|segment| world.cluster.segments().log_bytes(*segment)).collect();
    let collection = world.cluster.segments().collection(segments[0]);
    let request = LoadRequest {
        sizes: &sizes,
        workers: world.cluster.node(node).cpu,
        fields: world.scenario.hardware.binlog_fields,
        collection_id: world.cluster.collection(collection).id,
    };
    let threshold = world.coordinator.overload_threshold();
    if !world.scenario.release.has(Quirk::OnlyMemoryUsage) {
        return check_memory_v2(world, node, &sizes, memory, request.collection_id);
    }
    check(world.scenario.release, request, memory, threshold, &mut world.watch.clone())
}

/// 2.3 and later tell used memory and loads under way apart.
fn check_memory_v2(
    world: &World,
    node: NodeIndex,
    sizes: &[u64],
    mut memory: NodeMemory,
    collection_id: i64,
) -> Result<(), String> {
    let release = world.scenario.release;
    let mut committed_bytes = 0;
    if !release.has(Quirk::OneCheckerLoop) {
        let loader = world.cluster.node(node);
        memory.used_bytes = memory.used_bytes.saturating_sub(loader.loading_bytes);
        committed_bytes = world.calls.reading_on(node);
    }
    let usage_factor = world.load_usage_factor;
    let workers = world.cluster.node(node).cpu;
    let request = LoadRequestV2 { sizes, committed_bytes, workers, usage_factor, collection_id };
    let threshold = world.coordinator.overload_threshold();
    load_guard_v2::check(release, request, memory, threshold, &mut world.watch.clone())
}

/// A load has its overhead behind it.
pub fn load_reads(world: &mut World, number: CallNumber) {
    let Some(call) = world.calls.get_mut(number) else { return };
    let CallKind::Load { read_bytes, .. } = call.kind else { return };
    let (node, now) = (call.node, world.schedule.now());
    world.loads[node.position()].begin(now, number.0, read_bytes);
    await_load(world, node);
}

/// The next load of a node may be through.
pub fn loads_due(world: &mut World, listener: &mut dyn Observer, node: NodeIndex) {
    world.loads_due[node.position()] = None;
    let now = world.now();
    while let Some(number) = world.loads[node.position()].pop_ended(now) {
        let number = CallNumber(number);
        let Some(CallKind::Load { items, memory_bytes, .. }) =
            world.calls.get_mut(number).map(|call| &mut call.kind)
        else {
            continue;
        };
        // The call ends in this turn: nobody looks at them any more.
        let (items, memory_bytes) = (std::mem::take(items), *memory_bytes);
        world.cluster.end_load(node, memory_bytes);
        world.loads_in_flight -= 1;
        share_bandwidth(world, node);
        for item in items {
            world.cluster.add_copy(item.segment, node);
            let bytes = world.cluster.segments().memory_bytes(item.segment);
            world.tell(
                listener,
                &Record::LoadDone { node, segment: item.segment, number: item.number, bytes },
            );
        }
        end_call(world, listener, number, Ok(()));
    }
    await_load(world, node);
}

/// Reckons the rates anew after a load began or ended on `node`: its own, and where the storage is the
/// bottleneck everybody's.
pub fn share_bandwidth(world: &mut World, node: NodeIndex) {
    let storage = world.scenario.hardware.storage_bandwidth_bytes_per_s.map(u128::from);
    let nodes = match storage {
        None => node.position()..node.position() + 1,
        Some(_) => 0..world.cluster.nodes().len(),
    };
    for node in nodes.map(NodeIndex::at) {
        let loader = world.cluster.node(node);
        let shares = loader.loads_in_flight;
        let own = world.faults.bandwidth(node, loader.load_bandwidth_bytes_per_s);
        let now = world.schedule.now();
        let loads = &mut world.loads[node.position()];
        match storage {
            Some(storage) if storage * u128::from(shares) < own * u128::from(world.loads_in_flight) => {
                loads.set_rate(now, storage, world.loads_in_flight);
            }
            _ => loads.set_rate(now, own, shares),
        }
        await_load(world, node);
    }
}

/// Schedules the end of the node's next load, in place of what was scheduled.
fn await_load(world: &mut World, node: NodeIndex) {
    if let Some(key) = world.loads_due[node.position()].take() {
        world.schedule.cancel(key);
    }
    if let Some(at) = world.loads[node.position()].next_end() {
        let key = world.at(at.max(world.now()), rank::NODE, node.0, Event::LoadsDue(node));
        world.loads_due[node.position()] = Some(key);
    }
}

/// A channel is watched.
pub fn watch_done(world: &mut World, listener: &mut dyn Observer, number: CallNumber) {
    end_call(world, listener, number, Ok(()));
}

/// Ends a call and tells the coordinator.
pub fn end_call(
    world: &mut World,
    listener: &mut dyn Observer,
    number: CallNumber,
    result: Result<(), String>,
) {
    if world.calls.remove(number).is_some() {
        world.ask(|coordinator, hearing, outcome| coordinator.call_ended(number, result, hearing, outcome));
        carry_out(world, listener);
    }
}

/// A node is told to release a copy.
pub fn release(world: &mut World, node: NodeIndex, segment: SegmentIndex) {
    let hardware = &world.scenario.hardware;
    let delay = hardware.rpc_delay + hardware.release_delay;
    begin_release(world, node, segment, delay);
}

/// A copy is no longer listed; its memory is free after `delay`.
fn begin_release(world: &mut World, node: NodeIndex, segment: SegmentIndex, delay: SimDuration) {
    if world.releases.contains_key(&(node, segment)) {
        return;
    }
    let key = world.at_node(delay, node, Event::ReleaseDue { node, segment });
    world.releases.insert((node, segment), key);
}

/// A released copy's memory is free.
pub fn release_due(world: &mut World, listener: &mut dyn Observer, node: NodeIndex, segment: SegmentIndex) {
    world.releases.remove(&(node, segment));
    if world.cluster.remove_copy(segment, node) {
        world.tell(listener, &Record::Release { node, segment });
    }
}

/// The last event of a millisecond is done: growing rows are reckoned where something else changed (at
/// sampling instants everywhere), nodes without memory end, and whoever listens may look.
pub fn end_millisecond(world: &mut World, listener: &mut dyn Observer) {
    let now = world.now();
    if world.is_sample_due {
        for node in world.growth.leaders() {
            reckon_growing(&world.growth, &mut world.cluster, *node, now);
        }
    } else {
        for place in 0..world.cluster.changes().nodes().len() {
            let node = world.cluster.changes().nodes()[place];
            if world.growth.may_grow_on(node) {
                reckon_growing(&world.growth, &mut world.cluster, node, now);
            }
        }
    }
    if world.scenario.hardware.out_of_memory == OutOfMemory::Kill {
        kill_for_memory(world, listener);
    }
    let is_changed = !world.cluster.changes().is_empty();
    if std::mem::take(&mut world.is_sample_due) {
        listener.sample(world.moment());
    } else if is_changed {
        listener.changed(world.moment());
    }
    if is_changed {
        world.cluster.forget_changes();
    }
}

fn reckon_growing(growth: &Growth, cluster: &mut Cluster, node: NodeIndex, now: SimTime) {
    if cluster.node(node).is_alive() {
        let (rows, bytes) = growth.on_node(node, now);
        cluster.set_growing(node, rows, bytes);
    }
}

fn kill_for_memory(world: &mut World, listener: &mut dyn Observer) {
    let mut place = 0;
    while place < world.cluster.changes().nodes().len() {
        let node = world.cluster.changes().nodes()[place];
        place += 1;
        let memory = world.cluster.reported_memory(node);
        let is_over = memory.total_bytes > 0 && memory.used_bytes > memory.total_bytes;
        if is_over && world.cluster.node(node).is_alive() {
            let used_bytes = memory.used_bytes;
            world.tell(listener, &Record::KilledForMemory { node, used_bytes });
            world.settle_reports(true);
            session::end_process(world, listener, node, "out of memory");
            session::await_loss(world, node);
        }
    }
}
