//! The clockwork: a schedule of events, named streams of chance, distributions. It knows nothing of Milvus.

pub mod distribution;
pub mod numbered;
pub mod random;
pub mod schedule;
