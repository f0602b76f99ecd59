//! Servers that take a request and never answer: they are given up, once, with a clear word.

use eggtooth::rehearsal::programs::connect::ConnectFault;
use eggtooth::rehearsal::programs::pulumi_esc::EscFault;

use super::{Opening, connect, pulumi_esc};

#[test]
fn a_server_that_never_answers_is_given_up_after_half_a_minute() {
    let (one, other) = (connect::Nest::new(), pulumi_esc::Nest::new());
    one.vaults.inject(ConnectFault::Hang);
    other.environments.inject(EscFault::Hang);
    // Both in one environment: they are opened at the same time.
    let document = format!(
        "values:\n  a: {{fn::open::onepassword-connect: {{host: '{}', get: {{x: {{ref: op://v/i/f}}}}}}}}\n  \
         b: {{fn::open::pulumi-esc: {{organization: nest, project: eggs, environment: production, apiUrl: '{}'}}}}\n",
        one.address(),
        other.address()
    );
    let variables = [("OP_CONNECT_TOKEN", one.token.as_str()), ("PULUMI_ACCESS_TOKEN", "pul-egg-shell")];
    let start = std::time::Instant::now();
    let opening = Opening { variables: &variables, secrets: &[&one.token, "pul-egg-shell"] };
    let told = opening.refused(&document, "did not answer /v1/vaults?filter=title+eq+%22v%22 within 30 s");
    assert!(
        told.contains("did not answer /api/esc/environments/nest/eggs/production/open within 30 s"),
        "{told}"
    );
    assert!(start.elapsed().as_secs() < 55, "they are waited for at the same time, and asked once");
    assert_eq!(one.vaults.requests().len() + other.environments.requests().len(), 2);
}
