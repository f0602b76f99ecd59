//! What all who ask a service rely on.

use http::header;
use serde_json::{Value as Json, json};
use wiremock::matchers::{any, header as with_header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Credential, Meter, Service, ServiceError};

fn credential(token: &str) -> Credential {
    Credential { header: header::AUTHORIZATION, scheme: "Bearer ", token: token.to_owned().into() }
}

fn service(server: &MockServer) -> Service {
    Service::new("the nest", &format!("{}/", server.uri()), credential("chirp\n")).unwrap()
}

async fn answering(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    server
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn the_same_question_is_asked_once_and_the_token_is_trimmed() {
    let server = MockServer::start().await;
    let good = Mock::given(path("/a")).and(with_header("authorization", "Bearer chirp"));
    good.respond_with(ResponseTemplate::new(200).set_body_json(json!({ "egg": 1 }))).mount(&server).await;
    let (service, meter) = (service(&server), Meter::default());
    let ask = || service.get::<Json>("/a", &meter);
    let (one, other) = tokio::join!(ask(), ask());
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!((requests(&server).await, meter.requests()), (1, 1));
}

#[tokio::test]
async fn a_refused_credential_is_never_sent_again() {
    let refusal = json!({ "message": "chirp is no token" });
    let server = answering(ResponseTemplate::new(401).set_body_json(refusal)).await;
    let (service, meter) = (service(&server), Meter::default());
    let asked = ["/a", "/b", "/c"].map(|path| service.get::<Json>(path, &meter));
    for answer in futures::future::join_all(asked).await {
        let error = answer.unwrap_err();
        assert!(matches!(error, ServiceError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("refused the credential: [secret] is no token"), "{error}");
    }
    assert_eq!(requests(&server).await, 1);
}

#[tokio::test]
async fn what_is_not_allowed_says_nothing_against_the_credential() {
    let server = MockServer::start().await;
    let forbidden = ResponseTemplate::new(403).set_body_json(json!({ "errors": ["permission denied"] }));
    Mock::given(path("/a")).respond_with(forbidden).mount(&server).await;
    Mock::given(path("/b")).respond_with(ResponseTemplate::new(200).set_body_json(1)).mount(&server).await;
    let (service, meter) = (service(&server), Meter::default());
    for _ in 0..2 {
        let error = service.get::<Json>("/a", &meter).await.unwrap_err();
        assert!(error.to_string().ends_with("does not allow /a to this credential: permission denied"));
    }
    assert_eq!(service.get::<u8>("/b", &meter).await.unwrap(), 1);
    assert_eq!(requests(&server).await, 2);
}

#[tokio::test]
async fn what_will_pass_is_tried_again_and_what_will_not_is_not() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(408).set_body_json(json!({ "message": "please retry the request" }));
    Mock::given(any()).respond_with(busy).up_to_n_times(2).mount(&server).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(1)).mount(&server).await;
    let meter = Meter::default();
    assert_eq!(service(&server).get::<u8>("/a", &meter).await.unwrap(), 1);
    assert_eq!(meter.requests(), 3);

    let server = answering(ResponseTemplate::new(500)).await;
    let error = service(&server).get::<u8>("/a", &Meter::default()).await.unwrap_err();
    assert!(error.to_string().ends_with("answered /a with 500: Internal Server Error"), "{error}");
    assert_eq!(requests(&server).await, 1);
}

#[tokio::test]
async fn a_foreign_answer_and_a_silent_address_are_told_apart() {
    let page = ResponseTemplate::new(200).set_body_string("<html>chirp</html>");
    let error = service(&answering(page).await).get::<Json>("/a", &Meter::default()).await.unwrap_err();
    assert!(error.to_string().contains("is there a proxy"), "{error}");
    let closed = Service::new("the nest", "http://127.0.0.1:1", credential("chirp")).unwrap();
    let error = closed.get::<Json>("/a", &Meter::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "the nest at http://127.0.0.1:1 does not answer");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_is_given_up_with_a_clear_word() {
    // The system accepts for a listener that never does.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let hanging = Service::new("the nest", &address, credential("chirp")).unwrap();
    let start = tokio::time::Instant::now();
    let error = hanging.get::<Json>("/a", &Meter::default()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("the nest at {address} did not answer /a within 30 s"));
    assert!(start.elapsed() < std::time::Duration::from_secs(40), "it is asked once");
}

#[tokio::test]
async fn a_redirection_is_not_followed_with_the_credential() {
    let elsewhere = answering(ResponseTemplate::new(200).set_body_json(1)).await;
    let moved = ResponseTemplate::new(307).insert_header("location", format!("{}/a", elsewhere.uri()));
    let server = answering(moved).await;
    let error = service(&server).get::<u8>("/a", &Meter::default()).await.unwrap_err();
    assert_eq!(error.status(), Some(307));
    assert_eq!(requests(&elsewhere).await, 0);
}

#[test]
fn what_can_be_no_address_and_no_header_is_told_before_anything_is_sent() {
    let new = |address: &str, token: &str| Service::new("the nest", address, credential(token));
    for address in ["", "connect:8080", "ftp://nest", "file:///etc/passwd", "https://user@nest"] {
        assert!(matches!(new(address, "chirp"), Err(ServiceError::Address { .. })), "{address}");
    }
    assert!(matches!(new("http://nest", "chi\nrp"), Err(ServiceError::Unsendable { .. })));
    let service = new("http://nest", "chirp").unwrap();
    assert_eq!(format!("{service:?}"), "Service(the nest at http://nest)");
    assert!(service.is("http://nest/", &"chirp\n".to_owned().into()));
}
