//! What is tried again, and how often.

use std::time::Duration;

use super::RepositoryError;

const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// Does something again, after a pause, while it fails for a reason that may pass.
pub(super) async fn patiently<T, F: Future<Output = Result<T, RepositoryError>>>(
    mut act: impl FnMut() -> F,
) -> Result<T, RepositoryError> {
    let mut tries = 1;
    loop {
        match act().await {
            Err(error) if tries < TRIES && error.may_pass() => {
                tokio::time::sleep(PAUSE * tries).await;
                tries += 1;
            }
            other => return other,
        }
    }
}
