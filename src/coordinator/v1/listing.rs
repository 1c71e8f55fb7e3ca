//! The segment listing behind `get_query_segment_info`.
//!
//! Source: specification section 5.1 and the rows of section 22.

use super::records::KnownNode;
use super::state::QueryCoordV1;
use super::turns::refusal;
use crate::coordinator::command::CommandError;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::query_coord::{SegmentInfoNodes, SegmentInfoRow};
use crate::model::ids::CollectionIndex;
use crate::release::Quirk;

impl QueryCoordV1 {
    /// Lists a collection: 2.1 from its records, one row a segment; 2.0 from the nodes, one row a copy.
    pub(super) fn list_segments(
        &self,
        collection_name: &str,
        hearing: Hearing<'_>,
    ) -> Result<Vec<SegmentInfoRow>, CommandError> {
        let cluster = hearing.cluster;
        let collection = cluster
            .find_collection(collection_name)
            .ok_or_else(|| refusal(format!("can't find collection: {collection_name}")))?;
        if self.release.has(Quirk::ListingFailsWhileNodeOffline) {
            let offline = self.records.known_nodes().find(|(_, known)| *known == KnownNode::Offline);
            if let Some((node, _)) = offline {
                let id = cluster.node(node).id;
                return Err(refusal(format!("getSegmentInfo: queryNode {id} is offline")));
            }
        }
        let mut rows = Vec::new();
        let segments = cluster.segments();
        // Compacted segments too: until their hand-off has ended they are recorded and loaded.
        for segment in segments.indices().filter(|segment| segments.collection(*segment) == collection) {
            let partition = &cluster.collection(collection).partitions[segments.partition(segment) as usize];
            let row = |mem_size, nodes| SegmentInfoRow {
                segment: Some(segment),
                collection: cluster.collection(collection).id,
                partition: partition.id,
                mem_size,
                num_rows: u64::from(segments.rows(segment)),
                state: "Sealed",
                nodes,
            };
            if self.release.has(Quirk::ListingWithoutMemorySize) {
                let nodes: Vec<_> = self.records.nodes_of(segment).collect();
                if !nodes.is_empty() {
                    rows.push(row(0, SegmentInfoNodes::All(nodes)));
                }
            } else {
                let copies = segments.copies().of(segment);
                let bytes = segments.memory_bytes(segment);
                rows.extend(copies.map(|node| row(bytes, SegmentInfoNodes::One(node))));
            }
        }
        rows.extend(self.growing_rows(collection, hearing));
        Ok(rows)
    }

    /// Growing rows come from the nodes themselves: one row for every shard with growing rows and its leader.
    fn growing_rows(&self, collection: CollectionIndex, hearing: Hearing<'_>) -> Vec<SegmentInfoRow> {
        let cluster = hearing.cluster;
        let mut rows = Vec::new();
        for replica in &cluster.collection(collection).replicas {
            for (shard, leader) in cluster.replica(*replica).shard_leaders.iter().enumerate() {
                let Some(leader) = leader.filter(|leader| cluster.node(*leader).is_alive()) else { continue };
                let growing = hearing.nodes.growing_rows(*replica, shard);
                if growing > 0 {
                    rows.push(SegmentInfoRow {
                        segment: None,
                        collection: cluster.collection(collection).id,
                        partition: cluster.collection(collection).partitions[0].id,
                        mem_size: growing * cluster.collection(collection).bytes_per_row,
                        num_rows: growing,
                        state: "Growing",
                        nodes: if self.release.has(Quirk::ListingWithoutMemorySize) {
                            SegmentInfoNodes::All(vec![leader])
                        } else {
                            SegmentInfoNodes::One(leader)
                        },
                    });
                }
            }
        }
        rows
    }
}
