//! The search: the first seed explores, further seeds race those that are left, a last walk looks around.
//!
//! All settings meet the same seeds, so that what chance does to both falls out of their difference. A run
//! stands for every setting with which it would be the same, and is never made twice.

use super::known::{Job, Known, Outcome};
use super::space::{Setting, Space};
use crate::experiment::student::Mean;

/// Runs of one round: a fixed number, so that what is run does not depend on how many threads run it.
const ROUND: usize = 4;
/// Share of the runs that explore under the first seed.
const EXPLORING: f64 = 0.5;
/// Share of the runs that are kept for the last walk.
const WALKING: f64 = 0.2;
/// Rounds that look at what is far before any looks at what is close; later every third does.
const FAR_ROUNDS: usize = 4;
/// Below so many seeds nothing counts as clear.
const SEEDS_MIN: usize = 3;

/// Makes runs; `None` = somebody asks to stop.
pub type Runner<'a> = dyn FnMut(&[Job]) -> Result<Option<Vec<Outcome>>, Vec<String>> + 'a;

/// How much may be done, and how sure the end shall be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Most runs.
    pub runs_max: usize,
    /// Most seeds.
    pub seeds_max: usize,
    /// Wanted confidence, between 0 and 1.
    pub confidence: f64,
}

/// The search under way.
pub struct Search<'s, 'r> {
    /// The settings.
    pub space: &'s Space,
    /// What is known.
    pub known: Known<'s>,
    limits: Limits,
    run: &'r mut Runner<'r>,
}

/// Whether the search goes on.
type Step = Result<Option<()>, Vec<String>>;

impl<'s, 'r> Search<'s, 'r> {
    /// A search that has not begun.
    pub fn new(
        space: &'s Space,
        known: Known<'s>,
        limits: Limits,
        run: &'r mut Runner<'r>,
    ) -> Search<'s, 'r> {
        Search { space, known, limits, run }
    }

    /// Searches; the best setting of the grid and the number of seeds under which it is known. `None` =
    /// somebody asked to stop.
    ///
    /// # Errors
    ///
    /// Faults of a scenario with some setting.
    pub fn best(&mut self) -> Result<Option<(Setting, usize)>, Vec<String>> {
        let given = self.space.given();
        if self.make(self.known.missing(&given, 1))?.is_none() || self.explore()?.is_none() {
            return Ok(None);
        }
        let Some((mut best, seeds)) = self.race()? else { return Ok(None) };
        if self.walk(&mut best, seeds)?.is_none() {
            return Ok(None);
        }
        let best = self.nearest_equal(best, seeds);
        Ok(Some((best, seeds)))
    }

    /// The best setting so far of a search that was stopped, and the number of seeds under which it is known:
    /// those under which the scenarios as they are have been run. `None` = not even under the first.
    pub fn so_far(&self) -> Option<(Setting, usize)> {
        let given = self.space.given();
        let is_known = |seeds: &usize| self.known.values(&given, *seeds).is_some();
        let seeds = (1..=self.limits.seeds_max).take_while(is_known).last()?;
        let mut known = self.known_settings();
        known.retain(|setting| self.known.values(setting, seeds).is_some());
        self.sort(&mut known, seeds);
        known.into_iter().next().map(|best| (best, seeds))
    }

    /// Makes runs, round by round, as far as the limit allows.
    fn make(&mut self, jobs: Vec<Job>) -> Step {
        for round in jobs.chunks(ROUND) {
            // An earlier round may have come upon them.
            let is_new = |job: &&Job| self.known.outcome(job.scenario, job.seed, &job.setting).is_none();
            let new: Vec<Job> = round.iter().filter(is_new).cloned().collect();
            let Some(outcomes) = (self.run)(&new)? else { return Ok(None) };
            for (job, outcome) in new.iter().zip(outcomes) {
                self.known.add(job, outcome);
            }
        }
        Ok(Some(()))
    }

    fn left(&self) -> usize {
        self.limits.runs_max.saturating_sub(self.known.runs)
    }

    /// Looks at the whole grid under the first seed: first far from all that is known, then mostly close to
    /// the best.
    fn explore(&mut self) -> Step {
        let share = if self.limits.seeds_max > 1 { EXPLORING } else { 1.0 - WALKING };
        let until = (self.limits.runs_max as f64 * share) as usize;
        let mut round = 0;
        while self.known.runs < until.max(1) {
            let explored = self.known.explored();
            let is_far = round < FAR_ROUNDS || round % 3 == 0;
            let points = if is_far { self.far(&explored) } else { self.close(&explored) };
            if points.is_empty() {
                break;
            }
            let jobs = points.iter().flat_map(|point| self.known.missing(point, 1)).collect();
            if self.make(jobs)?.is_none() {
                return Ok(None);
            }
            round += 1;
        }
        Ok(Some(()))
    }

