//! SOPS documents: reading, decrypting, printing, encrypting, changing.
//!
//! A [`Document`] is a file as it lies there, with its ciphertexts. [`Document::open`] opens it with the keys of
//! [`Identities`](crate::keys::Identities) and verifies its MAC; the [`Opened`] document has a [`Plain`] tree, whose
//! every leaf knows its place and whether it was encrypted, and verbs that write the file anew. [`encrypt`] makes a
//! new one. The format is sops's own (3.13), so either tool reads what the other wrote. Only age keys open anything
//! here; other master keys are kept and named.
//!
//! Nothing is written out from a tree as long as the text's layout allows to replace values where they stand: a text
//! with its places is a `Source`, `seal` and `unseal` lead from one to another, and what was written is read back
//! before it is handed out.
//!
//! age and SOPS do not prove who wrote a file: whoever knows the public recipients can make one.

mod change;
mod cipher;
mod convert;
mod data_key;
mod decrypt;
mod document;
mod dotenv;
mod edit;
mod edit_keys;
mod encrypt;
mod encrypt_options;
mod error;
mod exposed;
mod fields;
mod flat;
mod format;
mod ini;
mod json;
mod key_group;
mod metadata;
mod object;
mod opened;
mod places;
mod print;
mod rekey;
mod reuse;
pub mod rules;
mod seal;
mod sealed_group;
mod section;
mod selector;
mod shamir;
mod source;
mod tree;
mod unseal;
mod value_path;
mod yaml;
#[cfg(test)]
mod tests;

pub use convert::convert;
pub use decrypt::{Plain, decrypt, decrypt_ignoring_mac};
pub use document::Document;
pub use encrypt::encrypt;
pub use encrypt_options::EncryptOptions;
pub use error::{Error, Problem, ValueProblem};
pub use format::Format;
pub use key_group::{KeyGroup, OtherKey};
pub use metadata::{MasterKey, Metadata};
pub use opened::Opened;
pub use selector::Selector;
pub use tree::{Comment, Element, Entry, Item, Kind, Leaf, Scalar, Value};
pub use value_path::{PathError, Step, ValuePath};
