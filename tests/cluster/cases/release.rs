//! Our releases, seen by helm.

use std::path::Path;
use std::time::Instant;

use eggtooth::clock::Clock;
use eggtooth::helm::release::ReleaseProvider;
use eggtooth::helm::repository::{Charts, Digest};
use eggtooth::kubernetes::{Client, Target};
use eggtooth::resource::{
    Apply, Delete, Known, Live, Operation, Options as ResourceOptions, Progress, Provider, Record, Urn,
    Value, redacted,
};
use libtest_mimic::Trial;
use serde_json::{Value as Json, json};

use crate::cases::operator::charts;
use crate::cluster::runtime;
use crate::ground::{Ground, on_both};

pub(crate) fn trials() -> Vec<Trial> {
    on_both("release::helm_reads_our_release_and_a_second_run_changes_nothing", ours_is_helms).into()
}

fn ours_is_helms(cluster: &dyn Ground) {
    let Some(charts) = charts() else { return };
    cluster.create_namespace("external-secrets");
    let release = Release::new(cluster, &charts);

    let (live, operation) = release.plan(None);
    assert_eq!(operation, Operation::Create);
    let record = release.apply(&live, None);

    let listed: Json =
        serde_json::from_str(&cluster.helm(&["list", "--all-namespaces", "--output=json"])).unwrap();
    assert_eq!(listed[0]["status"], "deployed");
    assert_eq!(listed[0]["chart"], "external-secrets-2.9.0");
    let manifest = cluster.helm(&["get", "manifest", "external-secrets", "--namespace=external-secrets"]);
    assert!(manifest.contains("patched: \"yes\""), "helm knows of our patches");

    let started = Instant::now();
    let (_, operation) = release.plan(Some(&record));
    println!("an unchanged release is compared in {:?}", started.elapsed());
    assert_eq!(operation, Operation::Same);

    for kind in ["configmaps", "services"] {
        for object in cluster.list(kind, "external-secrets", "") {
            cluster.delete(kind, "external-secrets", object["metadata"]["name"].as_str().unwrap());
        }
    }
    let (live, operation) = release.plan(Some(&record));
    assert_eq!(operation, Operation::Update);
    let record = release.apply(&live, Some(&record));
    assert_eq!(release.plan(Some(&record)).1, Operation::Same);

    cluster.helm(&[
        "upgrade",
        "external-secrets",
        &release.archive,
        "--namespace=external-secrets",
        "--reuse-values",
    ]);
    let (live, _) = release.plan(Some(&record));
    let record = release.apply(&live, Some(&record));
    cluster.helm(&["rollback", "external-secrets", "1", "--namespace=external-secrets"]);

    // The chart makes its selectors of this name, and a Deployment's selector can't be changed.
    let uid = || cluster.text("deployments", "external-secrets", "external-secrets", "/metadata/uid");
    let former = uid();
    let release = release.renamed("secrets");
    let (live, operation) = release.plan(Some(&record));
    assert_eq!(operation, Operation::Update);
    let record = release.apply(&live, Some(&record));
    assert_ne!(uid(), former, "it was deleted and made anew");
    assert_eq!(release.plan(Some(&record)).1, Operation::Same);

    release.delete(&record);
    let left = cluster.versions(&["customresourcedefinitions", "secrets"]);
    let ours = |(name, _): &&(String, String)| name.contains("external-secrets");
    assert_eq!(left.iter().filter(ours).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
}

/// Tells what is waited for, for whoever reads a failed test's output.
struct Loud;

impl Progress for Loud {
    fn waiting(&self, what: &str, why: &str) {
        println!("waits for {what}: {why}");
    }

    fn note(&self, message: &str) {
        println!("note: {message}");
    }
}

struct Release {
    archive: String,
    provider: ReleaseProvider,
    urn: Urn,
    inputs: Value,
    options: ResourceOptions,
}

impl Release {
    fn new(cluster: &dyn Ground, charts: &Path) -> Self {
        let archive = charts.join("external-secrets-2.9.0.tgz");
        let target = Target { kubeconfig: Some(cluster.kubeconfig().to_owned()), ..Target::default() };
        let client = runtime().block_on(Client::connect(&target)).unwrap();
        let places =
            Charts { folder: Some(charts.to_owned()), cache: "/nonexistent".into(), ..Charts::default() };
        let digest = Digest::compute(&std::fs::read(&archive).unwrap()).to_string();
        let inputs = json!({
            "name": "external-secrets", "namespace": "external-secrets", "wait": true,
            "values": {"concurrent": 3, "webhook": {"readinessProbe": {"initialDelaySeconds": 1}}},
            "chart": {"name": "external-secrets", "version": "2.9.0", "digest": digest,
                "repository": "https://charts.external-secrets.io"},
            "patches": [{"target": {"kind": "Deployment", "name": "external-secrets"},
                "patch": [{"op": "add", "path": "/metadata/labels/patched", "value": "yes"}]}],
        });
        Self {
            archive: archive.to_str().unwrap().to_owned(),
            provider: ReleaseProvider::new(client, places, Clock::system()),
            urn: Urn::new("test", "s", "helm:Release", "external-secrets"),
            inputs: Value::from(&inputs),
            options: ResourceOptions::default(),
        }
    }

    fn renamed(self, name: &str) -> Self {
        let mut inputs = redacted(&self.inputs);
        inputs["values"]["nameOverride"] = json!(name);
        Self { inputs: Value::from(&inputs), ..self }
    }

    fn known<'a>(&'a self, record: Option<&'a Record>) -> Known<'a> {
        Known { urn: &self.urn, inputs: Some(&self.inputs), record, options: Some(&self.options) }
    }

    fn plan(&self, record: Option<&Record>) -> (Live, Operation) {
        let known = self.known(record);
        runtime().block_on(async {
            self.provider.prepare(&[known]).await.unwrap();
            let live = self.provider.read(&[known]).await.unwrap().remove(0);
            let change = self.provider.diff(known, &live);
            for child in change.children.iter().filter(|child| child.operation != Operation::Same) {
                println!("{:?} {} {} {:?}", child.operation, child.kind, child.name, child.fields);
            }
            println!("{:?} {:?}", change.operation, change.reason);
            (live, change.operation)
        })
    }

    fn apply(&self, live: &Live, record: Option<&Record>) -> Record {
        let change = self.provider.diff(self.known(record), live);
        let apply = Apply {
            urn: &self.urn,
            inputs: &self.inputs,
            options: &self.options,
            record,
            live,
            change: &change,
            progress: &Loud,
        };
        let started = Instant::now();
        let applied = runtime().block_on(self.provider.apply(apply)).unwrap();
        println!("applied in {:?}", started.elapsed());
        Record {
            urn: self.urn.clone(),
            inputs: eggtooth::resource::redacted(&self.inputs),
            outputs: eggtooth::resource::redacted(&applied.outputs),
            dependencies: Vec::new(),
            uid: None,
            created: applied.created,
            protect: false,
            retain_on_delete: false,
        }
    }

    fn delete(&self, record: &Record) {
        let known = Known { urn: &self.urn, inputs: None, record: Some(record), options: None };
        runtime().block_on(async {
            self.provider.prepare(&[known]).await.unwrap();
            let live = self.provider.read(&[known]).await.unwrap().remove(0);
            assert_eq!(self.provider.diff(known, &live).operation, Operation::Delete);
            self.provider.delete(Delete { record, live: &live, progress: &Loud }).await.unwrap();
        });
    }
}
