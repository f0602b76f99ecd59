//! A verb's flags, width and precision.

use crate::gotemplate::rune::runes;

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`: names of fields.
    pub(super) plus_value: bool,
    /// `%#v`: Go syntax.
    pub(super) sharp_value: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

impl Flags {
    /// Moves `+` and `#` to their meaning under `%v`.
    pub(super) fn for_value(mut self) -> Self {
        self.sharp_value = std::mem::take(&mut self.sharp);
        self.plus_value = std::mem::take(&mut self.plus);
        self
    }

    /// Returns the flags without zero padding.
    pub(super) fn without_zero(mut self) -> Self {
        self.zero = false;
        self
    }

    /// Writes `text` padded to the width, which counts runes.
    pub(super) fn pad(&self, output: &mut Vec<u8>, text: &[u8]) {
        let Some(width) = self.width else {
            return output.extend_from_slice(text);
        };
        let missing = width.saturating_sub(runes(text).count());
        if self.minus {
            output.extend_from_slice(text);
            self.padding(output, missing);
        } else {
            self.padding(output, missing);
            output.extend_from_slice(text);
        }
    }

    /// Writes `count` padding bytes.
    pub(super) fn padding(&self, output: &mut Vec<u8>, count: usize) {
        let byte = if self.zero && !self.minus { b'0' } else { b' ' };
        output.resize(output.len() + count, byte);
    }
}
