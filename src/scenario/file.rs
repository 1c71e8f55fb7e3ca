//! The file from its top: every part in the order in which it depends on the others.

use super::collections::{self, Catalog, Surroundings};
use super::configuration::{BALANCER, Given};
use super::error::ScenarioError;
use super::expectation_reader::{self, Subjects};
use super::faults::{Faults, Sources};
use super::ground::Ground;
use super::joins::{self, Joins};
use super::json::{self, Node, Place};
use super::known_keys;
use super::limits;
use super::metric_path::Scopes;
use super::object::Object;
use super::overrides::{self, Overrides};
use super::program::{EXEC, Program};
use super::query_nodes::{self, NodeDraft, PlacedNode};
use super::roster::Roster;
use super::timeline::{Happening, TimelineEntry};
use super::timeline_reader::{self, Span, Stage};
use super::values::{count, duration_above_zero, list, text};
use super::{QueryNodeSpec, ReplicaSpec, Scenario};
use super::{hardware, ids, milvus, milvus_yaml, workload};
use crate::units::{SimDuration, SimTime};

/// Most sampling instants of a run.
const SAMPLES_MAX: u64 = 10_000_000;

/// Reads a scenario, `overrides` applied first.
pub(super) fn parse(
    text: &str,
    file_name: &str,
    overrides: &Overrides,
) -> Result<Scenario, Vec<ScenarioError>> {
    let mut sources = Sources::new(file_name, text);
    let mut faults = Faults::default();
    let mut root = match json::parse(text, 0) {
        Ok(root) => root,
        Err(error) => {
            faults.add(Place { source: 0, offset: error.offset }, error.fault, error.remedy);
            return Err(faults.into_errors(&sources, None));
        }
    };
    let mut warnings = Vec::new();
    let options = overrides::apply(&mut root, overrides, &mut sources, &mut faults);
    let files = milvus_yaml::read(&overrides.milvus_yaml, &mut sources, &mut faults, &mut warnings);
    let balancer = overrides.balancer.as_deref();
    let balancer = balancer.map(|name| (name, sources.add_option(format!("--balancer {name}"))));
    let program = program(overrides, balancer, &mut faults);
    let balancer = balancer.filter(|(name, _)| !name.starts_with(EXEC));
    let given = Given { files, options, balancer };
    let scenario = read(&root, &given, overrides.until, &mut faults, warnings);
    let scenario = scenario.map(|scenario| with_program(scenario, program));
    match scenario {
        Some(scenario) if faults.is_empty() => Ok(scenario),
        _ => Err(faults.into_errors(&sources, Some(&root))),
    }
}

/// The program that plans in the place of the balancer, if one is named.
fn program(overrides: &Overrides, balancer: Option<(&str, Place)>, faults: &mut Faults) -> Option<Program> {
    let (name, at) = balancer?;
    match Program::parse(name)? {
        Ok(program) => {
            let answer_within = overrides.exec_timeout.unwrap_or(program.answer_within);
            Some(Program { answer_within, ..program })
        }
        Err((fault, remedy)) => {
            faults.add(at, fault, remedy);
            None
        }
    }
}

/// The scenario with its program, which no key of Milvus's can replace.
fn with_program(mut scenario: Scenario, program: Option<Program>) -> Scenario {
    if let Some(program) = &program {
        for entry in &scenario.timeline {
            if let Happening::SetConfig(values) = &entry.happening
                && values.iter().any(|(key, _)| *key == BALANCER)
            {
                let (at, name) = (entry.at, &program.name);
                scenario.warnings.push(format!("{BALANCER} is set at {at}, but {name} plans to the end"));
            }
        }
    }
    Scenario { program, ..scenario }
}

