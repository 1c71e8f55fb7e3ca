//! What the command line changes about a scenario before it is read.

use super::faults::{Faults, Sources};
use super::json::{self, DEPTH_MAX, Json, Member, Node, Place};
use super::words::quoted;
use crate::units::SimTime;
use std::borrow::Cow;
use std::time::Duration;

/// Options that win over the file. Giving one thing two values is a fault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--milvus VERSION`.
    pub release: Option<String>,
    /// `--set KEY=VALUE`: Milvus's dotted key or, when it begins with `/`, a JSON pointer into the
    /// scenario; VALUE is JSON, or else text.
    pub settings: Vec<(String, String)>,
    /// `--milvus-yaml FILE`, in the order given: later ones win.
    pub milvus_yaml: Vec<MilvusYaml>,
    /// `--balancer NAME`, or `exec:PROGRAM`.
    pub balancer: Option<String>,
    /// `--exec-timeout T`: how long a program may take for an answer.
    pub exec_timeout: Option<Duration>,
    /// `--seed N`.
    pub seed: Option<u64>,
    /// `--until T`, instead of `duration`.
    pub until: Option<SimTime>,
}

/// A file of Milvus's configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MilvusYaml {
    /// Its name, for messages.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A Milvus key given by an option.
#[derive(Clone)]
pub(super) struct KeyOption<'t> {
    pub(super) key: &'t str,
    pub(super) value: Node<'t>,
}

/// Puts the options for scenario fields into the tree; returns those for Milvus's keys.
pub(super) fn apply<'t>(
    root: &mut Node<'t>,
    overrides: &'t Overrides,
    sources: &mut Sources,
    faults: &mut Faults,
) -> Vec<KeyOption<'t>> {
    let mut fields: Vec<(Cow<'t, str>, Node<'t>)> = Vec::new();
    let mut keys = Vec::new();
    if let Some(release) = &overrides.release {
        let at = sources.add_option(format!("--milvus {release}"));
        fields.push((Cow::from("/milvus/version"), Node { at, json: Json::Text(Cow::from(release)) }));
    }
    if let Some(seed) = overrides.seed {
        let at = sources.add_option(format!("--seed {seed}"));
        fields.push((Cow::from("/seed"), Node { at, json: Json::Number(Cow::from(seed.to_string())) }));
    }
    for (key, value) in &overrides.settings {
        let at = sources.add_option(format!("--set {key}={value}"));
        let value =
            json::parse(value, at.source).unwrap_or_else(|_| Node { at, json: Json::Text(Cow::from(value)) });
        if key.starts_with('/') {
            fields.push((Cow::from(key), value));
        } else {
            keys.push(KeyOption { key, value });
        }
    }
    for (index, (pointer, value)) in fields.iter().enumerate() {
        let earlier = fields[..index].iter().find(|(earlier, _)| earlier == pointer);
        if earlier.is_some_and(|(_, earlier)| earlier.to_compact() != value.to_compact()) {
            let fault = format!("{} is given two different values", quoted(pointer));
            faults.add(value.at, fault, "give it once");
        }
    }
    for (pointer, value) in fields {
        let at = value.at;
        if let Err(fault) = set(root, &pointer, value) {
            faults.add(at, fault, "name a field by its JSON pointer, such as /hardware/load_bandwidth");
        }
    }
    keys
}

/// Replaces what stands at `pointer`; objects on the way that are not there are created.
fn set<'t>(root: &mut Node<'t>, pointer: &str, value: Node<'t>) -> Result<(), String> {
    let source = value.at.source;
    let mut node = root;
    for (depth, token) in pointer.split('/').skip(1).enumerate() {
        let token = token.replace("~1", "/").replace("~0", "~");
        let kind = node.kind();
        if depth == DEPTH_MAX {
            return Err(format!("the pointer goes more than {DEPTH_MAX} deep"));
        }
        node = match &mut node.json {
            Json::Object(members) => {
                let found = members.iter().position(|member| member.name == token);
                let found = found.unwrap_or_else(|| {
                    // Counted down from the end, so that these places meet none of the option's value.
                    let at = |below: usize| Place { source, offset: usize::MAX - 2 * depth - below };
                    let value = Node { at: at(0), json: Json::Object(Vec::new()) };
                    members.push(Member { at: at(1), name: Cow::from(token), value });
                    members.len() - 1
                });
                &mut members[found].value
            }
            Json::Array(elements) => {
                let count = elements.len();
                let index = token.parse::<usize>().ok().filter(|index| *index < count);
                let index = index.ok_or_else(|| format!("{} is no element of {count}", quoted(&token)))?;
                &mut elements[index]
            }
            _ => return Err(format!("nothing stands below {}, so not {}", kind, quoted(&token))),
        };
    }
    *node = value;
    Ok(())
}
