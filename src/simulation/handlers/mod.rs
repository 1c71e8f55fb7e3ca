//! What each event does.

pub mod command;
pub mod coordinator;
pub mod fault;
pub mod query_node;
pub mod session;
pub mod workload;
