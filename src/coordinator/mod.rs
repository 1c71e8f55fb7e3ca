//! QueryCoord's mind: what it has heard, wants and asks for. It returns outcomes and schedules nothing.

pub mod command;
mod key_table;
pub mod keys;
