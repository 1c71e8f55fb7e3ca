//! evenkeel: a deterministic discrete-event simulator of Milvus query-node load balancing.

pub mod import;
