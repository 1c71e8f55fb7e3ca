//! Milvus's own configuration files (`milvus.yaml`, `user.yaml`) as far as they concern what is simulated.
//!
//! Keys may be nested, dotted, or both. Those of other components are passed over, as are keys of QueryCoord
//! and the query node that concern nothing simulated; any other key of these two is a fault.

use super::configuration::{known_key, value};
use super::faults::{Faults, Sources};
use super::json::{DEPTH_MAX, Json, Node, Place};
use super::overrides::MilvusYaml;
use super::words::quoted;
use super::yaml::{self, YamlMember, YamlNode};
use crate::coordinator::keys::{self, Key, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One key of a file with its value and where that stands.
pub(super) type Setting = (&'static Key, Value, Place);

/// Reads all files; what a later one says comes later in the list.
pub(super) fn read<'t>(
    files: &'t [MilvusYaml],
    sources: &mut Sources<'t>,
    faults: &mut Faults,
    warnings: &mut Vec<String>,
) -> Vec<Setting> {
    let mut settings = Vec::new();
    for file in files {
        let source = sources.add_file(&file.name, &file.text);
        let root = match yaml::parse(&file.text, source) {
            Ok(root) => root,
            Err(error) => {
                faults.add(Place { source, offset: error.offset }, error.fault, error.remedy);
                continue;
            }
        };
        let mut reading = Reading { settings: Vec::new(), seen: BTreeMap::new(), faults };
        match &root {
            YamlNode::Null(_) => {}
            YamlNode::Mapping(_, members) => reading.mapping("", members, 0),
            YamlNode::Scalar(at, _) | YamlNode::Sequence(at, _) => {
                reading.faults.add(*at, "there are no keys", "write keys and values, as in milvus.yaml");
            }
        }
        if reading.settings.is_empty() && reading.faults.is_empty() {
            warnings.push(format!("{} sets no key that is simulated", file.name));
        }
        settings.append(&mut reading.settings);
    }
    settings
}

/// One file while it is read.
struct Reading<'f> {
    settings: Vec<Setting>,
    /// Name as written, by the key that it names.
    seen: BTreeMap<&'static str, String>,
    faults: &'f mut Faults,
}

impl Reading<'_> {
    fn mapping(&mut self, path: &str, members: &[YamlMember], depth: usize) {
        for YamlMember { at, name, value } in members {
            let name = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.faults.name(*at, &name);
            match value {
                YamlNode::Mapping(_, members) if keys::find(&name).is_none() && depth < DEPTH_MAX => {
                    self.mapping(&name, members, depth + 1);
                }
                // An empty value leaves the key as it is.
                YamlNode::Null(_) => self.check(&name, *at),
                _ => self.leaf(&name, *at, value),
            }
        }
    }

    /// Faults a name that is misspelt, though it has no value.
    fn check(&mut self, name: &str, at: Place) {
        if keys::find(name).is_none() && keys::is_of_query(name) && !keys::is_outside(name) {
            known_key(name, at, self.faults);
        }
    }

    fn leaf(&mut self, name: &str, at: Place, node: &YamlNode) {
        let Some(key) = keys::find(name) else { return self.check(name, at) };
        let place = node.at();
        self.faults.name(place, name);
        if let Some(earlier) = self.seen.insert(key.name, name.to_owned()) {
            let fault = match earlier == name {
                true => format!("the key {} is written twice", quoted(name)),
                false => format!("{} names {} once more", quoted(name), key.name),
            };
            self.faults.add(at, fault, "keep one of them: letter case and . _ / do not count");
        }
        let json = match node {
            YamlNode::Scalar(_, text) => Json::Text(Cow::Borrowed(text.as_str())),
            // As Milvus reads a list: joined by commas.
            YamlNode::Sequence(_, elements) => match joined(elements) {
                Some(text) => Json::Text(Cow::Owned(text)),
                None => Json::Array(Vec::new()),
            },
            YamlNode::Mapping(..) => Json::Object(Vec::new()),
            YamlNode::Null(_) => Json::Null,
        };
        if let Some(value) = value(key, &Node { at: place, json }, self.faults) {
            self.settings.push((key, value, place));
        }
    }
}

fn joined(elements: &[YamlNode]) -> Option<String> {
    let texts: Option<Vec<&str>> = elements
        .iter()
        .map(|element| match element {
            YamlNode::Scalar(_, text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    texts.map(|texts| texts.join(","))
}
