//! Documents go to and fro between sops 3.13 and us.
//!
//! The oracle is built by `tests/cluster/build` and found through `EGGTOOTH_SOPS` or in the tools' cache. The
//! documents are made by a generator with a fixed seed (`EGGTOOTH_SEED` takes another).

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test stops at what it cannot go on from, says when it can't run, and looks at made-up secrets"
)]

mod changes;
mod document;
mod oracle;
mod parity;
mod tampering;
