//! Numbers of a replica's nodes, small: they are nearly always whole and fit into 32 bits.

use crate::model::ids::NodeIndex;
use crate::policy::view::node_list::NodeList;

#[derive(Debug, Clone, PartialEq)]
enum Numbers {
    Short(Vec<u32>),
    Any(Vec<f64>),
}

/// One number per node, ascending by node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NodeScores {
    nodes: NodeList,
    numbers: Numbers,
}

impl Default for NodeScores {
    fn default() -> NodeScores {
        NodeScores { nodes: NodeList::default(), numbers: Numbers::Short(Vec::new()) }
    }
}

/// 2^52: added to a whole number that fits into 32 bits, it leaves that number in the lowest 32 bits.
const ABOVE: f64 = (1u64 << 52) as f64;

/// The number as a short one, if nothing of it is lost.
fn short(number: f64) -> Option<u32> {
    let short = number as u32;
    (f64::from(short).to_bits() == number.to_bits()).then_some(short)
}

impl NodeScores {
    /// These are the numbers of `nodes`, which ascend; false when they have been before.
    pub(super) fn replace(&mut self, nodes: &NodeList, numbers: &[f64]) -> bool {
        if self.nodes == *nodes
            && let Numbers::Short(shorts) = &mut self.numbers
        {
            // What differs is gathered, not asked one by one: so several numbers are looked at at a time.
            let (mut changed, mut lost) = (0, 0);
            for (kept, number) in shorts.iter_mut().zip(numbers) {
                let shifted = number + ABOVE;
                let now = shifted.to_bits() as u32;
                lost |= (shifted.to_bits() ^ ABOVE.to_bits()) >> 32;
                lost |= (shifted - ABOVE).to_bits() ^ number.to_bits();
                changed |= *kept ^ now;
                *kept = now;
            }
            if lost != 0 {
                self.numbers = Numbers::Any(numbers.to_vec());
            }
            return changed != 0 || lost != 0;
        }
        let before = std::mem::replace(self, NodeScores::of(nodes.clone(), numbers));
        self.iter().ne(before.iter())
    }

    /// These whole numbers are those of `nodes`; false when they have been before.
    pub(super) fn replace_whole(&mut self, nodes: &NodeList, numbers: &[u32]) -> bool {
        if let Numbers::Short(shorts) = &mut self.numbers
            && self.nodes == *nodes
        {
            let is_new = shorts != numbers;
            shorts.copy_from_slice(numbers);
            return is_new;
        }
        let now = NodeScores { nodes: nodes.clone(), numbers: Numbers::Short(numbers.to_vec()) };
        let before = std::mem::replace(self, now);
        self.iter().ne(before.iter())
    }

    /// The numbers of `nodes`, which ascend.
    fn of(nodes: NodeList, numbers: &[f64]) -> NodeScores {
        let shorts: Option<Vec<u32>> = numbers.iter().map(|number| short(*number)).collect();
        let numbers = shorts.map_or_else(|| Numbers::Any(numbers.to_vec()), Numbers::Short);
        NodeScores { nodes, numbers }
    }

    /// A node has another number; false when it is the same, or the node is none of these.
    pub(super) fn set(&mut self, node: NodeIndex, number: impl FnOnce() -> f64) -> bool {
        let Ok(place) = self.nodes.binary_search(&node) else { return false };
        let number = number();
        if let Numbers::Short(shorts) = &mut self.numbers {
            if let Some(now) = short(number) {
                return std::mem::replace(&mut shorts[place], now) != now;
            }
            let numbers = shorts.iter().map(|short| f64::from(*short)).collect();
            self.numbers = Numbers::Any(numbers);
        }
        let Numbers::Any(numbers) = &mut self.numbers else { return false };
        std::mem::replace(&mut numbers[place], number) != number
    }

    /// The nodes, ascending, and the number of each, where all are short.
    pub(super) fn whole(&self) -> Option<(&[NodeIndex], &[u32])> {
        match &self.numbers {
            Numbers::Short(shorts) => Some((&self.nodes, shorts)),
            Numbers::Any(_) => None,
        }
    }

    /// The nodes with their numbers, ascending by node.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeIndex, f64)> + '_ {
        let (shorts, numbers): (&[u32], &[f64]) = match &self.numbers {
            Numbers::Short(shorts) => (shorts, &[]),
            Numbers::Any(numbers) => (&[], numbers),
        };
        let numbers = shorts.iter().map(|short| f64::from(*short)).chain(numbers.iter().copied());
        self.nodes.iter().copied().zip(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn short_numbers_equal_long_ones(
            numbers in prop::collection::vec(number(), 0..6),
            steps in prop::collection::vec((0u32..8, number()), 0..12),
        ) {
            let nodes: NodeList = (0..numbers.len()).map(NodeIndex::at).collect();
            let mut scores = NodeScores::default();
            prop_assert_eq!(scores.replace(&nodes, &numbers), !numbers.is_empty());
            let mut plain = numbers;
            for (node, number) in steps {
                let is_other = plain.get(node as usize).is_some_and(|before| *before != number);
                prop_assert_eq!(scores.set(NodeIndex(node), || number), is_other);
                if let Some(kept) = plain.get_mut(node as usize) {
                    *kept = number;
                }
                if let Some((nodes, shorts)) = scores.whole() {
                    let listed = nodes.iter().copied().zip(shorts.iter().map(|short| f64::from(*short)));
                    prop_assert_eq!(listed.collect::<Vec<_>>(), scores.iter().collect::<Vec<_>>());
                }
                let listed = plain.iter().enumerate().map(|(place, number)| (NodeIndex::at(place), *number));
                prop_assert_eq!(scores.iter().collect::<Vec<_>>(), listed.collect::<Vec<_>>());
                prop_assert!(!scores.clone().replace(&nodes, &plain));
                let whole: Option<Vec<u32>> = plain.iter().map(|number| short(*number)).collect();
                if let Some(whole) = whole {
                    prop_assert!(!scores.clone().replace_whole(&nodes, &whole));
                    let mut other = scores.clone();
                    let more: Vec<u32> = whole.iter().map(|number| number ^ 1).collect();
                    prop_assert_eq!(other.replace_whole(&nodes, &more), !more.is_empty());
                    let long: Vec<f64> = more.into_iter().map(f64::from).collect();
                    prop_assert!(other.iter().map(|(_, number)| number).eq(long));
                }
                let mut all_new = scores.clone();
                let others: Vec<f64> = plain.iter().map(|number| number + 0.25).collect();
                prop_assert_eq!(all_new.replace(&nodes, &others), !others.is_empty());
                prop_assert!(all_new.iter().map(|(_, number)| number).eq(others));
                prop_assert_eq!(all_new.replace(&nodes, &plain), !plain.is_empty());
            }
        }
    }

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![
            (0u32..5).prop_map(f64::from),
            Just(f64::from(u32::MAX)),
            Just(4_294_967_296.0),
            Just(0.5),
            Just(-1.0)
        ]
    }
}
