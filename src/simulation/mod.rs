//! The cluster in motion.

pub mod history;
