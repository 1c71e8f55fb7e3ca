//! The cluster in motion: a scenario becomes a run that whoever listens is told of.
//!
//! [`run::Simulation`] takes the next event, lets its handler act, and at the end of every millisecond shows the
//! cluster to the [`history::Observer`]. Handlers give the coordinator its turns and carry out its orders.

pub mod answers;
pub mod calls;
pub mod clients;
pub mod declined;
pub mod digest;
pub mod event;
pub mod faults;
pub mod growth;
pub mod handlers;
pub mod history;
pub mod machine;
pub mod place;
mod place_room;
mod place_roster;
mod place_rules;
mod place_segments;
mod place_v2;
pub mod run;
pub mod turns;
pub mod world;
