//! How a container's process ended.

/// An exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub i32);

impl Exit {
    /// It did what it was there for.
    pub const SUCCESS: Self = Self(0);
    /// It failed.
    pub const FAILURE: Self = Self(1);
    /// It was killed: 128 and the number of SIGKILL.
    pub const KILLED: Self = Self(137);
    /// It had nothing to say to SIGTERM.
    pub const TERMINATED: Self = Self(143);
}
