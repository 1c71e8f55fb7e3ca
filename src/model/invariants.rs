//! The cluster's totals, reckoned anew and compared.

use super::cluster::Cluster;
use super::ids::NodeIndex;
use std::collections::BTreeMap;

impl Cluster {
    /// Reckons every total anew, slowly, and compares.
    ///
    /// # Errors
    ///
    /// Names the first total that does not add up.
    pub fn check_invariants(&self) -> Result<(), String> {
        let mut held = vec![(0u64, 0u64, 0u32); self.nodes.len()];
        let mut holdings = vec![BTreeMap::<NodeIndex, (u32, u64)>::new(); self.replicas.len()];
        for segment in self.segments.indices() {
            let rows = u64::from(self.segments.rows(segment));
            for node in self.segments.copies.of(segment) {
                let sums = &mut held[node.position()];
                *sums = (sums.0 + self.segments.memory_bytes(segment), sums.1 + rows, sums.2 + 1);
                if let Some(replica) = self.replica_of(self.segments.collection(segment), node) {
                    let holding = holdings[replica.position()].entry(node).or_default();
                    *holding = (holding.0 + 1, holding.1 + rows);
                }
            }
        }
        let mut led = vec![0u32; self.nodes.len()];
        for leader in self.replicas.iter().flat_map(|replica| replica.shard_leaders.iter().flatten()) {
            led[leader.position()] += 1;
        }
        for (position, node) in self.nodes.iter().enumerate() {
            if (node.sealed_bytes, node.sealed_rows, node.segments) != held[position] {
                return Err(format!("node {} holds {:?}, its totals say otherwise", node.id, held[position]));
            }
            if node.segments > 0 && !node.is_alive() {
                return Err(format!("node {} has no process but holds {} segments", node.id, node.segments));
            }
            if node.channels != led[position] {
                return Err(format!(
                    "node {} leads {} shards, not {}",
                    node.id, led[position], node.channels
                ));
            }
            if (node.loads_in_flight == 0) && node.loading_bytes != 0 {
                return Err(format!(
                    "node {} loads nothing but keeps {} bytes for it",
                    node.id, node.loading_bytes
                ));
            }
        }
        for (position, replica) in self.replicas.iter().enumerate() {
            let kept = replica.holdings().map(|holding| (holding.node, (holding.segments, holding.rows)));
            if !kept.eq(holdings[position].iter().map(|(node, sums)| (*node, *sums))) {
                return Err(format!("replica {} holds other than its totals say", replica.id));
            }
        }
        let loaded = self.collections.iter().filter(|collection| !collection.replicas.is_empty());
        let loaded_segments: u64 = loaded.map(|collection| collection.segments.len() as u64).sum();
        if self.loaded_segments != loaded_segments {
            return Err(format!("{loaded_segments} segments are loaded, not {}", self.loaded_segments));
        }
        Ok(())
    }
}
