//! The sealed segments of a scenario: those written out, and those to be drawn.

use crate::engine::random::Random;
use crate::model::cluster::Cluster;
use crate::model::ids::{ChannelIndex, CollectionIndex};
use crate::model::segment::NewSegment;
use crate::scenario::{CollectionSpec, Scenario, Segments};

/// Draws what is to be drawn, collection by collection, and adds all segments in ascending order of id.
pub(super) fn add_segments(cluster: &mut Cluster, scenario: &Scenario) {
    let ids = scenario.collections.iter().map(|spec| match &spec.segments {
        Segments::Listed(listed) => {
            (listed.len(), listed.first().map(|one| one.id), listed.last().map(|one| one.id))
        }
        Segments::Generated { ids, .. } => (ids.len(), ids.iter().next(), ids.last()),
    });
    let (mut count, mut last, mut is_ascending) = (0, None, true);
    for (number, first_id, last_id) in ids {
        is_ascending &= first_id.is_none() || last < first_id;
        (count, last) = (count + number, last_id.or(last));
    }
    cluster.reserve_segments(count);
    // Nearly always each collection's ids lie behind those of the one before: no list of all is needed then.
    let mut interleaved: Vec<NewSegment> = Vec::new();
    for (position, spec) in scenario.collections.iter().enumerate() {
        let collection = CollectionIndex::at(position);
        let channels = cluster.collection(collection).channels.clone();
        draw_segments(spec, collection, &channels, scenario.seed, &mut |segment| {
            if is_ascending {
                cluster.add_segment(segment);
            } else {
                interleaved.push(segment);
            }
        });
    }
    interleaved.sort_by_key(|segment| segment.id);
    for segment in interleaved {
        cluster.add_segment(segment);
    }
}

/// The segments of one collection, ascending by id.
fn draw_segments(
    spec: &CollectionSpec,
    collection: CollectionIndex,
    channels: &[ChannelIndex],
    seed: u64,
    take: &mut dyn FnMut(NewSegment),
) {
    match &spec.segments {
        Segments::Listed(listed) => listed.iter().for_each(|segment| {
            take(NewSegment {
                id: segment.id,
                rows: segment.rows,
                memory_bytes: segment.memory_bytes,
                log_bytes: segment.log_bytes,
                collection,
                channel: channels[segment.shard as usize],
                partition: u32::try_from(segment.partition).unwrap_or(0),
            });
        }),
        Segments::Generated { ids, rows, memory } => {
            let mut rows_stream = Random::stream(seed, &format!("scenario/{}/rows", spec.name));
            let mut memory_stream = Random::stream(seed, &format!("scenario/{}/memory", spec.name));
            for (number, id) in ids.iter().enumerate() {
                let rows = u32::try_from(rows.draw(&mut rows_stream)).unwrap_or(u32::MAX);
                let memory_bytes = match memory {
                    Some(memory) => memory.draw(&mut memory_stream),
                    None => u64::from(rows) * spec.bytes_per_row,
                };
                take(NewSegment {
                    id,
                    rows,
                    memory_bytes,
                    log_bytes: memory_bytes,
                    collection,
                    channel: channels[number % channels.len()],
                    partition: 0,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::overrides::Overrides;
    use crate::scenario::parse;
    use crate::simulation::run::Simulation;
    use std::sync::Arc;

    #[test]
    fn segments_whose_ids_interleave_come_by_id_all_the_same() {
        let text = r#"{
            "version": 1, "name": "interleaved", "milvus": { "version": "2.1.4" }, "duration": "1s",
            "query_nodes": [{ "memory": "1GiB" }],
            "collections": [
                { "name": "a", "segments": [{ "id": 1, "rows": 1, "memory": 10 }, { "id": 4, "rows": 4, "memory": 40 }] },
                { "name": "b", "segments": [{ "id": 2, "rows": 2, "memory": 20 }, { "id": 5, "rows": 5, "memory": 50 }] }
            ]
        }"#;
        let scenario = parse(text, "interleaved", &Overrides::default()).expect("a scenario");
        let simulation = Simulation::new(&Arc::new(scenario)).expect("it can be placed");
        let segments = simulation.world().cluster.segments();
        let found = segments.indices().map(|segment| (segments.id(segment), segments.rows(segment)));
        assert_eq!(found.collect::<Vec<_>>(), [(1, 1), (2, 2), (4, 4), (5, 5)]);
    }
}
