//! A query node's mind: what it accepts and how long it takes.

pub mod bandwidth;
pub mod load_guard;
