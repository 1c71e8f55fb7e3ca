//! The `workload` object: rows and searches that come in.

use super::collections::Catalog;
use super::decimal::{Unfit, whole};
use super::faults::Faults;
use super::json::{Json, Node};
use super::known_keys;
use super::object::Object;
use super::values::{list, number_from_zero, shown, time};
use super::words::quoted;
use super::{Insert, Search};
use crate::units::SimTime;

/// Most rows a second: keeps the count of a year's rows within a u64.
const ROWS_PER_SECOND_MAX: u64 = 1_000_000_000;

/// Inserts and searches, in file order; streams without an end last to `end`.
pub(super) fn read(
    node: Option<&Node>,
    catalog: &Catalog,
    end: SimTime,
    faults: &mut Faults,
) -> (Vec<Insert>, Vec<Search>) {
    let Some(object) = node.and_then(|node| Object::read(node, known_keys::WORKLOAD, faults)) else {
        return (Vec::new(), Vec::new());
    };
    let inserts = object.read_with("insert", faults, list).unwrap_or(&[]);
    let inserts = inserts.iter().filter_map(|node| insert(node, catalog, end, faults)).collect();
    let searches = object.read_with("search", faults, list).unwrap_or(&[]);
    (inserts, searches.iter().filter_map(|node| search(node, catalog, end, faults)).collect())
}

fn insert(node: &Node, catalog: &Catalog, end: SimTime, faults: &mut Faults) -> Option<Insert> {
    let object = Object::read(node, known_keys::INSERT, faults)?;
    let collection = object.require_with("collection", faults, |node, faults| catalog.position(node, faults));
    let rate = object.require_with("rows_per_second", faults, micro_rows);
    let (from, to) = span(&object, end, faults);
    let (collection, micro_rows_per_second) = (collection?, rate?);
    let spec = &catalog.collections[collection];
    if spec.bytes_per_row == 0 && micro_rows_per_second > 0 {
        let fault = format!("rows come into {}, which has no \"bytes_per_row\"", quoted(&spec.name));
        faults.add(node.at, fault, "give the collection \"bytes_per_row\", so that its rows have a size");
    }
    Some(Insert { collection, micro_rows_per_second, from, to })
}

fn search(node: &Node, catalog: &Catalog, end: SimTime, faults: &mut Faults) -> Option<Search> {
    let object = Object::read(node, known_keys::SEARCH, faults)?;
    let collection = object.require_with("collection", faults, |node, faults| catalog.position(node, faults));
    let rate = object.require_with("queries_per_second", faults, number_from_zero);
    let (from, to) = span(&object, end, faults);
    Some(Search { collection: collection?, queries_per_second: rate?, from, to })
}

fn micro_rows(node: &Node, faults: &mut Faults) -> Option<u64> {
    let read = match &node.json {
        Json::Number(number) => whole(number, 1_000_000),
        _ => Err(Unfit::NoNumber),
    };
    let fault = match read {
        Ok(micro_rows) if micro_rows <= ROWS_PER_SECOND_MAX * 1_000_000 => return Some(micro_rows),
        Ok(_) | Err(Unfit::TooLarge) => format!("{} is more than {ROWS_PER_SECOND_MAX}", shown(node)),
        Err(Unfit::TooFine) => format!("{} is finer than a millionth of a row", shown(node)),
        Err(Unfit::Negative) => format!("{} is negative", shown(node)),
        Err(Unfit::NoNumber) => format!("{} is no number of rows", shown(node)),
    };
    faults.add(node.at, fault, format!("write a number from 0 to {ROWS_PER_SECOND_MAX}"));
    None
}

fn span(object: &Object, end: SimTime, faults: &mut Faults) -> (SimTime, SimTime) {
    let from = object.read_with("from", faults, time);
    let to = object.read_with("to", faults, time);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        faults.add(object.node.at, format!("it goes from {from} to {to}"), "let \"from\" be before \"to\"");
    }
    (from.unwrap_or(SimTime::ZERO), to.unwrap_or(end))
}
