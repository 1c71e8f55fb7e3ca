//! The `milvus` object: release, configuration, and how chance is settled.

use super::faults::Faults;
use super::json::{Json, Member, Node, Place};
use super::known_keys;
use super::object::Object;
use super::overrides::KeyOption;
use super::values::{shown, text, word};
use super::words::quoted;
use super::{Chance, SegmentPick};
use crate::coordinator::keys::{self, Config, Key, Origin, Value};
use crate::release::{Quirk, Release};
use std::collections::BTreeMap;

/// What `milvus` says.
pub(super) struct Milvus {
    /// `None` when no release that is simulated is named.
    pub(super) release: Option<Release>,
    pub(super) config: Config,
    pub(super) chance: Chance,
    pub(super) segment_pick: SegmentPick,
}

/// Reads `milvus` and what options say about Milvus's keys.
pub(super) fn read(
    root: &Object,
    options: &[KeyOption],
    balancer: Option<(&str, Place)>,
    faults: &mut Faults,
    warnings: &mut Vec<String>,
) -> Milvus {
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
        segment_pick = pick.unwrap_or(segment_pick);
        config = object.get("config");
    }
    let known = release.unwrap_or(Release::latest_2_1());
    let config = configure(known, config, options, faults);
    if release.is_some() {
        warn_of_inert(&config, known, warnings);
    }
    if let (Some((name, at)), Some(release)) = (balancer, release)
        && release.has(Quirk::OnlyMemoryUsage)
        && name != "MemoryUsage"
    {
        let fault = format!("Milvus {release} has no balancer {}", quoted(name));
        faults.add(at, fault, "leave --balancer out: the built-in rule is called MemoryUsage");
    }
    Milvus { release, config, chance, segment_pick }
}

fn release(node: &Node, faults: &mut Faults) -> Option<Release> {
    let name = text(node, faults)?;
    match name.parse::<Release>() {
        Ok(release) => Some(release),
        Err(error) => {
            let (fault, remedy) =
                error.split_once("; ").unwrap_or((&error, "name a release that is simulated"));
            faults.add(node.at, fault, remedy);
            None
        }
    }
}

fn configure(release: Release, node: Option<&Node>, options: &[KeyOption], faults: &mut Faults) -> Config {
    let mut config = Config::defaults(release);
    let mut places = BTreeMap::new();
    for (key, value, at) in node.map(|node| settings(node, faults)).unwrap_or_default() {
        config.declare(release, key, value, Origin::Scenario);
        places.insert(key.name, at);
    }
    let mut given: BTreeMap<&str, Value> = BTreeMap::new();
    for option in options {
        let Some(key) = known_key(option.key, option.value.at, faults) else { continue };
        let Some(value) = value(key, &option.value, faults) else { continue };
        if given.get(key.name).is_some_and(|earlier| *earlier != value) {
            let fault = format!("{} is given two different values", key.name);
            faults.add(option.value.at, fault, "give it once");
        }
        given.insert(key.name, value.clone());
        config.declare(release, key, value, Origin::Option);
        places.insert(key.name, option.value.at);
    }
    check_interval(&config, |key| places.get(key).copied(), faults);
    config
}

/// The keys and values of an object of Milvus's configuration, each with the place of its value.
pub(super) fn settings(node: &Node, faults: &mut Faults) -> Vec<(&'static Key, Value, Place)> {
    let Some(object) = Object::read_open(node, faults) else { return Vec::new() };
    let mut settings: Vec<(&'static Key, Value, Place)> = Vec::new();
    let mut spellings = BTreeMap::new();
    for Member { at, name, value: written } in object.members() {
        let Some(key) = known_key(name, *at, faults) else { continue };
        let Some(value) = value(key, written, faults) else { continue };
        // The same spelling twice has been reported as a repeated key already.
        if spellings.insert(key.name, name).is_some_and(|earlier| earlier != name) {
            let fault = format!("{} names {} once more", quoted(name), key.name);
            faults.add(*at, fault, "keep one of them: letter case and . _ / do not count");
        }
        settings.push((key, value, written.at));
    }
    settings
}

fn known_key(name: &str, at: Place, faults: &mut Faults) -> Option<&'static Key> {
    let key = keys::find(name);
    if key.is_none() {
        let fault = format!("no Milvus release knows the key {}", quoted(name));
        faults.add(at, fault, format!("the nearest known is \"{}\"", keys::nearest(name)));
    }
    key
}

fn value(key: &Key, node: &Node, faults: &mut Faults) -> Option<Value> {
    let text = match &node.json {
        Json::Bool(true) => "true",
        Json::Bool(false) => "false",
        Json::Number(text) | Json::Text(text) => text,
        _ => {
            let fault = format!("{} is no value of {}", node.kind(), key.name);
            faults.add(node.at, fault, "write a number, a boolean or a text");
            return None;
        }
    };
    match key.parse(text) {
        Ok(value) => Some(value),
        Err(remedy) => {
            faults.add(node.at, format!("Milvus does not parse {} as {}", shown(node), key.name), remedy);
            None
        }
    }
}

/// Milvus checks no range, but makes a ticker of the interval, and that panics when it is not above 0.
pub(super) fn check_interval(config: &Config, place: impl Fn(&str) -> Option<Place>, faults: &mut Faults) {
    let (switch, interval) = ("queryCoord.autoBalance", "queryCoord.balanceIntervalSeconds");
    let reads = |key: &str| config.entries.iter().any(|entry| entry.key == key && !entry.inert);
    let (Some(Value::Bool(true)), Some(Value::Int(seconds))) = (config.value(switch), config.value(interval))
    else {
        return;
    };
    if *seconds <= 0
        && reads(interval)
        && let Some(at) = place(interval).or_else(|| place(switch))
    {
        let fault = format!("Milvus panics at start with {interval} {seconds} while autoBalance is on");
        faults.add(at, fault, "write at least 1, or set queryCoord.autoBalance to false");
    }
}

fn warn_of_inert(config: &Config, release: Release, warnings: &mut Vec<String>) {
    for entry in config.entries.iter().filter(|entry| entry.inert) {
        warnings.push(format!("{} is inert: Milvus {release} does not read it", entry.key));
    }
}
