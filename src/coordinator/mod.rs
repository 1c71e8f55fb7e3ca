//! QueryCoord's mind: what it has heard, wants and asks for. It returns outcomes and schedules nothing.

pub mod command;
pub mod hearing;
mod key_table;
pub mod keys;
mod keys_config;
pub mod outcome;
pub mod query_coord;
pub mod v1;
