//! The node: what pods see of a kubelet.

use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::trial;
use crate::cluster::{Cluster, Options};
use crate::connect::{Credentials, PRODUCTION};
use crate::node::Mode;
use crate::wait;

const MINUTE: Duration = Duration::from_mins(1);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("node::pods_without_a_program_are_pretended", pods_without_a_program_are_pretended),
        trial(
            "node::a_pod_waits_for_its_secret_and_runs_with_it",
            a_pod_waits_for_its_secret_and_runs_with_it,
        ),
        trial("node::names_exist_only_for_services", names_exist_only_for_services),
        trial("node::the_kubelet_like_node_honours_probe_delays", the_kubelet_like_node_honours_probe_delays),
    ]
}

fn pods_without_a_program_are_pretended() {
    let cluster = Cluster::start(&Options::default());
    let podinfo = json!([{ "name": "podinfo", "image": "ghcr.io/stefanprodan/podinfo:6.14.1" }]);
    cluster.apply(&pod("runs", &json!({}), &json!({ "containers": podinfo })));
    wait_for_phase(&cluster, "runs", "Running");
    cluster.wait_until_pods_are_ready();

    let once = json!({ "containers": podinfo, "restartPolicy": "Never" });
    cluster.apply(&pod("succeeds", &json!({}), &once));
    let fate = json!({ "test.eggtooth.dev/exit-code": "3", "test.eggtooth.dev/log": "no such table" });
    cluster.apply(&pod("fails", &fate, &once));
    wait_for_phase(&cluster, "succeeds", "Succeeded");
    wait_for_phase(&cluster, "fails", "Failed");
    assert_eq!(cluster.kubectl(["logs", "fails"]), "no such table");
    assert_eq!(field(&cluster, "fails", "{.status.containerStatuses[0].state.terminated.exitCode}"), "3");

    let image = json!([{ "name": "main", "image": "registry.example/no-such-image:1" }]);
    cluster.apply(&pod("unpullable", &json!({}), &json!({ "containers": image })));
    let arguments = get("unpullable", "{.status.containerStatuses[0].state.waiting.reason}");
    cluster.wait_for("the pull to fail", MINUTE, &arguments.each_ref().map(String::as_str), |reason| {
        reason == "ImagePullBackOff"
    });
    cluster.kubectl(["delete", "pod", "--all", "--timeout=30s"]);
}

fn a_pod_waits_for_its_secret_and_runs_with_it() {
    let cluster = Cluster::start(&Options::default());
    cluster.apply(&pod("connect", &json!({}), &connect_spec("/op/credentials.json")));
    let events = ["get", "events", "--output=jsonpath={.items[*].message}"];
    cluster.wait_for("the missing Secret in an event", MINUTE, &events, |events| {
        events.contains(
            "MountVolume.SetUp failed for volume \"credentials\" : secret \"credentials\" not found",
        )
    });
    let waiting = "{.status.containerStatuses[0].state.waiting.reason}";
    assert_eq!(field(&cluster, "connect", waiting), "ContainerCreating");

    cluster.apply(&secret(&Credentials::from_seed("node").json()));
    cluster.wait_until_pods_are_ready();
    // A `subPath` never follows its Secret: the server keeps its credentials, and so does a restarted process's file.
    assert!(cluster.log("default", "connect", "api").contains("starting 1Password Connect Api"));
}

/// Seen in the conditions: the pod became ready only the delay after its container was started.
fn the_kubelet_like_node_honours_probe_delays() {
    let cluster = Cluster::start(&Options { node: Mode::KubeletLike });
    cluster.apply(&secret(&Credentials::from_seed("node").json()));
    cluster.apply(&pod("connect", &json!({}), &connect_spec("/op/credentials.json")));
    cluster.wait_until_pods_are_ready();
    let started: jiff::Timestamp =
        field(&cluster, "connect", "{.status.containerStatuses[0].state.running.startedAt}").parse().unwrap();
    let ready: jiff::Timestamp =
        field(&cluster, "connect", "{.status.conditions[?(@.type==\"Ready\")].lastTransitionTime}")
            .parse()
            .unwrap();
    let delay = ready.duration_since(started).as_secs();
    assert!((3..10).contains(&delay), "ready {delay} s after the start");
}

fn names_exist_only_for_services() {
    let cluster = Cluster::start(&Options::default());
    let server: IpAddr = cluster.server_url()["https://".len()..].split_once(':').unwrap().0.parse().unwrap();
    assert_eq!(look_up(server, "kubernetes.default.svc.cluster.local"), (0, Some(server)));
    assert_eq!(look_up(server, "nobody.default.svc.cluster.local"), (3, None));
    assert_eq!(look_up(server, "example.org"), (3, None));
    cluster.kubectl(["create", "service", "clusterip", "empty", "--tcp=8080"]);
    let found = wait::until("the Service's name", MINUTE, || {
        match look_up(server, "empty.default.svc.cluster.local") {
            (0, Some(address)) => Ok(address),
            other => Err(format!("{other:?}")),
        }
    });
    let refused = std::net::TcpStream::connect((found.unwrap(), 8080)).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

/// The response code and the address of a DNS answer.
fn look_up(server: IpAddr, name: &str) -> (u8, Option<IpAddr>) {
    let mut query = vec![7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, 1, 0, 1]);
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.send_to(&query, (server, 53)).unwrap();
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).unwrap();
    let address = answer[query.len()..length].last_chunk::<4>().map(|octets| IpAddr::from(*octets));
    (answer[3] & 0xf, address)
}

/// Connect with a mounted file of credentials and a probe that a kubelet starts after 3 s.
fn connect_spec(session: &str) -> Value {
    json!({
        "containers": [{
            "name": "api", "image": "1password/connect-api:1.8.2",
            "env": [{ "name": "OP_SESSION", "value": session }],
            "ports": [{ "name": "http", "containerPort": 8080 }],
            "readinessProbe": { "httpGet": { "path": "/health", "port": "http" }, "initialDelaySeconds": 3 },
            "volumeMounts": [{ "name": "credentials", "mountPath": "/op/credentials.json", "subPath": "credentials.json" }],
        }],
        "volumes": [{ "name": "credentials", "secret": { "secretName": "credentials" } }],
        "terminationGracePeriodSeconds": 1,
    })
}

fn secret(credentials: &str) -> Value {
    // The token is not asked for here, but it must be a token of these credentials.
    let token = Credentials::parse(credentials.as_bytes()).unwrap().token(&[PRODUCTION]);
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "credentials", "namespace": "default" },
        "stringData": { "credentials.json": credentials, "token": token } })
}

fn pod(name: &str, annotations: &Value, spec: &Value) -> Value {
    let metadata = json!({ "name": name, "namespace": "default", "annotations": annotations });
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec })
}

fn get(pod: &str, path: &str) -> [String; 4] {
    ["get".to_owned(), "pod".to_owned(), pod.to_owned(), format!("--output=jsonpath={path}")]
}

fn field(cluster: &Cluster, pod: &str, path: &str) -> String {
    cluster.kubectl(get(pod, path))
}

fn wait_for_phase(cluster: &Cluster, name: &str, phase: &str) {
    let arguments = get(name, "{.status.phase}");
    let arguments = arguments.each_ref().map(String::as_str);
    cluster.wait_for(&format!("pod {name} to be {phase}"), MINUTE, &arguments, |found| found == phase);
}
