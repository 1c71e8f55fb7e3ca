//! What nodes and collections refer to by name: the release, resource groups and hosts.

use super::Host;
use super::faults::Faults;
use super::json::{Json, Node};
use super::known_keys;
use super::object::Object;
use super::values::{count_u32, name, size_above_zero};
use super::words::{quoted, remedy};
use crate::release::{Quirk, Release};
use std::collections::BTreeSet;

/// The resource group that always exists.
const DEFAULT_GROUP: &str = "__default_resource_group";
/// Nodes that the default resource group may have, as Milvus ships it.
const DEFAULT_LIMITS: u32 = 1_000_000;
/// Nodes that another group may have when the scenario does not say: so many that it never gives any away,
/// yet fewer than the default group, to which nodes without a group of their own go.
const OPEN_LIMITS: u32 = DEFAULT_LIMITS / 2;

/// A resource group as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceGroupSpec {
    /// Its name; `__default_resource_group` always exists.
    pub name: String,
    /// Nodes it asks for.
    pub requests: u32,
    /// Nodes it may have.
    pub limits: u32,
    /// Positions of the groups whose spare nodes it takes before those of others, ascending.
    pub transfer_from: Vec<usize>,
    /// Positions of the groups with room that get its spare nodes before others, ascending.
    pub transfer_to: Vec<usize>,
}

/// The release with the names that the rest of the file refers to.
pub(super) struct Ground {
    pub(super) release: Release,
    /// False when the file names no release that is simulated; then nothing is held against a release.
    release_known: bool,
    /// The default group first, then in file order.
    pub(super) groups: Vec<ResourceGroupSpec>,
    /// Ascending by name.
    pub(super) hosts: Vec<Host>,
}

impl Ground {
    /// Reads `resource_groups` and `hosts`.
    pub(super) fn read(
        root: &Object,
        release: Option<Release>,
        faults: &mut Faults,
        warnings: &mut Vec<String>,
    ) -> Ground {
        let groups = groups(root.get("resource_groups"), faults);
        let hosts = hosts(root.get("hosts"), faults);
        let release_known = release.is_some();
        let release = release.unwrap_or(Release::latest_2_1());
        let ground = Ground { release, release_known, groups, hosts };
        if ground.groups.len() > 1 && ground.is_bound_by(Quirk::NoResourceGroups) {
            warnings.push(format!(
                "Milvus {release} has no resource groups: all query nodes form one pool, whatever the scenario says"
            ));
        }
        ground
    }

    /// Whether the release simulated is known and behaves so.
    pub(super) fn is_bound_by(&self, quirk: Quirk) -> bool {
        self.release_known && self.release.has(quirk)
    }

    /// Whether the release simulated is known and does not behave so.
    pub(super) fn lacks(&self, quirk: Quirk) -> bool {
        self.release_known && !self.release.has(quirk)
    }

    /// Position of the resource group named in `node`.
    pub(super) fn group(&self, node: &Node, faults: &mut Faults) -> Option<usize> {
        let wanted = name(node, faults)?;
        let found = self.groups.iter().position(|group| group.name == wanted);
        if found.is_none() {
            let remedy = remedy(wanted, self.groups.iter().map(|group| group.name.as_str()));
            faults.add(node.at, format!("there is no resource group {}", quoted(wanted)), remedy);
        }
        found
    }

    /// Position of the host named in `node`.
    pub(super) fn host(&self, node: &Node, faults: &mut Faults) -> Option<usize> {
        let wanted = name(node, faults)?;
        let found = self.hosts.iter().position(|host| host.name == wanted);
        if found.is_none() {
            let remedy = match self.hosts.is_empty() {
                true => "declare it in the top-level \"hosts\"".to_owned(),
                false => remedy(wanted, self.hosts.iter().map(|host| host.name.as_str())),
            };
            faults.add(node.at, format!("there is no host {}", quoted(wanted)), remedy);
        }
        found
    }
}

