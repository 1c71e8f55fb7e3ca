//! Which Milvus release is simulated, and one table of what is peculiar to which release.

use std::fmt;
use std::str::FromStr;

/// A Milvus release, such as 2.1.4.
///
/// Nobody compares release numbers: code asks [`Release::has`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    major: u16,
    minor: u16,
    patch: u16,
}

/// A behaviour that some releases have and others have not.
///
/// The numbers are the rows of the quirk table of the 2.0/2.1 specification (section 19) or the topic
/// of its comparison of both lines (section 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Q1: the minimum of the segment pick is never lowered, so the last qualifying segment wins.
    MinimumNeverLowered,
    /// Q2: an empty source reports "insufficient memory".
    EmptySourceIsInsufficient,
    /// Q6: the queue-empty test of a round ignores the task that is running.
    QueueTestIgnoresRunningTask,
    /// Q8: a rescheduled child forgets the destination list of the request.
    RescheduleForgetsDestinations,
    /// Q9: a blank segment list takes the segments of all collections on the source.
    BlankListTakesAllCollections,
    /// Q10: an error of the validation step is recorded twice.
    ValidationErrorTwice,
    /// Q14: a failed recovery of a lost node writes its segment metadata all the same.
    FailedRecoveryWritesMetadata,
    /// Q18: the segment listing fails while any registered node is offline.
    ListingFailsWhileNodeOffline,
    /// Q20: sealed rows of the segment listing have no memory size.
    ListingWithoutMemorySize,
    /// Q25: a lost node stays in the replica's node list until its recovery has ended.
    LostNodeStaysInReplica,
    /// Q28: free memory is an unsigned subtraction that wraps.
    FreeMemoryWraps,
    /// Q29: one insufficiency discards the plan of the whole round.
    InsufficiencyDropsWholePlan,
    /// Section 22, unit: the whole cluster and all its collections are balanced at once.
    BalancesWholeCluster,
    /// Section 22, tick: a round is given up while trigger tasks wait.
    WaitsForEmptyTriggerQueue,
    /// Section 22, manual API: `load_balance` takes a collection name and checks replicas first.
    LoadBalanceNamesCollection,
    /// Section 22, query node check: the largest segment counts once for every concurrent loader.
    LoadCheckCountsConcurrency,
    /// Section 16, 2.0.0 only: each segment is checked with its own size added once more.
    LoadCheckPerSegment,
    /// Section 22, offline recovery: every lost node is tried again each 100 ms until done.
    RecoveryRetriesUntilDone,
}

/// One row of the table: from which release to which (both included) a quirk holds.
struct Row {
    quirk: Quirk,
    from: Release,
    until: Release,
}

const fn release(major: u16, minor: u16, patch: u16) -> Release {
    Release { major, minor, patch }
}

const fn row(quirk: Quirk, from: Release, until: Release) -> Row {
    Row { quirk, from, until }
}

const FIRST: Release = release(2, 0, 0);
const LAST_2_0: Release = release(2, 0, 2);
const FIRST_2_1: Release = release(2, 1, 0);
const LAST_2_1: Release = release(2, 1, 4);

/// The table. Source of every row: `internal/querycoord` and `internal/querynode` of the 2.0 and 2.1
/// lines, as described in sections 6 to 16, 19 and 22 of the specification.
const TABLE: &[Row] = &[
    row(Quirk::MinimumNeverLowered, FIRST, LAST_2_1),
    row(Quirk::EmptySourceIsInsufficient, FIRST, LAST_2_1),
    row(Quirk::QueueTestIgnoresRunningTask, FIRST_2_1, LAST_2_1),
    row(Quirk::RescheduleForgetsDestinations, FIRST, LAST_2_1),
    row(Quirk::BlankListTakesAllCollections, FIRST, LAST_2_1),
    row(Quirk::ValidationErrorTwice, FIRST_2_1, LAST_2_1),
    row(Quirk::FailedRecoveryWritesMetadata, FIRST, LAST_2_1),
    row(Quirk::ListingFailsWhileNodeOffline, FIRST, LAST_2_1),
    row(Quirk::ListingWithoutMemorySize, FIRST_2_1, LAST_2_1),
    row(Quirk::LostNodeStaysInReplica, FIRST, LAST_2_1),
    row(Quirk::FreeMemoryWraps, FIRST, LAST_2_1),
    row(Quirk::InsufficiencyDropsWholePlan, FIRST, LAST_2_0),
    row(Quirk::BalancesWholeCluster, FIRST, LAST_2_0),
    row(Quirk::WaitsForEmptyTriggerQueue, FIRST_2_1, LAST_2_1),
    row(Quirk::LoadBalanceNamesCollection, FIRST_2_1, LAST_2_1),
    row(Quirk::LoadCheckCountsConcurrency, FIRST_2_1, LAST_2_1),
    row(Quirk::LoadCheckPerSegment, FIRST, FIRST),
    row(Quirk::RecoveryRetriesUntilDone, FIRST_2_1, LAST_2_1),
];

/// The lines that are simulated, each with its last patch that we know.
const LINES: &[Release] = &[LAST_2_0, LAST_2_1];

/// Lines of Milvus that exist and are not simulated yet.
const LATER_LINES: &[(u16, u16)] = &[(2, 2), (2, 3), (2, 4), (2, 5), (2, 6), (3, 0)];

impl Release {
    /// Whether this release behaves so.
    pub fn has(self, quirk: Quirk) -> bool {
        TABLE.iter().any(|row| row.quirk == quirk && row.from <= self && self <= row.until)
    }

    /// The last patch that we know of the 2.1 line: what `"2.1"` means.
    pub const fn latest_2_1() -> Release {
        LAST_2_1
    }
}

impl FromStr for Release {
    type Err = String;

    /// Reads `2.1.4`, or `2.1` for the last patch of a line; a leading `v` is allowed.
    ///
    /// # Errors
    ///
    /// Says which releases are known when this one is not, or that it is not simulated yet.
    fn from_str(text: &str) -> Result<Release, String> {
        let known = || {
            let lines: Vec<String> =
                LINES.iter().map(|last| format!("{}.{}.0 to {last}", last.major, last.minor)).collect();
            lines.join(" and ")
        };
        let unknown =
            || format!("\"{text}\" is no Milvus release that evenkeel knows; known are {}", known());
        if text == "master" {
            return Err(format!("\"master\" is not simulated yet; simulated are {}", known()));
        }
        let numbers: Result<Vec<u16>, _> =
            text.strip_prefix('v').unwrap_or(text).split('.').map(str::parse::<u16>).collect();
        let numbers = numbers.map_err(|_| unknown())?;
        let (major, minor, patch) = match numbers.as_slice() {
            [major, minor] => (*major, *minor, None),
            [major, minor, patch] => (*major, *minor, Some(*patch)),
            _ => return Err(unknown()),
        };
        if LATER_LINES.contains(&(major, minor)) {
            return Err(format!("Milvus {text} is not simulated yet; simulated are {}", known()));
        }
        let last =
            LINES.iter().find(|line| (line.major, line.minor) == (major, minor)).ok_or_else(unknown)?;
        match patch {
            None => Ok(*last),
            Some(patch) if patch <= last.patch => Ok(release(major, minor, patch)),
            Some(_) => Err(unknown()),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
