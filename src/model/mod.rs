//! The cluster at rest: what exists and where it is loaded. No time, no chance, no files.
//!
//! Everything is addressed by dense indices; Milvus's own ids are kept beside them and read at the rim
//! only. Index order is id order in every arena, so that a tie broken by index is a tie broken by id.

pub mod changes;
pub mod cluster;
pub mod collection;
pub mod few;
pub mod groups;
pub mod holders;
pub mod id_runs;
pub mod ids;
pub mod membership;
pub mod processes;
pub mod invariants;
pub mod query_node;
pub mod replica;
pub mod segment;
pub mod stored_nodes;
