//! `--set-literal`: one key, and all that follows is its value.

use super::{Assignment, AssignmentError};
use crate::gotemplate::Map;

/// Puts the assignment into `values`: the value's special characters are escaped, and those of the key are not.
pub(super) fn apply(text: &str, values: &Map) -> Result<(), AssignmentError> {
    let Some((key, value)) = text.split_once('=') else {
        return Err(AssignmentError::NoValue(text.to_owned()));
    };
    let mut escaped = key.replace('\\', "\\\\").replace(',', "\\,");
    escaped.push('=');
    for char in value.chars() {
        if matches!(char, '\\' | ',' | '{') {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    Assignment::String.apply(&escaped, values)
}
