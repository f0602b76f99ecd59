//! Recursion as deep as the input asks: charts nest as they like, and Go's stacks grow.

/// Runs `body` on a stack with room for one more level.
pub(crate) fn deepen<T>(body: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(192 * 1024, 4 * 1024 * 1024, body)
}
