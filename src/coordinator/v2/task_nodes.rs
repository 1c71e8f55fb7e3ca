//! Tasks by the nodes of their actions: all of them, those that a pass must look at, and those whose call
//! waits to be sent.

use super::tasks::{Priority, TaskId};
use crate::model::few::Few;
use crate::model::ids::NodeIndex;

/// A task in the order of the passes: high priority first, then by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Priority and number as one, which a search compares faster.
    order: u64,
    slot: u32,
}

/// A run has fewer tasks than these bits tell apart.
const NUMBER_BITS: u32 = 62;

impl Key {
    /// The key of a task of this priority.
    pub fn of(priority: Priority, id: TaskId) -> Key {
        Key { order: Key::first(priority as u64) | id.number, slot: id.slot }
    }

    /// The task.
    pub fn id(self) -> TaskId {
        TaskId { number: self.order & (Key::first(1) - 1), slot: self.slot }
    }

    /// Where the keys of a priority begin.
    fn first(rank: u64) -> u64 {
        rank << NUMBER_BITS
    }
}

/// Whose room a call needs: of a node, for channels or for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Room {
    /// Where the call goes.
    pub node: NodeIndex,
    /// Whether it is about a channel.
    pub is_channel: bool,
}

/// A list never gives back room for so many keys.
const KEYS_KEPT: usize = 16;

/// A list with room for so many times its keys gives it back: after a drain, every node of a large cluster would
/// keep room for what it had to do then.
const SHRINK: usize = 8;

/// Keys, ascending.
#[derive(Debug, Clone, Default)]
struct Keys(Few<Key>);

impl Keys {
    fn place(&self, key: Key) -> Result<usize, usize> {
        self.0.binary_search_by_key(&key.order, |key| key.order)
    }

    fn insert(&mut self, key: Key) {
        if let Err(place) = self.place(key) {
            self.0.insert(place, key);
        }
    }

    fn remove(&mut self, key: Key) {
        if let Ok(place) = self.place(key) {
            self.0.remove(place);
            if self.0.capacity() > KEYS_KEPT.max(SHRINK * self.0.len()) {
                self.0.shrink_to_fit();
            }
        }
    }

    fn of(&self, priority: Priority) -> &[Key] {
        let from = |rank: u64| self.0.partition_point(|key| key.order < Key::first(rank));
        let rank = priority as u64;
        &self.0[from(rank)..from(rank + 1)]
    }
}

/// What one node has to do with tasks.
#[derive(Debug, Clone, Default)]
struct OnNode {
    all: Keys,
    watched: Keys,
    /// Its tasks whose call waits to be sent, by whose room they need, ascending; no entry is empty.
    idle: Vec<(Room, Keys)>,
    /// The nodes of tasks whose call waits to be sent to this one, and how many there are of each.
    askers: Vec<(NodeIndex, u32)>,
}

/// All nodes.
#[derive(Debug, Clone, Default)]
pub struct TaskNodes(Vec<OnNode>);

impl TaskNodes {
    fn at(&mut self, node: NodeIndex) -> &mut OnNode {
        if self.0.len() <= node.position() {
            self.0.resize_with(node.position() + 1, OnNode::default);
        }
        &mut self.0[node.position()]
    }

    /// A task comes that every pass must look at.
    pub fn insert(&mut self, key: Key, nodes: impl Iterator<Item = NodeIndex>) {
        for node in nodes {
            let on_node = self.at(node);
            on_node.all.insert(key);
            on_node.watched.insert(key);
        }
    }

    /// A task that is neither watched nor idle goes.
    pub fn remove(&mut self, key: Key, nodes: impl Iterator<Item = NodeIndex>) {
        for node in nodes {
            self.at(node).all.remove(key);
        }
    }

    /// Passes must look at a task from now on, or need not.
    pub fn watch(&mut self, key: Key, nodes: impl Iterator<Item = NodeIndex>, is_watched: bool) {
        for node in nodes {
            let watched = &mut self.at(node).watched;
            if is_watched {
                watched.insert(key);
            } else {
                watched.remove(key);
            }
        }
    }

    /// The call of a task waits for room.
    pub fn await_room(&mut self, key: Key, room: Room, nodes: impl Iterator<Item = NodeIndex>) {
        for node in nodes {
            let idle = &mut self.at(node).idle;
            let place = idle.binary_search_by_key(&room, |(room, _)| *room).unwrap_or_else(|place| {
                idle.insert(place, (room, Keys::default()));
                place
            });
            idle[place].1.insert(key);
            let askers = &mut self.at(room.node).askers;
            match askers.binary_search_by_key(&node, |(node, _)| *node) {
                Ok(place) => askers[place].1 += 1,
                Err(place) => askers.insert(place, (node, 1)),
            }
        }
    }

    /// The call of a task waits no more.
    pub fn leave_room(&mut self, key: Key, room: Room, nodes: impl Iterator<Item = NodeIndex>) {
        for node in nodes {
            let idle = &mut self.at(node).idle;
            if let Ok(place) = idle.binary_search_by_key(&room, |(room, _)| *room) {
                idle[place].1.remove(key);
                if idle[place].1.0.is_empty() {
                    idle.remove(place);
                }
            }
            let askers = &mut self.at(room.node).askers;
            if let Ok(place) = askers.binary_search_by_key(&node, |(node, _)| *node) {
                askers[place].1 -= 1;
                if askers[place].1 == 0 {
                    askers.remove(place);
                }
            }
        }
    }

    fn known(&self, node: NodeIndex) -> Option<&OnNode> {
        self.0.get(node.position())
    }

    /// Tasks with an action on a node.
    pub fn all(&self, node: NodeIndex) -> &[Key] {
        self.known(node).map_or(&[], |on_node| &on_node.all.0)
    }

    /// Those of them that a pass must look at.
    pub fn watched(&self, node: NodeIndex) -> &[Key] {
        self.known(node).map_or(&[], |on_node| &on_node.watched.0)
    }

    /// Whose room the tasks of a node need whose call waits to be sent, ascending.
    pub fn rooms(&self, node: NodeIndex) -> impl Iterator<Item = Room> + '_ {
        self.idle_of(node).iter().map(|(room, _)| *room)
    }

    /// The tasks of a node and of a priority whose call waits to be sent, by whose room they need, ascending.
    pub fn idle(&self, node: NodeIndex, priority: Priority) -> impl Iterator<Item = (Room, &[Key])> {
        self.idle_of(node).iter().map(move |(room, keys)| (*room, keys.of(priority)))
    }

    fn idle_of(&self, node: NodeIndex) -> &[(Room, Keys)] {
        self.known(node).map_or(&[], |on_node| &on_node.idle)
    }

    /// The nodes of tasks whose call waits to be sent to `node`, ascending.
    pub fn askers(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        let askers = self.known(node).map_or(&[][..], |on_node| &on_node.askers);
        askers.iter().map(|(asker, _)| *asker)
    }

    /// Nodes that any task has an action on, ascending.
    pub fn busy(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        let nodes = self.0.iter().enumerate();
        nodes.filter(|(_, on_node)| !on_node.all.0.is_empty()).map(|(position, _)| NodeIndex::at(position))
    }
}
