//! One file of a chart.

use std::sync::Arc;

use jiff::Timestamp;

/// A file with its path inside the chart. Clones share the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path, with `/` between its parts.
    pub name: String,
    /// The content without a byte order mark.
    pub data: Arc<[u8]>,
    /// When it was last changed, where the archive says so.
    pub modified: Option<Timestamp>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl File {
    /// Makes a file; a byte order mark is dropped.
    pub fn new(name: impl Into<String>, data: &[u8], modified: Option<Timestamp>) -> Self {
        let data = data.strip_prefix(BYTE_ORDER_MARK).unwrap_or(data);
        Self { name: name.into(), data: data.into(), modified }
    }

    /// Returns the last part of the path.
    pub fn base(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// Returns the content where it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.data).ok()
    }

    /// Returns the same file under another path.
    #[must_use]
    pub(super) fn renamed(&self, name: &str) -> Self {
        Self { name: name.to_owned(), data: Arc::clone(&self.data), modified: self.modified }
    }
}
