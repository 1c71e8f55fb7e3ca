//! QueryCoord's mind: what it has heard, wants and asks for. It returns outcomes and schedules nothing.

pub mod command;
pub mod hearing;
mod key_table;
pub mod keys;
mod keys_config;
pub mod outcome;
pub mod query_coord;
pub mod v1;
pub mod v2;

use crate::release::{Quirk, Release};
use keys::Config;
use query_coord::QueryCoord;
use v1::state::{Choices, Found, QueryCoordV1};
use v2::state::QueryCoordV2;

/// QueryCoord of `release`: the one place that knows both generations.
pub fn build(
    release: Release,
    choices: Choices,
    config: Config,
    seed: u64,
    found: Found,
) -> Box<dyn QueryCoord> {
    if release.has(Quirk::OnlyMemoryUsage) {
        Box::new(QueryCoordV1::new(release, choices, config, seed, found))
    } else {
        Box::new(QueryCoordV2::new(release, config, seed, !choices.is_ascending))
    }
}
