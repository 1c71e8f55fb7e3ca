//! Go's binary heap, exactly: live priorities, ties by position, nothing reordered behind its back.

/// A min-heap of positions into the caller's items; the priority is asked anew at every comparison.
///
/// Specification section 4: an item whose priority changes while it is inside is *not* moved, so the heap
/// may be slightly out of order, and what comes out then depends on the exact array. The same item may be
/// inside twice (quirk Q12). A sorted set would not do.
#[derive(Debug, Clone, Default)]
pub struct NodeHeap {
    array: Vec<usize>,
}

impl NodeHeap {
    /// The heap after pushing the items 0 to `count` - 1 in this order.
    pub fn of(count: usize, priority: impl Fn(usize) -> i64) -> NodeHeap {
        let mut heap = NodeHeap { array: Vec::with_capacity(count) };
        for item in 0..count {
            heap.push(item, &priority);
        }
        heap
    }

    /// The heap after pushing these items in this order.
    pub fn of_items(items: &[usize], priority: impl Fn(usize) -> i64) -> NodeHeap {
        let mut heap = NodeHeap { array: Vec::with_capacity(items.len()) };
        for item in items {
            heap.push(*item, &priority);
        }
        heap
    }

    /// The entry that would come out next.
    pub fn first(&self) -> Option<usize> {
        self.array.first().copied()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.array.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.array.is_empty()
    }

    /// Appends an entry and sifts it up: swaps with its parent while strictly smaller.
    pub fn push(&mut self, item: usize, priority: impl Fn(usize) -> i64) {
        self.array.push(item);
        let mut place = self.array.len() - 1;
        while place > 0 {
            let parent = (place - 1) / 2;
            if priority(self.array[place]) >= priority(self.array[parent]) {
                break;
            }
            self.array.swap(place, parent);
            place = parent;
        }
    }

    /// Takes the first entry: swaps first and last, sifts the new first down over all but the last.
    pub fn pop(&mut self, priority: impl Fn(usize) -> i64) -> Option<usize> {
        let bound = self.array.len().checked_sub(1)?;
        self.array.swap(0, bound);
        let mut place = 0;
        loop {
            let left = 2 * place + 1;
            if left >= bound {
                break;
            }
            let right = left + 1;
            let is_right = right < bound && priority(self.array[right]) < priority(self.array[left]);
            let child = if is_right { right } else { left };
            if priority(self.array[child]) >= priority(self.array[place]) {
                break;
            }
            self.array.swap(place, child);
            place = child;
        }
        self.array.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_come_out_by_position_as_in_go() {
        let priorities = [0, 1, 2, 0, 1];
        let mut heap = NodeHeap::of(5, |item| priorities[item]);
        let order: Vec<usize> = std::iter::from_fn(|| heap.pop(|item| priorities[item])).collect();
        assert_eq!(order, [0, 3, 1, 4, 2]);
    }

    #[test]
    fn equal_entries_come_out_first_then_backwards() {
        let mut heap = NodeHeap::of(5, |_| 0);
        let order: Vec<usize> = std::iter::from_fn(|| heap.pop(|_| 0)).collect();
        assert_eq!(order, [0, 4, 3, 2, 1]);
    }

    #[test]
    fn an_entry_lowered_from_outside_stays_where_it_is() {
        let mut priorities = [1, 2, 3, 4];
        let mut heap = NodeHeap::of(4, |item| priorities[item]);
        priorities[3] = 0;
        assert_eq!(heap.pop(|item| priorities[item]), Some(0));
        assert_eq!(heap.len(), 3);
        assert_eq!(heap.pop(|item| priorities[item]), Some(3));
    }
}
