//! How much a chart may hold, so that an archive of a few kilobytes cannot fill the memory.

use super::ChartError;

/// All files of a chart and of the archives in it, unpacked: Helm's own limit.
const BYTES: u64 = 100 * 1024 * 1024;
/// Far beyond any real chart (the largest known has about 2,000).
const FILES: usize = 20_000;
/// Charts within charts.
pub(super) const DEPTH: usize = 16;

/// What is left to read.
pub(super) struct Budget {
    bytes: u64,
    files: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: BYTES, files: FILES }
    }
}

impl Budget {
    /// Returns how many bytes may still be read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes a file of `bytes` off.
    pub(super) fn spend(&mut self, bytes: u64) -> Result<(), ChartError> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(ChartError::TooLarge { limit: BYTES })?;
        self.files = self.files.checked_sub(1).ok_or(ChartError::TooManyFiles { limit: FILES })?;
        Ok(())
    }
}
