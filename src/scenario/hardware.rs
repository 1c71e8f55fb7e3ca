//! The `hardware` object: what is our assumption and not Milvus's, with its defaults.

use super::faults::Faults;
use super::json::Node;
use super::known_keys;
use super::object::Object;
use super::values::{
    count_u32, duration, duration_above_zero, number_from_zero, rate, size, size_above_zero, word,
};
use super::{Hardware, OutOfMemory, SearchCost};
use crate::coordinator::keys::{self, Config, Value};
use crate::release::Release;
use crate::units::SimDuration;

impl Default for Hardware {
    /// Load times are those of a recorded 2.3.5 cluster with small segments on a local disk. The session is
    /// that of 2.0 to 2.2.15, and later the release's. The rest is ours.
    fn default() -> Hardware {
        Hardware {
            load_overhead: SimDuration::from_ms(20),
            load_bandwidth_bytes_per_s: 250 << 20,
            storage_bandwidth_bytes_per_s: None,
            rpc_delay: SimDuration::from_ms(1),
            release_delay: SimDuration::from_secs(1),
            session_ttl: SimDuration::from_secs(60),
            load_memory_factor: 1.0,
            growing_memory_factor: 1.0,
            delegator_memory_bytes: 0,
            seal_size_bytes: 128 << 20,
            seal_delay: SimDuration::from_secs(10),
            out_of_memory: OutOfMemory::Kill,
            search_cost: SearchCost { per_segment_ms: 5.0, per_row_ms: 0.000_005 },
            binlog_fields: 4,
        }
    }
}

/// The key of a session's lifetime, in seconds: what a release ships was measured on real clusters.
const SESSION_TTL: &str = "common.session.ttl";

/// How long a session outlives its process, unless `hardware` says otherwise.
fn session_ttl(release: Release, config: &Config) -> Option<SimDuration> {
    let shipped = || keys::find(SESSION_TTL).and_then(|key| key.default_of(release));
    match config.value(SESSION_TTL).cloned().or_else(shipped) {
        Some(Value::Int(seconds)) => u64::try_from(seconds).ok().map(SimDuration::from_secs),
        _ => None,
    }
}

/// Reads `hardware`; what it leaves out keeps its default, which for the session is the release's.
pub(super) fn read(node: Option<&Node>, release: Release, config: &Config, faults: &mut Faults) -> Hardware {
    let default = Hardware::default();
    let ttl = session_ttl(release, config).filter(|ttl| *ttl > SimDuration::ZERO);
    let default = Hardware { session_ttl: ttl.unwrap_or(default.session_ttl), ..default };
    let Some(object) = node.and_then(|node| Object::read(node, known_keys::HARDWARE, faults)) else {
        return default;
    };
    let load_bandwidth = object.read_with("load_bandwidth", faults, rate);
    let delegator_memory = object.read_with("delegator_memory", faults, size);
    let seal_size = object.read_with("seal_size", faults, size_above_zero);
    let mut span = |key| object.read_with(key, faults, duration);
    let (load_overhead, rpc_delay) = (span("load_overhead"), span("rpc_delay"));
    let (release_delay, seal_delay) = (span("release_delay"), span("seal_delay"));
    let session_ttl = object.read_with("session_ttl", faults, duration_above_zero);
    let mut factor = |key| object.read_with(key, faults, number_from_zero);
    let (load_factor, growing_factor) = (factor("load_memory_factor"), factor("growing_memory_factor"));
    let binlog_fields = object.read_with("binlog_fields", faults, |node, faults| count_u32(node, 1, faults));
    Hardware {
        load_overhead: load_overhead.unwrap_or(default.load_overhead),
        load_bandwidth_bytes_per_s: load_bandwidth.unwrap_or(default.load_bandwidth_bytes_per_s),
        storage_bandwidth_bytes_per_s: object.read_with("storage_bandwidth", faults, rate),
        rpc_delay: rpc_delay.unwrap_or(default.rpc_delay),
        release_delay: release_delay.unwrap_or(default.release_delay),
        session_ttl: session_ttl.unwrap_or(default.session_ttl),
        load_memory_factor: load_factor.unwrap_or(default.load_memory_factor),
        growing_memory_factor: growing_factor.unwrap_or(default.growing_memory_factor),
        delegator_memory_bytes: delegator_memory.unwrap_or(default.delegator_memory_bytes),
        seal_size_bytes: seal_size.unwrap_or(default.seal_size_bytes),
        seal_delay: seal_delay.unwrap_or(default.seal_delay),
        out_of_memory: object
            .read_with("out_of_memory", faults, |node, faults| {
                word(node, &[("kill", OutOfMemory::Kill), ("ignore", OutOfMemory::Ignore)], faults)
            })
            .unwrap_or(default.out_of_memory),
        search_cost: object.read_with("search_cost", faults, search_cost).unwrap_or(default.search_cost),
        binlog_fields: binlog_fields.unwrap_or(default.binlog_fields),
    }
}

/// Reads a search cost; what it leaves out keeps its default.
pub(super) fn search_cost(node: &Node, faults: &mut Faults) -> Option<SearchCost> {
    let default = Hardware::default().search_cost;
    let object = Object::read(node, known_keys::SEARCH_COST, faults)?;
    let per_segment = object.read_with("per_segment", faults, number_from_zero);
    let per_row = object.read_with("per_row", faults, number_from_zero);
    Some(SearchCost {
        per_segment_ms: per_segment.unwrap_or(default.per_segment_ms),
        per_row_ms: per_row.unwrap_or(default.per_row_ms),
    })
}
