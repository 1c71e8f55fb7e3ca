//! Broken scenario files: each gives exactly the messages written beside it.
