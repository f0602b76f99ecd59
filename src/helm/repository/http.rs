//! Charts over HTTP: the repository's `index.yaml` says where the archive is.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use serde_json::Value as Json;

use super::RepositoryError;
use crate::helm::charts_lock::PinnedChart;
use crate::yaml;

/// Indexes of large repositories have some tens of megabytes.
const LIMIT: u64 = 128 * 1024 * 1024;
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// Fetches the archive of a chart.
pub(super) async fn fetch(pinned: &PinnedChart) -> Result<Vec<u8>, RepositoryError> {
    let address = || RepositoryError::Address(pinned.repository.clone());
    let base = Url::parse(&format!("{}/", pinned.repository.trim_end_matches('/'))).map_err(|_| address())?;
    if !matches!(base.scheme(), "http" | "https") {
        return Err(address());
    }
    let index = get(&pinned.repository, base.join("index.yaml").map_err(|_| address())?, None).await?;
    let index = yaml::read_json(&String::from_utf8_lossy(&index), yaml::Flavour::GoYamlV2)
        .map_err(|source| RepositoryError::Index { repository: pinned.repository.clone(), source })?;
    let archive = address_in(&index, pinned).and_then(|archive| base.join(archive).ok());
    let Some(archive) = archive.filter(|archive| matches!(archive.scheme(), "http" | "https")) else {
        return Err(not_found(pinned));
    };
    get(&pinned.repository, archive, Some(pinned)).await
}

fn not_found(pinned: &PinnedChart) -> RepositoryError {
    RepositoryError::NotFound {
        name: pinned.name.clone(),
        version: pinned.version.clone(),
        place: pinned.repository.clone(),
    }
}

/// Returns where the index says the archive is. A `v` before a version does not count.
fn address_in<'a>(index: &'a Json, pinned: &PinnedChart) -> Option<&'a str> {
    let bare = |version: &str| version.strip_prefix('v').unwrap_or(version).to_owned();
    let versions = index.get("entries")?.get(&pinned.name)?.as_array()?;
    let entry = versions.iter().find(|entry| {
        entry.get("version").and_then(Json::as_str).is_some_and(|found| bare(found) == bare(&pinned.version))
    })?;
    entry.get("urls")?.get(0)?.as_str()
}

async fn get(
    repository: &str,
    address: Url,
    archive: Option<&PinnedChart>,
) -> Result<Vec<u8>, RepositoryError> {
    let file = address.path().to_owned();
    let mut tries = 1;
    loop {
        match once(repository, address.clone(), &file).await {
            Err(RepositoryError::Status { status: 404 | 410, .. }) if archive.is_some() => {
                return archive.map_or(Ok(Vec::new()), |pinned| Err(not_found(pinned)));
            }
            Err(error) if tries < TRIES && is_passing(&error) => {
                tokio::time::sleep(PAUSE * tries).await;
                tries += 1;
            }
            other => return other,
        }
    }
}

fn is_passing(error: &RepositoryError) -> bool {
    match error {
        RepositoryError::Down { .. } => true,
        RepositoryError::Status { status, .. } => *status == 429 || *status >= 500,
        _ => false,
    }
}

async fn once(repository: &str, address: Url, file: &str) -> Result<Vec<u8>, RepositoryError> {
    // An address may hold a password; the error must not.
    let down = |error: reqwest::Error| RepositoryError::Down {
        repository: without_password(repository),
        source: error.without_url(),
    };
    let too_large = || RepositoryError::TooLarge {
        repository: without_password(repository),
        file: file.to_owned(),
        limit: LIMIT,
    };
    let mut response = client()?.get(address).send().await.map_err(down)?;
    if response.status() != StatusCode::OK {
        return Err(RepositoryError::Status {
            repository: without_password(repository),
            status: response.status().as_u16(),
            file: file.to_owned(),
        });
    }
    if response.content_length().is_some_and(|length| length > LIMIT) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(down)? {
        body.extend_from_slice(&chunk);
        if body.len() as u64 > LIMIT {
            return Err(too_large());
        }
    }
    Ok(body)
}

fn without_password(repository: &str) -> String {
    match Url::parse(repository) {
        Ok(mut address) if address.password().is_some() => {
            let _ = address.set_password(None);
            address.into()
        }
        _ => repository.to_owned(),
    }
}

/// One client for all repositories: its setup reads the system's certificates.
fn client() -> Result<&'static Client, RepositoryError> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client);
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(30))
        .user_agent(concat!("eggtooth/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|source| RepositoryError::Down { repository: "all".into(), source })?;
    Ok(CLIENT.get_or_init(|| client))
}
