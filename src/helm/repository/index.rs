//! `index.yaml`: which charts a repository has, and where their archives are.

use std::path::Path;

use reqwest::Url;
use serde_json::Value as Json;

use super::RepositoryError;
use super::digest::Digest;
use super::http::{Answer, Http};
use super::kept;
use crate::gotemplate::semver::{Constraint, Version};
use crate::yaml;

/// The index of one repository.
pub(super) struct Index {
    base: Url,
    entries: Json,
}

/// One version of a chart.
pub(super) struct Entry {
    pub(super) version: String,
    pub(super) address: Url,
    /// The SHA-256 that the index promises, if it does.
    pub(super) digest: Option<Digest>,
}

impl Index {
    /// Fetches the index. One that has not changed since it was kept in `cache` is not sent again.
    pub(super) async fn fetch(http: &Http, repository: &str, cache: &Path) -> Result<Self, RepositoryError> {
        let base = base(repository)?;
        let address = base.join("index.yaml").map_err(|_| RepositoryError::Address(repository.to_owned()))?;
        let text_file =
            cache.join("indexes").join(format!("{}.yaml", Digest::compute(base.as_str().as_bytes()).hex()));
        let tag_file = text_file.with_extension("etag");
        let tag = if text_file.exists() { tokio::fs::read_to_string(&tag_file).await.ok() } else { None };
        let bytes = match http.get(address, tag.as_deref()).await? {
            Answer::Unchanged => tokio::fs::read(&text_file)
                .await
                .map_err(|source| RepositoryError::Read { path: text_file.clone(), source })?,
            Answer::Bytes { bytes, tag } => {
                if let Some(tag) = tag {
                    // The text first: a tag beside an older text would hide what is new.
                    let _ = std::fs::remove_file(&tag_file);
                    let written = match kept::write(&text_file, &bytes).await {
                        Ok(()) => kept::write(&tag_file, tag.as_bytes()).await,
                        failed => failed,
                    };
                    if let Err(error) = written {
                        tracing::warn!(%error, "an index could not be kept for the next run");
                    }
                }
                bytes
            }
        };
        let entries =
            yaml::read_json(&String::from_utf8_lossy(&bytes), yaml::Flavour::GoYamlV2).map_err(|source| {
                RepositoryError::Index { repository: super::without_password(repository), source }
            })?;
        Ok(Self { base, entries })
    }

    /// Returns the version of a chart that is meant: exactly that one if there is (a `v` before it does not count),
    /// else the newest that fits the constraint; the newest release without one.
    pub(super) fn find(&self, name: &str, wanted: Option<&str>) -> Option<Entry> {
        let versions = self.entries.get("entries")?.get(name)?.as_array()?;
        let version = |entry: &Json| entry.get("version").and_then(Json::as_str).map(str::to_owned);
        let bare = |version: &str| version.strip_prefix('v').unwrap_or(version).to_owned();
        let exact = wanted.and_then(|wanted| {
            versions.iter().find(|entry| version(entry).is_some_and(|found| bare(&found) == bare(wanted)))
        });
        let entry = if let Some(entry) = exact {
            entry
        } else {
            let texts: Vec<String> =
                versions.iter().map(|entry| version(entry).unwrap_or_default()).collect();
            &versions[newest(texts.iter().map(String::as_str), wanted.unwrap_or("*"))?]
        };
        let address = self.base.join(entry.get("urls")?.get(0)?.as_str()?).ok()?;
        let digest = entry.get("digest").and_then(Json::as_str).and_then(|text| Digest::parse(text).ok());
        Some(Entry { version: version(entry)?, address, digest })
    }
}

fn base(repository: &str) -> Result<Url, RepositoryError> {
    let base = Url::parse(&format!("{}/", repository.trim_end_matches('/')));
    base.ok()
        .filter(|base| matches!(base.scheme(), "http" | "https"))
        .ok_or_else(|| RepositoryError::Address(repository.to_owned()))
}

/// Returns the place of the newest version that fits a constraint; what is no version fits none.
pub(super) fn newest<'a>(versions: impl Iterator<Item = &'a str>, constraint: &str) -> Option<usize> {
    let constraint = constraint.parse::<Constraint>().ok()?;
    let fitting = versions.enumerate().filter_map(|(place, text)| {
        let version = text.parse::<Version>().ok().filter(|version| constraint.matches(version))?;
        Some((place, version))
    });
    let newest = fitting.reduce(|best, next| if next.1.precedence(&best.1).is_gt() { next } else { best });
    newest.map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(text: &str) -> Index {
        let entries = yaml::read_json(text, yaml::Flavour::GoYamlV2).unwrap();
        Index { base: base("https://charts.test/a").unwrap(), entries }
    }

    #[test]
    fn a_range_finds_the_newest_that_fits_and_nothing_means_the_newest_release() {
        let index = index(
            "entries: {egg: [{version: 1.2.0, urls: [a]}, {version: 1.10.0, urls: [b]}, {version: 2.0.0-rc.1, urls: [c]}]}",
        );
        let version = |wanted| index.find("egg", wanted).map(|entry| entry.version);
        assert_eq!(version(None).as_deref(), Some("1.10.0"));
        assert_eq!(version(Some("~1.2")).as_deref(), Some("1.2.0"));
        assert_eq!(version(Some(">0.0.0-0")).as_deref(), Some("2.0.0-rc.1"));
        assert_eq!(version(Some("v1.2.0")).as_deref(), Some("1.2.0"));
        assert_eq!(version(Some("3")), None);
        assert_eq!(version(Some("not a range")), None);
        assert!(index.find("other", None).is_none());
    }

    #[test]
    fn an_address_may_be_relative_to_the_repository_or_whole() {
        let index = index(
            "entries: {egg: [{version: '1', urls: [charts/egg.tgz]}], far: [{version: '1', urls: ['https://far.test/x.tgz']}]}",
        );
        assert_eq!(index.find("egg", None).unwrap().address.as_str(), "https://charts.test/a/charts/egg.tgz");
        assert_eq!(index.find("far", None).unwrap().address.as_str(), "https://far.test/x.tgz");
    }
}
