//! The query node's own memory check: refuses what would not fit.
//!
//! Source: `internal/querynode/segment_loader.go` (`checkSegmentSize`) of the 2.0 and 2.1 lines;
//! specification section 16.

use crate::model::query_node::NodeMemory;
use crate::policy::memory_usage::OVERLOADED_KEY;
use crate::policy::witness::{Instead, Witness};
use crate::release::{Quirk, Release};

/// A load request as the node checks it.
#[derive(Debug, Clone, Copy)]
pub struct LoadRequest<'a> {
    /// The coordinator's estimate of every segment in bytes (logs), duplicates already dropped.
    pub sizes: &'a [u64],
    /// Size of the loader's worker pool: the number of CPUs.
    pub workers: u32,
    /// Binlog fields of the first segment.
    pub fields: u32,
    /// The collection's id, for the text.
    pub collection_id: i64,
}

/// Checks a load request; `threshold` is `overloadedMemoryThresholdPercentage` / 100.
///
/// # Errors
///
/// The node's own words. They show in its log only; the client sees the allocator's error.
pub fn check(
    release: Release,
    request: LoadRequest<'_>,
    memory: NodeMemory,
    threshold: f64,
    witness: &mut impl Witness,
) -> Result<(), String> {
    if request.sizes.is_empty() {
        return Ok(());
    }
    if memory.used_bytes == 0 || memory.total_bytes == 0 {
        let id = request.collection_id;
        return Err(format!("get memory failed when checkSegmentSize, collectionID = {id}"));
    }
    let limit = (memory.total_bytes as f64 * threshold).floor();
    let largest = request.sizes.iter().copied().max().unwrap_or(0);
    let count = request.sizes.len() as u64;
    let mut concurrency = match request.workers.checked_div(request.fields) {
        _ if !release.has(Quirk::LoadCheckCountsConcurrency) => 1,
        None => u64::from(request.workers.max(1)),
        Some(share) => u64::from(share.max(1)),
    };
    let predicted = |concurrency: u64| -> u64 {
        if release.has(Quirk::LoadCheckPerSegment) {
            return per_segment_peak(memory.used_bytes, request.sizes);
        }
        let sum: u64 = request.sizes.iter().sum();
        memory.used_bytes + sum + largest * concurrency.min(count)
    };
    // Halving ends at one or where it fits, so that what counts is whether one alone fits.
    let alone = predicted(1) as f64;
    let total = memory.total_bytes as f64;
    witness.decided(&|instead: &Instead<'_>| alone > (total * instead.of(OVERLOADED_KEY, threshold)).floor());
    while concurrency > 1 && witness.above(Some(OVERLOADED_KEY), predicted(concurrency) as f64, limit) {
        concurrency /= 2;
    }
    let after = predicted(concurrency);
    if !witness.above(Some(OVERLOADED_KEY), after as f64, limit) {
        return Ok(());
    }
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    Err(format!(
        "load segment failed, OOM if load, collectionID = {}, maxSegmentSize = {:.2} MB, concurrency = {}, usedMemAfterLoad = {:.2} MB, totalMem = {:.2} MB, thresholdFactor = {:.6}",
        request.collection_id,
        mebibytes(largest),
        concurrency.min(count),
        mebibytes(after),
        mebibytes(memory.total_bytes),
        threshold
    ))
}

/// 2.0.0: every segment is checked when its turn comes, with its own size once more.
fn per_segment_peak(used: u64, sizes: &[u64]) -> u64 {
    let mut sum = used;
    let mut peak = 0;
    for size in sizes {
        sum += size;
        peak = peak.max(sum + size);
    }
    peak
}
