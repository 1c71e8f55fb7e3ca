//! Processes of query nodes: what they load and grow, how they start and end.

use super::cluster::Cluster;
use super::ids::{NodeIndex, SegmentIndex};
use super::query_node::NodeState;
use super::replica::Replica;

impl Cluster {
    /// A load request of `bytes` begins on a node.
    pub fn begin_load(&mut self, node: NodeIndex, bytes: u64) {
        let loader = &mut self.nodes[node.position()];
        loader.loading_bytes += bytes;
        loader.loads_in_flight += 1;
        self.touch_node(node);
    }

    /// A load request of `bytes` ends on a node, well or not.
    pub fn end_load(&mut self, node: NodeIndex, bytes: u64) {
        let loader = &mut self.nodes[node.position()];
        loader.loading_bytes -= bytes;
        loader.loads_in_flight -= 1;
        self.touch_node(node);
    }

    /// Growing rows of a node, reckoned anew.
    pub fn set_growing(&mut self, node: NodeIndex, rows: u64, bytes: u64) {
        let grower = &mut self.nodes[node.position()];
        if (grower.growing_rows, grower.growing_bytes) != (rows, bytes) {
            grower.growing_rows = rows;
            grower.growing_bytes = bytes;
            self.changes.grow_on(node);
        }
    }

    /// A node's process starts and registers.
    pub fn start_node(&mut self, node: NodeIndex, state: NodeState) {
        let starter = &mut self.nodes[node.position()];
        starter.state = state;
        starter.is_registered = true;
        self.touch_node(node);
        self.changes.touch_membership();
    }

    /// A node's session is gone.
    pub fn end_session(&mut self, node: NodeIndex) {
        self.nodes[node.position()].is_registered = false;
        self.touch_node(node);
        self.changes.touch_membership();
    }

    /// Bytes of a segment on the local disk of a node that holds it.
    pub fn disk_bytes(&self, segment: SegmentIndex) -> u64 {
        let per_row = self.collection(self.segments.collection(segment)).disk_bytes_per_row;
        u64::from(self.segments.rows(segment)) * per_row
    }

    /// Bytes of all that a node holds on its local disk.
    pub fn used_disk_bytes(&self, node: NodeIndex) -> u64 {
        let in_replica = |replica: &Replica| {
            let rows = replica.holding(node).map_or(0, |holding| holding.rows);
            rows * self.collection(replica.collection).disk_bytes_per_row
        };
        let at_home: u64 = self.replicas.iter().map(in_replica).sum();
        let on_node = (node, SegmentIndex(0))..=(node, SegmentIndex(u32::MAX));
        let homeless = self.homeless.range(on_node).map(|(_, segment)| self.disk_bytes(*segment));
        at_home + homeless.sum::<u64>()
    }

    /// A node's process ends: it holds nothing any more. It stays shard leader in name until the
    /// coordinator says otherwise.
    pub fn end_process(&mut self, node: NodeIndex) {
        if self.node(node).segments > 0 {
            for segment in self.segments.indices() {
                if self.segments.copies.has(segment, node) {
                    self.remove_copy(segment, node);
                    self.changes.lose(segment);
                }
            }
        }
        let ended = &mut self.nodes[node.position()];
        ended.state = NodeState::Down;
        ended.growing_rows = 0;
        ended.growing_bytes = 0;
        ended.loading_bytes = 0;
        ended.loads_in_flight = 0;
        self.touch_node(node);
        self.changes.touch_membership();
    }
}
