//! The harness itself: isolation, two clusters, nothing left behind.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use libtest_mimic::Trial;

use crate::cases::trial;
use crate::cluster::{Cluster, Options};
use crate::wait;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("harness::the_node_of_a_fresh_cluster_is_ready", the_node_of_a_fresh_cluster_is_ready),
        trial("harness::two_clusters_stand_beside_each_other", two_clusters_stand_beside_each_other),
        trial("harness::no_packet_finds_a_way_out", no_packet_finds_a_way_out),
        trial("harness::a_killed_run_leaves_no_process_behind", a_killed_run_leaves_no_process_behind),
    ]
}

fn the_node_of_a_fresh_cluster_is_ready() {
    let cluster = Cluster::start(&Options::default());
    let nodes = cluster.kubectl(["get", "nodes"]);
    assert!(nodes.contains("node   Ready"), "{nodes}");
}

fn two_clusters_stand_beside_each_other() {
    let clusters = [Cluster::start(&Options::default()), Cluster::start(&Options::default())];
    for (cluster, name) in clusters.iter().zip(["one", "two"]) {
        cluster.kubectl(["create", "namespace", name]);
    }
    let names = clusters.each_ref().map(|cluster| cluster.kubectl(["get", "namespaces", "--output=name"]));
    assert!(names[0].contains("namespace/one") && !names[0].contains("namespace/two"), "{names:?}");
    assert!(names[1].contains("namespace/two") && !names[1].contains("namespace/one"), "{names:?}");
}

fn no_packet_finds_a_way_out() {
    let routes = std::fs::read_to_string("/proc/net/route").unwrap();
    let default = routes.lines().skip(1).filter(|route| route.split_whitespace().nth(1) == Some("00000000"));
    assert_eq!(default.count(), 0, "{routes}");
}

/// The kernel ends the namespaces' first process with the supervisor, and everything else with that one.
fn a_killed_run_leaves_no_process_behind() {
    let mut supervisor = Command::new(std::env::current_exe().unwrap())
        .args(["run", "--", "sh", "-c", "echo $PPID; echo started; exec sleep 1000"])
        .env_remove("EGGTOOTH_CLUSTER_STAGE")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(supervisor.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.take(2).any(|line| line == "started"));
    let running = descendants(supervisor.id());
    assert!(running.len() > 6, "etcd, the API server, its controllers and the command: {running:?}");
    let own = network_of("self");
    let networks: BTreeSet<PathBuf> = running.iter().filter_map(|pid| network_of(pid)).collect();
    let networks: BTreeSet<PathBuf> =
        networks.into_iter().filter(|network| Some(network) != own.as_ref()).collect();
    assert!(!networks.is_empty(), "the run has a network of its own");

    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    wait::until("the killed run's processes to end", Duration::from_secs(10), || {
        let left: Vec<&String> = running.iter().filter(|pid| is_running(pid)).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    })
    .unwrap();
    // A network and its bridge live as long as a process is in it: what else held them was in the run's own mounts.
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let network = network_of(&entry.file_name().to_string_lossy());
        assert!(network.is_none_or(|network| !networks.contains(&network)), "{}", entry.path().display());
    }
}

/// The identity of a process's network namespace.
fn network_of(pid: &str) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/ns/net")).ok()
}

fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z")
}

/// The processes below `root`, by pid in this process's namespace.
fn descendants(root: u32) -> Vec<String> {
    let mut found = vec![root.to_string()];
    let mut at = 0;
    while at < found.len() {
        let children =
            std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", found[at])).unwrap_or_default();
        found.extend(children.split_whitespace().map(str::to_owned));
        at += 1;
    }
    found.remove(0);
    found
}
