//! What a program wants and a provider brings about: names, values, outputs, options, the provider's contract.
//!
//! A [`Resource`] is data: a [`Urn`], inputs as a [`Value`] (secrets and not yet known parts are marked in it) and
//! [`Options`]. A [`Provider`] knows one type of resource: it says what a resource needs and brings, reads the live
//! ones in a batch, decides purely what would change, and applies. Nothing here does I/O.

mod access;
mod change;
mod decode;
mod gate;
mod json;
mod kind;
mod need;
mod options;
mod output;
mod permit;
mod provider;
mod urn;
mod value;

pub use access::{Access, Target};
pub use change::{Change, Child, Collateral, FieldChange, Operation};
pub use decode::{DecodeError, decode};
pub use gate::{Gate, GateError};
pub use json::{redacted, revealed};
pub use kind::{Kind, Kinds};
pub use need::{Brings, GroupKind, Need, ObjectName};
pub use options::Options;
pub use output::{Expression, Output};
pub use permit::{Forbidden, Permit, Permitted};
pub use provider::{
    Applied, Apply, Delete, Inputs, Known, Live, Progress, Provider, ProviderError, Record, Silent,
};
pub use urn::{Urn, UrnError};
pub use value::{Map, Number, Value};

/// One thing that a program wants to exist.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name in the whole of all environments.
    pub urn: Urn,
    /// What it is made of.
    pub inputs: Inputs,
    /// How the engine treats it.
    pub options: Options,
}
