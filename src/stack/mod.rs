//! What a stack program sees.
