//! The Pareto front: who is beaten by nobody in both of two figures.

/// Which of the points lie on the front, in their order: no other is at most as great in both and smaller in
/// one. Of equal points all lie on it; a point with an undefined value never does.
pub fn front(points: &[(Option<f64>, Option<f64>)]) -> Vec<bool> {
    let defined = |(a, b): &(Option<f64>, Option<f64>)| a.zip(*b);
    let mut order: Vec<(f64, f64, usize)> = Vec::with_capacity(points.len());
    order.extend(points.iter().enumerate().filter_map(|(place, point)| {
        let (a, b) = defined(point)?;
        Some((a, b, place))
    }));
    order.sort_by(|one, other| {
        one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)).then(one.2.cmp(&other.2))
    });
    let mut is_on_front = vec![false; points.len()];
    // Ascending in the first figure, a point is beaten by whoever came before it and is no greater in the
    // second, unless it is the very same point.
    let mut least: Option<(f64, f64)> = None;
    for (a, b, place) in order {
        if least.is_none_or(|(of_least, least)| b < least || (b == least && a == of_least)) {
            is_on_front[place] = true;
            least = Some((a, b));
        }
    }
    is_on_front
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every point against every other.
    fn slow(points: &[(Option<f64>, Option<f64>)]) -> Vec<bool> {
        let defined: Vec<Option<(f64, f64)>> = points.iter().map(|(a, b)| a.zip(*b)).collect();
        let beats = |one: (f64, f64), other: (f64, f64)| {
            one.0 <= other.0 && one.1 <= other.1 && (one.0 < other.0 || one.1 < other.1)
        };
        let is_free = |point| !defined.iter().flatten().any(|other| beats(*other, point));
        defined.iter().map(|point| point.is_some_and(is_free)).collect()
    }

    proptest! {
        #[test]
        fn the_front_is_what_nobody_beats(
            points in prop::collection::vec(
                (prop::option::weighted(0.9, 0_u8..6), prop::option::weighted(0.9, 0_u8..6)), 0..20)
        ) {
            let points: Vec<_> = points.into_iter().map(|(a, b)| (a.map(f64::from), b.map(f64::from))).collect();
            prop_assert_eq!(front(&points), slow(&points));
        }
    }
}
