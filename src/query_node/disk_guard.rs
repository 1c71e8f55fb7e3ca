//! The query node's own disk check of 2.2 and later (section 13).
//!
//! Source: `internal/querynode(v2)/segments/segment_loader.go`. Indexes on disk and memory-mapped data lie on the
//! node's local disk; loads still under way count by their estimates.

use crate::policy::witness::{Instead, Witness};
use crate::release::{Quirk, Release};

/// The key of the threshold.
pub const MAX_DISK_KEY: &str = "queryNode.maxDiskUsagePercentage";

/// A load request as the node checks it against its disk. All in bytes.
#[derive(Debug, Clone, Copy)]
pub struct DiskRequest {
    /// The node's disk; 0 = it is not looked at.
    pub total_bytes: u64,
    /// What is on it.
    pub used_bytes: u64,
    /// Estimates of the loads under way.
    pub committed_bytes: u64,
    /// Estimate of this load.
    pub load_bytes: u64,
    /// The collection's id, for the text.
    pub collection_id: i64,
}

fn mebibytes(bytes: u64) -> u64 {
    bytes >> 20
}

/// An error of 2.4 and later, with both sides in MB.
fn limit_exceeded(predicted: u64, limit: u64) -> String {
    let mebibytes = |bytes: u64| bytes as f32 / 1024.0 / 1024.0;
    format!("disk limit exceeded[predict(MB)={}][limit(MB)={}]", mebibytes(predicted), mebibytes(limit))
}

/// Checks a load request against the node's disk; `threshold` = the share of it that may be full.
///
/// # Errors
///
/// The node's own words.
pub fn check_disk(
    release: Release,
    request: DiskRequest,
    threshold: f64,
    witness: &mut impl Witness,
) -> Result<(), String> {
    let DiskRequest { total_bytes, load_bytes, .. } = request;
    if release.has(Quirk::OnlyMemoryUsage) || total_bytes == 0 || load_bytes == 0 {
        return Ok(());
    }
    let used = request.used_bytes + request.committed_bytes;
    if !release.has(Quirk::OneCheckerLoop) && used >= total_bytes {
        return Err(limit_exceeded(used, total_bytes));
    }
    let (predicted, total) = (used + load_bytes, total_bytes as f64);
    witness.decided(&|instead: &Instead<'_>| {
        predicted as f64 > (total * instead.of(MAX_DISK_KEY, threshold)).trunc()
    });
    if !witness.above(Some(MAX_DISK_KEY), predicted as f64, (total * threshold).trunc()) {
        return Ok(());
    }
    if release.has(Quirk::ExhaustionMark) {
        return Err("segment request resource failed[resourceType=Disk]".to_owned());
    }
    let text = "load segment failed, disk space is not enough";
    let (after, total) = (mebibytes(predicted), mebibytes(total_bytes));
    if release.has(Quirk::OneCheckerLoop) {
        let id = request.collection_id;
        return Err(format!(
            "{text}, collectionID = {id}, usedDiskAfterLoad = {after} MB, totalDisk = {total} MB, thresholdFactor = {threshold:.6}"
        ));
    }
    let plain = format!(
        "{text}, diskUsage = {} MB, predictDiskUsage = {after} MB, totalDisk = {total} MB, thresholdFactor = {threshold:.6}",
        mebibytes(used)
    );
    if release.has(Quirk::DiskRefusalHasCode) {
        Err(format!("{plain}: {}", limit_exceeded(predicted, total_bytes)))
    } else {
        Err(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::witness::Unwitnessed;

    fn check(version: &str, used: u64, committed: u64, load: u64) -> Result<(), String> {
        let request = DiskRequest {
            total_bytes: 100 << 20,
            used_bytes: used << 20,
            committed_bytes: committed << 20,
            load_bytes: load << 20,
            collection_id: 7,
        };
        check_disk(version.parse().expect("a known release"), request, 0.95, &mut Unwitnessed)
    }

    #[test]
    fn exactly_the_threshold_is_let_in_and_loads_under_way_count() {
        for version in ["2.2.16", "2.3.15", "2.4.23", "2.6.7", "2.6.20"] {
            assert_eq!(check(version, 50, 25, 20), Ok(()), "{version}");
            assert!(check(version, 50, 26, 20).is_err(), "{version}");
            assert_eq!(check(version, 99, 0, 0), Ok(()), "{version}: what needs no disk is not refused");
        }
        assert_eq!(check("2.1.4", 99, 0, 20), Ok(()));
    }

    #[test]
    fn each_era_refuses_in_its_own_words() {
        let plain = "load segment failed, disk space is not enough, ";
        let told =
            "diskUsage = 90 MB, predictDiskUsage = 96 MB, totalDisk = 100 MB, thresholdFactor = 0.950000";
        let refusal = |version| check(version, 90, 0, 6).expect_err("too much");
        assert_eq!(
            refusal("2.2.16"),
            format!(
                "{plain}collectionID = 7, usedDiskAfterLoad = 96 MB, totalDisk = 100 MB, thresholdFactor = 0.950000"
            )
        );
        assert_eq!(refusal("2.3.15"), format!("{plain}{told}"));
        let coded = "disk limit exceeded[predict(MB)=96][limit(MB)=100]";
        assert_eq!(refusal("2.4.0"), format!("{plain}{told}: {coded}"));
        assert_eq!(refusal("2.6.8"), "segment request resource failed[resourceType=Disk]");
        let full = check("2.6.20", 100, 0, 1).expect_err("full");
        assert_eq!(full, "disk limit exceeded[predict(MB)=100][limit(MB)=100]");
    }
}
