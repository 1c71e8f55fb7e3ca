//! Which balancer, with which parameters; which balancers a release ships, and which one it takes.

use super::parameters::Parameters;
use crate::release::{Quirk, Release};

/// The names by which Milvus finds a rule for `stoppingBalanceAssignPolicy` (2.6.10 and later).
pub const ASSIGNER_NAMES: [&str; 3] = ["round_robin", "row_count", "score_based"];

/// A balancer of 2.2 and later (section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Balancer {
    /// Fewest segments first; balances only from 2.6.10 on.
    RoundRobin,
    /// Evens the rows of each collection.
    RowCount,
    /// Evens weighted scores.
    Score,
    /// Searches a plan by cost.
    MultiTarget,
    /// Evens weighted scores among the nodes reserved for a channel.
    ChannelLevelScore,
}

impl Balancer {
    /// Every balancer.
    pub const ALL: [Balancer; 5] = [
        Balancer::RoundRobin,
        Balancer::RowCount,
        Balancer::Score,
        Balancer::MultiTarget,
        Balancer::ChannelLevelScore,
    ];

    /// Its name as value of `queryCoord.balancer`: exact, with this case.
    pub fn name(self) -> &'static str {
        match self {
            Balancer::RoundRobin => "RoundRobinBalancer",
            Balancer::RowCount => "RowCountBasedBalancer",
            Balancer::Score => "ScoreBasedBalancer",
            Balancer::MultiTarget => "MultipleTargetBalancer",
            Balancer::ChannelLevelScore => "ChannelLevelScoreBalancer",
        }
    }

    /// Whether `release` ships it as a choice; in 2.2.0 to 2.2.6 the row-count rule is hard-wired.
    pub fn is_in(self, release: Release) -> bool {
        if release.has(Quirk::OnlyMemoryUsage) {
            return false;
        }
        match self {
            Balancer::RowCount => true,
            Balancer::RoundRobin | Balancer::Score => release.has(Quirk::BalancerIsChosen),
            Balancer::MultiTarget => release.has(Quirk::ShipsMultiTarget),
            Balancer::ChannelLevelScore => release.has(Quirk::ShipsChannelLevelScore),
        }
    }

    /// The default of `release`.
    pub fn default_of(release: Release) -> Balancer {
        if !release.has(Quirk::BalancerIsChosen) {
            Balancer::RowCount
        } else if release.has(Quirk::ChannelLevelScoreIsDefault) {
            Balancer::ChannelLevelScore
        } else {
            Balancer::Score
        }
    }

    /// The balancer of this name that `release` ships; `None` where Milvus would quietly take another.
    pub fn find(release: Release, name: &str) -> Option<Balancer> {
        Balancer::ALL.into_iter().find(|balancer| balancer.name() == name && balancer.is_in(release))
    }

    /// The balancer that `release` really takes for a configured name, unknown names included.
    pub fn taken_for(release: Release, name: &str) -> Balancer {
        if !release.has(Quirk::BalancerIsChosen) {
            return Balancer::RowCount;
        }
        let fallback = if release.has(Quirk::UnknownBalancerIsRowCount) {
            Balancer::RowCount
        } else {
            Balancer::default_of(release)
        };
        Balancer::find(release, name).unwrap_or(fallback)
    }
}

/// A balancer with its parameters: what a scenario, a sweep or a command line chooses.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicySpec {
    /// The balancer.
    pub balancer: Balancer,
    /// Its parameters.
    pub parameters: Parameters,
}

impl PolicySpec {
    /// What `release` ships.
    pub fn shipped(release: Release) -> PolicySpec {
        PolicySpec { balancer: Balancer::default_of(release), parameters: Parameters::shipped(release) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(text: &str) -> Release {
        text.parse().expect("a known release")
    }

    #[test]
    fn releases_ship_their_balancers_and_defaults() {
        assert_eq!(Balancer::default_of(v("2.2.6")), Balancer::RowCount);
        assert_eq!(Balancer::default_of(v("2.2.7")), Balancer::Score);
        assert_eq!(Balancer::default_of(v("2.6.19")), Balancer::Score);
        assert_eq!(Balancer::default_of(v("2.6.20")), Balancer::ChannelLevelScore);
        assert_eq!(Balancer::default_of(v("master")), Balancer::ChannelLevelScore);
        assert!(!Balancer::MultiTarget.is_in(v("2.3.15")));
        assert!(Balancer::MultiTarget.is_in(v("2.4.0")));
        assert!(!Balancer::ChannelLevelScore.is_in(v("2.4.1")));
    }

    #[test]
    fn unknown_names_end_where_each_release_puts_them() {
        for (release, taken) in [
            ("2.3.5", Balancer::RowCount),
            ("2.4.2", Balancer::RowCount),
            ("2.4.3", Balancer::Score),
            ("2.6.19", Balancer::Score),
            ("2.6.20", Balancer::ChannelLevelScore),
        ] {
            assert_eq!(Balancer::taken_for(v(release), "MultiTargetBalancer"), taken, "{release}");
            assert_eq!(Balancer::find(v(release), "MultiTargetBalancer"), None);
        }
    }
}
