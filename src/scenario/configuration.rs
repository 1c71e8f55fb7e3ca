//! Milvus's configuration at the start: defaults, the scenario, files, options, in this order.

use super::faults::Faults;
use super::json::{Json, Member, Node, Place};
use super::milvus_yaml::Setting;
use super::object::Object;
use super::overrides::KeyOption;
use super::program::EXEC;
use super::values::shown;
use super::words::quoted;
use crate::coordinator::keys::{self, Config, Key, Origin, Rhythm, Value};
use crate::policy::spec::{ASSIGNER_NAMES, Balancer};
use crate::release::{Quirk, Release};
use std::collections::BTreeMap;

/// The key that names the balancer.
pub(super) const BALANCER: &str = "queryCoord.balancer";
/// How the rule of 2.0 and 2.1 is called; they have no choice.
const MEMORY_USAGE: &str = "MemoryUsage";
/// The rule by which leaving nodes are drained (2.6.10 and later).
const STOPPING_ASSIGN_POLICY: &str = "queryCoord.stoppingBalanceAssignPolicy";

/// What `--balancer` may name in every release.
const OWN_REMEDY: &str = "a policy of your own is named exec:PROGRAM";

/// What is said about Milvus's keys besides the scenario.
pub(super) struct Given<'t> {
    /// Of files, later ones last.
    pub(super) files: Vec<Setting>,
    /// Of `--set`.
    pub(super) options: Vec<KeyOption<'t>>,
    /// Of `--balancer`.
    pub(super) balancer: Option<(&'t str, Place)>,
}

/// Reads the configuration in force at the start. Of an unknown release the defaults are those of 2.1.
pub(super) fn read(
    release: Option<Release>,
    node: Option<&Node>,
    given: &Given,
    faults: &mut Faults,
    warnings: &mut Vec<String>,
) -> Config {
    let known = release.unwrap_or(Release::latest_2_1());
    let mut config = Config::defaults(known);
    let mut places = BTreeMap::new();
    for (key, value, at) in node.map(|node| settings(node, faults)).unwrap_or_default() {
        config.declare(known, key, value, Origin::Scenario);
        places.insert(key.name, at);
    }
    for (key, value, at) in &given.files {
        config.declare(known, key, value.clone(), Origin::File);
        places.insert(key.name, *at);
    }
    let mut options = given.options.clone();
    if let (Some((name, at)), Some(release)) = (given.balancer, release)
        && is_a_balancer(name, at, release, faults)
        && release.has(Quirk::BalancerIsChosen)
    {
        options.push(KeyOption { key: BALANCER, value: Node { at, json: Json::Text(name.into()) } });
    }
    let mut optional: BTreeMap<&str, Value> = BTreeMap::new();
    for option in &options {
        let Some(key) = known_key(option.key, option.value.at, faults) else { continue };
        let Some(value) = value(key, &option.value, faults) else { continue };
        if optional.get(key.name).is_some_and(|earlier| *earlier != value) {
            let fault = format!("{} is given two different values", key.name);
            faults.add(option.value.at, fault, "give it once");
        }
        optional.insert(key.name, value.clone());
        config.declare(known, key, value, Origin::Option);
        places.insert(key.name, option.value.at);
    }
    check_tickers(&config, |key| places.get(key).copied(), faults);
    if let Some(release) = release {
        warn_of_inert(&config, release, warnings);
        for entry in config.entries.iter().filter(|entry| !entry.inert) {
            if let Some(key) = keys::find(entry.key) {
                warn_of_value(key, &entry.value, release, "", warnings);
            }
        }
    }
    config
}

/// Whether `--balancer` names a policy of the release; a fault when not.
fn is_a_balancer(name: &str, at: Place, release: Release, faults: &mut Faults) -> bool {
    if release.has(Quirk::OnlyMemoryUsage) {
        if name != MEMORY_USAGE {
            let fault = format!("Milvus {release} has no balancer {}", quoted(name));
            let remedy = format!("its built-in rule is called {MEMORY_USAGE}; {OWN_REMEDY}");
            faults.add(at, fault, remedy);
        }
        return name == MEMORY_USAGE;
    }
    let is_known = Balancer::find(release, name).is_some();
    if !is_known {
        let fault = format!("Milvus {release} has no balancer {}", quoted(name));
        faults.add(at, fault, format!("it has {}; {OWN_REMEDY}", balancers_of(release)));
    }
    is_known
}

fn balancers_of(release: Release) -> String {
    let names = Balancer::ALL.into_iter().filter(|balancer| balancer.is_in(release));
    names.map(Balancer::name).collect::<Vec<_>>().join(", ")
}

/// The name of the balance policy in force.
pub(super) fn balancer(release: Release, config: &Config) -> &'static str {
    if release.has(Quirk::OnlyMemoryUsage) {
        return MEMORY_USAGE;
    }
    match config.in_force(release, BALANCER) {
        Some(Value::Text(name)) => Balancer::taken_for(release, &name).name(),
        _ => Balancer::default_of(release).name(),
    }
}

