//! Tasks found by their subjects.

use super::tasks::Subject;

const NONE: u32 = u32::MAX;

/// By subject the place of a task, from which a chain leads to those of other replicas.
#[derive(Debug, Clone, Default)]
pub struct TaskSubjects {
    segments: Vec<u32>,
    channels: Vec<u32>,
    /// By place: the next of the same subject.
    next: Vec<u32>,
}

impl TaskSubjects {
    fn first(&self, subject: Subject) -> u32 {
        let first = match subject {
            Subject::Segment(segment) => self.segments.get(segment.position()),
            Subject::Channel(channel) => self.channels.get(channel.position()),
        };
        first.copied().unwrap_or(NONE)
    }

    fn first_mut(&mut self, subject: Subject) -> &mut u32 {
        let (places, position) = match subject {
            Subject::Segment(segment) => (&mut self.segments, segment.position()),
            Subject::Channel(channel) => (&mut self.channels, channel.position()),
        };
        if position >= places.len() {
            places.resize(position + 1, NONE);
        }
        &mut places[position]
    }

    /// A task about `subject` is kept at `slot`.
    pub fn insert(&mut self, subject: Subject, slot: u32) {
        let before = std::mem::replace(self.first_mut(subject), slot);
        let place = slot as usize;
        self.next.resize(self.next.len().max(place + 1), NONE);
        self.next[place] = before;
    }

    /// It is no longer there.
    pub fn remove(&mut self, subject: Subject, slot: u32) {
        let after = self.next.get(slot as usize).copied().unwrap_or(NONE);
        if self.first(subject) == slot {
            *self.first_mut(subject) = after;
            return;
        }
        let before = self.slots(subject).find(|before| self.next[*before as usize] == slot);
        if let Some(before) = before {
            self.next[before as usize] = after;
        }
    }

    /// Where the tasks about `subject` are kept, the youngest first.
    pub fn slots(&self, subject: Subject) -> impl Iterator<Item = u32> + '_ {
        let known = |slot: u32| (slot != NONE).then_some(slot);
        std::iter::successors(known(self.first(subject)), move |slot| known(self.next[*slot as usize]))
    }
}
