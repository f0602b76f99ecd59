//! The way of a request through the table.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request, Response};
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::clock::{Clock, VirtualTime};

use super::{Backend, Handler, Network, NetworkError, Service, Trust};

fn clock() -> Clock {
    VirtualTime::new("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()).clock()
}

fn says(text: &'static str) -> Arc<dyn Handler> {
    Arc::new(move |_: Request<Bytes>| -> BoxFuture<'static, Response<Bytes>> {
        Box::pin(async move { Response::new(Bytes::from_static(text.as_bytes())) })
    })
}

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

async fn answer(network: &Network, url: &str) -> Result<Bytes, String> {
    network.call(get(url)).await.map(Response::into_body).map_err(|error| error.to_string())
}

fn service(ready: &[Ipv4Addr]) -> Service {
    Service {
        address: Some(Ipv4Addr::new(10, 96, 0, 7)),
        ports: vec![(80, "http".into())],
        backends: vec![Backend { ports: BTreeMap::from([("http".into(), 8080)]), ready: ready.to_vec() }],
    }
}

fn publish(network: &Network, service: Service) {
    network.set_services(BTreeMap::from([(("op".to_owned(), "connect".to_owned()), service)]));
}

#[tokio::test]
async fn a_service_leads_to_the_ports_of_its_ready_pods_in_turn() {
    let network = Network::new(clock());
    let _one = network.listen("op", "a", 8080, says("one"));
    let _two = network.listen("op", "b", 8080, says("two"));
    publish(&network, service(&[network.attach("op", "a"), network.attach("op", "b")]));
    let mut answers = Vec::new();
    for url in [
        "http://connect.op/x",
        "http://connect.op.svc.cluster.local",
        "http://10.96.0.7/",
        "http://10.244.0.1:8080",
    ] {
        answers.push(answer(&network, url).await.unwrap());
    }
    assert_eq!(answers, ["two", "one", "two", "one"]);
    assert_eq!(answer(&network.within("op"), "http://connect/").await.unwrap(), "one");
}

#[tokio::test]
async fn what_cannot_be_reached_says_so_as_go_does() {
    let network = Network::new(clock());
    let error = async |url: &str| answer(&network, url).await.unwrap_err();
    let missing = "http://connect.op.svc.cluster.local:8080/v1/vaults";
    assert_eq!(
        NetworkError::NoSuchHost("connect.op.svc.cluster.local".into()).text(&Method::GET, missing),
        format!("Get \"{missing}\": {}", error(missing).await)
    );
    assert_eq!(
        error(missing).await,
        "dial tcp: lookup connect.op.svc.cluster.local on 10.96.0.10:53: no such host"
    );
    publish(&network, service(&[]));
    assert_eq!(error("http://connect.op").await, "dial tcp 10.96.0.7:80: connect: connection refused");
    assert_eq!(error("http://10.244.0.1:8080").await, "dial tcp 10.244.0.1:8080: connect: no route to host");
    network.attach("op", "a");
    assert_eq!(
        error("http://10.244.0.1:8080").await,
        "dial tcp 10.244.0.1:8080: connect: connection refused"
    );
}

#[tokio::test]
async fn a_headless_service_is_its_pods() {
    let network = Network::new(clock());
    let _guard = network.listen("op", "a", 8080, says("one"));
    publish(&network, Service { address: None, ..service(&[network.attach("op", "a")]) });
    assert_eq!(answer(&network, "http://connect.op:8080").await.unwrap(), "one");
    publish(&network, Service { address: None, ..service(&[]) });
    assert!(answer(&network, "http://connect.op:8080").await.unwrap_err().ends_with("no such host"));
}

#[tokio::test]
async fn the_api_server_names_the_service_that_nobody_serves() {
    let network = Network::new(clock());
    let call = async || {
        let request = get("https://connect.op.svc:80/validate");
        network
            .call_service("op", "connect", request, &Trust::Anything)
            .await
            .map_err(|error| error.to_string())
    };
    assert_eq!(call().await.unwrap_err(), "service \"connect\" not found");
    publish(&network, service(&[]));
    assert_eq!(call().await.unwrap_err(), "no endpoints available for service \"connect\"");
}