/// Reads the tree. What has faults comes out as anything; the caller drops it. `None` = no object at all.
fn read(
    root: &Node,
    given: &Given,
    until: Option<SimTime>,
    faults: &mut Faults,
    mut warnings: Vec<String>,
) -> Option<Scenario> {
    let object = Object::read(root, known_keys::SCENARIO, faults)?;
    object.require_with("version", faults, version);
    let name = object.require_with("name", faults, name);
    let milvus = milvus::read(&object, given, faults, &mut warnings);
    let ground = Ground::read(&object, milvus.release, faults, &mut warnings);
    let written = object.require_with("duration", faults, duration_above_zero);
    let span = Span { written: written.map(|length| SimTime::ZERO + length), until };
    let timeline = object.read_with("timeline", faults, list).unwrap_or(&[]);
    let cluster = cluster(&object, timeline, &ground, faults, &mut warnings);
    let stage =
        Stage { ground: &ground, roster: &cluster.roster, catalog: &cluster.catalog, joins: &cluster.joins };
    let entries = timeline_reader::read(timeline, &stage, &milvus.config, span, faults, &mut warnings);
    let (inserts, searches) = workload::read(object.get("workload"), &cluster.catalog, span.end(), faults);
    let more = can_bring_more(&entries) || !inserts.is_empty();
    let subjects = subjects(&ground, &cluster, more, faults.is_empty());
    let expectations = expectation_reader::read(object.get("expect"), &subjects, faults);
    let hardware = hardware::read(object.get("hardware"), ground.release, &milvus.config, faults);
    let mut query_nodes: Vec<_> = cluster.nodes.into_iter().map(|node| node.spec).collect();
    query_nodes.sort_by_key(|node| node.id);
    warn_of_shared_hosts(&query_nodes, &ground, &mut warnings);
    Some(Scenario {
        name: name?.to_owned(),
        story: object.read_with("story", faults, text).unwrap_or("").to_owned(),
        release: ground.release,
        config: milvus.config,
        chance: milvus.chance,
        segment_pick: milvus.segment_pick,
        seed: object.read_with("seed", faults, |node, faults| count(node, 0, u64::MAX, faults)).unwrap_or(0),
        duration: span.end(),
        sampling_every: sampling(object.get("sampling"), span.end(), faults),
        settle_quiet: object.read_with("settle", faults, |node, faults| {
            let object = Object::read(node, known_keys::SETTLE, faults)?;
            object.require_with("quiet", faults, duration_above_zero)
        }),
        hosts: ground.hosts,
        resource_groups: ground.groups,
        query_nodes,
        streaming_nodes: cluster.streaming_nodes,
        collections: cluster.catalog.collections.into(),
        inserts,
        searches,
        timeline: entries,
        hardware,
        expectations,
        program: None,
        warnings,
    })
}

/// Nodes of one host report the same memory, which hides from the report what each of them uses.
fn warn_of_shared_hosts(query_nodes: &[QueryNodeSpec], ground: &Ground, warnings: &mut Vec<String>) {
    for (place, host) in ground.hosts.iter().enumerate() {
        let here = query_nodes.iter().filter(|node| node.host == Some(place));
        let ids: Vec<String> = here.map(|node| node.id.to_string()).collect();
        if ids.len() > 1 {
            warnings.push(format!(
                "query nodes {} have no limit of their own: each reports the memory of host {}, and what all of them use together",
                ids.join(", "),
                host.name
            ));
        }
    }
}

/// Query nodes and collections.
struct Cluster {
    nodes: Vec<PlacedNode>,
    streaming_nodes: Vec<QueryNodeSpec>,
    joins: Joins,
    roster: Roster,
    catalog: Catalog,
}

