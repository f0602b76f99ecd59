//! The real kubectl and the real helm on a rehearsal's cluster.

use libtest_mimic::Trial;
use serde_json::{Value as Json, json};

use crate::cases::operator::charts;
use crate::cases::trial;
use crate::rehearsed::Rehearsed;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("served::kubectl_works_on_a_rehearsal", kubectl_works),
        trial("served::helm_works_on_a_rehearsal", helm_works),
    ]
}

fn kubectl_works() {
    let cluster = Rehearsed::start(&json!({}));
    let said = cluster.kubectl("version --output=json");
    assert!(said.contains("v1.35.4"), "{said}");
    assert!(cluster.kubectl("api-resources").contains("deployments"));

    // What is made by flags comes as protobuf.
    for words in [
        "create namespace eggs",
        "create configmap shell --from-literal=color=white --namespace=eggs",
        "create secret generic yolk --from-literal=password=dragon --namespace=eggs",
        "create serviceaccount hen --namespace=eggs",
        "create role layer --verb=get,list --resource=secrets --namespace=eggs",
        "create rolebinding layer --role=layer --serviceaccount=eggs:hen --namespace=eggs",
        "create service clusterip nest --tcp=80:8080 --namespace=eggs",
        "create deployment web --image=podinfo:6 --replicas=2 --port=8080 --namespace=eggs",
        "create job hatch --image=podinfo:6 --namespace=eggs",
        "create cronjob daily --image=podinfo:6 --schedule=@daily --namespace=eggs",
        "create ingress door --rule=eggs.example/*=nest:80 --namespace=eggs",
        "create poddisruptionbudget web --selector=app=web --min-available=1 --namespace=eggs",
        "create priorityclass high --value=7",
        "create quota most --hard=pods=9 --namespace=eggs",
    ] {
        cluster.kubectl(words);
    }
    let read = |words: &str| cluster.kubectl(&format!("get --namespace=eggs {words}"));
    assert_eq!(read("secret yolk --output=jsonpath={.data.password}"), "ZHJhZ29u");
    assert_eq!(read("service nest --output=jsonpath={.spec.ports[0].targetPort}"), "8080");
    assert_eq!(read("role layer --output=jsonpath={.rules[0].verbs}"), r#"["get","list"]"#);
    assert_eq!(read("ingress door --output=jsonpath={.spec.rules[0].host}"), "eggs.example");
    cluster.kubectl("wait deployment/web --for=condition=Available --timeout=60s --namespace=eggs");
    cluster.kubectl("wait job/hatch --for=condition=Complete --timeout=60s --namespace=eggs");
    cluster.kubectl("rollout status deployment/web --timeout=60s --namespace=eggs");
    let pods = read("pods --selector=app=web --no-headers");
    assert_eq!(pods.lines().filter(|line| line.contains("Running")).count(), 2, "{pods}");

    let manifest = |color: &str| {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"color": color},
            "metadata": {"name": "applied", "namespace": "eggs"}});
        std::fs::write(cluster.path("object.json"), object.to_string()).unwrap();
        cluster.path("object.json").display().to_string()
    };
    let apply = |color: &str| format!("apply --server-side --filename={}", manifest(color));
    assert!(cluster.kubectl(&apply("white")).contains("serverside-applied"));
    let refused = cluster.kubectl_fails(&format!("{} --field-manager=other", apply("brown")));
    assert!(refused.contains(r#"conflict with "kubectl": .data.color"#), "{refused}");
    cluster.kubectl(&format!("{} --field-manager=other --force-conflicts", apply("brown")));
    let diff = cluster
        .kubectl_fails(&format!("diff --server-side --force-conflicts --filename={}", manifest("red")));
    assert_eq!(diff, "", "a difference is no error");
    cluster.kubectl(&format!("apply --filename={}", manifest("red")));
    assert_eq!(read("configmap applied --output=jsonpath={.data.color}"), "red");

    let explained = cluster.kubectl("explain deployment.spec.replicas");
    assert!(explained.contains("KIND:       Deployment") && explained.contains("<integer>"), "{explained}");
    cluster.kubectl("scale deployment/web --replicas=1 --namespace=eggs");
    cluster.kubectl("label configmap shell kind=brown --namespace=eggs");
    cluster.kubectl("annotate configmap shell farm=ours --namespace=eggs");
    cluster.kubectl("set image deployment/web podinfo=podinfo:7 --namespace=eggs");
    cluster.kubectl("rollout status deployment/web --timeout=60s --namespace=eggs");
    assert!(read("configmaps --selector=kind=brown").contains("shell"));
    assert!(cluster.kubectl("describe deployment web --namespace=eggs").contains("podinfo:7"));
    assert_eq!(cluster.kubectl("auth can-i create secrets").trim(), "yes");
    assert_eq!(cluster.kubectl("create token hen --namespace=eggs").matches('.').count(), 2);

    cluster.kubectl("delete deployment web --cascade=foreground --namespace=eggs --timeout=60s");
    let gone = cluster.kubectl_fails("get deployment web --namespace=eggs");
    assert!(gone.contains(r#"deployments.apps "web" not found"#), "{gone}");
    cluster.kubectl("delete namespace eggs --timeout=60s");
    assert!(cluster.kubectl_fails("get namespace eggs").contains("not found"));
}

fn helm_works() {
    let Some(charts) = charts() else { return };
    let chart = charts.join("podinfo-6.14.1.tgz").display().to_string();
    let cluster = Rehearsed::start(&json!({}));
    let release = "web --namespace=eggs";
    cluster.helm(&format!("install web {chart} --namespace=eggs --create-namespace --wait --timeout=90s"));
    let list: Json = serde_json::from_str(&cluster.helm("list --namespace=eggs --output=json")).unwrap();
    assert_eq!((&list[0]["name"], &list[0]["status"]), (&json!("web"), &json!("deployed")));
    cluster.kubectl("rollout status deployment/web-podinfo --timeout=30s --namespace=eggs");
    cluster.helm(&format!("upgrade web {chart} --namespace=eggs --set=replicaCount=2 --wait --timeout=90s"));
    let replicas = "get deployment web-podinfo --namespace=eggs --output=jsonpath={.status.readyReplicas}";
    assert_eq!(cluster.kubectl(replicas), "2");
    cluster.helm(&format!("rollback {release} 1 --wait --timeout=90s"));
    let history: Json =
        serde_json::from_str(&cluster.helm(&format!("history {release} --output=json"))).unwrap();
    let states: Vec<&str> =
        history.as_array().unwrap().iter().filter_map(|one| one["status"].as_str()).collect();
    assert_eq!(states, ["superseded", "superseded", "deployed"]);
    assert!(cluster.helm(&format!("get manifest {release}")).contains("kind: Deployment"));
    assert!(cluster.helm(&format!("status {release}")).contains("STATUS: deployed"));
    cluster.helm(&format!("uninstall {release} --wait --timeout=90s"));
    assert_eq!(cluster.helm("list --namespace=eggs --short"), "");
    let left = cluster.kubectl("get deployments,services,secrets --namespace=eggs --output=name");
    assert_eq!(left, "", "nothing of the release is left");
}
