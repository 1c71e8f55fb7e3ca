//! QueryCoord's mind: what it has heard, wants and asks for. It returns outcomes and schedules nothing.

pub mod command;
mod facts;
pub mod hearing;
mod key_table;
pub mod keys;
mod keys_config;
pub mod outcome;
pub mod query_coord;
pub mod v1;
pub mod v2;

use crate::policy::balance_policy::BalancePolicy;
use crate::release::{Quirk, Release};
use keys::Config;
use query_coord::QueryCoord;
use v1::state::{Choices, Found, QueryCoordV1};
use v2::state::QueryCoordV2;

/// QueryCoord of a release of 2.2 or later in which nothing is skipped: the slow twin for tests.
pub fn naive(release: Release, choices: Choices, config: Config, seed: u64) -> Box<dyn QueryCoord> {
    Box::new(QueryCoordV2::new(release, config, seed, !choices.is_ascending).naive())
}

/// QueryCoord of `release`: the one place that knows both generations. A policy of one's own takes the place
/// of the configured balancer for the whole run.
pub fn build(
    release: Release,
    choices: Choices,
    config: Config,
    seed: u64,
    found: Found,
    own: Option<Box<dyn BalancePolicy>>,
) -> Box<dyn QueryCoord> {
    if release.has(Quirk::OnlyMemoryUsage) {
        let coordinator = QueryCoordV1::new(release, choices, config, seed, found);
        Box::new(match own {
            Some(policy) => coordinator.with_policy(policy, seed),
            None => coordinator,
        })
    } else {
        let coordinator = QueryCoordV2::new(release, config, seed, !choices.is_ascending);
        Box::new(match own {
            Some(policy) => coordinator.with_policy(policy),
            None => coordinator,
        })
    }
}
