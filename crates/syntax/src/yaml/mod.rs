//! YAML with positions, resolved and written as Go does.
//!
//! Three dialects meet here: Helm reads and writes with go-yaml v2 (YAML 1.1), SOPS and Pulumi ESC with go-yaml
//! v3. So parsing resolves nothing: a [`Scalar`] keeps its text and style, and what it means is asked for later,
//! with a [`Flavour`]. Every [`Node`] knows its [`Span`](crate::diagnostic::Span) in the source.

mod emitter;
mod error;
mod json;
mod node;
mod number;
mod parser;
mod resolve;
mod stream;
mod timestamp;

pub use emitter::{Emitter, Layout, emit_json, natural_order};
pub use error::Error;
pub use json::{alias_targets, to_json};
pub use node::{Comment, Document, Kind, Node, Placement, Scalar, Style, Tag};
pub use number::{format_float, format_json_float};
pub use parser::{parse, parse_first, parse_with_comments};
pub use resolve::{Flavour, Resolved, TagMismatch, resolve};
pub use stream::{read_json, read_json_stream};
pub use timestamp::Timestamp;
