//! The proof that a store is usable: not that it calls itself ready, but that a secret comes out of it.
//!
//! A store's `Ready=True` may be hours old, or may have proven nothing: so each store has a canary, an ExternalSecret
//! that is forced to fetch anew after our last write, and whose value is compared. Events explain what went wrong
//! (the controllers put causes there and only there); they never prove. See [`prove`].

mod apart;
mod deployments;
mod dictionary;
mod proof;
mod prove;
mod status;
mod told;
mod verdict;

pub use dictionary::{Class, Explanation, explain};
pub use proof::{Canary, Proof, StoreKind};
pub use prove::{Change, VerifyError, prove};
pub use verdict::{Finding, Verdict};
