//! The meter against a slow, plain reckoning, over clusters driven by hand.

mod answers;
mod driven;
mod laws;
mod move_laws;
mod plain;
