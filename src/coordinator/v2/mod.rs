//! QueryCoord of 2.2 and later: a picture of the cluster, targets, checkers, and a scheduler of tasks.
//!
//! Source: `internal/querycoordv2`, as described in sections 3, 6 and 8 to 14 of the specification of 2.2 and
//! later. What it keeps between turns is [`state::QueryCoordV2`]; the other files are its deeds.

pub mod admission;
pub mod ask;
pub mod checkers;
pub mod commands;
pub mod deltas;
pub mod distribution;
pub mod executor;
pub mod in_force;
pub mod group_observer;
pub mod group_requests;
pub mod groups;
pub mod growing;
pub mod leaders;
pub mod load_balance;
pub mod loads;
mod node_scores;
pub mod merger;
pub mod load_config;
pub mod nodes;
pub mod only_replica;
pub mod pass_times;
pub mod replicas;
pub mod reserved;
pub mod scheduler;
pub mod settings;
pub mod staleness;
pub mod standing;
pub mod state;
pub mod streaming_nodes;
pub mod suspects;
pub mod target;
pub mod target_set;
pub mod task_nodes;
pub mod task_subjects;
pub mod task_table;
pub mod tasks;
pub mod tickers;
pub mod transfer;
pub mod turns;
