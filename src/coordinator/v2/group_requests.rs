//! What operators ask of resource groups, and how each release refuses it (section 12.4).

use super::groups::DEFAULT_GROUP;
use super::state::{LoadStatus, QueryCoordV2};
use crate::coordinator::command::CommandError;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome};
use crate::model::ids::{CollectionIndex, ReplicaIndex, ResourceGroupIndex};
use crate::release::Quirk;
use std::collections::BTreeSet;

/// `IllegalArgument` of the error codes of 2.2.
const ILLEGAL_ARGUMENT: i32 = 5;

type Answer = Result<(), CommandError>;

/// `TransferReplica`: from which group to which, what, and how many.
pub(super) struct ReplicaTransfer<'a> {
    pub(super) source: &'a str,
    pub(super) target: &'a str,
    pub(super) collection_name: &'a str,
    pub(super) num_replica: i64,
}

/// `UpdateResourceGroups` for one group: its whole declaration anew.
pub(super) struct GroupUpdate<'a> {
    pub(super) name: &'a str,
    /// Nodes it asks for, and may have.
    pub(super) numbers: (i64, i64),
    pub(super) transfer_from: &'a [String],
    pub(super) transfer_to: &'a [String],
}

impl GroupUpdate<'_> {
    /// The declaration as Milvus prints it.
    fn text(&self) -> String {
        let (requests, limits) = self.numbers;
        let mut text = format!("requests:{{node_num:{requests}}} limits:{{node_num:{limits}}}");
        for (key, names) in [("transfer_from", self.transfer_from), ("transfer_to", self.transfer_to)] {
            for name in names {
                text.push_str(&format!(" {key}:{{resource_group:\"{name}\"}}"));
            }
        }
        text
    }
}

impl QueryCoordV2 {
    /// An argument that Milvus does not like, in the three eras; `plain` is the text of 2.2.
    pub(super) fn invalid(&self, plain: &str, context: &str, expected: &str, actual: &str) -> CommandError {
        let prefix = if context.is_empty() { String::new() } else { format!("{context}: ") };
        let mut error = self.error(
            1100,
            plain.to_owned(),
            format!("{prefix}expected={expected}, actual={actual}: invalid parameter"),
            format!("{prefix}invalid parameter[expected={expected}][actual={actual}]"),
        );
        if self.release.has(Quirk::OneCheckerLoop) {
            error.code = ILLEGAL_ARGUMENT;
        }
        error
    }

    /// The group of a name that a request gives as its `side`.
    fn side(&self, side: &str, name: &str, context: &str) -> Result<ResourceGroupIndex, CommandError> {
        self.groups.find(name).ok_or_else(|| {
            let mut error = self.error(
                300,
                format!("the {side} resource group[{name}] doesn't exist, err=resource group doesn't exist"),
                format!("{context}rg={name}: resource group not found"),
                format!("{context}resource group not found[rg={name}]"),
            );
            if self.release.has(Quirk::OneCheckerLoop) {
                error.code = ILLEGAL_ARGUMENT;
            }
            error
        })
    }

