//! A box of key values covered by the boxes of runs, until nothing is left or no run may be made any more.

use super::axis::ExactAxis;
use crate::policy::watch::{Ladder, Span};

/// One span per key.
pub type Region = Vec<Span>;

/// Runs of one round: a fixed number, so that what is run does not depend on how many threads run it.
const ROUND: usize = 8;

/// What has not been covered yet.
#[derive(Debug, Clone)]
pub struct Cover<'a> {
    axes: &'a [ExactAxis],
    open: Vec<Region>,
    has_begun: bool,
}

impl<'a> Cover<'a> {
    /// Nothing is covered.
    pub fn new(axes: &'a [ExactAxis]) -> Cover<'a> {
        Cover { axes, open: vec![axes.iter().map(|axis| axis.span).collect()], has_begun: false }
    }

    /// What is still open.
    pub fn open(&self) -> &[Region] {
        &self.open
    }

    /// The points of the next round, at most `limit`: first `given` and two opposite corners, then the middles
    /// of the largest open boxes.
    pub fn next_points(&mut self, given: Option<Vec<i64>>, limit: usize) -> Vec<Vec<i64>> {
        let limit = limit.min(ROUND);
        let mut points: Vec<Vec<i64>> = Vec::new();
        if !std::mem::replace(&mut self.has_begun, true) {
            let low = self.axes.iter().map(|axis| axis.span.low).collect();
            let high = self.axes.iter().map(|axis| axis.span.high).collect();
            for point in given.into_iter().chain([low, high]) {
                if !points.contains(&point) {
                    points.push(point);
                }
            }
        } else {
            let mut order: Vec<usize> = (0..self.open.len()).collect();
            // The largest first; the sort is stable, so equals come in the order in which they were opened.
            let size = |place: &usize| self.size(&self.open[*place]);
            order.sort_by(|one, other| size(other).total_cmp(&size(one)));
            points.extend(order.into_iter().take(limit).map(|place| self.middle(&self.open[place])));
        }
        points.truncate(limit);
        points
    }

    /// Takes a box off what is open; the pieces that it covers for the first time.
    pub fn cover(&mut self, region: &[Span]) -> Vec<Region> {
        let mut covered = Vec::new();
        let mut left = Vec::new();
        for open in std::mem::take(&mut self.open) {
            match common(&open, region) {
                None => left.push(open),
                Some(piece) => {
                    without(open, &piece, &mut left);
                    covered.push(piece);
                }
            }
        }
        self.open = left;
        covered
    }

    /// The share of the whole that a box takes, by values.
    fn size(&self, region: &[Span]) -> f64 {
        let width = |axis: &ExactAxis, span: &Span| {
            let unit = if axis.ladder == Ladder::Real { 0.0 } else { 1.0 };
            axis.ladder.value(span.high) - axis.ladder.value(span.low) + unit
        };
        let share = |(axis, span): (&ExactAxis, &Span)| {
            let whole = width(axis, &axis.span);
            if whole > 0.0 { width(axis, span) / whole } else { 1.0 }
        };
        self.axes.iter().zip(region).map(share).product()
    }

    fn middle(&self, region: &[Span]) -> Vec<i64> {
        let middle = |(axis, span): (&ExactAxis, &Span)| match axis.ladder {
            Ladder::Real => {
                let (low, high) = (axis.ladder.value(span.low), axis.ladder.value(span.high));
                axis.ladder.rung(low / 2.0 + high / 2.0 + 0.0).clamp(span.low, span.high)
            }
            Ladder::Whole | Ladder::Percent => span.low + (span.high - span.low) / 2,
        };
        self.axes.iter().zip(region).map(middle).collect()
    }
}

fn common(one: &[Span], other: &[Span]) -> Option<Region> {
    let meet = |(one, other): (&Span, &Span)| {
        let span = Span { low: one.low.max(other.low), high: one.high.min(other.high) };
        (span.low <= span.high).then_some(span)
    };
    one.iter().zip(other).map(meet).collect()
}

/// What is left of `open` beside `piece`, which lies within it: slices key by key.
fn without(mut open: Region, piece: &[Span], left: &mut Vec<Region>) {
    for place in 0..open.len() {
        let (whole, inner) = (open[place], piece[place]);
        if whole.low < inner.low {
            open[place] = Span { low: whole.low, high: inner.low - 1 };
            left.push(open.clone());
        }
        if inner.high < whole.high {
            open[place] = Span { low: inner.high + 1, high: whole.high };
            left.push(open.clone());
        }
        open[place] = inner;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::threshold_map::axis::Method;

    #[test]
    fn every_point_is_covered_once() {
        let span = Span { low: 0, high: 19 };
        let axis = ExactAxis { key: "a", ladder: Ladder::Whole, span, method: Method::Margins };
        let axes = [axis, axis];
        let mut cover = Cover::new(&axes);
        let mut count = [[0; 20]; 20];
        let mut rounds = 0;
        while !cover.open().is_empty() {
            rounds += 1;
            for point in cover.next_points(Some(vec![3, 9]), 100) {
                // Boxes of 5 by 4 around each point that overlap each other.
                let around =
                    |at: i64, reach: i64| Span { low: (at - reach).max(0), high: (at + reach).min(19) };
                for piece in cover.cover(&[around(point[0], 2), around(point[1], 1)]) {
                    for row in piece[0].low..=piece[0].high {
                        for column in piece[1].low..=piece[1].high {
                            count[row as usize][column as usize] += 1;
                        }
                    }
                }
            }
        }
        assert!(count.iter().flatten().all(|times| *times == 1), "{count:?}");
        assert!(rounds < 20, "{rounds}");
    }
}
