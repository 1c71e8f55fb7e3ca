//! The `milvus` object: release, configuration, and how chance is settled.

use super::configuration::{self, Given};
use super::faults::Faults;
use super::json::Node;
use super::known_keys;
use super::object::Object;
use super::values::{text, word};
use super::{Chance, SegmentPick};
use crate::coordinator::keys::Config;
use crate::release::{Quirk, Release};

/// What `milvus` says.
pub(super) struct Milvus {
    /// `None` when no release that is known is named.
    pub(super) release: Option<Release>,
    pub(super) config: Config,
    pub(super) chance: Chance,
    pub(super) segment_pick: SegmentPick,
}

/// Reads `milvus` and what files and options say about Milvus's keys.
pub(super) fn read(root: &Object, given: &Given, faults: &mut Faults, warnings: &mut Vec<String>) -> Milvus {
    let object =
        root.require_with("milvus", faults, |node, faults| Object::read(node, known_keys::MILVUS, faults));
    let mut release = None;
    let mut chance = Chance::Seeded;
    let mut segment_pick = SegmentPick::LastQualifying;
    let mut config = None;
    if let Some(object) = object {
        release = object.require_with("version", faults, self::release);
        let words = [("seeded", Chance::Seeded), ("ascending", Chance::Ascending)];
        chance =
            object.read_with("chance", faults, |node, faults| word(node, &words, faults)).unwrap_or(chance);
        let words = [
            ("last_qualifying", SegmentPick::LastQualifying),
            ("least_difference", SegmentPick::LeastDifference),
        ];
        let pick = object.read_with("segment_pick", faults, |node, faults| word(node, &words, faults));
        if let (Some(_), Some(release)) = (pick, release)
            && !release.has(Quirk::OnlyMemoryUsage)
        {
            warnings.push(format!("segment_pick is inert: Milvus {release} picks by its balancer"));
        }
        segment_pick = pick.unwrap_or(segment_pick);
        config = object.get("config");
    }
    let config = configuration::read(release, config, given, faults, warnings);
    Milvus { release, config, chance, segment_pick }
}

fn release(node: &Node, faults: &mut Faults) -> Option<Release> {
    match text(node, faults)?.parse::<Release>() {
        Ok(release) => Some(release),
        Err(error) => {
            let (fault, remedy) = error.split_once("; ").unwrap_or((&error, "name a known release"));
            faults.add(node.at, fault, remedy);
            None
        }
    }
}
