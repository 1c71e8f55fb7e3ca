//! Another number of replicas, or other resource groups, for a collection that is loaded (section 12.4).

use super::groups::DEFAULT_GROUP;
use super::load_balance::UNEXPECTED;
use super::state::{LoadStatus, QueryCoordV2};
use crate::coordinator::command::CommandError;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome};
use crate::model::ids::{CollectionIndex, ReplicaIndex, ResourceGroupIndex};
use crate::policy::view::replica::ReplicaView;
use crate::release::Quirk;
use std::collections::BTreeMap;

/// What Milvus puts before the grounds of this request.
const CONTEXT: &str = "failed to update load config: ";

/// What becomes of a collection's replicas.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reassigned {
    /// New replicas by resource group.
    pub spawned: BTreeMap<ResourceGroupIndex, usize>,
    /// Replicas that go to another group.
    pub moved: Vec<(ReplicaIndex, ResourceGroupIndex)>,
    /// Replicas that are released.
    pub released: Vec<ReplicaIndex>,
}

/// Fits replicas (with their groups, ascending) to the number wanted in each group: what is too much, or in
/// no group wanted, is released first, then moved to where one lacks; the rest is new.
pub fn reassign(
    replicas: &[(ReplicaIndex, ResourceGroupIndex)],
    wanted: &BTreeMap<ResourceGroupIndex, usize>,
) -> Reassigned {
    let mut left = wanted.clone();
    let mut surplus = Vec::new();
    let is_wanted = |group: &ResourceGroupIndex| wanted.contains_key(group);
    let foreign = replicas.iter().filter(|(_, group)| !is_wanted(group)).map(|(replica, _)| *replica);
    surplus.extend(foreign);
    for (replica, group) in replicas.iter().filter(|(_, group)| is_wanted(group)) {
        match left.get_mut(group) {
            Some(count) if *count > 0 => *count -= 1,
            _ => surplus.push(*replica),
        }
    }
    let number: usize = wanted.values().sum();
    let mut surplus = surplus.into_iter();
    let released: Vec<ReplicaIndex> = surplus.by_ref().take(replicas.len().saturating_sub(number)).collect();
    let mut moved = Vec::new();
    for (group, lack) in &mut left {
        for replica in surplus.by_ref().take(*lack) {
            moved.push((replica, *group));
        }
        *lack -= moved.iter().filter(|(_, to)| to == group).count();
    }
    left.retain(|_, lack| *lack > 0);
    Reassigned { spawned: left, moved, released }
}

impl QueryCoordV2 {
    /// `UpdateLoadConfig`, where the release has it; before, all there is is another load, which is refused.
    pub(super) fn set_replicas(
        &mut self,
        name: &str,
        (number, groups): (Option<u32>, &[String]),
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), CommandError> {
        let collection = hearing.cluster.find_collection(name).ok_or_else(|| self.no_collection(name))?;
        if !self.release.has(Quirk::ReplicasChangeWhileLoaded) {
            let number = number.map(|number| number as usize);
            return self.check_same_load(collection, number, groups, hearing);
        }
        if self.collections[collection.position()].status == LoadStatus::Released {
            // As shipped: such a collection is passed over without a word.
            return Ok(());
        }
        let replicas = &hearing.cluster.collection(collection).replicas;
        let with_groups: Vec<(ReplicaIndex, ResourceGroupIndex)> = replicas
            .iter()
            .map(|replica| (*replica, hearing.cluster.replica(*replica).resource_group))
            .collect();
        let number = number.filter(|number| *number > 0).map_or(replicas.len(), |number| number as usize);
        let wanted = self.wanted_groups(number, groups, &with_groups)?;
        let change = reassign(&with_groups, &wanted);
        for (replica, group) in change.moved {
            outcome.order(Order::SetReplicaGroup { replica, group });
        }
        for replica in change.released {
            self.release_replica(replica, hearing, outcome);
        }
        let spawned = change.spawned.into_iter();
        let replicas: Vec<_> =
            spawned.flat_map(|(group, count)| std::iter::repeat_n((group, Vec::new()), count)).collect();
        if !replicas.is_empty() {
            outcome.order(Order::CreateReplicas { collection, replicas });
        }
        self.look_anew(collection, hearing);
        self.after_change(hearing, outcome);
        self.kick(hearing, outcome);
        Ok(())
    }

    /// How many replicas each group should have.
    fn wanted_groups(
        &self,
        number: usize,
        groups: &[String],
        replicas: &[(ReplicaIndex, ResourceGroupIndex)],
    ) -> Result<BTreeMap<ResourceGroupIndex, usize>, CommandError> {
        let mut names: Vec<String> = groups.to_vec();
        if names.is_empty() {
            let used: std::collections::BTreeSet<_> = replicas.iter().map(|(_, group)| *group).collect();
            names = used.into_iter().map(|group| self.groups.at(group).name.clone()).collect();
        }
        if names.len() > 1 && names.len() != number {
            let text = format!(
                "{CONTEXT}replica=[{number}] resource group=[{}], resource group num can only be 0, 1 or same as replica number",
                names.join(",")
            );
            return Err(CommandError { code: UNEXPECTED, text });
        }
        self.check_streaming(number, CONTEXT)?;
        let mut wanted = BTreeMap::new();
        for name in &names {
            let group = self.groups.find(name).ok_or_else(|| CommandError {
                code: 300,
                text: format!("{CONTEXT}resource group not found[rg={name}]"),
            })?;
            *wanted.entry(group).or_default() += if names.len() == 1 { number } else { 1 };
        }
        if wanted.is_empty() {
            wanted.insert(DEFAULT_GROUP, number);
        }
        Ok(wanted)
    }

