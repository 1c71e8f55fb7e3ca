//! How many rows the segments of a recording have, and which channel each belongs to.

use super::dumps::Dump;
use super::recording::{Unread, json, optional};
use super::samples::Sample;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Segment -> rows: from the dumps and `rows.json`, or else, where a collection of one shard was flushed after
/// every insert, in the order of the flushes.
pub(crate) fn rows(
    folder: &Path,
    meta: &Value,
    dumps: &[Dump],
    samples: &[Sample],
    last: &Sample,
) -> Result<BTreeMap<i64, u64>, Unread> {
    let mut rows: BTreeMap<i64, u64> = dumps.iter().flat_map(Dump::rows).collect();
    if let Some(text) = optional(folder, "rows.json")? {
        let file = json(&text, "rows.json")?;
        let wrong = |what: &str| Unread::Broken(format!("rows.json: {what}"));
        for (id, count) in file.as_object().ok_or_else(|| wrong("it is no object"))? {
            let pair = id.parse().ok().zip(count.as_u64());
            let (id, count) = pair.ok_or_else(|| wrong(&format!("\"{id}\": {count} names no rows")))?;
            rows.insert(id, count);
        }
    }
    for (name, state) in last.answered() {
        let flushed = flushed(meta, name).filter(|flushed| flushed.len() == state.segments.len());
        for (id, count) in state.segments.keys().zip(flushed.into_iter().flatten()) {
            rows.entry(*id).or_insert(count);
        }
    }
    let mut seen = samples.iter().flat_map(Sample::answered).flat_map(|(_, state)| state.segments.keys());
    if let Some(unknown) = seen.find(|id| !rows.contains_key(id)) {
        let reason = format!("neither rows.json nor a dump tells the rows of segment {unknown}");
        return Err(Unread::Skipped(reason));
    }
    Ok(rows)
}

/// The rows of a collection's flushes, in their order, where each became one segment.
fn flushed(meta: &Value, collection: &str) -> Option<Vec<u64>> {
    let of_collection = |value: &Value| match value {
        Value::Object(by_name) => by_name.get(collection).cloned(),
        value => Some(value.clone()),
    };
    let shards = of_collection(&meta["shards"]).and_then(|shards| shards.as_u64()).unwrap_or(1);
    let sizes = of_collection(&meta["flush_sizes_rows"])?;
    let sizes: Option<Vec<u64>> = sizes.as_array()?.iter().map(Value::as_u64).collect();
    sizes.filter(|_| shards == 1)
}

/// Segment -> channel, from the plans, where they are kept.
pub(crate) fn channels(folder: &Path) -> Result<BTreeMap<i64, String>, Unread> {
    let mut channels = BTreeMap::new();
    let text = optional(folder, "plans.jsonl")?.unwrap_or_default();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let plan = json(line, &format!("plans.jsonl:{}", number + 1))?;
        let segment = plan["segment"].as_str().and_then(|id| id.parse().ok());
        if let (Some(segment), Some(channel)) = (segment, plan["channel"].as_str()) {
            channels.insert(segment, channel.to_owned());
        }
    }
    Ok(channels)
}
