//! The integration tests, one binary.

/// Captured answers of live clusters become scenarios.
mod import;
