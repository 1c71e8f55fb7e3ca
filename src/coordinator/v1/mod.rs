//! QueryCoord of 2.0 and 2.1: one trigger queue, one task at a time, a balance round by the clock.
//!
//! Source: `internal/querycoord` of the 2.0 and 2.1 lines, as described in sections 2 to 15 of the
//! specification. What it keeps between turns is [`state::QueryCoordV1`]; the other files are its deeds.

pub mod allocation;
pub mod balance_round;
pub mod children;
pub mod collections;
pub mod finish;
pub mod handoff;
pub mod listing;
pub mod load_balance;
pub mod node_down;
mod own_policy;
pub mod records;
mod scores;
pub mod settings;
pub mod state;
pub mod trigger_pass;
pub mod trigger_queue;
pub mod turns;
