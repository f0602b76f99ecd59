//! What a stack remembers: snapshot, journal, lock.
