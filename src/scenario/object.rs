//! An object of a scenario whose keys have been checked against the known ones.

use super::faults::Faults;
use super::json::{Json, Member, Node};
use super::values::shown;
use super::words::{quoted, remedy};
use std::collections::BTreeSet;

/// An object with known keys only, each once.
#[derive(Clone, Copy)]
pub(super) struct Object<'n, 't> {
    pub(super) node: &'n Node<'t>,
}

impl<'n, 't> Object<'n, 't> {
    /// Takes `node` as an object with these keys; unknown and repeated ones are faults.
    pub(super) fn read(node: &'n Node<'t>, known: &[&str], faults: &mut Faults) -> Option<Object<'n, 't>> {
        let object = Object::read_open(node, faults)?;
        for member in node.members() {
            if !known.contains(&&*member.name) {
                let remedy = remedy(&member.name, known.iter().copied());
                faults.add(member.at, format!("unknown key {}", quoted(&member.name)), remedy);
            }
        }
        Some(object)
    }

    /// Takes `node` as an object with any keys; repeated ones are faults.
    pub(super) fn read_open(node: &'n Node<'t>, faults: &mut Faults) -> Option<Object<'n, 't>> {
        let Json::Object(members) = &node.json else {
            faults.add(node.at, format!("{} where an object belongs", shown(node)), "write { ... }");
            return None;
        };
        let mut seen = BTreeSet::new();
        for member in members {
            if !seen.insert(&member.name) {
                let fault = format!("the key {} is written twice", quoted(&member.name));
                faults.add(member.at, fault, "keep one of them");
            }
        }
        Some(Object { node })
    }

    /// The members, in file order.
    pub(super) fn members(&self) -> &'n [Member<'t>] {
        self.node.members()
    }

    /// The value of `key`, if the object has it.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node<'t>> {
        self.node.get(key)
    }

    /// The value of `key`; its absence is a fault.
    pub(super) fn require(&self, key: &str, faults: &mut Faults) -> Option<&'n Node<'t>> {
        let value = self.get(key);
        if value.is_none() {
            faults.add(self.node.at, format!("\"{key}\" is missing"), format!("add \"{key}\""));
        }
        value
    }

    /// The value of `key` read by `reader`; `None` when absent or faulty.
    pub(super) fn read_with<T>(
        &self,
        key: &str,
        faults: &mut Faults,
        reader: impl FnOnce(&'n Node<'t>, &mut Faults) -> Option<T>,
    ) -> Option<T> {
        self.get(key).and_then(|node| reader(node, faults))
    }

    /// The value of `key` read by `reader`; its absence is a fault.
    pub(super) fn require_with<T>(
        &self,
        key: &str,
        faults: &mut Faults,
        reader: impl FnOnce(&'n Node<'t>, &mut Faults) -> Option<T>,
    ) -> Option<T> {
        self.require(key, faults).and_then(|node| reader(node, faults))
    }
}
