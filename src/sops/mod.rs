//! SOPS documents: reading, decrypting, printing, encrypting.
//!
//! A [`Document`] is a file as it lies there, with its ciphertexts; [`decrypt`] opens it with the keys of
//! [`Identities`](crate::keys::Identities), verifies its MAC and returns a [`Plain`] tree, whose every leaf knows
//! its place and whether it was encrypted. The format is sops's own (3.13), so either tool reads what the other wrote.
//! Only age keys open anything here; other master keys are kept and named.
//!
//! age and SOPS do not prove who wrote a file: whoever knows the public recipients can make one.

mod cipher;
mod data_key;
mod decrypt;
mod document;
mod dotenv;
mod encrypt;
mod encrypt_options;
mod error;
mod flat;
mod format;
mod ini;
mod json;
mod key_group;
mod metadata;
mod opened;
mod print;
mod selector;
mod shamir;
mod tree;
mod value_path;
mod yaml;
#[cfg(test)]
mod tests;

pub use decrypt::{Plain, decrypt, decrypt_ignoring_mac};
pub use document::Document;
pub use encrypt::{Encryption, encrypt, encrypt_yaml};
pub use encrypt_options::EncryptOptions;
pub use error::{Error, Problem, ValueProblem};
pub use format::Format;
pub use key_group::{KeyGroup, OtherKey};
pub use metadata::{MasterKey, Metadata};
pub use opened::Opened;
pub use selector::Selector;
pub use tree::{Comment, Element, Entry, Item, Kind, Leaf, Scalar, Value};
pub use value_path::{PathError, Step, ValuePath};
