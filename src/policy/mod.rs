//! Where segments and channels should live: pure functions from a view to a plan.

pub mod reason;
