//! Short lists, nearly always of one or two entries, which then need no memory of their own.

use smallvec::SmallVec;

/// A list whose first two entries lie within its owner.
pub type Few<T> = SmallVec<[T; 2]>;