fn groups(node: Option<&Node>, faults: &mut Faults) -> Vec<ResourceGroupSpec> {
    let mut groups = vec![unlisted(DEFAULT_GROUP, 0, DEFAULT_LIMITS)];
    let Some(elements) = node.and_then(|node| super::values::list(node, faults)) else { return groups };
    let mut seen = BTreeSet::new();
    for element in elements {
        let Some(group) = group(element, faults) else { continue };
        if !seen.insert(group.name.clone()) {
            let fault = format!("the resource group {} is declared twice", quoted(&group.name));
            faults.add(element.at, fault, "keep one of them");
        } else if group.name == DEFAULT_GROUP {
            groups[0] = group;
        } else {
            groups.push(group);
        }
    }
    for element in elements {
        link(element, &mut groups, faults);
    }
    groups
}

fn unlisted(name: &str, requests: u32, limits: u32) -> ResourceGroupSpec {
    ResourceGroupSpec {
        name: name.to_owned(),
        requests,
        limits,
        transfer_from: Vec::new(),
        transfer_to: Vec::new(),
    }
}

/// Reads which groups a group prefers to take nodes from and to give nodes to.
fn link(node: &Node, groups: &mut [ResourceGroupSpec], faults: &mut Faults) {
    let member = |key: &str| match &node.json {
        Json::Object(members) => members.iter().find(|member| member.name == key).map(|member| &member.value),
        _ => None,
    };
    let Some(Json::Text(name)) = member("name").map(|name| &name.json) else { return };
    let Some(own) = groups.iter().position(|group| group.name == **name) else { return };
    let transfer_from = linked(member("transfer_from"), own, groups, faults);
    let transfer_to = linked(member("transfer_to"), own, groups, faults);
    groups[own].transfer_from = transfer_from;
    groups[own].transfer_to = transfer_to;
}

/// Positions of the groups listed, ascending.
fn linked(node: Option<&Node>, own: usize, groups: &[ResourceGroupSpec], faults: &mut Faults) -> Vec<usize> {
    let mut found = BTreeSet::new();
    for element in node.and_then(|node| super::values::list(node, faults)).into_iter().flatten() {
        let Some(wanted) = name(element, faults) else { continue };
        match groups.iter().position(|group| group.name == wanted) {
            Some(other) if other == own => {
                let fault = format!("the resource group {} lists itself", quoted(wanted));
                faults.add(element.at, fault, "list other groups");
            }
            Some(other) => {
                found.insert(other);
            }
            None => {
                let remedy = remedy(wanted, groups.iter().map(|group| group.name.as_str()));
                faults.add(element.at, format!("there is no resource group {}", quoted(wanted)), remedy);
            }
        }
    }
    found.into_iter().collect()
}

fn group(node: &Node, faults: &mut Faults) -> Option<ResourceGroupSpec> {
    let object = Object::read(node, known_keys::RESOURCE_GROUP, faults)?;
    let name = object.require_with("name", faults, name);
    let requests =
        object.read_with("requests", faults, |node, faults| count_u32(node, 0, faults)).unwrap_or(0);
    let limits = object.read_with("limits", faults, |node, faults| count_u32(node, 0, faults));
    let limits = limits
        .unwrap_or(if name == Some(DEFAULT_GROUP) { DEFAULT_LIMITS } else { OPEN_LIMITS }.max(requests));
    if limits < requests {
        let fault = format!("\"limits\" {limits} is below \"requests\" {requests}");
        faults.add(node.at, fault, "allow at least as many nodes as are asked for");
    }
    Some(unlisted(name?, requests, limits))
}

fn hosts(node: Option<&Node>, faults: &mut Faults) -> Vec<Host> {
    let Some(object) = node.and_then(|node| Object::read_open(node, faults)) else { return Vec::new() };
    let mut hosts = Vec::new();
    for member in object.members() {
        if member.name.is_empty() {
            faults.add(member.at, "the host has an empty name", "give it a name");
        }
        let memory_bytes = size_above_zero(&member.value, faults).unwrap_or(1);
        hosts.push(Host { name: member.name.to_string(), memory_bytes });
    }
    hosts.sort_by(|left, right| left.name.cmp(&right.name));
    hosts.dedup_by(|left, right| left.name == right.name);
    hosts
}