    /// Unknown settings each as far as can be from all runs and from each other; equally far ones by number.
    fn far(&self, explored: &[Option<f64>]) -> Vec<Setting> {
        let runs: Vec<Vec<Vec<f64>>> =
            self.known.runs_of(0, 0).iter().map(|run| self.space.distances(&run.reaches)).collect();
        let to_run = |setting: &Setting, run: &Vec<Vec<f64>>| -> f64 {
            setting.iter().zip(run).map(|(place, distances)| distances[*place]).sum()
        };
        let mut open: Vec<(Setting, f64)> = unknown(self.space, explored)
            .map(|setting| {
                let distance = runs.iter().map(|run| to_run(&setting, run)).fold(f64::INFINITY, f64::min);
                (setting, distance)
            })
            .collect();
        let mut chosen: Vec<Setting> = Vec::new();
        while chosen.len() < ROUND && !open.is_empty() {
            let farther = |best: usize, next: usize| if open[next].1 > open[best].1 { next } else { best };
            let (setting, _) = open.swap_remove((0..open.len()).reduce(farther).unwrap_or(0));
            for (other, distance) in &mut open {
                *distance = distance.min(self.space.distance(&setting, other));
            }
            chosen.push(setting);
        }
        chosen
    }

    /// Unknown settings closest to the best known ones.
    fn close(&self, explored: &[Option<f64>]) -> Vec<Setting> {
        let mut known: Vec<(f64, usize)> =
            explored.iter().enumerate().filter_map(|(number, value)| Some(((*value)?, number))).collect();
        known.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let mut tops: Vec<(f64, Setting)> = Vec::new();
        for (value, number) in known {
            if tops.len() == 2 * ROUND {
                break;
            }
            // Of equal ones a few stand for all.
            if tops.iter().filter(|(top, _)| *top == value).count() < ROUND {
                tops.push((value, self.space.setting(number)));
            }
        }
        let mut open: Vec<(f64, f64, Setting)> = unknown(self.space, explored)
            .map(|setting| {
                let nearest = tops.iter().enumerate().map(|(rank, (_, top))| {
                    // A worse one has to be closer.
                    (self.space.distance(&setting, top) * (1.0 + rank as f64 / ROUND as f64), rank as f64)
                });
                let (distance, rank) = nearest
                    .fold((f64::INFINITY, 0.0), |best, next| if next.0 < best.0 { next } else { best });
                (distance, rank, setting)
            })
            .collect();
        open.sort_by(|one, other| {
            one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)).then_with(|| one.2.cmp(&other.2))
        });
        open.into_iter().take(ROUND).map(|(_, _, setting)| setting).collect()
    }

    /// Gives those that are left more and more seeds, the best first, and drops who falls behind.
    fn race(&mut self) -> Result<Option<(Setting, usize)>, Vec<String>> {
        let kept = (self.limits.runs_max as f64 * WALKING) as usize;
        let mut seeds = 1;
        let mut racing: Vec<Setting> = self.known_settings();
        self.sort(&mut racing, seeds);
        while seeds < self.limits.seeds_max {
            let next = (seeds * 2).min(self.limits.seeds_max);
            let stages = doublings(seeds, self.limits.seeds_max);
            let budget = self.left().saturating_sub(kept) / stages;
            let until = self.known.runs + budget;
            for group in racing.chunks(ROUND) {
                let jobs: Vec<Job> =
                    group.iter().flat_map(|setting| self.known.missing(setting, next)).collect();
                // The first group, in which the best is, always goes on.
                let is_first = std::ptr::eq(group.as_ptr(), racing.as_ptr());
                if (!is_first || self.left() == 0) && self.known.runs + jobs.len() > until {
                    continue;
                }
                if self.make(jobs)?.is_none() {
                    return Ok(None);
                }
            }
            let known: Vec<Setting> =
                racing.iter().filter(|setting| self.known.values(setting, next).is_some()).cloned().collect();
            if known.is_empty() {
                break;
            }
            seeds = next;
            racing = known;
            self.sort(&mut racing, seeds);
            self.drop_the_clearly_worse(&mut racing, seeds);
            if seeds >= SEEDS_MIN && self.is_settled(&racing, seeds) {
                break;
            }
        }
        let best = racing.into_iter().next().unwrap_or_else(|| self.space.setting(0));
        Ok(Some((best, seeds)))
    }

    fn known_settings(&self) -> Vec<Setting> {
        let explored = self.known.explored();
        let known = explored.iter().enumerate().filter(|(_, value)| value.is_some());
        known.map(|(number, _)| self.space.setting(number)).collect()
    }

    /// Best mean first; equals by how little they change, then in their order.
    fn sort(&self, settings: &mut Vec<Setting>, seeds: usize) {
        let given = self.space.given();
        let mut keyed: Vec<(f64, f64, Setting)> = std::mem::take(settings)
            .into_iter()
            .map(|setting| {
                let mean = self.known.mean(&setting, seeds).unwrap_or(f64::INFINITY);
                (mean, self.space.distance(&setting, &given), setting)
            })
            .collect();
        keyed.sort_by(|one, other| {
            one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)).then_with(|| one.2.cmp(&other.2))
        });
        *settings = keyed.into_iter().map(|(_, _, setting)| setting).collect();
    }

    /// How much worse `other` is than `best`, seed by seed.
    pub fn difference(&self, other: &[usize], best: &[usize], seeds: usize) -> Option<Mean> {
        let pairs = self.known.values(other, seeds)?.into_iter().zip(self.known.values(best, seeds)?);
        let differences: Vec<f64> =
            pairs.map(|(other, best)| if other == best { 0.0 } else { other - best }).collect();
        Mean::of(&differences, self.limits.confidence)
    }

    fn drop_the_clearly_worse(&self, racing: &mut Vec<Setting>, seeds: usize) {
        let Some(best) = racing.first().cloned() else { return };
        racing.retain(|setting| {
            let difference = self.difference(setting, &best, seeds);
            let is_worse = difference.is_some_and(|difference| {
                difference.mean == f64::INFINITY || (seeds >= SEEDS_MIN && difference.is_above_zero())
            });
            !is_worse
        });
    }

    /// Whether all that still race have always been equal.
    fn is_settled(&self, racing: &[Setting], seeds: usize) -> bool {
        racing.iter().all(|setting| {
            let difference = self.difference(setting, &racing[0], seeds);
            difference.is_some_and(|difference| difference.mean == 0.0 && difference.reach == Some(0.0))
        })
    }

    /// From the best to a better neighbour, as long as there is one.
    fn walk(&mut self, best: &mut Setting, seeds: usize) -> Step {
        loop {
            let mut here = self.known.mean(best, seeds).unwrap_or(f64::INFINITY);
            let start = here;
            for neighbour in self.space.neighbours(best) {
                for seed in 1..=seeds {
                    let jobs = self.known.missing(&neighbour, seed);
                    if jobs.len() > self.left() {
                        return Ok(Some(()));
                    }
                    if self.make(jobs)?.is_none() {
                        return Ok(None);
                    }
                    let difference = self.difference(&neighbour, best, seed);
                    let is_behind = difference.is_none_or(|difference| difference.mean > 0.0);
                    if is_behind && seed >= SEEDS_MIN.min(seeds) {
                        break;
                    }
                }
                if let Some(mean) = self.known.mean(&neighbour, seeds).filter(|mean| *mean < here) {
                    here = mean;
                    *best = neighbour;
                }
            }
            if here.total_cmp(&start).is_ge() {
                return Ok(Some(()));
            }
        }
    }

    /// Of all known settings with the same values under every seed the one that changes least.
    fn nearest_equal(&self, best: Setting, seeds: usize) -> Setting {
        let mut equal: Vec<Setting> = self.equals(&best, seeds);
        self.sort(&mut equal, seeds);
        equal.into_iter().next().unwrap_or(best)
    }

    /// All known settings of the grid with the same values under every seed as `best`.
    pub fn equals(&self, best: &[usize], seeds: usize) -> Vec<Setting> {
        let values = self.known.values(best, seeds);
        let all = (0..self.space.count()).map(|number| self.space.setting(number));
        all.filter(|setting| values.is_some() && self.known.values(setting, seeds) == values).collect()
    }

    /// Makes what is missing of some settings, beyond the limit if need be.
    ///
    /// # Errors
    ///
    /// Faults of a scenario with some setting.
    pub fn complete(&mut self, settings: &[Setting], seeds: usize) -> Step {
        let jobs = settings.iter().flat_map(|setting| self.known.missing(setting, seeds)).collect();
        self.make(jobs)
    }
}

/// How often `seeds` is doubled until it is at least `most`; at least once.
fn doublings(seeds: usize, most: usize) -> usize {
    let mut doublings = 1;
    while seeds << doublings < most {
        doublings += 1;
    }
    doublings
}

fn unknown<'a>(space: &'a Space, explored: &'a [Option<f64>]) -> impl Iterator<Item = Setting> + 'a {
    let open = explored.iter().enumerate().filter(|(_, value)| value.is_none());
    open.map(|(number, _)| space.setting(number))
}
