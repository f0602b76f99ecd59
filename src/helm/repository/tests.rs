use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::helm::charts_lock::PinnedChart;

fn archive() -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let text = b"apiVersion: v2\nname: egg\nversion: 1.0.0\n";
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, "egg/Chart.yaml", text.as_slice()).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

fn pinned(repository: &str) -> PinnedChart {
    PinnedChart {
        name: "egg".into(),
        repository: repository.into(),
        version: "1.0.0".into(),
        digest: Digest::compute(&archive()).to_string(),
    }
}

async fn repository(index: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = |body: Vec<u8>| ResponseTemplate::new(200).set_body_bytes(body);
    Mock::given(path("/charts/index.yaml")).respond_with(answer(index.into())).expect(1).mount(&server).await;
    Mock::given(path("/charts/egg-1.0.0.tgz")).respond_with(answer(archive())).mount(&server).await;
    server
}

const INDEX: &str = "entries: {egg: [{version: 2.0.0, urls: [x]}, {version: v1.0.0, urls: [egg-1.0.0.tgz]}]}";

#[tokio::test]
async fn a_chart_is_fetched_once_and_then_kept() {
    let server = repository(INDEX).await;
    let cache = tempfile::tempdir().unwrap();
    let charts = Charts { folder: None, cache: cache.path().to_owned(), ..Charts::default() };
    let pinned = pinned(&format!("{}/charts/", server.uri()));
    assert_eq!(charts.fetch(&pinned).await.unwrap().open().await.unwrap().name(), "egg");
    drop(server);
    assert_eq!(charts.fetch(&pinned).await.unwrap().open().await.unwrap().name(), "egg");
}

#[tokio::test]
async fn mismatch_absence_and_silence_are_told_apart() {
    let server = repository(INDEX).await;
    let cache = tempfile::tempdir().unwrap();
    let charts = Charts { folder: None, cache: cache.path().to_owned(), ..Charts::default() };
    let repository = format!("{}/charts", server.uri());

    let other = PinnedChart { digest: Digest::compute(b"").to_string(), ..pinned(&repository) };
    assert!(matches!(charts.fetch(&other).await, Err(RepositoryError::Mismatch { .. })));
    drop(server);

    let server = self::repository("entries: {}").await;
    let absent = pinned(&format!("{}/charts", server.uri()));
    assert!(matches!(charts.fetch(&absent).await, Err(RepositoryError::NotFound { .. })));

    let down = pinned("http://127.0.0.1:1");
    assert!(matches!(charts.fetch(&down).await, Err(RepositoryError::Down { .. })));
    let strange = pinned("ftp://example");
    assert!(matches!(charts.fetch(&strange).await, Err(RepositoryError::Address(_))));
}

#[tokio::test]
async fn a_folder_stands_for_all_repositories_and_digests_still_count() {
    let folder = tempfile::tempdir().unwrap();
    let charts =
        Charts { folder: Some(folder.path().to_owned()), cache: "/nonexistent".into(), ..Charts::default() };
    let pinned = pinned("https://charts.example");
    assert!(matches!(charts.fetch(&pinned).await, Err(RepositoryError::NotFound { .. })));
    std::fs::write(folder.path().join("egg-1.0.0.tgz"), archive()).unwrap();
    assert_eq!(charts.fetch(&pinned).await.unwrap().open().await.unwrap().name(), "egg");
    std::fs::write(folder.path().join("egg-1.0.0.tgz"), b"other").unwrap();
    assert!(matches!(charts.fetch(&pinned).await, Err(RepositoryError::Mismatch { .. })));
}
