//! A finished sweep: a table for people, two tables and a tree for programs.

pub mod csv;
pub mod finding;
pub mod json;
pub mod text;
