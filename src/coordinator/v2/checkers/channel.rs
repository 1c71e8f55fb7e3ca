//! The channel checker: subscribes channels that nobody leads, gives up copies that lead no more (section 6.5).

use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::Outcome;
use crate::coordinator::v2::ask::Asked;
use crate::coordinator::v2::state::QueryCoordV2;
use crate::coordinator::v2::tasks::{ActionKind, Actions, NewTask, Priority, Subject};
use crate::coordinator::v2::tickers::after;
use crate::model::ids::{ChannelIndex, CollectionIndex, NodeIndex, ReplicaIndex};

impl QueryCoordV2 {
    /// Looks at the channels of every collection of which something changed. All assignments of one tick
    /// see the same loads: tasks are added once the tick is over.
    pub(in crate::coordinator::v2) fn check_channels(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        self.tickers.channels = None;
        if self.is_naive {
            self.channel_suspects.extend((0..self.view.collection_count()).map(CollectionIndex::at));
        }
        let mut tasks = Vec::new();
        for collection in std::mem::take(&mut self.channel_suspects) {
            let before = tasks.len();
            let known = hearing.cluster.collection(collection);
            for replica in &known.replicas {
                for channel in &known.channels {
                    self.check_channel(*replica, *channel, hearing, &mut tasks);
                }
            }
            self.check_stray_channels(collection, &known.replicas, &mut tasks);
            if tasks.len() > before {
                self.channel_suspects.insert(collection);
            }
        }
        for task in tasks {
            // A rejected task is only cancelled; the next tick finds the channel again.
            let _ = self.add_task(task, hearing, outcome);
        }
        if !self.channel_suspects.is_empty() || self.is_naive {
            self.arm_channels(after(hearing.now), outcome);
        }
    }

    fn check_channel(
        &mut self,
        replica: ReplicaIndex,
        channel: ChannelIndex,
        hearing: Hearing<'_>,
        tasks: &mut Vec<NewTask>,
    ) {
        let collection = self.view.collection_of(channel);
        let is_wanted = |channels: &Option<Vec<ChannelIndex>>| {
            channels.as_ref().is_some_and(|all| all.contains(&channel))
        };
        let targets = self.view.collection(collection);
        let is_next = is_wanted(&targets.next_channels);
        let leader = self.leader_of(replica, channel);
        if leader.is_none() && is_next {
            let nodes = self.channel_candidates(replica, channel);
            let force = self.newcomer_force();
            if let Some(plan) = self.ask_channel(Asked::Newcomers, channel, None, &nodes, force, hearing) {
                tasks.push(channel_task(collection, Some(replica), channel, ActionKind::Grow, plan.to));
            }
            return;
        }
        let members = self.view.replica(replica);
        // With too few streaming nodes one may lead the same channel for another replica.
        let replicas = &hearing.cluster.collection(collection).replicas;
        let leads = |node: NodeIndex| replicas.iter().any(|one| self.leader_of(*one, channel) == Some(node));
        let holders = self.view.channel_holders(channel).iter().copied();
        let holders = holders.filter(|node| Some(*node) != leader && !leads(*node));
        for nodes in [&members.rw_nodes, &members.ro_nodes, &members.rw_sq_nodes, &members.ro_sq_nodes] {
            let among = holders.clone().filter(|node| nodes.binary_search(node).is_ok());
            tasks.extend(
                among.map(|node| channel_task(collection, Some(replica), channel, ActionKind::Reduce, node)),
            );
        }
    }

    /// Nodes that may subscribe a channel anew: its own, or all that may receive; streaming nodes where
    /// channels live there.
    pub(in crate::coordinator::v2) fn channel_candidates(
        &self,
        replica: ReplicaIndex,
        channel: ChannelIndex,
    ) -> Vec<NodeIndex> {
        let members = self.view.replica(replica);
        if self.view.is_streaming() {
            return members.rw_sq_nodes.to_vec();
        }
        let own = members.nodes_of(channel);
        if own.is_empty() { members.rw_nodes.to_vec() } else { own.to_vec() }
    }

    /// Channels of released collections, and on nodes that belong to no replica.
    fn check_stray_channels(
        &self,
        collection: CollectionIndex,
        replicas: &[ReplicaIndex],
        tasks: &mut Vec<NewTask>,
    ) {
        for (node, channels) in self.view.collection(collection).channel_lists() {
            let is_member = || replicas.iter().any(|replica| self.view.replica(*replica).has_any(node));
            for copy in channels {
                if !is_member() {
                    tasks.push(channel_task(collection, None, copy.channel, ActionKind::Reduce, node));
                }
            }
        }
    }
}

fn channel_task(
    collection: CollectionIndex,
    replica: Option<ReplicaIndex>,
    channel: ChannelIndex,
    kind: ActionKind,
    node: NodeIndex,
) -> NewTask {
    let priority = if replica.is_some() { Priority::High } else { Priority::Normal };
    NewTask {
        collection,
        replica,
        subject: Subject::Channel(channel),
        actions: Actions::one(kind, node),
        priority,
        number: None,
        waiter: None,
    }
}
