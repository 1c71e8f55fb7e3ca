//! Checkers: what is, held against what should be; each ends in tasks (section 6).

pub mod balance;
pub mod calm;
pub mod channel;
mod idle_ticks;
pub mod plans;
pub mod readiness;
pub mod rounds;
pub mod segment;