    /// A collection that is loaded can be loaded again only as it is.
    pub(super) fn check_same_load(
        &self,
        collection: CollectionIndex,
        number: Option<usize>,
        groups: &[String],
        hearing: Hearing<'_>,
    ) -> Result<(), CommandError> {
        let known = hearing.cluster.collection(collection);
        let now = known.replicas.len();
        let subject = "can't change the replica number for loaded collection";
        if let Some(number) = number.filter(|number| *number != now) {
            let plain = format!(
                "failed to load collection, err=collection with different replica number {now} existed, release this collection first before changing its replica number[load parameters mismatch]"
            );
            let mut error = self.invalid(&plain, subject, &now.to_string(), &number.to_string());
            if self.release.has(Quirk::OneCheckerLoop) {
                error.code = 1;
            }
            return Err(error);
        }
        let name_of = |replica: &ReplicaIndex| {
            self.groups.at(hearing.cluster.replica(*replica).resource_group).name.as_str()
        };
        let mut used: Vec<&str> = known.replicas.iter().map(name_of).collect();
        let mut asked: Vec<&str> = groups.iter().map(String::as_str).collect();
        for names in [&mut used, &mut asked] {
            names.sort_unstable();
            names.dedup();
        }
        if !asked.is_empty() && asked != used {
            let list = |names: &[&str]| format!("[{}]", names.join(" "));
            let plain = "load operation should use collection's resource group";
            let subject = "can't change the resource groups for loaded collection";
            return Err(self.invalid(plain, subject, &list(&used), &list(&asked)));
        }
        Ok(())
    }

    /// A replica is no more: its tasks are dropped, too.
    fn release_replica(&mut self, replica: ReplicaIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        for task in self.tasks.ids() {
            if self.tasks.get(task).is_some_and(|task| task.what.replica == Some(replica)) {
                let text = format!("replica not found[replica={}]", hearing.cluster.replica(replica).id);
                self.cancel_task(task, text, hearing, outcome);
            }
        }
        self.catch_up(hearing);
        self.drop_replica(replica, outcome);
    }

    /// A replica is no more: what its nodes hold is nobody's.
    pub(super) fn drop_replica(&mut self, replica: ReplicaIndex, outcome: &mut Outcome) {
        let members = self.view.replica_mut(replica);
        *members = ReplicaView::new(members.collection);
        outcome.order(Order::DropReplica(replica));
    }

    /// All segments and channels of a collection must be looked at.
    fn look_anew(&mut self, collection: CollectionIndex, hearing: Hearing<'_>) {
        self.channel_suspects.insert(collection);
        self.doubt(collection);
        self.suspects.extend(hearing.cluster.collection(collection).segments.iter().copied());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicas(groups: &[u32]) -> Vec<(ReplicaIndex, ResourceGroupIndex)> {
        let replicas = groups.iter().enumerate();
        replicas.map(|(place, group)| (ReplicaIndex::at(place), ResourceGroupIndex(*group))).collect()
    }

    fn wanted(rows: &[(u32, usize)]) -> BTreeMap<ResourceGroupIndex, usize> {
        rows.iter().map(|(group, count)| (ResourceGroupIndex(*group), *count)).collect()
    }

    #[test]
    fn more_replicas_are_new_and_fewer_are_released() {
        let change = reassign(&replicas(&[0]), &wanted(&[(0, 3)]));
        assert_eq!(change, Reassigned { spawned: wanted(&[(0, 2)]), ..Reassigned::default() });
        let change = reassign(&replicas(&[0, 0, 0]), &wanted(&[(0, 1)]));
        assert_eq!(change.released, [ReplicaIndex(1), ReplicaIndex(2)]);
        assert!(change.spawned.is_empty() && change.moved.is_empty());
    }

    #[test]
    fn replicas_of_a_group_no_longer_wanted_move() {
        let change = reassign(&replicas(&[0, 0]), &wanted(&[(1, 1), (2, 1)]));
        assert_eq!(
            change.moved,
            [(ReplicaIndex(0), ResourceGroupIndex(1)), (ReplicaIndex(1), ResourceGroupIndex(2))]
        );
        assert!(change.spawned.is_empty() && change.released.is_empty());
        let change = reassign(&replicas(&[0, 1]), &wanted(&[(1, 1)]));
        assert_eq!(change.released, [ReplicaIndex(0)]);
        assert!(change.moved.is_empty());
    }
}
