//! `eggtooth sops` as its users run it, beside the real sops 3.13.3 wherever that does the same.

#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot go on from")]

mod check;
mod children;
mod editor;
mod exit_codes;
mod git;
mod interruption;
mod nest;
mod no_op;
mod other_keys;
mod publish;
mod repository;
mod round_trip;
mod writers;
