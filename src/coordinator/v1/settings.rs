//! The keys that QueryCoord 2.0/2.1 reads, all at start only, under Milvus's own names.

use crate::coordinator::keys::{Config, Value};
use crate::policy::memory_usage::{DIFFERENCE_KEY, OVERLOADED_KEY, Thresholds};

/// Collections that one round looks at, at most (fixed in the code of 2.1).
pub const COLLECTIONS_PER_ROUND: usize = 20;
/// Period of the offline-node poll in milliseconds (fixed).
pub const OFFLINE_POLL_MS: u64 = 100;
/// Period of the handoff poll in milliseconds (fixed).
pub const HANDOFF_POLL_MS: u64 = 5_000;
/// Wait of an allocation that may wait, in milliseconds (fixed).
pub const ALLOCATION_WAIT_MS: u64 = 1_000;
/// Attempts of a child task on one node (fixed).
pub const ATTEMPTS: i32 = 5;

/// Settings in force since the last start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// `queryCoord.autoBalance`.
    pub auto_balance: bool,
    /// `queryCoord.balanceIntervalSeconds`, above 0 where it matters.
    pub balance_interval_seconds: u64,
    /// `queryCoord.overloadedMemoryThresholdPercentage`.
    pub overloaded_memory_threshold_percentage: i64,
    /// `queryCoord.memoryUsageMaxDifferencePercentage`.
    pub memory_usage_max_difference_percentage: i64,
    /// `queryCoord.autoHandoff`.
    pub auto_handoff: bool,
}

impl Settings {
    /// Reads the configuration; a key that is absent has the value of the shipped file.
    pub fn of(config: &Config) -> Settings {
        let flag = |key: &str| !matches!(config.value(key), Some(Value::Bool(false)));
        let whole = |key: &str, shipped: i64| match config.value(key) {
            Some(Value::Int(value)) => *value,
            _ => shipped,
        };
        Settings {
            auto_balance: flag("queryCoord.autoBalance"),
            balance_interval_seconds: u64::try_from(whole("queryCoord.balanceIntervalSeconds", 60))
                .unwrap_or(0),
            overloaded_memory_threshold_percentage: whole(OVERLOADED_KEY, 90),
            memory_usage_max_difference_percentage: whole(DIFFERENCE_KEY, 30),
            auto_handoff: flag("queryCoord.autoHandoff"),
        }
    }

    /// Both thresholds as Milvus has them inside: the whole percentage divided by 100, as doubles.
    pub fn thresholds(&self) -> Thresholds {
        Thresholds {
            overloaded: self.overloaded_memory_threshold_percentage as f64 / 100.0,
            max_difference: self.memory_usage_max_difference_percentage as f64 / 100.0,
        }
    }
}
