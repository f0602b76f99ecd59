//! `fn::open::pulumi-esc` against the service of rehearsals, which follows the API of Pulumi ESC.

use eggtooth::rehearsal::Port;
use eggtooth::rehearsal::programs::pulumi_esc::{EscEnvironments, EscFault};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

use super::{Opening, listener, runtime};

const TOKEN: &str = "pul-egg-shell";

/// The running service.
pub(super) struct Nest {
    _runtime: Runtime,
    port: Port,
    pub(super) environments: EscEnvironments,
}

impl Nest {
    pub(super) fn new() -> Self {
        let values =
            json!({ "app": { "password": { "fn::secret": "chirp" }, "ports": [80, 81] }, "plain": "shown" });
        let stable = json!({ "app": { "password": { "fn::secret": "chirp-of-old" } }, "plain": "stable" });
        let environments =
            EscEnvironments::default().token(TOKEN).environment("nest/eggs/production", values);
        let environments = environments.environment("nest/eggs/production@stable", stable);
        let runtime = runtime();
        let port = runtime.block_on(async { environments.serve(listener().await).unwrap() });
        Self { _runtime: runtime, port, environments }
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}", self.port.address())
    }

    fn variables<'a>(address: &'a str, token: &'a str) -> [(&'a str, &'a str); 2] {
        [("PULUMI_BACKEND_URL", address), ("PULUMI_ACCESS_TOKEN", token)]
    }

    fn values(&self, more: &str, flags: &[&str]) -> Json {
        let address = self.address();
        let variables = Self::variables(&address, TOKEN);
        let output = Opening { variables: &variables, secrets: &[TOKEN] }.run(&document(more), flags);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Expects a refusal after these requests, each as `METHOD rest-of-its-path`.
    fn refuses(&self, token: &str, document: &str, expected: &str, requests: &[&str]) {
        let before = self.environments.requests().len();
        let address = self.address();
        let variables = Self::variables(&address, token);
        let told = Opening { variables: &variables, secrets: &["chirp", "shown", token] }
            .refused(document, expected);
        let asked = self.environments.requests().split_off(before);
        let asked: Vec<String> = asked.iter().map(|one| one.replace("/api/esc/environments/", "")).collect();
        assert_eq!(asked, requests, "{told}");
    }
}

fn call(environment: &str, more: &str) -> String {
    format!(
        "{{fn::open::pulumi-esc: {{organization: nest, project: eggs, environment: '{environment}'{more}}}}}"
    )
}

fn document(more: &str) -> String {
    format!("values:\n  a: {}\n", call("production", more))
}

const OPEN: &str = "POST nest/eggs/production/open";

#[test]
fn an_environment_comes_with_its_marks_in_the_version_that_is_named() {
    let nest = Nest::new();
    let hidden = nest.values("", &["--format=json"]);
    assert_eq!(
        hidden["a"],
        json!({ "app": { "password": "[secret]", "ports": [80, 81] }, "plain": "shown" })
    );
    let reveal = ["--format=json", "--show-secrets=always"];
    assert_eq!(nest.values(", property: app.password", &reveal)["a"], "chirp");
    assert_eq!(nest.values(", property: 'app.ports[1]'", &reveal)["a"], 81);
    assert_eq!(nest.values(", version: stable", &reveal)["a"]["app"]["password"], "chirp-of-old");
    assert!(
        nest.environments
            .requests()
            .iter()
            .any(|request| request == "POST /api/esc/environments/nest/eggs/production/versions/stable/open")
    );
}

#[test]
fn each_wrong_name_is_told_before_or_after_it_is_asked_for() {
    let nest = Nest::new();
    let one = |environment: &str, more: &str| format!("values:\n  a: {}\n", call(environment, more));
    for (document, expected, requests) in [
        (
            one("nobody", ""),
            "there is no environment `nest/eggs/nobody` at Pulumi ESC that the token may open",
            &["POST nest/eggs/nobody/open"][..],
        ),
        (
            one("production", ", version: v9"),
            "`nest/eggs/production` at Pulumi ESC that the token may open in the version `v9`",
            &["POST nest/eggs/production/versions/v9/open"],
        ),
        (
            one("production", ", property: app.nothing"),
            "the environment `production` at Pulumi ESC has no `app.nothing`",
            &[OPEN, "GET nest/eggs/production/open/session-1"],
        ),
        (one("a/../b", ""), "`a/../b` can't be a part of an environment's name", &[]),
        (one("production", ", version: '../x'"), "`../x` can't be a part of an environment's name", &[]),
        (one("production", ", apiUrl: 'api.pulumi.com'"), "it has to begin with http:// or https://", &[]),
    ] {
        nest.refuses(TOKEN, &document, expected, requests);
    }
}

#[test]
fn a_refused_token_is_sent_once_for_all_environments() {
    let nest = Nest::new();
    let document = format!("values:\n  a: {}\n  b: {}\n", call("production", ""), call("staging", ""));
    nest.refuses("pul-cuckoo", &document, "refused the credential: Unauthorized: ", &[OPEN]);
    nest.refuses("pul-\ncuckoo", &document, "can't be sent: there is a line break", &[]);
    let opening = Opening { variables: &[], secrets: &[] };
    opening.refused(&document, "set `accessToken`, or the variable PULUMI_ACCESS_TOKEN");
}

#[test]
fn each_fault_of_the_service_is_told_apart() {
    let nest = Nest::new();
    let session = |number: u32| format!("GET nest/eggs/production/open/session-{number}");
    let (session, thrice) = (session(1), [OPEN; 3]);
    for (fault, expected, requests) in [
        (
            EscFault::Forbidden,
            "to this credential: Forbidden: missing permission environment:open",
            &[OPEN][..],
        ),
        (EscFault::Conflict, "with 409: Conflict: the environment is being changed", &[OPEN]),
        (
            EscFault::Invalid,
            "with 400: Bad Request: environment has errors; nest/eggs/production:3:9: unknown property",
            &[OPEN],
        ),
        (EscFault::Invalid, "\"feather\"; evaluation stopped", &[OPEN]),
        (
            EscFault::SessionEnded,
            "opened the environment `nest/eggs/production`, but knows its session no longer",
            &[OPEN, &session],
        ),
        (EscFault::TooMany, "with 429: Too Many Requests", &thrice),
        (EscFault::InternalError, "with 500: Internal Server Error", &[OPEN]),
        (EscFault::BadGateway, "with 502: Bad Gateway", &thrice),
        (EscFault::LoginPage, "in a form that is not its own: is there a proxy", &[OPEN]),
    ] {
        nest.environments.inject(fault);
        nest.refuses(TOKEN, &document(""), expected, requests);
    }
}
