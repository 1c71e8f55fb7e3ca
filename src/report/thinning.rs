//! Which sampling instants the CSV files keep, so that a long run has files that open.

use crate::metrics::sample::{Sample, ScopeKind};

/// Up to so many instants are all kept; of more, at most so many.
pub const INSTANTS_KEPT: u64 = 4_000;

/// Two instants a bucket, and the first and the last of the run besides.
const BUCKETS: u64 = (INSTANTS_KEPT - 2) / 2;

/// Keeps of every bucket of equal length the instants with the least and the greatest `max_difference` of
/// the cluster, whole and in time order; of equal ones the earliest. The first and the last instant stay.
///
/// Samples come one by one; those to keep are handed on as soon as their bucket is over, so that at most
/// three are held at any time.
#[derive(Debug, Clone, Default)]
pub struct Thinning {
    instants: u64,
    taken: u64,
    written: u64,
    /// The latest sample: the last of the run, unless another follows.
    latest: Option<Sample>,
    bucket: u64,
    extremes: Extremes,
}

/// What a bucket keeps so far.
#[derive(Debug, Clone, Default)]
enum Extremes {
    #[default]
    Empty,
    /// Least and greatest at once.
    One(Sample),
    /// Two instants that differ; which of them came first is seen by their times.
    Two { least: Sample, greatest: Sample },
}

impl Thinning {
    /// For a run with so many sampling instants. A run that ends before keeps its last instant all the same.
    pub fn new(instants: u64) -> Self {
        Thinning { instants, ..Thinning::default() }
    }

    /// Takes the next sample, and hands on those that are now known to stay.
    pub fn push(&mut self, sample: Sample, keep: &mut impl FnMut(&Sample)) {
        self.taken += 1;
        if self.instants <= INSTANTS_KEPT || self.taken == 1 {
            self.written += 1;
            keep(&sample);
            return;
        }
        if let Some(before) = self.latest.replace(sample) {
            // `before` is not the last of the run; it is number `taken - 2` counted from 0.
            let bucket = bucket_of(self.taken - 2, self.instants);
            if bucket != self.bucket {
                self.close(keep);
                self.bucket = bucket;
            }
            self.extremes.take(before);
        }
    }

    /// Hands on what is left at the end of the run.
    pub fn finish(&mut self, keep: &mut impl FnMut(&Sample)) {
        self.close(keep);
        if let Some(last) = self.latest.take() {
            self.written += 1;
            keep(&last);
        }
    }

    /// Instants taken so far.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Instants handed on so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    fn close(&mut self, keep: &mut impl FnMut(&Sample)) {
        match std::mem::take(&mut self.extremes) {
            Extremes::Empty => {}
            Extremes::One(only) => {
                self.written += 1;
                keep(&only);
            }
            Extremes::Two { least, greatest } => {
                self.written += 2;
                let (before, after) =
                    if least.t_ms < greatest.t_ms { (&least, &greatest) } else { (&greatest, &least) };
                keep(before);
                keep(after);
            }
        }
    }
}

impl Extremes {
    /// An instant without a defined figure stays only where its bucket has no other.
    fn take(&mut self, sample: Sample) {
        *self = match (std::mem::take(self), max_difference(&sample)) {
            (Extremes::Empty, _) => Extremes::One(sample),
            (kept, None) => kept,
            (Extremes::One(only), Some(value)) => match max_difference(&only) {
                None => Extremes::One(sample),
                Some(kept) if value < kept => Extremes::Two { least: sample, greatest: only },
                Some(kept) if value > kept => Extremes::Two { least: only, greatest: sample },
                Some(_) => Extremes::One(only),
            },
            (Extremes::Two { least, greatest }, Some(value)) => {
                if max_difference(&least).is_some_and(|kept| value < kept) {
                    Extremes::Two { least: sample, greatest }
                } else if max_difference(&greatest).is_some_and(|kept| value > kept) {
                    Extremes::Two { least, greatest: sample }
                } else {
                    Extremes::Two { least, greatest }
                }
            }
        };
    }
}

