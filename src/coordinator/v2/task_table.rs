//! All tasks of the scheduler, and how they are found (section 10.1).

use super::task_nodes::{Key, Room, TaskNodes};
use super::task_subjects::TaskSubjects;
use super::tasks::{ActionKind, Priority, Subject, Task, TaskId};
use crate::model::cluster::Cluster;
use crate::model::few::Few;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use std::collections::BTreeSet;

/// A task, and what the passes of its nodes know of it.
#[derive(Debug, Clone)]
struct Entry {
    number: u64,
    task: Task,
    /// Whether a pass may bring it on although nothing made it stale.
    is_watched: bool,
    /// Whose room its call needs, while that waits to be sent.
    room: Option<Room>,
}

impl Entry {
    fn key(&self, id: TaskId) -> Key {
        Key::of(self.task.what.priority, id)
    }

    fn nodes(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.task.what.actions.iter().map(|action| action.node)
    }
}

/// All tasks.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    slots: Vec<Option<Entry>>,
    free: Vec<u32>,
    subjects: TaskSubjects,
    /// By collection: how often a task came or went.
    changes: Vec<u64>,
    waiting: BTreeSet<Key>,
    nodes: TaskNodes,
    segment_tasks: usize,
    next: u64,
}

impl Tasks {
    /// Takes a task in; its subject must be free.
    pub fn insert(&mut self, task: Task) -> TaskId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        let id = TaskId { number: self.next, slot };
        self.next += 1;
        self.subjects.insert(task.what.subject, slot);
        self.changed(task.what.collection);
        self.segment_tasks += usize::from(task.segment().is_some());
        let entry = Entry { number: id.number, task, is_watched: true, room: None };
        self.waiting.insert(entry.key(id));
        self.nodes.insert(entry.key(id), entry.nodes());
        self.slots[slot as usize] = Some(entry);
        id
    }

    /// Takes a task out.
    pub fn remove(&mut self, id: TaskId) -> Option<Task> {
        self.sleep(id);
        self.leave_room(id);
        let entry = self.slots.get_mut(id.slot as usize)?.take_if(|entry| entry.number == id.number)?;
        self.free.push(id.slot);
        self.waiting.remove(&entry.key(id));
        self.nodes.remove(entry.key(id), entry.nodes());
        self.subjects.remove(entry.task.what.subject, id.slot);
        self.changed(entry.task.what.collection);
        self.segment_tasks -= usize::from(entry.task.segment().is_some());
        Some(entry.task)
    }

    fn entry(&self, id: TaskId) -> Option<&Entry> {
        self.slots.get(id.slot as usize)?.as_ref().filter(|entry| entry.number == id.number)
    }

    /// A task.
    pub fn get(&self, id: TaskId) -> Option<&Task> {
        self.entry(id).map(|entry| &entry.task)
    }

    /// A task, to be changed.
    pub fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        let entry = self.slots.get_mut(id.slot as usize)?.as_mut();
        entry.filter(|entry| entry.number == id.number).map(|entry| &mut entry.task)
    }

    /// Whether there is a task about the same that is kept when another of `priority` comes, which is then
    /// turned away.
    pub fn keeps(&self, subject: Subject, replica: Option<ReplicaIndex>, priority: Priority) -> bool {
        let task = self.about(subject, replica).and_then(|id| self.get(id));
        task.is_some_and(|task| task.what.priority <= priority)
    }

    /// A waiting task is promoted.
    pub fn promote(&mut self, id: TaskId) {
        if let Some(task) = self.get_mut(id) {
            task.is_waiting = false;
            let key = Key::of(task.what.priority, id);
            self.waiting.remove(&key);
        }
    }

    /// Waiting tasks, high priority first, then by number.
    pub fn waiting(&self) -> Few<TaskId> {
        self.waiting.iter().map(|key| key.id()).collect()
    }

    /// Whether any task waits.
    pub fn any_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Tasks with an action on a node, high priority first, then by number.
    pub fn on_node(&self, node: NodeIndex) -> &[Key] {
        self.nodes.all(node)
    }

    /// Those of [`Self::on_node`] that a pass may bring on although nothing made them stale.
    pub fn watched_on_node(&self, node: NodeIndex) -> &[Key] {
        self.nodes.watched(node)
    }

    /// Only room for its call, the end of the call, or what makes it stale brings a task on.
    pub fn sleep(&mut self, id: TaskId) {
        self.watch(id, false);
    }

    /// A pass may bring a task on.
    pub fn wake(&mut self, id: TaskId) {
        self.watch(id, true);
    }

    fn watch(&mut self, id: TaskId, is_watched: bool) {
        let Some(Some(entry)) = self.slots.get_mut(id.slot as usize) else { return };
        if entry.number == id.number && entry.is_watched != is_watched {
            entry.is_watched = is_watched;
            self.nodes.watch(entry.key(id), entry.nodes(), is_watched);
        }
    }

    /// The call of a task waits to be sent.
    pub fn await_room(&mut self, id: TaskId) {
        let Some(entry) = self.entry(id) else { return };
        let is_channel = matches!(entry.task.what.subject, Subject::Channel(_));
        let room = entry.task.action().map(|action| Room { node: action.node, is_channel });
        if room != entry.room {
            self.leave_room(id);
            let Some(Some(entry)) = self.slots.get_mut(id.slot as usize) else { return };
            entry.room = room;
            if let Some(room) = room {
                self.nodes.await_room(entry.key(id), room, entry.nodes());
            }
        }
    }

    /// The call of a task waits no more.
    pub fn leave_room(&mut self, id: TaskId) {
        let Some(Some(entry)) = self.slots.get_mut(id.slot as usize) else { return };
        if entry.number == id.number
            && let Some(room) = entry.room.take()
        {
            self.nodes.leave_room(entry.key(id), room, entry.nodes());
        }
    }

    /// The nodes of all tasks, and whose calls wait where.
    pub fn nodes(&self) -> &TaskNodes {
        &self.nodes
    }

    /// Bytes of segments that tasks will still bring to a node, less those that they will take from it.
    pub fn pending_bytes(&self, node: NodeIndex, cluster: &Cluster) -> i64 {
        let segments = cluster.segments();
        let mut bytes = 0;
        for task in self.on_node(node).iter().filter_map(|key| self.get(key.id())) {
            let Some(segment) = task.segment() else { continue };
            for action in task.what.actions.iter().filter(|action| action.node == node) {
                let is_there = segments.copies().has(segment, node);
                let size = i64::try_from(segments.memory_bytes(segment)).unwrap_or(i64::MAX);
                match action.kind {
                    ActionKind::Grow if !is_there => bytes += size,
                    ActionKind::Reduce if is_there => bytes -= size,
                    _ => {}
                }
            }
        }
        bytes
    }

    /// Whether a task has an action on a node.
    pub fn any_on_node(&self, node: NodeIndex) -> bool {
        !self.on_node(node).is_empty()
    }

    /// The task about a subject in a replica.
    pub fn about(&self, subject: Subject, replica: Option<ReplicaIndex>) -> Option<TaskId> {
        self.those_about(subject).find(|(in_replica, _)| *in_replica == replica).map(|(_, id)| id)
    }

    fn those_about(&self, subject: Subject) -> impl Iterator<Item = (Option<ReplicaIndex>, TaskId)> + '_ {
        self.subjects.slots(subject).filter_map(|slot| {
            let entry = self.slots[slot as usize].as_ref()?;
            Some((entry.task.what.replica, TaskId { number: entry.number, slot }))
        })
    }

    /// All tasks about a subject: that of no replica first, then by replica.
    pub fn all_about(&self, subject: Subject) -> Few<TaskId> {
        let mut about: Few<(Option<ReplicaIndex>, TaskId)> = self.those_about(subject).collect();
        about.sort_unstable();
        about.into_iter().map(|(_, id)| id).collect()
    }

    /// How often a task of a collection came or went.
    pub fn changes(&self, collection: CollectionIndex) -> u64 {
        self.changes.get(collection.position()).copied().unwrap_or(0)
    }

    fn changed(&mut self, collection: CollectionIndex) {
        self.changes.resize(self.changes.len().max(collection.position() + 1), 0);
        self.changes[collection.position()] += 1;
    }

    /// Tasks about segments.
    pub fn segment_tasks(&self) -> usize {
        self.segment_tasks
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.len() == self.free.len()
    }

    /// All tasks, by number.
    pub fn ids(&self) -> Vec<TaskId> {
        let slots = self.slots.iter().zip(0..);
        let mut ids: Vec<TaskId> =
            slots.filter_map(|(entry, slot)| Some(TaskId { number: entry.as_ref()?.number, slot })).collect();
        ids.sort();
        ids
    }
}
