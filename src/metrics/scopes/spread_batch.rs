//! Spreads of several lists at once: each sum waits for its own last addition, so four go side by side.

use crate::metrics::skew::{self, Spread, TOGETHER};

/// Lists whose spreads are due, with whom they are of.
#[derive(Debug, Clone, Default)]
pub struct SpreadBatch {
    lists: [Vec<f64>; TOGETHER],
    zeros: [usize; TOGETHER],
    places: [usize; TOGETHER],
    count: usize,
}

impl SpreadBatch {
    /// An empty list for the next numbers. There must be room: at most [`TOGETHER`] are added between two
    /// calls of [`SpreadBatch::drain`].
    pub fn list(&mut self) -> &mut Vec<f64> {
        let list = &mut self.lists[self.count];
        list.clear();
        list
    }

    /// The list filled last, ascending, is of `place`, and so many zeros stand before it. True when there is
    /// no room for another one.
    pub fn add(&mut self, place: usize, zeros: usize) -> bool {
        self.places[self.count] = place;
        self.zeros[self.count] = zeros;
        self.count += 1;
        self.count == TOGETHER
    }

    /// The spreads of all lists added, with their places.
    pub fn drain(&mut self) -> impl Iterator<Item = (usize, Spread)> + use<> {
        if self.count == 0 {
            return self.places.into_iter().zip([Spread::default(); TOGETHER]).take(0);
        }
        for list in &mut self.lists[self.count..] {
            list.clear();
        }
        let lists: [&[f64]; TOGETHER] = std::array::from_fn(|number| self.lists[number].as_slice());
        let spreads = skew::spread_together(self.zeros, lists);
        let count = std::mem::take(&mut self.count);
        self.places.into_iter().zip(spreads).take(count)
    }
}
