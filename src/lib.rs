//! evenkeel: a deterministic discrete-event simulator of Milvus query-node load balancing.

#![forbid(unsafe_code)]

pub mod coordinator;
pub mod engine;
pub mod metrics;
pub mod policy;
pub mod release;
pub mod report;
pub mod scenario;
pub mod units;
