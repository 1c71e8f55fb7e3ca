//! What a search ends with: the best setting, what it gains, how sure that is, what each key has to do with it.

use super::search::Search;
use super::space::Setting;
use crate::experiment::student::Mean;

/// Settings listed at most.
const TOP: usize = 10;

/// A setting with its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Rated {
    /// The setting.
    pub setting: Setting,
    /// Mean of its values over the seeds.
    pub mean: f64,
    /// How much worse it is than the best, seed by seed.
    pub behind: Option<Mean>,
}

/// What one key has to do with it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyRole {
    /// Share of the variance over all explored settings that the key's values explain alone, under the first
    /// seed; `None` where nothing varies.
    pub share: Option<f64>,
    /// What it costs to put the key alone back to where the scenarios have it.
    pub regret: Option<Mean>,
}

/// How a search ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The best setting, of equal ones the one that changes least.
    pub best: Rated,
    /// Whether its conditions hold in every run; else none was found with which they do.
    pub holds: bool,
    /// The scenarios as they are, and what the best gains over that (in `behind`).
    pub given: Rated,
    /// Whether the conditions hold there.
    pub given_holds: bool,
    /// Values under each seed of the best and of the scenarios as they are.
    pub by_seed: Vec<(f64, f64)>,
    /// All known settings with the same values under every seed, the best among them.
    pub equals: Vec<Setting>,
    /// Those of them that do the very same things.
    pub same_runs: usize,
    /// The next best, which is not always equal; `None` = no other is known.
    pub rival: Option<Rated>,
    /// Whether the best is clearly better than its rival at the wanted confidence.
    pub is_clear: bool,
    /// The best settings with different values, at most ten.
    pub top: Vec<Rated>,
    /// By key.
    pub roles: Vec<KeyRole>,
    /// Seeds under which the best was run.
    pub seeds: usize,
    /// Runs made.
    pub runs: usize,
    /// Settings of the grid of which the value under the first seed is known.
    pub explored: usize,
    /// Whether somebody stopped the search: better settings may not have been tried.
    pub is_stopped: bool,
}

impl Verdict {
    /// The verdict on `best` after `seeds` seeds. `None` = somebody asked to stop.
    ///
    /// # Errors
    ///
    /// Faults of a scenario with some setting.
    pub fn of(
        search: &mut Search<'_, '_>,
        best: Setting,
        seeds: usize,
    ) -> Result<Option<Verdict>, Vec<String>> {
        let mut needed = vec![best.clone(), search.space.given()];
        needed.extend(put_back(search, &best));
        if search.complete(&needed, seeds)?.is_none() {
            return Ok(None);
        }
        Ok(Some(Verdict::of_known(search, &best, seeds)))
    }

    /// The verdict on the best setting so far of a search that was stopped; `None` = there is nothing to say.
    pub fn so_far(search: &Search<'_, '_>) -> Option<Verdict> {
        let (best, seeds) = search.so_far()?;
        Some(Verdict { is_stopped: true, ..Verdict::of_known(search, &best, seeds) })
    }

