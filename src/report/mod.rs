//! What there is to say about a run, and the forms it takes; every function returns text or bytes and writes nothing.

pub mod content;
pub mod verdict;

pub mod chart;
pub mod compare;
pub mod csv;
pub mod events;
pub mod json;
pub mod sweep;
pub mod text;
pub mod thinning;
pub mod threshold_map;
pub mod tune;

mod columns;
mod figure;

#[cfg(test)]
mod example;
