//! How likely chance alone makes a result look as bad as it does: two exact rank tests.
//!
//! Both count arrangements instead of assuming a distribution, so that they are right for few numbers, for
//! many equal ones, and whatever the figure's shape.

use std::cmp::Ordering;

/// The chance that `later` ranks as high above `earlier` as it does, were all of them draws of one
/// distribution: the exact one-sided rank-sum test (Mann and Whitney), ties sharing their mean rank.
/// 1 when either sample is empty.
pub fn rank_sum(earlier: &[f64], later: &[f64]) -> f64 {
    if earlier.is_empty() || later.is_empty() {
        return 1.0;
    }
    let pooled: Vec<f64> = later.iter().chain(earlier).copied().collect();
    let ranks = doubled_ranks(&pooled);
    let observed: usize = ranks[..later.len()].iter().sum();
    let total: usize = ranks.iter().sum();
    // ways[taken][sum]: in how many ways so many of the values seen so far have this sum of ranks.
    let mut ways = vec![vec![0.0_f64; total + 1]; later.len() + 1];
    ways[0][0] = 1.0;
    for (seen, rank) in ranks.iter().enumerate() {
        for taken in (1..=later.len().min(seen + 1)).rev() {
            let (fewer, more) = ways.split_at_mut(taken);
            let (without, with) = (&fewer[taken - 1], &mut more[0]);
            for sum in *rank..=total {
                with[sum] += without[sum - rank];
            }
        }
    }
    let ways = &ways[later.len()];
    ways[observed..].iter().sum::<f64>() / ways.iter().sum::<f64>()
}

/// The chance that `differences` lean as far above 0 as they do, were each as likely to have the other sign:
/// the exact one-sided signed-rank test (Wilcoxon); differences of 0 say nothing and are left out.
/// 1 when none is left.
pub fn signed_rank(differences: &[f64]) -> f64 {
    let moved: Vec<f64> = differences.iter().copied().filter(|difference| *difference != 0.0).collect();
    let sizes: Vec<f64> = moved.iter().map(|difference| difference.abs()).collect();
    let ranks = doubled_ranks(&sizes);
    let pairs = ranks.iter().zip(&moved);
    let observed: usize = pairs.filter(|(_, difference)| **difference > 0.0).map(|(rank, _)| rank).sum();
    let total: usize = ranks.iter().sum();
    let mut ways = vec![0.0_f64; total + 1];
    ways[0] = 1.0;
    for rank in &ranks {
        for sum in (*rank..=total).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    ways[observed..].iter().sum::<f64>() / ways.iter().sum::<f64>()
}

/// Twice the rank of every value, from 2 for a smallest one; equal values share their mean rank.
fn doubled_ranks(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|left, right| values[*left].total_cmp(&values[*right]).then(left.cmp(right)));
    let mut ranks = vec![0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let is_equal = |place: &usize| values[*place].total_cmp(&values[order[from]]) == Ordering::Equal;
        let to = from + order[from..].iter().take_while(|place| is_equal(place)).count();
        for place in &order[from..to] {
            ranks[*place] = from + to + 1;
        }
        from = to;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to call `count` of the values the later ones: the share that ranks at least as high.
    fn plain_rank_sum(earlier: &[f64], later: &[f64]) -> f64 {
        let all: Vec<f64> = later.iter().chain(earlier).copied().collect();
        let above = |chosen: u32| -> f64 {
            let is_chosen = |place: usize| chosen >> place & 1 == 1;
            let mut wins = 0.0;
            for one in (0..all.len()).filter(|place| is_chosen(*place)) {
                for other in (0..all.len()).filter(|place| !is_chosen(*place)) {
                    wins += if all[one] > all[other] { 1.0 } else { 0.0 };
                    wins += if all[one] == all[other] { 0.5 } else { 0.0 };
                }
            }
            wins
        };
        let observed = above((1 << later.len()) - 1);
        let choices: Vec<u32> =
            (0..1 << all.len()).filter(|choice: &u32| choice.count_ones() as usize == later.len()).collect();
        let as_high = choices.iter().filter(|choice| above(**choice) >= observed).count();
        as_high as f64 / choices.len() as f64
    }

    /// Every way to turn the signs: the share that leans at least as far.
    fn plain_signed_rank(differences: &[f64]) -> f64 {
        let moved: Vec<f64> = differences.iter().copied().filter(|one| *one != 0.0).collect();
        let lean = |signs: u32| -> f64 {
            let mut sum = 0.0;
            for (place, one) in moved.iter().enumerate().filter(|(place, _)| signs >> place & 1 == 1) {
                for (other_place, other) in moved.iter().enumerate() {
                    sum += match one.abs().total_cmp(&other.abs()) {
                        Ordering::Greater => 1.0,
                        Ordering::Equal if place == other_place => 1.0,
                        Ordering::Equal => 0.5,
                        Ordering::Less => 0.0,
                    };
                }
            }
            sum
        };
        let signs = moved.iter().enumerate().map(|(place, one)| u32::from(*one > 0.0) << place).sum();
        let as_far = (0..1_u32 << moved.len()).filter(|turned| lean(*turned) >= lean(signs)).count();
        as_far as f64 / f64::from(1_u32 << moved.len())
    }

    fn is_near(left: f64, right: f64) -> bool {
        (left - right).abs() <= 1e-12 * right
    }

    #[test]
    fn counting_sums_is_counting_arrangements() {
        let mut state = 7_u64;
        for case in 0..60 {
            // Quarters from 0 on, many of them equal: a plain congruence is random enough here.
            let mut draw = |count: usize, spread: u64| -> Vec<f64> {
                let next = |_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (state >> 33) % (spread + 1)
                };
                (0..count).map(next).map(|quarters| quarters as f64 / 4.0).collect()
            };
            let (earlier, later) = (draw(1 + case % 6, 8), draw(1 + case % 7, 8));
            let (quick, plain) = (rank_sum(&earlier, &later), plain_rank_sum(&earlier, &later));
            assert!(is_near(quick, plain), "{earlier:?} {later:?}: {quick} {plain}");
            let differences: Vec<f64> = draw(9, 20).iter().map(|value| value - 2.5).collect();
            let (quick, plain) = (signed_rank(&differences), plain_signed_rank(&differences));
            assert!(is_near(quick, plain), "{differences:?}: {quick} {plain}");
        }
    }

    #[test]
    fn complete_separation_is_as_rare_as_one_arrangement_of_all() {
        let low: Vec<f64> = (0..20).map(f64::from).collect();
        let high: Vec<f64> = (20..40).map(f64::from).collect();
        assert!(is_near(rank_sum(&low, &high), 1.0 / 137_846_528_820.0));
        assert!(is_near(rank_sum(&high, &low), 1.0));
        assert!(is_near(signed_rank(&[0.5; 20]), 1.0 / 1_048_576.0));
    }

    #[test]
    fn nothing_to_compare_is_no_evidence() {
        assert_eq!(rank_sum(&[], &[1.0]), 1.0);
        assert_eq!(rank_sum(&[1.0], &[]), 1.0);
        assert_eq!(signed_rank(&[0.0, 0.0]), 1.0);
        assert_eq!(signed_rank(&[]), 1.0);
    }
}
