//! The harness itself.

use libtest_mimic::Trial;

use crate::cluster::{Cluster, Options};

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("harness::the_node_of_a_fresh_cluster_is_ready", || {
        the_node_of_a_fresh_cluster_is_ready();
        Ok(())
    })]
}

fn the_node_of_a_fresh_cluster_is_ready() {
    let cluster = Cluster::start(&Options::default());
    let nodes = cluster.kubectl(["get", "nodes"]);
    assert!(nodes.contains("node   Ready"), "{nodes}");
}