/// The bucket of an instant that is neither the first nor the last of `instants`.
fn bucket_of(instant: u64, instants: u64) -> u64 {
    let between = u128::from(instants - 2);
    let position = u128::from(instant - 1) * u128::from(BUCKETS) / between;
    // A run with more instants than told of puts the rest into its last bucket.
    position.min(u128::from(BUCKETS - 1)) as u64
}

fn max_difference(sample: &Sample) -> Option<f64> {
    sample.scopes.iter().find(|scope| scope.scope == ScopeKind::Cluster)?.memory.max_difference
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::sample::ScopeSample;
    use crate::metrics::summary::{Evenness, Measures};
    use proptest::prelude::*;

    fn sample(t_ms: u64, max_difference: Option<f64>) -> Sample {
        let scope = ScopeSample {
            scope: ScopeKind::Cluster,
            name: "cluster".into(),
            nodes: 2,
            memory: Measures { max_difference, ..Measures::default() },
            rows: Evenness::default(),
            score: Evenness::default(),
            moves_in_flight: 0,
        };
        Sample { t_ms, scopes: vec![scope], nodes: Vec::new() }
    }

    fn thinned(told: u64, values: &[Option<f64>]) -> Vec<u64> {
        let mut kept = Vec::new();
        let mut thinning = Thinning::new(told);
        for (t_ms, value) in values.iter().enumerate() {
            thinning.push(sample(t_ms as u64, *value), &mut |sample| kept.push(sample.t_ms));
        }
        thinning.finish(&mut |sample| kept.push(sample.t_ms));
        assert_eq!(thinning.taken(), values.len() as u64);
        assert_eq!(thinning.written(), kept.len() as u64);
        kept
    }

    /// The same rule, looking at all instants at once.
    fn slowly_thinned(values: &[Option<f64>]) -> Vec<u64> {
        let last = values.len() - 1;
        if values.len() as u64 <= INSTANTS_KEPT {
            return (0..values.len() as u64).collect();
        }
        let mut kept = vec![0, last];
        for bucket in 0..BUCKETS {
            let inside: Vec<usize> =
                (1..last).filter(|&at| bucket_of(at as u64, values.len() as u64) == bucket).collect();
            let defined: Vec<usize> = inside.iter().copied().filter(|&at| values[at].is_some()).collect();
            let value = |at: &usize| values[*at].unwrap();
            let least = defined.iter().copied().min_by(|a, b| value(a).total_cmp(&value(b)));
            // The last of equal ones in reverse order is the earliest.
            let greatest = defined.iter().rev().copied().max_by(|a, b| value(a).total_cmp(&value(b)));
            kept.extend(least);
            kept.extend(greatest);
            if defined.is_empty() {
                kept.extend(inside.first());
            }
        }
        kept.sort_unstable();
        kept.dedup();
        kept.into_iter().map(|at| at as u64).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn thinning_as_it_goes_keeps_what_looking_at_all_would(
            drawn in prop::collection::vec(prop::option::weighted(0.8, 0_u8..20), 1..300),
            repeats in 1_usize..40,
        ) {
            let values: Vec<Option<f64>> =
                drawn.iter().cycle().take(drawn.len() * repeats).map(|value| value.map(f64::from)).collect();
            let kept = thinned(values.len() as u64, &values);
            prop_assert_eq!(&kept, &slowly_thinned(&values));
            prop_assert!(kept.len() as u64 <= INSTANTS_KEPT);
        }
    }

    #[test]
    fn up_to_the_limit_everything_stays() {
        let values = vec![Some(0.5); 4_000];
        assert_eq!(thinned(4_000, &values).len(), 4_000);
    }

    #[test]
    fn a_peak_of_one_instant_is_never_lost() {
        let mut values = vec![Some(0.1); 100_001];
        values[77_777] = Some(0.9);
        let kept = thinned(100_001, &values);
        assert!(kept.contains(&77_777));
        assert_eq!((kept[0], kept[kept.len() - 1]), (0, 100_000));
    }

    #[test]
    fn a_run_that_ends_early_keeps_its_last_instant() {
        let values = vec![Some(0.1); 5_003];
        assert_eq!(thinned(1_000_000, &values).last(), Some(&5_002));
        assert!(thinned(1_000_000, &[]).is_empty());
        assert_eq!(thinned(1_000_000, &[None]), [0]);
    }
}
