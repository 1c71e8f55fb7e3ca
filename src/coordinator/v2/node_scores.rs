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

/// The number as a short one, if nothing of it is lost.
fn short(number: f64) -> Option<u32> {
    let short = number as u32;
    (f64::from(short).to_bits() == number.to_bits()).then_some(short)
}

impl NodeScores {
    /// The numbers of `nodes`, which ascend.
    pub(super) fn of(nodes: NodeList, numbers: Vec<f64>) -> NodeScores {
        let shorts: Option<Vec<u32>> = numbers.iter().map(|number| short(*number)).collect();
        let numbers = shorts.map_or(Numbers::Any(numbers), Numbers::Short);
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
            let mut scores = NodeScores::of(nodes, numbers.clone());
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
