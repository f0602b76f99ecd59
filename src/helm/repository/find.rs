//! A chart as a user names it, found: a path, an address, a repository's chart, or a registry's.

use std::path::PathBuf;

use reqwest::Url;

use super::access::Access;
use super::digest::Digest;
use super::http::Http;
use super::index::Index;
use super::oci::{self, Registry};
use super::settings::Settings;
use super::{Archive, RepositoryError, without_password};
use crate::helm::chart::Chart;

/// What a user wants, in the words of the command line.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// A path, `https://…/NAME.tgz`, `oci://HOST/PATH/NAME`, `REPOSITORY/NAME` (as `helm repo add` called it), or the
    /// name alone where `repository` is told.
    pub reference: String,
    /// The repository's address.
    pub repository: Option<String>,
    /// A version or a range of versions; the newest release without one.
    pub version: Option<String>,
    /// Prereleases will do, too, where no version is told.
    pub devel: bool,
    /// The signature is wanted, too.
    pub provenance: bool,
}

/// Where charts that users name are looked for.
#[derive(Clone, Debug, Default)]
pub struct Finder {
    /// The connection.
    pub access: Access,
    /// What Helm and Docker know.
    pub settings: Settings,
    /// Where indexes are kept.
    pub cache: PathBuf,
}

/// A chart that was found.
#[derive(Clone, Debug)]
pub enum Found {
    /// A folder or an archive here.
    Here(PathBuf),
    /// An archive from elsewhere.
    There(Download),
}

/// A chart's archive from a repository or a registry.
#[derive(Clone, Debug)]
pub struct Download {
    /// What the file is called there: `NAME-VERSION.tgz`.
    pub file: String,
    /// Where it is from, without a password.
    pub address: String,
    /// The repository that has it; none where the archive's own address was named.
    pub repository: Option<String>,
    /// The version, where the repository says it.
    pub version: Option<String>,
    /// The archive.
    pub archive: Archive,
    /// The manifest's digest, if it is a registry's.
    pub manifest: Option<String>,
    /// The signature, if it was wanted and there is one.
    pub provenance: Option<Vec<u8>>,
}

impl Finder {
    /// Finds a chart; one that is here is not read yet.
    pub async fn find(&self, wanted: &Wanted) -> Result<Found, RepositoryError> {
        let reference = wanted.reference.as_str();
        if wanted.repository.is_none() {
            let path = PathBuf::from(reference);
            if path.exists() {
                return Ok(Found::Here(path));
            }
            if path.is_absolute() || reference.starts_with('.') {
                let source = std::io::ErrorKind::NotFound.into();
                return Err(RepositoryError::Read { path, source });
            }
        }
        self.download(wanted).await.map(Found::There)
    }

    /// Finds a chart that is not here, and fetches it.
    pub async fn download(&self, wanted: &Wanted) -> Result<Download, RepositoryError> {
        let reference = wanted.reference.as_str();
        let version = match (&wanted.version, wanted.devel) {
            (Some(version), _) if !version.is_empty() => Some(version.as_str()),
            (_, true) => Some(">0.0.0-0"),
            _ => None,
        };
        if let Some(repository) = &wanted.repository {
            // What is known of an address counts also where it is not called by its name.
            let access = match self.settings.repository_at(repository)? {
                Some(named) => self.access.clone().or(named.access),
                None => self.access.clone(),
            };
            return self.in_repository(repository, &access, reference, version, wanted.provenance).await;
        }
        if reference.starts_with(oci::SCHEME) {
            return self.in_registry(reference, version, wanted.provenance).await;
        }
        if let Ok(address) = Url::parse(reference)
            && matches!(address.scheme(), "http" | "https")
        {
            let http = Http::new(reference, &self.access)?;
            return fetch(&http, address, None, None, wanted.provenance).await;
        }
        let (name, chart) =
            reference.split_once('/').ok_or_else(|| RepositoryError::Nowhere(reference.to_owned()))?;
        let Some(named) = self.settings.repository(name)? else {
            return Err(RepositoryError::NoRepository {
                name: name.to_owned(),
                reference: reference.to_owned(),
            });
        };
        if named.address.starts_with(oci::SCHEME) {
            let address = format!("{}/{chart}", named.address.trim_end_matches('/'));
            return self.in_registry(&address, version, wanted.provenance).await;
        }
        let access = self.access.clone().or(named.access);
        self.in_repository(&named.address, &access, chart, version, wanted.provenance).await
    }

