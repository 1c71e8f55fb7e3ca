//! The normal plan of the row-count rule by columns: one sweep says that no node can give anything.
//!
//! The literal rule in `row_count` is its slow twin, and answers whatever is not plain.

use super::balance_policy::Ask;
use super::movable::Movable;
use super::plan::{Decline, Declines};
use super::reason::{Reason, ReasonCode};
use super::view::columns::{NOTHING, runs};
use crate::model::ids::{CollectionIndex, NodeIndex};

/// Nodes of one kind: how many, the place of the first, and the rows of the one nearest to the average.
#[derive(Debug, Clone, Copy)]
struct Kind {
    count: u32,
    most: i64,
    first: usize,
}

impl Kind {
    const NONE: Kind = Kind { count: 0, most: i64::MIN, first: usize::MAX };

    fn add(&mut self, place: usize, rows: i64) {
        self.first = self.first.min(place);
        self.count += 1;
        self.most = self.most.max(rows);
    }
}

/// Why nothing of `collection` moves among `nodes`, if it is plain that nothing does.
pub(super) fn nothing_moves(
    movable: Movable,
    ask: &Ask<'_>,
    collection: CollectionIndex,
    nodes: &[NodeIndex],
) -> Option<Declines> {
    let own = ask.view.collection(collection);
    if ask.witness.wants_every_comparison() || !movable.lets_all(own.doubts()) {
        return None;
    }
    let mut rows = Vec::with_capacity(nodes.len());
    let mut smallest = Vec::with_capacity(nodes.len());
    for (places, first) in runs(nodes) {
        let (begin, end) = (rows.len(), first + places.len());
        let sealed = own.sealed_column();
        rows.extend_from_slice(sealed.get(first..sealed.len().min(end)).unwrap_or(&[]));
        rows.resize(begin + places.len(), 0);
        let least = own.smallest_column();
        smallest.extend_from_slice(least.get(first..least.len().min(end)).unwrap_or(&[]));
        smallest.resize(begin + places.len(), NOTHING);
    }
    let total: i64 = rows.iter().sum();
    if total == 0 {
        return None;
    }
    let average = total / rows.len() as i64;
    let (mut below, mut held) = (Kind::NONE, Kind::NONE);
    for (place, (rows, smallest)) in rows.iter().zip(&smallest).enumerate() {
        if *rows < average {
            below.add(place, *rows);
            continue;
        }
        // What is left once the smallest segment is given.
        let left = *rows - i64::from(*smallest);
        if *smallest == NOTHING || left >= average {
            return None;
        }
        held.add(place, left);
    }
    let mut kinds = [(below, ReasonCode::NodeUnderQuota), (held, ReasonCode::AboveAverage)];
    kinds.sort_by_key(|(kind, _)| kind.first);
    let mut declined = Declines::default();
    for (kind, code) in kinds.into_iter().filter(|(kind, _)| kind.count > 0) {
        let reason = Reason::compared(code, None, kind.most as f64, average as f64);
        declined.note(Decline { reason, count: kind.count });
    }
    Some(declined)
}
