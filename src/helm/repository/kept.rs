//! What was downloaded is kept for the next run.

use std::path::Path;

use crate::file::{self, Privacy};

/// Writes a file and the folders that lead to it. A killed run leaves no half file.
pub(super) async fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let (path, content) = (path.to_owned(), content.to_owned());
    let write = move || {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        file::write(&path, &content, Privacy::Usual).map_err(std::io::Error::other)
    };
    tokio::task::spawn_blocking(write).await?
}
