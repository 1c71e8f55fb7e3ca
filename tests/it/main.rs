//! The integration tests, one binary.

/// Broken scenario files: each gives exactly the messages written beside it.
mod invalid_scenarios;
/// Scenario files that are read: ids, defaults, overrides, order.
mod valid_scenarios;
