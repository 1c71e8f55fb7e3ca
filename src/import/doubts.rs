//! The release to run, and what a reader of the figures should doubt.

use super::note::{NoteKind, Subject};
use super::request::Options;
use super::snapshot::Snapshot;

/// Run when neither the options nor the sources name a release.
const DEFAULT_RELEASE: &str = "2.1";

/// The release to run, and what the sources have to say about it.
pub(super) fn release(snapshot: &mut Snapshot, options: &Options) -> String {
    let mut tell = |kind, words: String| snapshot.findings.add(kind, words, Subject::Whole);
    let stated: Vec<&str> = snapshot.releases.iter().map(String::as_str).collect();
    if stated.len() > 1 {
        tell(NoteKind::Conflict, format!("the sources state several releases: {}", stated.join(", ")));
    }
    let release = match (&options.milvus_version, stated.last()) {
        (Some(asked), _) => asked.clone(),
        (None, Some(last)) => (*last).to_string(),
        (None, None) => {
            tell(NoteKind::Default, format!("no release is stated or given; {DEFAULT_RELEASE} put in"));
            DEFAULT_RELEASE.to_string()
        }
    };
    match stated.last() {
        Some(last) if *last != release && !last.starts_with(&format!("{release}.")) => {
            let words = format!(
                "the cluster is of Milvus {last} and the scenario runs {release}: its state is the start of that run, \
                 its balancing is not what the run shows"
            );
            tell(NoteKind::Conflict, words);
        }
        None if snapshot.segments.values().all(|segment| segment.memory.is_none()) => {
            let words = format!(
                "no source states the release of the cluster, and no mem_size is filled, which is how 2.2 and later \
                 answer: its state is taken as the start of a {release} run"
            );
            tell(NoteKind::Gap, words);
        }
        _ => {}
    }
    release
}

/// What is odd about the sources as a whole.
pub(super) fn tell(snapshot: &mut Snapshot) {
    // Between 2^58 and 2^59, where the ids of 2022 to 2028 are, doubles are 64 apart.
    const APART: u64 = 64;
    let large = || snapshot.segments.keys().filter(|id| **id > 1 << 53);
    if large().count() > 1 && large().all(|id| id % APART == 0) {
        let words = "all segment ids are multiples of 64: they were rounded on the way (a tool read them as floating \
                     point numbers), and different segments may have become one";
        snapshot.findings.add(NoteKind::Conflict, words, Subject::Whole);
    }
    if snapshot.segments.is_empty() {
        let words = "no segment list among the sources; the query nodes are empty";
        snapshot.findings.add(NoteKind::Gap, words, Subject::Whole);
    }
    for replica in &snapshot.replicas {
        if replica.resource_group.as_deref().is_some_and(|name| name != "__default_resource_group") {
            let words = "its resource group is not carried over; its query nodes are fixed instead";
            snapshot.findings.add(NoteKind::Skipped, words, Subject::Replica(replica.id));
        }
    }
}
