//! Where segments and channels should live: pure functions from a view to a plan.
//!
//! Whoever tests a threshold tells both sides to a [`witness::Witness`], and every plan or refusal
//! carries a [`reason::Reason`] with the numbers compared. 2.0 and 2.1 ask `memory_usage`, `allocate` and
//! `create_replicas`; 2.2 and later ask a [`BalancePolicy`] built by [`build`].

use self::balance_policy::BalancePolicy;
use self::channel_level_score::ChannelLevelScore;
use self::multi_target::MultiTarget;
use self::round_robin::RoundRobin;
use self::row_count::RowCount;
use self::score::Score;
use self::spec::Balancer;
use self::stopping::Stopping;
use crate::release::{Quirk, Release};

pub mod reason;
pub mod watch;
pub mod witness;

pub mod allocate;
pub mod allocate_channels;
mod allocate_front;
pub mod create_replicas;
pub mod memory_usage;

pub mod balance_policy;
pub mod facts;
pub mod parameters;
pub mod plan;
pub mod spec;
pub mod view;

pub mod benefit;
pub mod channel_level_score;
pub mod channel_surplus;
pub mod cost;
pub mod drain;
pub mod movable;
pub mod multi_target;
pub mod node_filter;
pub mod node_heap;
pub mod node_item;
pub mod plan_search;
pub mod round_robin;
pub mod row_count;
pub mod row_count_old;
mod row_count_sweep;
pub mod score;
pub mod score_channels;
mod score_assign;
mod score_columns;
mod score_few;
pub mod score_items;
pub mod score_old;
mod score_picks;
mod score_sweep;
pub mod shape;
pub mod sides;
pub mod stopping;
mod whole_numbers;

/// The balancer as `release` behaves: the one place that knows every policy.
pub fn build(release: Release, balancer: Balancer) -> Box<dyn BalancePolicy> {
    match balancer {
        Balancer::RoundRobin => Box::new(RoundRobin::of(release)),
        Balancer::RowCount => Box::new(RowCount::of(release)),
        Balancer::Score => Box::new(Score::of(release)),
        Balancer::MultiTarget => Box::new(MultiTarget::of(release)),
        Balancer::ChannelLevelScore => Box::new(ChannelLevelScore::of(release)),
    }
}

/// Who drains leaving nodes in `release` whatever balancer is configured; `None` = the balancer itself.
pub fn build_stopping(release: Release) -> Option<Box<dyn BalancePolicy>> {
    release.has(Quirk::StoppingBalancer).then(|| Box::new(Stopping::of(release)) as Box<dyn BalancePolicy>)
}
