//! The life of releases: what `eggtooth helm` makes the real helm goes on with, and the other way round.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;
use libtest_mimic::Trial;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::ground::{Ground, on_both};

pub(crate) fn trials() -> Vec<Trial> {
    [
        on_both("helm_life::either_goes_on_with_what_the_other_made", either_goes_on),
        on_both("helm_life::what_fails_is_taken_back_and_what_is_kept_stays", failures),
        on_both("helm_life::a_killed_upgrade_is_gone_on_with", killed),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(crate) const NEST: &str = "nest";
pub(crate) const IN: &str = "--namespace=nest";

/// Whose program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Ours,
    Theirs,
}

pub(crate) struct Nest<'a> {
    pub(crate) cluster: &'a dyn Ground,
    folder: TempDir,
}

impl<'a> Nest<'a> {
    fn build(cluster: &'a dyn Ground) -> Self {
        let hook = |name: &str, kind: &str, events: &str, rest: &str| {
            format!(
                "{kind}metadata:\n  name: {{{{ .Release.Name }}}}-{name}\n  annotations: {{helm.sh/hook: \"{events}\"{rest}}}\n"
            )
        };
        let map = "apiVersion: v1\nkind: ConfigMap\n";
        let job = "apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: pretend}]}}}\n";
        let files = [
            ("Chart.yaml", "apiVersion: v2\nname: life\nversion: 0.1.0\nappVersion: v9\n".to_owned()),
            ("values.yaml", "colour: white\nextra: true\nstuck: false\nbroken: false\n".to_owned()),
            ("crds/nests.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: nests.life.test}\nspec:\n  group: life.test\n  scope: Namespaced\n  names: {kind: Nest, plural: nests, singular: nest, listKind: NestList}\n  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]\n".to_owned()),
            ("templates/NOTES.txt", "{{ .Values.colour }}, revision {{ .Release.Revision }}\n".to_owned()),
            ("templates/nest.yaml", "apiVersion: life.test/v1\nkind: Nest\nmetadata: {name: {{ .Release.Name }}}\nspec: {colour: {{ .Values.colour }}}\n".to_owned()),
            ("templates/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata:\n  colour: {{ .Values.colour | quote }}\n  {{- if .Values.extra }}\n  extra: there\n  {{- end }}\n".to_owned()),
            ("templates/extra.yaml", "{{- if .Values.extra }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-extra}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Release.Name }}-secret}\nstringData: {token: {{ .Values.colour | quote }}}\n{{- end }}\n".to_owned()),
            ("templates/kept.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-kept\n  annotations: {helm.sh/resource-policy: keep}\n".to_owned()),
            ("templates/deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  selector: {matchLabels: {app: {{ .Release.Name }}}}\n  template:\n    metadata: {labels: {app: {{ .Release.Name }}}}\n    spec: {containers: [{name: a, image: pretend, env: [{name: COLOUR, value: {{ .Values.colour }}}]}]}\n".to_owned()),
            ("templates/stuck.yaml", "{{- if .Values.stuck }}\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: {{ .Release.Name }}}\nspec: {storageClassName: \"\", accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n{{- end }}\n".to_owned()),
            ("templates/broken.yaml", "{{- if .Values.broken }}\napiVersion: v1\nkind: Service\nmetadata: {name: {{ .Release.Name }}}\nspec: {ports: [{port: 0}]}\n{{- end }}\n".to_owned()),
            ("templates/hooks/first.yaml", hook("first", map, "pre-install,pre-upgrade,pre-rollback", ", helm.sh/hook-weight: \"-1\"")),
            ("templates/hooks/job.yaml", hook("job", job, "pre-install,post-upgrade", ", helm.sh/hook-delete-policy: \"hook-succeeded,before-hook-creation\"")),
            ("templates/hooks/last.yaml", hook("last", map, "post-install,post-rollback,pre-delete", ", helm.sh/hook-delete-policy: hook-succeeded")),
            ("templates/tests/test.yaml", hook("test", map, "test", "")),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        Self::of(cluster, &files)
    }

    /// A chart of these files.
    pub(crate) fn of(cluster: &'a dyn Ground, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { cluster, folder }
    }

    pub(crate) fn ours(&self) -> Command {
        let mut command = self.cluster.command(Path::new(env!("CARGO_BIN_EXE_eggtooth")));
        command.arg("helm");
        command
    }

    pub(crate) fn run(&self, who: Who, words: &[&str]) -> Output {
        let mut command = match who {
            Who::Ours => self.ours(),
            Who::Theirs => self.cluster.tool_or_ours("helm"),
        };
        command.args(words).arg(IN).output().unwrap()
    }

    pub(crate) fn helm(&self, who: Who, words: &[&str]) -> String {
        let output = self.run(who, words);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{who:?} {words:?}\n{out}{err}");
        out.into_owned()
    }

    pub(crate) fn fails(&self, who: Who, words: &[&str]) -> String {
        let output = self.run(who, words);
        assert_eq!(output.status.code(), Some(1), "{who:?} {words:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    pub(crate) fn chart(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    /// Returns a revision's record without what differs from one minute to the next.
    pub(crate) fn record(&self, version: usize) -> Json {
        let secret = format!("sh.helm.release.v1.egg.v{version}");
        let release = self.cluster.secret(NEST, &secret, "release").expect("the revision's record");
        let packed = STANDARD.decode(release).unwrap();
        let mut json = String::new();
        MultiGzDecoder::new(packed.as_slice()).read_to_string(&mut json).unwrap();
        let mut record: Json = serde_json::from_str(&json).unwrap();
        forget_times(&mut record);
        record
    }

    pub(crate) fn colour(&self) -> String {
        self.cluster.text("configmaps", NEST, "egg", "/data/colour")
    }

    pub(crate) fn statuses(&self) -> Vec<String> {
        let history: Json =
            serde_json::from_str(&self.helm(Who::Theirs, &["history", "egg", "--output=json"])).unwrap();
        let status = |past: &Json| past["status"].as_str().unwrap().to_owned();
        history.as_array().unwrap().iter().map(status).collect()
    }

    /// Returns the names of what is left of the release.
    pub(crate) fn left(&self) -> Vec<String> {
        let found = self.cluster.versions(&["configmaps", "secrets", "nests", "deployments", "jobs"]);
        let names = found.into_iter().map(|(name, _)| name.replace(" nest/", " "));
        names.filter(|name| !name.contains('/')).collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.left().iter().any(|left| left == name)
    }
}

fn forget_times(json: &mut Json) {
    const TIMES: [&str; 7] = [
        "first_deployed",
        "last_deployed",
        "deleted",
        "started_at",
        "completed_at",
        "modtime",
        "schemamodtime",
    ];
    match json {
        Json::Object(map) => {
            map.retain(|key, _| !TIMES.contains(&key.as_str()));
            map.values_mut().for_each(forget_times);
        }
        Json::Array(list) => list.iter_mut().for_each(forget_times),
        _ => {}
    }
}

/// Takes a release through its life, each act by whoever is named, and returns the records as they were before the end.
fn live(nest: &Nest<'_>, acts: [Who; 4]) -> Vec<Json> {
    let chart = nest.chart();
    let [installs, upgrades, rolls, uninstalls] = acts;
    nest.helm(installs, &["install", "egg", chart, "--create-namespace", "--wait", "--labels=flock=north"]);
    assert_eq!(nest.colour(), "white");
    nest.helm(upgrades, &["upgrade", "egg", chart, "--set=colour=brown,extra=false", "--description=darker"]);
    assert_eq!(nest.colour(), "brown", "{acts:?}");
    assert!(
        !nest.has("configmaps egg-extra") && !nest.has("secrets egg-secret"),
        "{acts:?} {:?}",
        nest.left()
    );
    let data = nest.cluster.text("configmaps", NEST, "egg", "/data");
    assert!(!data.contains("extra"), "{acts:?}: what the chart drops goes: {data}");
    nest.helm(rolls, &["rollback", "egg", "1", "--wait"]);
    assert_eq!(nest.colour(), "white", "{acts:?}");
    nest.helm(upgrades, &["test", "egg"]);
    let records = (1..=3).map(|version| nest.record(version)).collect();
    assert_eq!(nest.statuses(), ["superseded", "superseded", "deployed"], "{acts:?}");
    nest.helm(uninstalls, &["uninstall", "egg", "--wait"]);
    assert!(nest.has("configmaps egg-kept"), "{:?}", nest.left());
    let gone = |name: &String| !name.contains("helm.release") && !name.starts_with("nests ");
    assert!(nest.left().iter().all(gone), "{acts:?} {:?}", nest.left());
    for name in ["egg-kept", "egg-first", "egg-test"] {
        nest.cluster.delete("configmaps", NEST, name);
    }
    records
}

fn either_goes_on(cluster: &dyn Ground) {
    use Who::{Ours, Theirs};
    let nest = Nest::build(cluster);
    let theirs = live(&nest, [Theirs; 4]);
    for acts in [[Ours; 4], [Ours, Theirs, Ours, Theirs], [Theirs, Ours, Theirs, Ours]] {
        for (ours, theirs) in live(&nest, acts).iter().zip(&theirs) {
            for field in theirs.as_object().unwrap().keys() {
                assert_eq!(ours[field], theirs[field], "{acts:?} {field} of revision {}", theirs["version"]);
            }
            assert_eq!(ours, theirs, "{acts:?}");
        }
    }
    // What a client merged before, the server merges now; either way what the chart drops goes.
    for server in ["--server-side=auto", "--server-side=true"] {
        nest.helm(Theirs, &["install", "egg", nest.chart(), "--server-side=false"]);
        nest.helm(Ours, &["upgrade", "egg", nest.chart(), "--set=extra=false", server]);
        let map = nest.cluster.get("configmaps", NEST, "egg");
        let operation = if server.ends_with("true") { "Apply" } else { "Update" };
        assert_eq!(map["data"], json!({"colour": "white"}));
        let managed = map["metadata"]["managedFields"].as_array().unwrap();
        let operations: Vec<&Json> = managed.iter().map(|entry| &entry["operation"]).collect();
        assert_eq!(operations, [operation]);
        nest.helm(Ours, &["uninstall", "egg", "--wait"]);
    }
}

fn failures(cluster: &dyn Ground) {
    use Who::{Ours, Theirs};
    let nest = Nest::build(cluster);
    let chart = nest.chart();
    nest.fails(Ours, &["upgrade", "egg", chart]);
    nest.helm(Ours, &["upgrade", "egg", chart, "--install", "--create-namespace"]);
    nest.fails(Ours, &["install", "egg", chart]);
    let shown = nest.helm(Ours, &["diff", "egg", chart, "--set=colour=brown,extra=false"]);
    assert!(
        shown.contains("data.colour: white → brown") && shown.contains("- ConfigMap nest/egg-extra"),
        "{shown}"
    );
    let shown = nest.helm(Ours, &["diff", "egg", chart, "--set=colour=unseen"]);
    let secret = shown.lines().skip_while(|line| !line.contains("egg-secret")).nth(1).unwrap();
    assert!(!secret.contains("unseen"), "{shown}");

    let error = nest.fails(
        Ours,
        &["upgrade", "egg", chart, "--set=stuck=true,colour=red", "--rollback-on-failure", "--timeout=5s"],
    );
    assert!(error.contains("rolled back") && error.contains("PersistentVolumeClaim nest/egg"), "{error}");
    assert_eq!(nest.statuses(), ["superseded", "failed", "deployed"]);
    assert_eq!(nest.colour(), "white");

    nest.fails(Ours, &["upgrade", "egg", chart, "--set=broken=true"]);
    assert_eq!(nest.statuses(), ["superseded", "failed", "deployed", "failed"]);
    nest.helm(Theirs, &["upgrade", "egg", chart, "--set=colour=green"]);
    nest.helm(Ours, &["upgrade", "egg", chart, "--reuse-values", "--set=extra=false"]);
    assert_eq!(
        nest.helm(Theirs, &["get", "values", "egg", "--output=json"]),
        "{\"colour\":\"green\",\"extra\":false}\n"
    );

    let taken = json!({"name": "taken", "namespace": NEST});
    cluster.apply(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": taken}));
    let error = nest.fails(Ours, &["install", "taken", chart]);
    assert!(error.contains("ConfigMap nest/taken"), "{error}");
    nest.helm(Ours, &["install", "taken", chart, "--take-ownership"]);
    nest.helm(Ours, &["uninstall", "taken", "egg", "--keep-history"]);
    assert_eq!(nest.statuses().last().unwrap(), "uninstalled");
    nest.helm(Ours, &["uninstall", "nobody", "--ignore-not-found"]);
}

fn killed(cluster: &dyn Ground) {
    use Who::Ours;
    let nest = Nest::build(cluster);
    let chart = nest.chart();
    cluster.create_namespace(NEST);
    let started = Instant::now();
    nest.helm(Ours, &["upgrade", "egg", chart, "--install"]);
    nest.helm(Ours, &["uninstall", "egg", "--wait"]);
    let whole = started.elapsed();
    let mut caught = Vec::new();
    let kills = 14;
    for turn in 0..kills {
        let colour = format!("--set=colour=c{turn}");
        let words = ["upgrade", "egg", chart, "--install", IN, &colour];
        let mut child = nest.ours().args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole * turn / kills);
        let _ = child.kill();
        child.wait().unwrap();
        let pending = "owner=helm,status in (pending-install,pending-upgrade)";
        if !cluster.list("secrets", NEST, pending).is_empty() {
            caught.push(turn);
        }
        let colour = format!("--set=colour=d{turn}");
        nest.helm(Ours, &["upgrade", "egg", chart, "--install", &colour]);
        assert_eq!(nest.colour(), format!("d{turn}"));
        let deployed = nest.statuses().into_iter().filter(|status| status == "deployed").count();
        assert_eq!(deployed, 1, "turn {turn}");
        if turn % 3 == 2 {
            nest.helm(Ours, &["uninstall", "egg", "--wait"]);
        }
    }
    println!("killed while pending: {caught:?} of {kills}, an undisturbed life takes {whole:?}");
    assert!(!caught.is_empty(), "no kill hit a pending revision");
    assert!(whole < Duration::from_mins(2));
}
