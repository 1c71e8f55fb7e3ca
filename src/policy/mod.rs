//! Where segments and channels should live: pure functions from a view to a plan.
//!
//! Whoever tests a threshold tells both sides to a [`witness::Witness`], and every plan or refusal
//! carries a [`reason::Reason`] with the numbers compared.

pub mod allocate;
pub mod balance_policy;
pub mod benefit;
pub mod channel_surplus;
pub mod create_replicas;
pub mod drain;
pub mod memory_usage;
pub mod movable;
pub mod node_filter;
pub mod node_heap;
pub mod node_item;
pub mod parameters;
pub mod plan;
pub mod reason;
pub mod round_robin;
pub mod row_count;
pub mod row_count_old;
pub mod score;
pub mod score_channels;
pub mod score_items;
pub mod score_old;
pub mod shape;
pub mod sides;
pub mod spec;
pub mod view;
pub mod witness;
