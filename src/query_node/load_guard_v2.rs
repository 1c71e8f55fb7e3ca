//! The query node's own memory check of 2.2 and later (section 13).
//!
//! Source: `internal/querynode(v2)/segments/segment_loader.go`. Loads still under way count by their estimates
//! from 2.3 on; 2.2 counts what the machine uses, loads included.

use crate::model::query_node::NodeMemory;
use crate::policy::memory_usage::OVERLOADED_KEY;
use crate::policy::witness::{Instead, Witness};
use crate::release::{Quirk, Release};

/// A load request as the node checks it.
#[derive(Debug, Clone, Copy)]
pub struct LoadRequestV2<'a> {
    /// Estimate of every segment in bytes.
    pub sizes: &'a [u64],
    /// Estimates of the loads under way.
    pub committed_bytes: u64,
    /// CPUs: how many segments 2.2 would load at a time.
    pub workers: u32,
    /// `queryNode.loadMemoryUsageFactor` (2.2 and 2.3).
    pub usage_factor: f64,
    /// The collection's id, for the text.
    pub collection_id: i64,
}

/// Workers of a node's reading pool per CPU: `common.threadCoreCoefficient.highPriority` as shipped.
const WORKERS_PER_CPU: u64 = 10;
/// The reading pool has no more workers than this.
const WORKERS_MAX: u64 = 256;

/// 2.3.0 to 2.3.3 refuse a load while the files of the loads under way keep every worker busy. Recorded on
/// 2.3.0 with two CPUs: segments of four files each, five of which were let in at a time.
///
/// # Errors
///
/// The node's own words.
pub fn check_files(
    release: Release,
    committed_files: u64,
    cpu: u32,
    witness: &mut impl Witness,
) -> Result<(), String> {
    let limit = (u64::from(cpu) * WORKERS_PER_CPU).min(WORKERS_MAX);
    let is_busy = release.has(Quirk::LoadsLimitedByFiles)
        && witness.at_least(None, committed_files as f64, limit as f64);
    if is_busy { Err(format!("limit={limit}: request limit exceeded")) } else { Ok(()) }
}

fn mebibytes(bytes: u64) -> u64 {
    bytes >> 20
}

/// Checks a load request; `memory` leaves loads under way out from 2.3 on.
///
/// # Errors
///
/// The node's own words.
pub fn check(
    release: Release,
    request: LoadRequestV2<'_>,
    memory: NodeMemory,
    threshold: f64,
    witness: &mut impl Witness,
) -> Result<(), String> {
    if request.sizes.is_empty() || memory.total_bytes == 0 {
        return Ok(());
    }
    let limit = (memory.total_bytes as f64 * threshold).trunc();
    if release.has(Quirk::OneCheckerLoop) {
        return check_2_2(release, request, memory, (limit, threshold), witness);
    }
    let factor = if release.has(Quirk::LoadEstimateHasFactor) { request.usage_factor } else { 1.0 };
    let size = |bytes: u64| (bytes as f64 * factor) as u64;
    let used = memory.used_bytes + request.committed_bytes;
    if used >= memory.total_bytes {
        return Err(format!(
            "memory limit exceeded[predict={}(MB)][limit={}(MB)]",
            mebibytes(used),
            mebibytes(memory.total_bytes)
        ));
    }
    let predicted = used + request.sizes.iter().map(|bytes| size(*bytes)).sum::<u64>();
    let total = memory.total_bytes as f64;
    witness.decided(&|instead: &Instead<'_>| {
        predicted as f64 > (total * instead.of(OVERLOADED_KEY, threshold)).trunc()
    });
    if !witness.above(Some(OVERLOADED_KEY), predicted as f64, limit) {
        return Ok(());
    }
    if release.has(Quirk::ExhaustionMark) {
        return Err("segment request resource failed[resourceType=Memory]".to_owned());
    }
    let largest = request.sizes.iter().copied().map(size).max().unwrap_or(0);
    Err(format!(
        "load segment failed, OOM if load, maxSegmentSize = {} MB, concurrency = 1, memUsage = {} MB, predictMemUsage = {} MB, totalMem = {} MB thresholdFactor = {threshold:.6}",
        mebibytes(largest),
        mebibytes(used),
        mebibytes(predicted),
        mebibytes(memory.total_bytes),
    ))
}

