//! Synthetic scenarios, by size and by shape: counts and distributions, not written-out segments.
//!
//! The sizes T to XL are the reference scenarios of the benches; anything else is made by numbers.

mod lint;
mod plan;
mod rows;
mod text;
mod timeline;

#[cfg(test)]
mod tests;

pub use plan::{Inflow, NodeClass, Plan, QUERY_NODES_MAX, Size, Start};
pub use rows::{ROW_BYTES_MAX, read_rows};
