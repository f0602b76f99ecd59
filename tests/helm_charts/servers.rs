//! A chart repository and an OCI registry on a loopback port, which count what they are asked.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use wiremock::matchers::{basic_auth, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(super) const USER: &str = "ada";
pub(super) const PASSWORD: &str = "analytical-engine";

/// Packs a chart of this name and version.
pub(super) fn chart(name: &str, version: &str) -> Vec<u8> {
    let description = format!("apiVersion: v2\nname: {name}\nversion: {version}\ndescription: An egg\n");
    let files = [
        ("Chart.yaml", description.as_str()),
        ("values.yaml", "# How many.\neggs: 3\n"),
        ("README.md", "# Eggs\n"),
        ("crds/egg.yaml", "kind: Egg\n"),
        (
            "templates/eggs.yaml",
            "kind: ConfigMap\nmetadata: {name: eggs}\ndata: {eggs: \"{{ .Values.eggs }}\"}\n",
        ),
    ];
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    for (file, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("{name}/{file}"), text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// Serves the versions of `egg` at `/charts`, to who knows the password; the index has a tag.
pub(super) async fn repository(versions: &[&str]) -> MockServer {
    let server = MockServer::start().await;
    let mut index = "apiVersion: v1\nentries:\n  egg:\n".to_owned();
    for version in versions {
        let archive = chart("egg", version);
        let digest = sha256(&archive);
        let digest = digest.trim_start_matches("sha256:");
        let _ = writeln!(
            index,
            "  - {{apiVersion: v2, name: egg, version: {version}, digest: {digest}, urls: [egg-{version}.tgz]}}"
        );
        let file = format!("/charts/egg-{version}.tgz");
        let answer = ResponseTemplate::new(200).set_body_bytes(archive);
        Mock::given(path(file)).and(basic_auth(USER, PASSWORD)).respond_with(answer).mount(&server).await;
    }
    Mock::given(path("/charts/index.yaml"))
        .and(basic_auth(USER, PASSWORD))
        .and(header("if-none-match", "\"1\""))
        .respond_with(ResponseTemplate::new(304))
        .mount(&server)
        .await;
    let answer = ResponseTemplate::new(200).set_body_string(index).insert_header("etag", "\"1\"");
    Mock::given(path("/charts/index.yaml"))
        .and(basic_auth(USER, PASSWORD))
        .respond_with(answer)
        .mount(&server)
        .await;
    let refused = ResponseTemplate::new(401).set_body_string("who are you?");
    Mock::given(method("GET")).respond_with(refused).with_priority(10).mount(&server).await;
    server
}

/// Serves the versions of `charts/egg` as a registry, to who has a token, which is given for the password.
pub(super) async fn registry(versions: &[&str]) -> MockServer {
    let server = MockServer::start().await;
    let token = || header("authorization", "Bearer let-me-in");
    let config = br#"{"name":"egg","apiVersion":"v2"}"#;
    mount_blob(&server, config).await;
    for version in versions {
        let archive = chart("egg", version);
        mount_blob(&server, &archive).await;
        let manifest = json!({
            "schemaVersion": 2,
            "config": {
                "mediaType": "application/vnd.cncf.helm.config.v1+json",
                "digest": sha256(config),
                "size": config.len(),
            },
            "layers": [{
                "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                "digest": sha256(&archive),
                "size": archive.len(),
            }],
        })
        .to_string();
        let digest = sha256(manifest.as_bytes());
        for name in [version.replace('+', "_"), digest.clone()] {
            let answer = ResponseTemplate::new(200)
                .insert_header("docker-content-digest", digest.as_str())
                .set_body_raw(manifest.clone(), "application/vnd.oci.image.manifest.v1+json");
            Mock::given(path(format!("/v2/charts/egg/manifests/{name}")))
                .and(token())
                .respond_with(answer)
                .mount(&server)
                .await;
        }
    }
    let tags: Vec<String> = versions.iter().map(|version| version.replace('+', "_")).collect();
    let tags = ResponseTemplate::new(200).set_body_json(json!({"name": "charts/egg", "tags": tags}));
    Mock::given(path("/v2/charts/egg/tags/list")).and(token()).respond_with(tags).mount(&server).await;
    let granted = ResponseTemplate::new(200).set_body_json(json!({"token": "let-me-in"}));
    Mock::given(path("/token"))
        .and(basic_auth(USER, PASSWORD))
        .and(query_param("service", "eggs"))
        .respond_with(granted)
        .mount(&server)
        .await;
    let challenge = format!("Bearer realm=\"{}/token\",service=\"eggs\"", server.uri());
    let refused = ResponseTemplate::new(401)
        .insert_header("www-authenticate", challenge.as_str())
        .set_body_json(json!({"errors": [{"code": "UNAUTHORIZED", "message": "who are you?"}]}));
    Mock::given(method("GET")).respond_with(refused.clone()).with_priority(10).mount(&server).await;
    Mock::given(method("HEAD")).respond_with(refused).with_priority(10).mount(&server).await;
    server
}

async fn mount_blob(server: &MockServer, bytes: &[u8]) {
    let blob = ResponseTemplate::new(200).set_body_bytes(bytes);
    Mock::given(path(format!("/v2/charts/egg/blobs/{}", sha256(bytes))))
        .and(header("authorization", "Bearer let-me-in"))
        .respond_with(blob)
        .mount(server)
        .await;
}

/// A registry's login, as `docker login` and `helm registry login` write it.
pub(super) fn logins(host: &str) -> String {
    json!({"auths": {host: {"auth": STANDARD.encode(format!("{USER}:{PASSWORD}"))}}}).to_string()
}