/// 2.2: the largest segment counts for every concurrent loader, of which there are fewer until it fits.
fn check_2_2(
    release: Release,
    request: LoadRequestV2<'_>,
    memory: NodeMemory,
    (limit, threshold): (f64, f64),
    witness: &mut impl Witness,
) -> Result<(), String> {
    let largest = request.sizes.iter().copied().max().unwrap_or(0);
    let sum: u64 = request.sizes.iter().sum();
    let count = u32::try_from(request.sizes.len()).unwrap_or(u32::MAX);
    let mut concurrency = request.workers.min(count).max(1);
    let used_with = |concurrency: u32| {
        let loading = (largest as f64 * f64::from(concurrency) * request.usage_factor) as u64;
        memory.used_bytes + sum + loading
    };
    // Halving ends at one or where it fits, so that what counts is whether one alone fits.
    let (alone, total) = (used_with(1) as f64, memory.total_bytes as f64);
    witness.decided(&|instead: &Instead<'_>| alone > (total * instead.of(OVERLOADED_KEY, threshold)).trunc());
    loop {
        let after = used_with(concurrency);
        if !witness.above(Some(OVERLOADED_KEY), after as f64, limit) {
            return Ok(());
        }
        if concurrency == 1 {
            let (collection, largest, total) =
                (request.collection_id, mebibytes(largest), mebibytes(memory.total_bytes));
            let after = mebibytes(memory.used_bytes + sum);
            if release.has(Quirk::RefusalNamesFreeMemory) {
                let free = mebibytes(memory.total_bytes.saturating_sub(memory.used_bytes));
                return Err(format!(
                    "InsufficientMemoryToLoad, load segment failed, OOM if load, collectionID = {collection}, MaxSegmentMemUsage = {largest} MB, concurrency = 1, usedMemAfterLoad = {after} MB, currentAvailableMemCount = {free} MB, currentTotalMem = {total} MB, thresholdFactor = {threshold:.6}",
                ));
            }
            return Err(format!(
                "load segment failed, OOM if load, collectionID = {collection}, maxSegmentSize = {largest} MB, concurrency = 1, usedMemAfterLoad = {after} MB, totalMem = {total} MB, thresholdFactor = {threshold:.6}",
            ));
        }
        concurrency /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::witness::Unwitnessed;

    fn check_100(release: &str, used_bytes: u64, committed_bytes: u64, size: u64) -> Result<(), String> {
        let request = LoadRequestV2 {
            sizes: &[size],
            committed_bytes,
            workers: 8,
            usage_factor: 1.0,
            collection_id: 100,
        };
        let memory = NodeMemory { total_bytes: 100 << 20, used_bytes: used_bytes << 20 };
        let release = release.parse().expect("a known release");
        check(release, LoadRequestV2 { sizes: &[size << 20], ..request }, memory, 0.9, &mut Unwitnessed)
    }

    #[test]
    fn files_under_way_fill_ten_workers_per_cpu_from_2_3_0_to_2_3_3() {
        let files = |release: &str, files, cpu| {
            check_files(release.parse().expect("a known release"), files, cpu, &mut Unwitnessed)
        };
        assert_eq!(files("2.3.0", 19, 2), Ok(()));
        assert_eq!(files("2.3.0", 20, 2), Err("limit=20: request limit exceeded".to_owned()));
        assert_eq!(files("2.3.3", 255, 64), Ok(()));
        assert!(files("2.3.3", 256, 64).is_err());
        assert_eq!(files("2.3.4", 1000, 2), Ok(()));
        assert_eq!(files("2.2.16", 1000, 2), Ok(()));
    }

    #[test]
    fn exactly_the_threshold_is_let_in_and_committed_loads_count() {
        assert_eq!(check_100("2.3.4", 50, 20 << 20, 20), Ok(()));
        assert!(check_100("2.3.4", 50, 21 << 20, 20).is_err());
        let full = check_100("2.3.4", 50, 50 << 20, 1);
        assert!(full.is_err_and(|text| text.starts_with("memory limit exceeded")));
        assert!(
            check_100("2.3.4", 71, 0, 20)
                .is_err_and(|text| text.contains("OOM if load, maxSegmentSize = 20 MB"))
        );
        assert!(
            check_100("2.6.20", 71, 0, 20)
                .is_err_and(|text| text.starts_with("segment request resource failed"))
        );
        let named = "InsufficientMemoryToLoad, load segment failed, OOM if load, collectionID = 100, \
            MaxSegmentMemUsage = 10 MB, concurrency = 1, usedMemAfterLoad = 81 MB, \
            currentAvailableMemCount = 29 MB, currentTotalMem = 100 MB, thresholdFactor = 0.900000";
        assert_eq!(check_100("2.2.16", 71, 0, 10), Err(named.to_owned()));
        let plain = "load segment failed, OOM if load, collectionID = 100, maxSegmentSize = 10 MB, \
            concurrency = 1, usedMemAfterLoad = 81 MB, totalMem = 100 MB, thresholdFactor = 0.900000";
        assert_eq!(check_100("2.2.4", 71, 0, 10), Err(plain.to_owned()));
    }
}
