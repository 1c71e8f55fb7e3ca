//! Figures of one run, reckoned while it goes on: bounded memory whatever the length of the run.

pub mod curves;
pub mod sample;
pub mod story;
pub mod summary;
