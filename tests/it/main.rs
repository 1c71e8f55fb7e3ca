//! The integration tests, one binary.

/// Captured answers of live clusters become scenarios.
mod import;
/// Broken scenario files: each gives exactly the messages written beside it.
mod invalid_scenarios;
/// Scenario files that are read: ids, defaults, overrides, order.
mod valid_scenarios;
