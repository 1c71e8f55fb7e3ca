//! The clockwork: a schedule of events, named streams of chance, distributions. It knows nothing of Milvus.

pub mod distribution;
pub mod random;
pub mod schedule;

pub use distribution::{Distribution, Shape};
pub use random::Random;
pub use schedule::{Key, Schedule};