/// The keys and values of an object of Milvus's configuration, each with the place of its value.
pub(super) fn settings(node: &Node, faults: &mut Faults) -> Vec<Setting> {
    let Some(object) = Object::read_open(node, faults) else { return Vec::new() };
    let mut settings: Vec<Setting> = Vec::new();
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

/// The key of this name; a fault names the nearest where no release knows it.
pub(super) fn known_key(name: &str, at: Place, faults: &mut Faults) -> Option<&'static Key> {
    let key = keys::find(name);
    if key.is_none() {
        let fault = format!("no Milvus release knows the key {}", quoted(name));
        faults.add(at, fault, keys::remedy(name));
    }
    key
}

/// The value that Milvus reads for `key`.
pub(super) fn value(key: &Key, node: &Node, faults: &mut Faults) -> Option<Value> {
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
    if key.name == BALANCER && text.starts_with(EXEC) {
        let fault = format!("{} is no balancer of Milvus", quoted(text));
        faults.add(node.at, fault, format!("name a program by the option --balancer {EXEC}PROGRAM alone"));
        return None;
    }
    match key.parse(text) {
        Ok(value) => Some(value),
        Err(remedy) => {
            faults.add(node.at, format!("Milvus does not parse {} as {}", shown(node), key.name), remedy);
            None
        }
    }
}

/// Milvus checks no period, but makes a ticker of it, and that panics when it is not above 0.
pub(super) fn check_tickers(config: &Config, place: impl Fn(&str) -> Option<Place>, faults: &mut Faults) {
    let (switch, interval) = ("queryCoord.autoBalance", "queryCoord.balanceIntervalSeconds");
    for entry in config.entries.iter().filter(|entry| !entry.inert) {
        let Value::Int(period) = entry.value else { continue };
        let is_ticker = keys::find(entry.key)
            .is_some_and(|key| matches!(key.rhythm, Rhythm::Ticker | Rhythm::FixedTicker));
        if !is_ticker || period > 0 {
            continue;
        }
        let name = entry.key;
        if name != interval {
            let fault = format!("Milvus panics at start with {name} {period}");
            if let Some(at) = place(name) {
                faults.add(at, fault, "write at least 1");
            }
        } else if config.value(switch) == Some(&Value::Bool(true))
            && let Some(at) = place(interval).or_else(|| place(switch))
        {
            let fault = format!("Milvus panics at start with {name} {period} while autoBalance is on");
            faults.add(at, fault, "write at least 1, or set queryCoord.autoBalance to false");
        }
    }
}

/// Says what the release really makes of a value; `when` names the time of one given later.
pub(super) fn warn_of_value(
    key: &Key,
    value: &Value,
    release: Release,
    when: &str,
    warnings: &mut Vec<String>,
) {
    let taken = key.clamped(release, value.clone());
    if taken != *value {
        let (name, written, taken) = (key.name, value.to_json(), taken.to_json());
        warnings.push(format!("{name} {written}{when} is out of range: Milvus {release} takes {taken}"));
    }
    if !key.has_counterpart() && key.default_of(release).as_ref() != Some(value) {
        let name = key.name;
        warnings.push(format!(
            "{name}{when} changes nothing: Milvus {release} reads it for what is not simulated"
        ));
    }
    warn_of_assigner(key, value, release, when, warnings);
    if let (BALANCER, Value::Text(name)) = (key.name, value)
        && Balancer::find(release, name).is_none()
    {
        warnings.push(format!(
            "{BALANCER} {}{when} is no balancer of Milvus {release}, which takes {} without a word; it has {}",
            quoted(name),
            Balancer::taken_for(release, name).name(),
            balancers_of(release)
        ));
    }
}

/// None of the documented names of the rule that drains is one that Milvus finds.
fn warn_of_assigner(key: &Key, value: &Value, release: Release, when: &str, warnings: &mut Vec<String>) {
    let Value::Text(name) = value else { return };
    let is_meant = key.name == STOPPING_ASSIGN_POLICY && key.is_read_by(release);
    if is_meant && key.default_of(release).as_ref() != Some(value) && !ASSIGNER_NAMES.contains(&name.as_str())
    {
        warnings.push(format!(
            "{STOPPING_ASSIGN_POLICY} {}{when} is no name that Milvus {release} knows, which takes score_based \
             without a word; it knows {}",
            quoted(name),
            ASSIGNER_NAMES.join(", ")
        ));
    }
}

/// Keys of the scenario and of options one by one; a whole `milvus.yaml` is full of them, so those in one.
fn warn_of_inert(config: &Config, release: Release, warnings: &mut Vec<String>) {
    let mut of_files = Vec::new();
    for entry in config.entries.iter().filter(|entry| entry.inert) {
        match entry.origin {
            Origin::File => of_files.push(entry.key),
            _ => warnings.push(format!("{} is inert: Milvus {release} does not read it", entry.key)),
        }
    }
    if !of_files.is_empty() {
        let keys = of_files.join(", ");
        warnings.push(format!("inert keys of --milvus-yaml, which Milvus {release} does not read: {keys}"));
    }
}