    /// `TransferNode`: nodes go from one group to another.
    pub(super) fn transfer_node(
        &mut self,
        (source, target): (&str, &str),
        num_node: i64,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Answer {
        if !self.release.has(Quirk::GroupsAreDeclared) {
            return self.transfer_node_now((source, target), num_node, hearing, outcome);
        }
        if source == target {
            return Err(self.same_group(source));
        }
        if num_node <= 0 {
            return Err(self.invalid("", "", "NumNode > 0", &format!("invalid NumNode {num_node}")));
        }
        let ends = (self.side("source", source, "")?, self.side("target", target, "")?);
        let count = num_node.unsigned_abs();
        let current = self.groups.at(ends.0).nodes.len() as u64;
        if current < count {
            let text = format!(
                "resource group node not enough[rg={source}][currentNodeNum={current}][expectedNodeNum={count}]"
            );
            return Err(CommandError { code: 304, text });
        }
        self.groups.transfer_declared(ends, count);
        self.declare(ends.0, outcome);
        self.declare(ends.1, outcome);
        self.groups_changed(hearing, outcome);
        Ok(())
    }

    fn same_group(&self, name: &str) -> CommandError {
        let text = format!(
            "source resource group and target resource group should not be the same, resource group: {name}: invalid parameter"
        );
        CommandError { code: 1100, text }
    }

    /// Up to 2.4.0 the nodes go at once, and the replicas of the target group get them.
    fn transfer_node_now(
        &mut self,
        (source, target): (&str, &str),
        num_node: i64,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Answer {
        let from = self.side_of_nodes("source", source)?;
        let to = self.side_of_nodes("target", target)?;
        if num_node <= 0 {
            let plain = format!("transfer node num can't be [{num_node}]");
            return Err(self.invalid(&plain, "", "NumNode > 0", &format!("invalid NumNode {num_node}")));
        }
        if let Some(collection) = self.served_by_both(from, to, hearing) {
            // The words of 2.2 are not recorded; these are those of its errors of this kind.
            let plain = format!(
                "the resource group[{source}] and the resource group[{target}] loaded same collection[{collection}]"
            );
            let actual = format!("collection {collection} loaded for both");
            return Err(self.invalid(&plain, "", "resource groups load not the same collection", &actual));
        }
        let count = num_node.unsigned_abs();
        if (self.groups.at(from).nodes.len() as u64) < count {
            let text = "nodes not enough".to_owned();
            let plain = format!("failed to transfer node between resource group, err={text}");
            return Err(self.error(65535, plain, text.clone(), text));
        }
        let moved = self.groups.transfer_now((from, to), count);
        self.note_group_moves(moved, outcome);
        self.declare(from, outcome);
        self.declare(to, outcome);
        self.groups_changed(hearing, outcome);
        self.after_change(hearing, outcome);
        self.arm_balance(hearing.now, outcome);
        Ok(())
    }

    /// Up to 2.4.0 an unknown group is an invalid argument of `TransferNode`.
    fn side_of_nodes(&self, side: &str, name: &str) -> Result<ResourceGroupIndex, CommandError> {
        self.groups.find(name).ok_or_else(|| {
            let plain =
                format!("the {side} resource group[{name}] doesn't exist, err=resource group doesn't exist");
            self.invalid(&plain, &format!("{side} resource group not found"), "valid resource group", name)
        })
    }

    /// Id of a collection with replicas in both groups.
    fn served_by_both(
        &self,
        one: ResourceGroupIndex,
        other: ResourceGroupIndex,
        hearing: Hearing<'_>,
    ) -> Option<i64> {
        let mut collections = hearing.cluster.collection_indices();
        let both = collections.find(|collection| {
            let serves = |group| !replicas_in(*collection, group, hearing).is_empty();
            serves(one) && serves(other)
        });
        both.map(|collection| hearing.cluster.collection(collection).id)
    }

    /// Puts down what a group asks for now.
    fn declare(&self, group: ResourceGroupIndex, outcome: &mut Outcome) {
        let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let (requests, limits) = (self.groups.at(group).requests, self.groups.at(group).limits);
        let (requests, limits) = (number(requests), number(limits));
        outcome.order(Order::DeclareGroup { group, requests, limits });
    }

    /// `UpdateResourceGroups` with one group (2.4.1 and later).
    pub(super) fn update_group(
        &mut self,
        call: &GroupUpdate<'_>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Answer {
        let (name, (requests, limits)) = (call.name, call.numbers);
        let group = self.side("", name, "")?;
        let illegal = |why: &str| {
            let text = format!("{why}: resource group illegal config[rg={name}][config={}]", call.text());
            CommandError { code: 303, text }
        };
        let (Ok(asked), Ok(allowed)) = (u64::try_from(requests), u64::try_from(limits)) else {
            return Err(illegal("node num in `requests` or `limits` should not less than 0"));
        };
        if allowed < asked {
            return Err(illegal("limits node num should not less than requests node num"));
        }
        let linked = |list: &str, names: &[String]| {
            let linked = names.iter().map(|other| match self.groups.find(other) {
                Some(other) if other == group => {
                    Err(illegal(&format!("resource group in `{list}` {name} should not be itself")))
                }
                Some(other) => Ok(other),
                None => Err(illegal(&format!("resource group in `{list}` {other} not exist"))),
            });
            linked.collect::<Result<BTreeSet<ResourceGroupIndex>, CommandError>>()
        };
        let transfer_from = linked("TransferFrom", call.transfer_from)?;
        let transfer_to = linked("TransferTo", call.transfer_to)?;
        let updated = self.groups.at_mut(group);
        (updated.requests, updated.limits) = (asked, allowed);
        (updated.transfer_from, updated.transfer_to) = (transfer_from, transfer_to);
        self.declare(group, outcome);
        self.groups_changed(hearing, outcome);
        Ok(())
    }

    /// `TransferReplica`: replicas take their nodes from another group.
    pub(super) fn transfer_replica(
        &mut self,
        call: &ReplicaTransfer<'_>,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> Answer {
        let name = call.collection_name;
        let collection = hearing.cluster.find_collection(name).ok_or_else(|| self.no_collection(name))?;
        let context = |side: &str, name: &str| format!("the {side} resource group[{name}] doesn't exist: ");
        let from = self.side("source", call.source, &context("source", call.source))?;
        let to = self.side("target", call.target, &context("target", call.target))?;
        let replicas = if self.release.has(Quirk::GroupsAreDeclared) {
            self.transferable(call, collection, from, hearing)?
        } else {
            self.transferable_before(call, collection, (from, to), hearing)?
        };
        for replica in replicas {
            outcome.order(Order::SetReplicaGroup { replica, group: to });
        }
        self.after_change(hearing, outcome);
        self.arm_balance(hearing.now, outcome);
        Ok(())
    }

    fn transferable(
        &self,
        call: &ReplicaTransfer<'_>,
        collection: CollectionIndex,
        from: ResourceGroupIndex,
        hearing: Hearing<'_>,
    ) -> Result<Vec<ReplicaIndex>, CommandError> {
        let (count, id) = (call.num_replica, hearing.cluster.collection(collection).id);
        if call.source == call.target {
            return Err(self.same_group(call.source));
        }
        if count <= 0 {
            return Err(self.invalid("", "", "NumReplica > 0", &format!("invalid NumReplica {count}")));
        }
        if self.collections[collection.position()].status == LoadStatus::Released {
            if self.release.has(Quirk::UnloadedTransferHasCode) {
                let text = format!("collection not loaded[collection={id}]");
                return Err(CommandError { code: 101, text });
            }
            return Err(self.invalid("", "", "Collection not loaded", &format!("collectionID {id}")));
        }
        let mut replicas = replicas_in(collection, from, hearing);
        if replicas.len() < usize::try_from(count).unwrap_or(usize::MAX) {
            let actual = format!(
                "only found [{}] replicas of collection [{id}] in source resource group [{}], but {count} require",
                replicas.len(),
                call.source
            );
            return Err(self.invalid("", "", NOT_GREATER, &actual));
        }
        replicas.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        Ok(replicas)
    }

    /// Up to 2.4.0: neither may the target hold the collection, nor may the default group be mixed with
    /// others.
    fn transferable_before(
        &self,
        call: &ReplicaTransfer<'_>,
        collection: CollectionIndex,
        (from, to): (ResourceGroupIndex, ResourceGroupIndex),
        hearing: Hearing<'_>,
    ) -> Result<Vec<ReplicaIndex>, CommandError> {
        let count = call.num_replica;
        if count <= 0 {
            let plain = format!("transfer replica num can't be [{count}]");
            return Err(self.invalid(&plain, "", "NumReplica > 0", &format!("invalid NumReplica {count}")));
        }
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let found = replicas_in(collection, from, hearing);
        if found.len() < wanted {
            let text =
                format!("only found [{}] replicas in source resource group[{}]", found.len(), call.source);
            return Err(self.invalid(&text, "", NOT_GREATER, &text));
        }
        let there = replicas_in(collection, to, hearing).len();
        if there > 0 {
            let text = format!(
                "found [{there}] replicas of same collection in target resource group[{}], dynamically increase replica num is unsupported",
                call.target
            );
            return Err(self.invalid(&text, "", "no same collection in target resource group", &text));
        }
        let all = hearing.cluster.collection(collection).replicas.clone();
        if (from == DEFAULT_GROUP || to == DEFAULT_GROUP) && all.len() != wanted {
            // The words of 2.2 are not recorded; those of 2.3 are spelled as shipped.
            let text = format!("try to transfer {count} replicas from/to but {} replicas exist", all.len());
            return Err(self.invalid(
                &text,
                "",
                "tranfer all replicas from/to default resource group",
                &text,
            ));
        }
        // As shipped: the first of all replicas go, wherever they are.
        Ok(all.into_iter().take(wanted).collect())
    }
}

/// What `TransferReplica` expects of its number.
const NOT_GREATER: &str = "NumReplica not greater than the number of replica in source resource group";

/// Replicas of a collection in a resource group, ascending.
fn replicas_in(
    collection: CollectionIndex,
    group: ResourceGroupIndex,
    hearing: Hearing<'_>,
) -> Vec<ReplicaIndex> {
    let replicas = hearing.cluster.collection(collection).replicas.iter().copied();
    replicas.filter(|replica| hearing.cluster.replica(*replica).resource_group == group).collect()
}
