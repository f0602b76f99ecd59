//! What Eggtooth reads and writes text with: [`yaml`], [`esc`] for what an environment's document says in it, and [`diagnostic`] for
//! what is wrong.
//!
//! All are modules of the crate `eggtooth`, whose map says where they stand. They are a crate of their own because a crate is
//! the smallest thing that can be compiled for speed, while the program as a whole is compiled for size.

pub mod diagnostic;
pub mod esc;
pub mod yaml;