#[tokio::test]
async fn a_server_that_goes_away_leaves_its_callers_without_an_answer() {
    let network = Network::new(clock());
    let hang =
        |_: Request<Bytes>| -> BoxFuture<'static, Response<Bytes>> { Box::pin(std::future::pending()) };
    let guard = network.listen("op", "a", 80, Arc::new(hang));
    let call = network.call(get("http://10.244.0.1/"));
    let (result, ()) = tokio::join!(call, async { drop(guard) });
    assert_eq!(result.unwrap_err(), NetworkError::Closed);
    assert!(answer(&network, "http://10.244.0.1/").await.unwrap_err().ends_with("connection refused"));
}

#[tokio::test]
async fn the_guard_of_an_earlier_listener_does_not_end_a_later_one() {
    let network = Network::new(clock());
    let earlier = network.listen("op", "a", 80, says("one"));
    let _later = network.listen("op", "a", 80, says("two"));
    drop(earlier);
    assert_eq!(answer(&network, "http://10.244.0.1/").await.unwrap(), "two");
}

/// A chain for `name` and the authority that issued it.
fn certificate(name: &str, end: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&key).unwrap();
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    leaf.not_after = rcgen::date_time_ymd(end, 1, 1);
    let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &Issuer::new(authority, key)).unwrap();
    (leaf.pem(), root.pem())
}

#[tokio::test]
async fn a_certificate_must_be_of_a_trusted_authority_for_the_name_and_still_hold() {
    let network = Network::new(clock());
    let (chain, authority) = certificate("connect.op.svc", 2030);
    let _guard = network.listen_tls("op", "a", 8080, chain.as_bytes(), says("sealed"));
    publish(&network, service(&[network.attach("op", "a")]));
    let call = async |url: &str, trust: Trust| {
        let answer = network.call_trusting(get(url), &trust).await;
        answer.map(Response::into_body).map_err(|error| error.to_string())
    };
    let bundle = |pem: &str| Trust::Bundle(pem.as_bytes().to_vec());
    let url = "https://connect.op.svc:80/";
    assert_eq!(call(url, bundle(&authority)).await.unwrap(), "sealed");
    assert_eq!(call(url, Trust::Anything).await.unwrap(), "sealed");
    let unknown = "tls: failed to verify certificate: x509: certificate signed by unknown authority";
    for trust in [Trust::System, bundle(""), bundle(&certificate("connect.op.svc", 2030).1)] {
        assert_eq!(call(url, trust).await.unwrap_err(), unknown);
    }
    assert_eq!(
        call("https://connect.op:80/", bundle(&authority)).await.unwrap_err(),
        "tls: failed to verify certificate: x509: certificate is valid for connect.op.svc, not connect.op"
    );
    let plain = network.call(get("http://connect.op.svc:80/")).await.unwrap();
    assert_eq!(
        (plain.status().as_u16(), plain.body().as_ref()),
        (400, &b"Client sent an HTTP request to an HTTPS server.\n"[..])
    );
    let (old, authority) = certificate("connect.op.svc", 2020);
    let _guard = network.listen_tls("op", "a", 8080, old.as_bytes(), says("sealed"));
    let expired = call(url, bundle(&authority)).await.unwrap_err();
    assert!(
        expired
            .contains("x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z"),
        "{expired}"
    );
}

#[tokio::test]
async fn hosts_outside_of_the_cluster_answer_under_their_names() {
    let network = Network::new(clock());
    let _guard = network.listen_outside("api.example.com", 443, says("out"));
    assert_eq!(answer(&network, "https://api.example.com/a//b").await.unwrap(), "out");
    assert!(answer(&network, "https://other.example.com/").await.unwrap_err().ends_with("no such host"));
}
