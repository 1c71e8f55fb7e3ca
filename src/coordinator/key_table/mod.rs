//! Every configuration key of QueryCoord and the query node that some release reads or ships.
//!
//! Sources: section 3 of the 2.0/2.1 specification and section 5 of the one for 2.2 and later; where a first
//! release is not known to the patch, the first of its line. Defaults are those of the `milvus.yaml` that
//! Milvus ships, which wins over the default in code; packaged single-process builds deviate from it (2.2.4:
//! `loadTimeoutSeconds` 600; 2.3.4 and 2.3.5: `autoBalance` false).

mod balancing;
mod checkers;
mod outside;
mod query_node;
mod tasks;

use super::keys::{Key, Kind, Range, Rhythm, Shipped};
use crate::release::Release;

pub(super) use outside::{has_counterpart, is_outside};

/// The table, part by part.
const PARTS: &[&[Key]] = &[balancing::KEYS, checkers::KEYS, tasks::KEYS, query_node::KEYS];

/// All keys, in a fixed order.
pub(super) fn all() -> impl Iterator<Item = &'static Key> + Clone {
    PARTS.iter().copied().flatten()
}

/// Closed spans of releases.
type Spans = &'static [(Release, Release)];

/// Values with the release from which each is shipped, ascending.
type Defaults = &'static [(Release, Shipped)];

const fn v(major: u16, minor: u16, patch: u16) -> Release {
    Release::new(major, minor, patch)
}

/// The last release of a line, known or not.
const fn last(major: u16, minor: u16) -> Release {
    Release::new(major, minor, u16::MAX)
}

const FIRST: Release = v(2, 0, 0);
const LAST_2_1: Release = v(2, 1, 4);
const END: Release = Release::MASTER;

/// Read by no release, though shipped by some.
const NOBODY: Spans = &[];
/// Read by 2.2 and every later release.
const FROM_2_2: Spans = &[(v(2, 2, 0), END)];
const FROM_2_3: Spans = &[(v(2, 3, 0), END)];
const FROM_2_4: Spans = &[(v(2, 4, 0), END)];

const fn bool(value: bool) -> Shipped {
    Shipped::Bool(value)
}

const fn int(value: i64) -> Shipped {
    Shipped::Int(value)
}

const fn float(value: f64) -> Shipped {
    Shipped::Float(value)
}

const fn text(value: &'static str) -> Shipped {
    Shipped::Text(value)
}

const fn key(name: &'static str, kind: Kind, unit: &'static str, readers: Spans, defaults: Defaults) -> Key {
    Key { name, kind, unit, readers, defaults, rhythm: Rhythm::AtUse, range: None, fallback: None }
}

/// A key that holds the period of a ticker, which a later release looks up after every tick.
const fn ticker(name: &'static str, unit: &'static str, readers: Spans, defaults: Defaults) -> Key {
    Key { rhythm: Rhythm::Ticker, ..key(name, Kind::Int, unit, readers, defaults) }
}

/// A key that holds the period of a ticker that no release changes once it runs.
const fn fixed_ticker(name: &'static str, unit: &'static str, readers: Spans, defaults: Defaults) -> Key {
    Key { rhythm: Rhythm::FixedTicker, ..key(name, Kind::Int, unit, readers, defaults) }
}

const fn ranged(key: Key, range: Range) -> Key {
    Key { range: Some(range), ..key }
}

const fn falling_back(key: Key, to: &'static str) -> Key {
    Key { fallback: Some(to), ..key }
}
