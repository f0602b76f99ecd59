//! The contract that the rehearsal keeps, held against the real API server and operator: what differs fails here.

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::cases::operator::{charts, install_operator};
use crate::cases::trial;
use crate::cluster::{Cluster, Options, runtime};
use crate::contract::{Case, judge, run_all};
use crate::control_plane::ControlPlane;
use crate::network::Network;
use crate::run_folder;

/// Far from the numbers of the clusters that other tests start.
const NETWORK: u8 = 150;

/// The controllers that belong to the API itself; others would write to the cases' objects at any time.
const CONTROLLERS: &str = "namespace-controller,garbage-collector-controller,serviceaccount-controller,root-ca-certificate-publisher-controller,clusterrole-aggregation-controller";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("contract::the_real_api_server_keeps_the_contract", the_real_api_server_keeps_the_contract),
        trial("contract::the_real_operator_keeps_the_contract", the_real_operator_keeps_the_contract),
    ]
}

/// With `EGGTOOTH_CONTRACT=record`, what the real server answers is the contract from now on.
fn the_real_api_server_keeps_the_contract() {
    let folder = run_folder::current().join("contract");
    std::fs::create_dir_all(&folder).unwrap();
    let network = Arc::new(Network::create(NETWORK));
    let data = run_folder::memory().join("contract");
    let mut control_plane = ControlPlane::start(&folder, &data, network.gateway());
    let record = std::env::var("EGGTOOTH_CONTRACT").is_ok_and(|wish| wish == "record");
    let verdict = runtime().block_on(async {
        let client = control_plane.client();
        control_plane.ready(&client).await;
        control_plane.start_manager(CONTROLLERS);
        judge(&client, record).await
    });
    eprintln!("contract of the API, real server: {verdict}");
    assert!(verdict.cases > 120 && verdict.different == 0, "{verdict}\n{}", control_plane.log_tails());
}

fn the_real_operator_keeps_the_contract() {
    let Some(charts) = charts() else { return };
    let cluster = Cluster::start(&Options::default());
    install_operator(&cluster, &charts);
    let cases = Case::all();
    let count = cases.len();
    let failures = cluster.block_on(run_all(&cluster.client(), cases));
    assert!(failures.is_empty(), "{} of {count} cases failed:\n{}", failures.len(), failures.join("\n"));
}
