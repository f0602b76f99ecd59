//! Charts in OCI registries: `oci://HOST/PATH/NAME`, a version being a tag.

use std::pin::Pin;
use std::task::{Context, Poll};

use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::OciDescriptor;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use tokio::io::AsyncWrite;

use super::RepositoryError;
use super::access::{AGENT, Access, CONNECT, READ, read};
use super::digest::Digest;
use super::http::LIMIT;
use super::index::newest;
use super::patience::patiently;
use super::settings::Settings;

/// The scheme of such addresses.
pub(super) const SCHEME: &str = "oci://";
const CONTENT: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// What registries that know nothing of Helm called it before.
const OLD_CONTENT: &str = "application/tar+gzip";
const PROVENANCE: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";
/// As many tags as one answer may hold.
const PAGE: usize = 1000;

/// One repository of a registry: the versions of one chart.
pub(super) struct Registry {
    client: Client,
    auth: RegistryAuth,
    address: String,
    reference: Reference,
}

/// A chart as the registry has it.
pub(super) struct Pulled {
    pub(super) archive: Vec<u8>,
    pub(super) provenance: Option<Vec<u8>>,
    /// The manifest's digest.
    pub(super) digest: String,
}

impl Registry {
    /// Prepares for `oci://HOST/PATH/NAME`, with a tag or a digest behind it or not. Nothing is sent yet.
    pub(super) async fn new(
        address: &str,
        access: &Access,
        settings: &Settings,
    ) -> Result<Self, RepositoryError> {
        let bare = address.strip_prefix(SCHEME).unwrap_or(address);
        let reference: Reference = bare
            .parse()
            .map_err(|source| RepositoryError::Reference { address: address.to_owned(), source })?;
        let host = reference.registry().to_owned();
        let login = match &access.login {
            Some(login) => Some(login.clone()),
            None => settings.login(&host).await?,
        };
        let auth = login.map_or(RegistryAuth::Anonymous, |login| {
            #[expect(clippy::disallowed_methods, reason = "the Authorization header is where a login goes")]
            let password = login.password.expose().clone();
            RegistryAuth::Basic(login.username, password)
        });
        if access.identity.is_some() {
            return Err(RepositoryError::Identity);
        }
        let authorities = match &access.authorities {
            Some(path) => vec![Certificate { encoding: CertificateEncoding::Pem, data: read(path)? }],
            None => Vec::new(),
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ClientConfig {
            protocol: if access.plain_http { ClientProtocol::Http } else { ClientProtocol::Https },
            accept_invalid_certificates: access.insecure,
            extra_root_certificates: authorities,
            connect_timeout: Some(CONNECT),
            read_timeout: Some(READ),
            user_agent: AGENT,
            ..ClientConfig::default()
        };
        let client = Client::try_from(config)
            .map_err(|source| RepositoryError::Registry { address: host, source: Box::new(source) })?;
        Ok(Self { client, auth, address: bare.to_owned(), reference })
    }

    /// Returns the tag that the address itself names.
    pub(super) fn tag(&self) -> Option<&str> {
        // What names nothing means `latest` to the parser, which no chart is called.
        self.reference.tag().filter(|tag| {
            self.address.ends_with(&format!(":{tag}")) || self.address.contains(&format!(":{tag}@"))
        })
    }

    /// Says whether the address names the bytes themselves.
    pub(super) fn has_digest(&self) -> bool {
        self.reference.digest().is_some()
    }

    /// Returns the version that is meant: one that can only be meant exactly, or the newest tag that fits.
    pub(super) async fn version(&self, wanted: Option<&str>) -> Result<Option<String>, RepositoryError> {
        if let Some(wanted) = wanted
            && crate::gotemplate::semver::Version::parse_strict(wanted.strip_prefix('v').unwrap_or(wanted))
                .is_ok()
        {
            return Ok(Some(wanted.to_owned()));
        }
        // A tag cannot hold a `+`.
        let tags: Vec<String> = self.tags().await?.iter().map(|tag| tag.replace('_', "+")).collect();
        let place = newest(tags.iter().map(String::as_str), wanted.unwrap_or("*"));
        Ok(place.map(|place| tags[place].clone()))
    }

    async fn tags(&self) -> Result<Vec<String>, RepositoryError> {
        let mut tags: Vec<String> = Vec::new();
        loop {
            let last = tags.last().cloned();
            let page = patiently(|| async {
                let page =
                    self.client.list_tags(&self.reference, &self.auth, Some(PAGE), last.as_deref()).await;
                page.map_err(|error| self.error(error))
            });
            let page = page.await?.tags;
            // A registry that knows no pages sends all, every time.
            if page.is_empty() || (!tags.is_empty() && page.first() == tags.first()) {
                return Ok(tags);
            }
            let is_last = page.len() < PAGE;
            tags.extend(page);
            if is_last {
                return Ok(tags);
            }
        }
    }

    /// Pulls a version, or what the address names. The archive has the digest that the manifest says.
    pub(super) async fn pull(
        &self,
        version: Option<&str>,
        provenance: bool,
    ) -> Result<Pulled, RepositoryError> {
        let reference = match version {
            Some(version) if !self.has_digest() => Reference::with_tag(
                self.reference.registry().to_owned(),
                self.reference.repository().to_owned(),
                version.replace('+', "_"),
            ),
            _ => self.reference.clone(),
        };
        self.client.store_auth_if_needed(reference.resolve_registry(), &self.auth).await;
        let (manifest, digest) = patiently(|| async {
            let manifest = self.client.pull_image_manifest(&reference, &self.auth).await;
            manifest.map_err(|error| self.error(error))
        })
        .await?;
        let layer =
            |kinds: &[&str]| manifest.layers.iter().find(|layer| kinds.contains(&layer.media_type.as_str()));
        let Some(content) = layer(&[CONTENT, OLD_CONTENT]) else {
            return Err(RepositoryError::NoChart { address: self.address.clone() });
        };
        let archive = self.blob(&reference, content).await?;
        let provenance = match layer(&[PROVENANCE]).filter(|_| provenance) {
            Some(layer) => Some(self.blob(&reference, layer).await?),
            None => None,
        };
        Ok(Pulled { archive, provenance, digest })
    }

    async fn blob(&self, reference: &Reference, layer: &OciDescriptor) -> Result<Vec<u8>, RepositoryError> {
        let too_large = || RepositoryError::TooLarge {
            repository: self.address.clone(),
            file: layer.digest.clone(),
            limit: LIMIT,
        };
        if u64::try_from(layer.size).is_ok_and(|size| size > LIMIT) {
            return Err(too_large());
        }
        let bytes = patiently(|| async {
            let mut limited = Limited(Vec::new());
            let pulled = self.client.pull_blob(reference, layer, &mut limited).await;
            if limited.0.len() as u64 > LIMIT {
                return Err(too_large());
            }
            pulled.map_err(|error| self.error(error)).map(|()| limited.0)
        })
        .await?;
        let expected = Digest::parse(&layer.digest)?;
        if expected.of(&bytes) {
            return Ok(bytes);
        }
        Err(RepositoryError::Mismatch {
            chart: format!("{} {}", self.reference.repository(), reference.tag().unwrap_or_default()),
            place: self.address.clone(),
            expected: expected.to_string(),
            found: Digest::compute(&bytes).to_string(),
        })
    }

    fn error(&self, source: OciDistributionError) -> RepositoryError {
        RepositoryError::Registry { address: self.address.clone(), source: Box::new(source) }
    }
}

/// Takes no more than the limit and one byte.
struct Limited(Vec<u8>);

impl AsyncWrite for Limited {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if self.0.len() as u64 > LIMIT {
            return Poll::Ready(Err(std::io::ErrorKind::FileTooLarge.into()));
        }
        self.0.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
