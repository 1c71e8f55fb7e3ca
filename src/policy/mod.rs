//! Where segments and channels should live: pure functions from a view to a plan.
//!
//! Whoever tests a threshold tells both sides to a [`witness::Witness`], and every plan or refusal
//! carries a [`reason::Reason`] with the numbers compared.

pub mod allocate;
pub mod balance_policy;
pub mod create_replicas;
pub mod memory_usage;
pub mod parameters;
pub mod plan;
pub mod reason;
pub mod spec;
pub mod view;
pub mod witness;
