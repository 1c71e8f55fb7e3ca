//! What there is to say about a run, and the forms it takes; every function returns text or bytes and writes nothing.

pub mod content;
pub mod verdict;

pub mod chart;
pub mod check;
pub mod compare;
pub mod csv;
pub mod diff;
pub mod events;
pub mod json;
pub mod junit;
pub mod scenario_text;
pub mod shrunk;
pub mod sweep;
pub mod text;
pub mod thinning;
pub mod threshold_map;
pub mod tune;

mod columns;
mod figure;

#[cfg(test)]
mod example;
