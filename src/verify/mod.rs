//! The proof that a store is usable.
