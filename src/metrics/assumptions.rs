//! What the run rests on: configuration in force at the start, and our own assumptions.

use super::summary::ConfigSummary;
use crate::coordinator::keys::{Config, Value};
use crate::scenario::{Hardware, OutOfMemory};
use serde_json::{Map, json};
use std::collections::BTreeMap;

/// Every key of the configuration with its value at the start and who set it.
pub fn config(config: &Config) -> BTreeMap<&'static str, ConfigSummary> {
    let entries = config.entries.iter().map(|entry| {
        let value = json_value(&entry.value);
        (entry.key, ConfigSummary { value, from: entry.origin.text(), inert: entry.inert })
    });
    entries.collect()
}

fn json_value(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::Text(value) => json!(value),
    }
}

/// Every field of `hardware` in force, in the order of the scenario file, each name ending in its unit.
pub fn assumptions(hardware: &Hardware) -> Map<String, serde_json::Value> {
    let out_of_memory = match hardware.out_of_memory {
        OutOfMemory::Kill => "kill",
        OutOfMemory::Ignore => "ignore",
    };
    let search_cost = json!({
        "per_segment_ms": hardware.search_cost.per_segment_ms,
        "per_row_ms": hardware.search_cost.per_row_ms,
    });
    let fields = [
        ("load_overhead_ms", json!(hardware.load_overhead.as_ms())),
        ("load_bandwidth_bytes_per_second", json!(hardware.load_bandwidth_bytes_per_s)),
        ("storage_bandwidth_bytes_per_second", json!(hardware.storage_bandwidth_bytes_per_s)),
        ("rpc_delay_ms", json!(hardware.rpc_delay.as_ms())),
        ("release_delay_ms", json!(hardware.release_delay.as_ms())),
        ("session_ttl_ms", json!(hardware.session_ttl.as_ms())),
        ("load_memory_factor", json!(hardware.load_memory_factor)),
        ("growing_memory_factor", json!(hardware.growing_memory_factor)),
        ("delegator_memory_bytes", json!(hardware.delegator_memory_bytes)),
        ("seal_size_bytes", json!(hardware.seal_size_bytes)),
        ("seal_delay_ms", json!(hardware.seal_delay.as_ms())),
        ("out_of_memory", json!(out_of_memory)),
        ("search_cost", search_cost),
        ("binlog_fields", json!(hardware.binlog_fields)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}