fn cluster(
    object: &Object,
    timeline: &[Node],
    ground: &Ground,
    faults: &mut Faults,
    warnings: &mut Vec<String>,
) -> Cluster {
    let mut ids = ids::reserve(object.node, faults);
    let within_limits = limits::check(object.node, faults);
    let elements = object.require_with("query_nodes", faults, list).unwrap_or(&[]);
    let mut nodes = Vec::new();
    let mut complete = within_limits && object.get("query_nodes").is_some();
    for element in elements {
        match NodeDraft::read(element, false, ground, faults, warnings) {
            Some(draft) if within_limits => draft.expand(&mut ids.query_nodes, &mut nodes),
            _ => complete = false,
        }
    }
    let given = &mut ids.query_nodes;
    let joins = joins::read(timeline, ground, given, within_limits, &mut nodes, faults, warnings);
    let streaming_nodes = query_nodes::streaming(object, ground, given, within_limits, faults, warnings);
    let mut roster = Roster::new(&nodes, complete && joins.complete);
    for machine in joins.returned.values() {
        roster.add_later(machine.id);
    }
    object.require("collections", faults);
    let mut around = Surroundings { ground, roster: &mut roster, ids: &mut ids, within_limits };
    let catalog = collections::read(object.get("collections"), &mut around, faults);
    roster.check_memory(&nodes, &ground.hosts, faults);
    Cluster { nodes, streaming_nodes, joins, roster, catalog }
}

/// The one version of the format.
fn version(node: &Node, faults: &mut Faults) -> Option<()> {
    if matches!(&node.json, json::Json::Number(number) if number == "1") {
        return Some(());
    }
    let fault = format!("{} is no version of the format", super::values::shown(node));
    faults.add(node.at, fault, "write 1");
    None
}

/// `[a-z0-9][a-z0-9_.-]{0,99}`: the name becomes a folder.
fn name<'n>(node: &'n Node, faults: &mut Faults) -> Option<&'n str> {
    let name = text(node, faults)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let all_fit = name.bytes().all(|byte| plain(byte) || b"_.-".contains(&byte));
    if name.bytes().next().is_some_and(plain) && all_fit && name.len() <= 100 {
        return Some(name);
    }
    let fault = format!("{} cannot be the name of a folder", super::values::shown(node));
    faults.add(node.at, fault, "write a-z, 0-9, _ . - only, a letter or digit first, 100 at most");
    None
}

/// A thousandth of the run, rounded up to a whole second, unless the file says otherwise.
fn sampling(node: Option<&Node>, end: SimTime, faults: &mut Faults) -> SimDuration {
    let default = SimDuration::from_secs(end.as_ms().div_ceil(1_000_000).max(1));
    let Some(node) = node else { return default };
    let Some(object) = Object::read(node, known_keys::SAMPLING, faults) else { return default };
    let Some(every) = object.require_with("every", faults, duration_above_zero) else { return default };
    let instants = end.as_ms() / every.as_ms();
    if instants > SAMPLES_MAX {
        let fault = format!("{every} gives {instants} sampling instants");
        faults.add(node.at, fault, format!("sample at most {SAMPLES_MAX} times in a run"));
    }
    every
}

/// Whether segments or replicas may come that the start does not have.
fn can_bring_more(entries: &[TimelineEntry]) -> bool {
    entries.iter().any(|entry| match &entry.happening {
        Happening::Seal { .. } | Happening::Compact { .. } => true,
        Happening::Command(_) => entry.verb == "load_collection" || entry.verb == "set_replicas",
        _ => false,
    })
}

/// With faults so far, some segment may have gone unread, and so none is called unknown.
fn subjects<'s>(ground: &'s Ground, cluster: &'s Cluster, more: bool, sound: bool) -> Subjects<'s> {
    let collections = &cluster.catalog.collections;
    let replicas = collections.iter().flat_map(|collection| match &collection.replicas {
        ReplicaSpec::Count(ids) => ids.clone(),
        ReplicaSpec::Fixed(replicas) => replicas.iter().map(|replica| replica.id).collect(),
    });
    Subjects {
        roster: &cluster.roster,
        scopes: Scopes {
            resource_groups: ground.groups.iter().map(|group| group.name.as_str()).collect(),
            replicas: replicas.map(|id| id.to_string()).collect(),
            more_replicas: more,
        },
        collections: (!more && sound).then_some(collections.as_slice()),
    }
}
