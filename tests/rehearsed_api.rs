//! The API server of the rehearsal, held to what a real one answered.

#![expect(clippy::print_stderr, reason = "the test counts")]

use eggtooth::rehearsal::Cluster;

use crate::contract::judge;

#[tokio::test(start_paused = true)]
async fn the_rehearsed_api_server_keeps_the_contract() {
    let cluster = Cluster::builder().build().unwrap();
    let verdict = judge(&cluster.client(), false).await;
    eprintln!("contract of the API, rehearsal: {verdict}");
    assert!(verdict.cases > 120 && verdict.different == 0, "{verdict}");
}
