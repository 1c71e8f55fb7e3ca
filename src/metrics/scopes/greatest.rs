//! What cluster and resource groups show as the greatest of their replicas' scores, followed replica by replica.

use super::scope::Scope;
use crate::metrics::skew::Level;
use crate::metrics::spans::greater;
use crate::model::cluster::Cluster;

/// The greatest of one scope's replicas.
#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    level: Level,
    /// Whether all must be looked at again: the greatest became less, or replicas came or went.
    is_stale: bool,
}

/// The greatest levels of cluster (place 0) and resource groups (the places after it).
#[derive(Debug, Clone, Default)]
pub struct GreatestLevels {
    shown: Vec<Shown>,
}

impl GreatestLevels {
    /// Replicas may be in other resource groups than before.
    pub fn regrouped(&mut self) {
        self.shown.clear();
    }

    /// A replica of the group at `place` has another level.
    pub fn replace(&mut self, place: usize, before: Level, after: Level) {
        for place in [0, place] {
            if let Some(shown) = self.shown.get_mut(place) {
                let greatest = &mut shown.level;
                shown.is_stale |=
                    replace(&mut greatest.max_difference, before.max_difference, after.max_difference);
                shown.is_stale |= replace(&mut greatest.imbalance, before.imbalance, after.imbalance);
            }
        }
    }

    /// Shows them.
    pub fn show(&mut self, cluster: &Cluster, scopes: &mut [Scope], fixed: usize, now_ms: u64) {
        self.shown.resize(fixed, Shown { is_stale: true, ..Shown::default() });
        for (place, shown) in self.shown.iter_mut().enumerate() {
            if std::mem::take(&mut shown.is_stale) {
                shown.level = Level::default();
                for scope in members(cluster, scopes, fixed, place) {
                    let [max_difference, imbalance] = scope.score.level.values();
                    shown.level.max_difference = greater(shown.level.max_difference, max_difference);
                    shown.level.imbalance = greater(shown.level.imbalance, imbalance);
                }
            }
            scopes[place].score.set_level(now_ms, shown.level);
        }
    }
}

/// One of those of which `greatest` is the greatest changes; true when another one may be the greatest now.
fn replace(greatest: &mut Option<f64>, before: Option<f64>, after: Option<f64>) -> bool {
    if before.is_some() && before == *greatest && after < before {
        return true;
    }
    *greatest = greater(*greatest, after);
    false
}

/// The replicas of the cluster (place 0) or of a resource group (the places after it).
pub fn members<'a>(
    cluster: &'a Cluster,
    scopes: &'a [Scope],
    fixed: usize,
    place: usize,
) -> impl Iterator<Item = &'a Scope> {
    cluster
        .replicas()
        .iter()
        .zip(&scopes[fixed..])
        .filter(move |(replica, _)| place == 0 || replica.resource_group.position() + 1 == place)
        .map(|(_, scope)| scope)
}
