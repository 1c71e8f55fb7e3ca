//! The clockwork.

pub mod distribution;
