//! Rows become sealed segments, segments become one: what the data coordinator does.

use super::coordinator::carry_out;
use crate::model::ids::{ChannelIndex, CollectionIndex, SegmentIndex};
use crate::model::segment::{NewSegment, SegmentState};
use crate::simulation::event::{Event, rank};
use crate::simulation::history::{Observer, Record};
use crate::simulation::world::World;

/// Ids of segments born during a run start here at the lowest.
const FIRST_BORN_SEGMENT: i64 = 1_000_000;

fn seal_rows(world: &World, collection: CollectionIndex) -> Option<u64> {
    let bytes_per_row = world.cluster.collection(collection).bytes_per_row;
    (bytes_per_row > 0).then(|| world.scenario.hardware.seal_size_bytes.div_ceil(bytes_per_row).max(1))
}

/// Schedules the moment at which a channel has enough growing rows for a sealed segment.
pub fn await_seal(world: &mut World, channel: ChannelIndex) {
    let collection = world.cluster.channel(channel).collection;
    if !world.growth.grows(collection) {
        return;
    }
    let Some(rows) = seal_rows(world, collection) else { return };
    let (now, end) = (world.now(), world.scenario.duration);
    let due = if world.growth.unsealed(&world.cluster, channel, now) >= rows {
        Some(now)
    } else {
        world.growth.time_of(&world.cluster, channel, rows, now, end)
    };
    if let Some(at) = due {
        world.at(at, rank::WORKLOAD, channel.0, Event::SealDue(channel));
    }
}

/// A channel has enough growing rows, unless they were sealed by hand meanwhile.
pub fn seal_due(world: &mut World, listener: &mut dyn Observer, channel: ChannelIndex) {
    let collection = world.cluster.channel(channel).collection;
    if let Some(rows) = seal_rows(world, collection)
        && world.growth.unsealed(&world.cluster, channel, world.now()) >= rows
    {
        seal(world, listener, channel, rows);
        await_seal(world, channel);
    }
}

/// `seal`: whatever grows becomes sealed segments now.
pub fn seal_now(world: &mut World, listener: &mut dyn Observer, collection_name: &str, shard: Option<u32>) {
    let Some(collection) = world.cluster.find_collection(collection_name) else { return };
    for channel in world.cluster.collection(collection).channels.clone() {
        let is_meant = shard.is_none_or(|shard| world.cluster.channel(channel).shard == shard);
        let rows = world.growth.unsealed(&world.cluster, channel, world.now());
        if is_meant && rows > 0 {
            seal(world, listener, channel, rows);
            await_seal(world, channel);
        }
    }
}

fn seal(world: &mut World, listener: &mut dyn Observer, channel: ChannelIndex, rows: u64) {
    world.growth.seal(channel, rows);
    let collection = world.cluster.channel(channel).collection;
    let memory_bytes = rows * world.cluster.collection(collection).bytes_per_row;
    let rows = u32::try_from(rows).unwrap_or(u32::MAX);
    let segment = bear(
        world,
        listener,
        NewSegment { id: 0, rows, memory_bytes, log_bytes: memory_bytes, collection, channel, partition: 0 },
    );
    world.unserved.insert(segment);
}

/// Adds a segment under the next id; the coordinator hears of it after `seal_delay`.
fn bear(world: &mut World, listener: &mut dyn Observer, mut segment: NewSegment) -> SegmentIndex {
    segment.id = world
        .cluster
        .segments()
        .last_id()
        .map_or(FIRST_BORN_SEGMENT, |last| last.max(FIRST_BORN_SEGMENT - 1) + 1);
    let index = world.cluster.add_segment(segment);
    world.tell(listener, &Record::SegmentNew { segment: index });
    let at = world.now() + world.scenario.hardware.seal_delay;
    world.at(at, rank::WORKLOAD, index.0, Event::Announced(index));
    index
}

/// The coordinator hears of a new segment.
pub fn announced(world: &mut World, listener: &mut dyn Observer, segment: SegmentIndex) {
    let parents = world.parents.remove(&segment).unwrap_or_default();
    world.ask(|coordinator, hearing, outcome| {
        coordinator.segment_announced(segment, &parents, hearing, outcome)
    });
    carry_out(world, listener);
}

/// `compact`: segments become one; deleted rows of the collection leave in proportion.
pub fn compact(world: &mut World, listener: &mut dyn Observer, collection_name: &str, ids: &[i64]) {
    let Some(collection) = world.cluster.find_collection(collection_name) else { return };
    let segments = world.cluster.segments();
    let is_there = |segment: &SegmentIndex| {
        segments.collection(*segment) == collection && segments.state(*segment) == SegmentState::Sealed
    };
    let parents: Vec<SegmentIndex> =
        ids.iter().filter_map(|id| segments.find(*id)).filter(is_there).collect();
    let Some(first) = parents.first().copied() else { return };
    let sum = |value: &dyn Fn(SegmentIndex) -> u64| parents.iter().map(|parent| value(*parent)).sum::<u64>();
    let rows = sum(&|parent| u64::from(segments.rows(parent)));
    let all = world.cluster.collection(collection).segments.iter();
    let all_rows: u64 = all.map(|segment| u64::from(segments.rows(*segment))).sum();
    let deleted = world.deleted_rows[collection.position()].min(all_rows);
    let share = (u128::from(deleted) * u128::from(rows) / u128::from(all_rows.max(1))) as u64;
    let kept = rows - share;
    let scale = |bytes: u64| (u128::from(bytes) * u128::from(kept) / u128::from(rows.max(1))) as u64;
    let merged = NewSegment {
        id: 0,
        rows: u32::try_from(kept).unwrap_or(u32::MAX),
        memory_bytes: scale(sum(&|parent| segments.memory_bytes(parent))),
        log_bytes: scale(sum(&|parent| segments.log_bytes(parent))),
        collection,
        channel: segments.channel(first),
        partition: segments.partition(first),
    };
    world.deleted_rows[collection.position()] -= share;
    let segment = bear(world, listener, merged);
    for parent in &parents {
        world.cluster.drop_segment(*parent);
        world.tell(listener, &Record::SegmentGone { segment: *parent });
    }
    world.parents.insert(segment, parents);
}
