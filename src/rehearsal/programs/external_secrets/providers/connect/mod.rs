//! 1Password Connect, as the operator's provider calls it.

mod item;
mod provider;
mod push;
mod rest;
#[cfg(test)]
mod tests;

pub(super) use provider::Connect;
