//! Checksums of strings, in hexadecimal; Adler-32 in decimal.

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::gotemplate::{Functions, GoString};

pub(super) fn add(functions: &mut Functions) {
    functions.add("sha1sum", |text: GoString| hex::encode(Sha1::digest(&text)));
    functions.add("sha256sum", |text: GoString| hex::encode(Sha256::digest(&text)));
    functions.add("sha512sum", |text: GoString| hex::encode(Sha512::digest(&text)));
    functions.add("adler32sum", |text: GoString| adler2::adler32_slice(&text).to_string());
}