    async fn in_repository(
        &self,
        repository: &str,
        access: &Access,
        name: &str,
        version: Option<&str>,
        provenance: bool,
    ) -> Result<Download, RepositoryError> {
        if repository.starts_with(oci::SCHEME) {
            let address = format!("{}/{name}", repository.trim_end_matches('/'));
            return self.in_registry(&address, version, provenance).await;
        }
        let http = Http::new(repository, access)?;
        let index = Index::fetch(&http, repository, &self.cache).await?;
        let Some(entry) = index.find(name, version) else {
            return Err(RepositoryError::NotFound {
                name: name.to_owned(),
                version: version.unwrap_or_default().to_owned(),
                place: without_password(repository),
            });
        };
        let mut download =
            fetch(&http, entry.address, Some(entry.version.clone()), Some(name), provenance).await?;
        download.repository = Some(without_password(repository));
        match entry.digest {
            Some(expected) if !expected.of(download.archive.bytes()) => Err(RepositoryError::Mismatch {
                chart: format!("{name} {}", entry.version),
                place: without_password(repository),
                expected: expected.to_string(),
                found: Digest::compute(download.archive.bytes()).to_string(),
            }),
            _ => Ok(download),
        }
    }

    async fn in_registry(
        &self,
        address: &str,
        version: Option<&str>,
        provenance: bool,
    ) -> Result<Download, RepositoryError> {
        let registry = Registry::new(address, &self.access, &self.settings).await?;
        let version = match (registry.tag(), registry.has_digest()) {
            (Some(tag), _) => Some(tag.replace('_', "+")),
            (None, true) => None,
            (None, false) => {
                Some(registry.version(version).await?.ok_or_else(|| RepositoryError::NotFound {
                    name: address.to_owned(),
                    version: version.unwrap_or_default().to_owned(),
                    place: "the registry".to_owned(),
                })?)
            }
        };
        let pulled = registry.pull(version.as_deref(), provenance).await?;
        let path = address.split(['@']).next().unwrap_or(address);
        let name = path.rsplit('/').next().unwrap_or(path).split(':').next().unwrap_or(path);
        // By its digest alone a chart's version is not known before it is opened.
        let version = match version {
            Some(version) => version,
            None => {
                Chart::from_archive(&pulled.archive)
                    .map_err(|source| RepositoryError::Chart { name: address.to_owned(), source })?
                    .metadata
                    .version
            }
        };
        let plain = path.strip_prefix(oci::SCHEME).unwrap_or(path);
        let plain = plain.strip_suffix(&format!(":{}", version.replace('+', "_"))).unwrap_or(plain);
        Ok(Download {
            file: format!("{name}-{version}.tgz"),
            address: format!("{plain}:{}", version.replace('+', "_")),
            repository: plain.rsplit_once('/').map(|(parent, _)| format!("{}{parent}", oci::SCHEME)),
            archive: Archive::new(format!("{name} {version}"), pulled.archive),
            version: Some(version),
            manifest: Some(pulled.digest),
            provenance: pulled.provenance,
        })
    }
}

async fn fetch(
    http: &Http,
    address: Url,
    version: Option<String>,
    name: Option<&str>,
    provenance: bool,
) -> Result<Download, RepositoryError> {
    let last = address.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default().to_owned();
    let absent = |error| match (error, name) {
        (RepositoryError::Status { repository, status: 404 | 410, .. }, Some(name)) => {
            let version = version.clone().unwrap_or_default();
            RepositoryError::NotFound { name: name.to_owned(), version, place: repository }
        }
        (error, _) => error,
    };
    let archive = http.bytes(address.clone()).await.map_err(absent)?;
    let provenance = if provenance {
        let mut signature = address.clone();
        signature.set_path(&format!("{}.prov", address.path()));
        Some(http.bytes(signature).await?)
    } else {
        None
    };
    let label = name
        .map_or_else(|| last.clone(), |name| format!("{name} {}", version.as_deref().unwrap_or_default()));
    Ok(Download {
        file: last,
        address: without_password(address.as_str()),
        repository: None,
        version,
        archive: Archive::new(label, archive),
        manifest: None,
        provenance,
    })
}