    /// The verdict on `best` as far as it is known.
    fn of_known(search: &Search<'_, '_>, best: &Setting, seeds: usize) -> Verdict {
        let given = search.space.given();
        let rate = |setting: &Setting| Rated {
            setting: setting.clone(),
            mean: search.known.mean(setting, seeds).unwrap_or(f64::INFINITY),
            behind: search.difference(setting, best, seeds),
        };
        let top = top(search, seeds).iter().map(rate).collect::<Vec<Rated>>();
        let rival = top.iter().find(|rated| !is_equal(rated)).cloned();
        let equals = search.equals(best, seeds);
        let digests = search.known.digests(best, seeds);
        let same_runs =
            equals.iter().filter(|setting| search.known.digests(setting, seeds) == digests).count();
        let explored = search.known.explored();
        let shares = shares(search, &explored);
        let regret = |setting: &Setting| search.difference(setting, best, seeds);
        let roles = shares.into_iter().zip(put_back(search, best));
        let roles = roles.map(|(share, back)| KeyRole { share, regret: regret(&back) });
        let values = |setting: &Setting| search.known.values(setting, seeds).unwrap_or_default();
        Verdict {
            holds: search.known.holds(best, seeds),
            given_holds: search.known.holds(&given, seeds),
            given: rate(&given),
            by_seed: values(best).into_iter().zip(values(&given)).collect(),
            same_runs,
            equals,
            is_clear: rival.as_ref().is_none_or(|rival| {
                rival.mean == f64::INFINITY || rival.behind.is_some_and(|behind| behind.is_above_zero())
            }),
            rival,
            roles: roles.collect(),
            top,
            best: rate(best),
            seeds,
            runs: search.known.runs,
            explored: explored.iter().filter(|value| value.is_some()).count(),
            is_stopped: false,
        }
    }
}

/// `best` with one key after the other as the scenarios have it.
fn put_back(search: &Search<'_, '_>, best: &Setting) -> Vec<Setting> {
    let given = search.space.given();
    let back = |key: usize| {
        let mut setting = best.clone();
        setting[key] = given[key];
        setting
    };
    (0..best.len()).map(back).collect()
}

fn is_equal(rated: &Rated) -> bool {
    rated.behind.is_some_and(|behind| behind.mean == 0.0 && behind.reach.is_none_or(|reach| reach == 0.0))
}

/// The best settings known under all seeds; of those with equal values the one that changes least.
fn top(search: &Search<'_, '_>, seeds: usize) -> Vec<Setting> {
    let given = search.space.given();
    let all = (0..search.space.count()).map(|number| search.space.setting(number));
    let mut rated: Vec<(f64, Vec<f64>, f64, Setting)> = all
        .filter_map(|setting| {
            let values = search.known.values(&setting, seeds)?;
            let mean = values.iter().sum::<f64>() / seeds as f64;
            mean.is_finite().then(|| (mean, values, search.space.distance(&setting, &given), setting))
        })
        .collect();
    rated.sort_by(|one, other| {
        let by_values = one.1.partial_cmp(&other.1).unwrap_or(std::cmp::Ordering::Equal);
        one.0
            .total_cmp(&other.0)
            .then(by_values)
            .then(one.2.total_cmp(&other.2))
            .then_with(|| one.3.cmp(&other.3))
    });
    rated.dedup_by(|next, kept| next.1 == kept.1);
    rated.into_iter().take(TOP).map(|(_, _, _, setting)| setting).collect()
}

/// Of every key the variance of the means by its values, as a share of the whole variance.
fn shares(search: &Search<'_, '_>, explored: &[Option<f64>]) -> Vec<Option<f64>> {
    let known: Vec<(Setting, f64)> = explored
        .iter()
        .enumerate()
        .filter_map(|(number, value)| Some((search.space.setting(number), (*value)?)))
        .filter(|(_, value)| value.is_finite())
        .collect();
    let count = known.len() as f64;
    let mean = known.iter().map(|(_, value)| value).sum::<f64>() / count.max(1.0);
    let whole: f64 = known.iter().map(|(_, value)| (value - mean) * (value - mean)).sum();
    (0..search.space.keys.len())
        .map(|key| {
            let values = search.space.keys[key].values.len();
            let mut sums = vec![(0.0, 0.0); values];
            for (setting, value) in &known {
                sums[setting[key]].0 += value;
                sums[setting[key]].1 += 1.0;
            }
            let between: f64 = sums
                .iter()
                .filter(|(_, count)| *count > 0.0)
                .map(|(sum, count)| count * (sum / count - mean) * (sum / count - mean))
                .sum();
            (whole > 0.0).then(|| (between / whole).clamp(0.0, 1.0))
        })
        .collect()
}
