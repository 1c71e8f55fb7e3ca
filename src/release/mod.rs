//! Which Milvus release is simulated, and one table of what is peculiar to which release.

mod quirk;
mod table;
mod version;

// The two names that the whole crate asks for; where they live inside this room concerns nobody.
pub use quirk::Quirk;
pub use version::Release;
