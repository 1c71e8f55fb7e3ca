//! Figures of one run, reckoned while it goes on: bounded memory whatever the length of the run.

pub mod assumptions;
pub mod bound;
mod chains;
pub mod commands;
mod comparison_text;
pub mod curves;
pub mod declined;
pub mod effects;
pub mod expectations;
pub mod expected_errors;
pub mod figures;
pub mod meter;
pub mod moves;
pub mod node_set;
mod open_moves;
pub mod overload;
pub mod sample;
pub mod sampler;
pub mod scopes;
mod search_bounds;
pub mod search_cost;
pub mod service;
pub mod settle;
pub mod skew;
pub mod spans;
pub mod story;
pub mod summary;

#[cfg(test)]
mod tests;
