//! A query node's mind: what it accepts and how long it takes.

pub mod bandwidth;
pub mod disk_guard;
pub mod load_guard;
pub mod load_guard_v2;
