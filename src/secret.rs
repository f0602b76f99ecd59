//! A value that must not be seen: no `Display`, no `Serialize`, `Debug` prints `[secret]`, memory is zeroized.
//!
//! Reading one takes [`Secret::expose`], which `clippy.toml` disallows: each sink (a request body, the sealed
//! state, a file the user asked for) says with `#[expect(…, reason = "…")]` why it reads. Zeroizing is best
//! effort: buffers of TLS and HTTP are not ours.

use std::{fmt, sync::Arc};

use zeroize::{Zeroize, Zeroizing};

/// A value that is shown nowhere. A clone shares the one copy, which is zeroized with the last of them.
pub struct Secret<T: Zeroize>(Arc<Zeroizing<T>>);

impl<T: Zeroize> Secret<T> {
    /// Hides `value`.
    pub fn new(value: T) -> Self {
        Self(Arc::new(Zeroizing::new(value)))
    }

    /// Returns the value itself. Every call is a sink and needs a stated reason.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

impl<T: Zeroize + PartialEq> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Zeroize + Eq> Eq for Secret<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_value() {
        assert_eq!(format!("{:?}", Secret::new("chirp".to_owned())), "[secret]");
    }
}
