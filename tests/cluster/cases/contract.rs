//! The contract that the rehearsal keeps, held against the real operator: what differs fails here.

use libtest_mimic::Trial;

use crate::cases::operator::{charts, install_operator};
use crate::cases::trial;
use crate::cluster::{Cluster, Options};
use crate::contract::{Case, run_all};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("contract::the_real_operator_keeps_the_contract", the_real_operator_keeps_the_contract)]
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
