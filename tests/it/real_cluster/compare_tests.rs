//! Comparisons of hand-made recordings: what is equal passes, and each kind of difference is named.
