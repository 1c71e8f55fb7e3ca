//! Collections, their partitions, and their channels.

use super::ids::{ChannelIndex, CollectionIndex, ReplicaIndex, SegmentIndex};

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Milvus's partition id.
    pub id: i64,
}

/// A collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// Milvus's collection id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its partitions, ascending by id.
    pub partitions: Vec<Partition>,
    /// Its channels, shard 0 first.
    pub channels: Vec<ChannelIndex>,
    /// Its replicas while it is loaded, ascending by id; empty while it is not.
    pub replicas: Vec<ReplicaIndex>,
    /// Its sealed segments that are not gone, ascending.
    pub segments: Vec<SegmentIndex>,
    /// Its segments that were compacted away, ascending; copies of them may still be loaded.
    pub compacted: Vec<SegmentIndex>,
    /// Memory of one row in bytes.
    pub bytes_per_row: u64,
    /// Bytes of a sealed row on a node's local disk.
    pub disk_bytes_per_row: u64,
}

/// A channel: the virtual channel of one shard of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its name, as Milvus forms it.
    pub name: String,
    /// Its collection.
    pub collection: CollectionIndex,
    /// Its shard.
    pub shard: u32,
}
