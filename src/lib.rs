//! evenkeel: a deterministic discrete-event simulator of Milvus query-node load balancing.

pub mod cli;
pub mod coordinator;
pub mod engine;
pub mod import;
pub mod metrics;
pub mod model;
pub mod policy;
pub mod query_node;
pub mod release;
pub mod report;
pub mod scenario;
pub mod simulation;
pub mod units;
