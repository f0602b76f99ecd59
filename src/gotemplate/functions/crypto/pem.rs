//! PEM blocks as Go's `encoding/pem` writes and finds them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A block: what is between the lines `BEGIN` and `END`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) label: String,
    pub(super) bytes: Vec<u8>,
}

/// Writes a block in lines of 64.
pub(super) fn encode(label: &str, bytes: &[u8]) -> String {
    let body = STANDARD.encode(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

/// Finds the first block; headers in it are left out.
pub(super) fn decode(text: &str) -> Option<Block> {
    let (_, after) = text.split_once("-----BEGIN ")?;
    let (label, after) = after.split_once("-----")?;
    let (body, _) = after.split_once(&format!("-----END {label}-----"))?;
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.contains(": "));
    let bytes = STANDARD.decode(lines.collect::<String>()).ok()?;
    Some(Block { label: label.to_owned(), bytes })
}
