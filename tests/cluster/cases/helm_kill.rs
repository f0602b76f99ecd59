//! `kill -9` in each phase of each verb: the next run goes on, and says what it found.
//!
//! Where a run is to be caught, something outside of the chart is in its way: a ConfigMap that a pod wants and that is not
//! there, a webhook that nobody answers, a finalizer.

use std::process::{Child, Stdio};
use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::json;

use crate::cases::helm_life::{IN, NEST, Nest, Who};
use crate::ground::{Ground, on_both};
use crate::wait;

pub(crate) fn trials() -> Vec<Trial> {
    [
        on_both("helm_kill::a_change_that_is_killed_in_any_phase_is_gone_on_with", changes),
        on_both("helm_kill::an_uninstall_that_is_killed_in_any_phase_is_gone_on_with", uninstalls),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const LIMIT: Duration = Duration::from_mins(1);

/// Where a run is caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The pending record is written, no object is.
    Before,
    /// Some objects are written, others are not.
    Between,
    /// All objects are written and are waited for.
    Waiting,
    /// All is done but the record.
    After,
}

const PHASES: [Phase; 4] = [Phase::Before, Phase::Between, Phase::Waiting, Phase::After];

fn build(cluster: &dyn Ground) -> Nest<'_> {
    let gated = |gate: &str| {
        format!(
            "containers: [{{name: a, image: pretend, env: [{{name: COLOUR, value: {{{{ .Values.colour }}}}}}]}}], \
            volumes: [{{name: gate, configMap: {{name: gate-{gate}}}}}]"
        )
    };
    let hook = |gate: &str, events: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: egg-{gate}\n  annotations: {{helm.sh/hook: \"{events}\"}}\n\
            spec: {{template: {{spec: {{restartPolicy: Never, {}}}}}}}\n",
            gated(gate)
        )
    };
    let deployment = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: egg}}\nspec:\n  selector: {{matchLabels: {{app: egg}}}}\n  \
        template:\n    metadata: {{labels: {{app: egg}}}}\n    spec: {{{}}}\n",
        gated("waiting")
    );
    let before = hook("before", "pre-install,pre-upgrade,pre-rollback,pre-delete");
    let after = hook("after", "post-install,post-upgrade,post-rollback,post-delete");
    let nest = Nest::of(
        cluster,
        &[
            ("Chart.yaml", "apiVersion: v2\nname: kill\nversion: 0.1.0\n"),
            ("values.yaml", "colour: white\n"),
            (
                "templates/config.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: egg}\ndata: {colour: {{ .Values.colour }}}\n",
            ),
            ("templates/deployment.yaml", &deployment),
            ("templates/before.yaml", &before),
            ("templates/after.yaml", &after),
        ],
    );
    cluster.create_namespace(NEST);
    for gate in ["before", "waiting", "after"] {
        set_gate(cluster, gate, true);
    }
    nest
}

fn set_gate(cluster: &dyn Ground, gate: &str, open: bool) {
    let name = format!("gate-{gate}");
    if open {
        let metadata = json!({"name": name, "namespace": NEST});
        cluster.apply(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}));
    } else {
        cluster.delete("configmaps", NEST, &name);
    }
}

impl Phase {
    /// Puts something in the way of whoever comes so far, or takes it away.
    fn bar(self, cluster: &dyn Ground, barred: bool) {
        match self {
            Self::Before => set_gate(cluster, "before", !barred),
            Self::Waiting => set_gate(cluster, "waiting", !barred),
            Self::After => set_gate(cluster, "after", !barred),
            Self::Between if barred => cluster.apply(&json!({
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": "bar"},
                "webhooks": [{
                    "name": "bar.life.test", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                    "clientConfig": {"url": "https://127.0.0.1:1/"}, "failurePolicy": "Fail", "timeoutSeconds": 2,
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NEST}},
                    "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"],
                        "operations": ["CREATE", "UPDATE"]}],
                }],
            })),
            Self::Between => cluster.delete("validatingwebhookconfigurations", "", "bar"),
        }
    }

    /// Says why a run that makes this colour has not come so far, if it has not.
    fn reached(self, nest: &Nest<'_>, status: &str, colour: &str) -> Result<(), String> {
        let cluster = nest.cluster;
        let pending = format!("owner=helm,status={status}");
        if cluster.list("secrets", NEST, &pending).is_empty() {
            return Err(format!("no record is {status}"));
        }
        let config = cluster.text("configmaps", NEST, "egg", "/data/colour");
        let deployed =
            cluster.text("deployments", NEST, "egg", "/spec/template/spec/containers/0/env/0/value");
        let reached = match self {
            Self::Before => nest.has("jobs egg-before") && config != colour,
            Self::Between => config == colour && deployed != colour,
            Self::Waiting => deployed == colour,
            Self::After => deployed == colour && nest.has("jobs egg-after"),
        };
        if reached {
            Ok(())
        } else {
            Err(format!("ConfigMap {config:?}, Deployment {deployed:?}: {:?}", nest.left()))
        }
    }
}

/// Starts a run of ours and returns once it has come to where it is to be killed.
fn kill_at(nest: &Nest<'_>, words: &[&str], reached: impl FnMut() -> Result<(), String>) {
    let mut child: Child =
        nest.ours().args(words).arg(IN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait::expect(&format!("{words:?} to come to its end"), LIMIT, reached);
    assert!(child.try_wait().unwrap().is_none(), "{words:?} ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Runs ours to its end and returns what it tells on stderr.
fn told(nest: &Nest<'_>, words: &[&str]) -> String {
    let output = nest.run(Who::Ours, words);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words:?}\n{told}");
    told
}

fn changes(cluster: &dyn Ground) {
    let nest = build(cluster);
    let chart = nest.chart();
    let upgrade = ["upgrade", "egg", chart, "--install", "--wait", "--set=colour=brown"];
    for phase in PHASES {
        let verbs: [(&str, &[&str], &str); 3] = [
            ("pending-install", &upgrade, "brown"),
            ("pending-upgrade", &upgrade, "brown"),
            ("pending-rollback", &["rollback", "egg", "1", "--wait"], "white"),
        ];
        for (status, words, colour) in verbs {
            let mut expected = vec!["failed", "deployed"];
            if status == "pending-install" {
                expected[0] = "superseded";
            } else {
                nest.helm(Who::Ours, &["install", "egg", chart, "--wait"]);
                expected.insert(0, "superseded");
            }
            if status == "pending-rollback" {
                nest.helm(Who::Ours, &["upgrade", "egg", chart, "--wait", "--set=colour=green"]);
                expected.insert(0, "superseded");
            }
            for job in ["egg-before", "egg-after"] {
                cluster.delete("jobs", NEST, job);
            }
            phase.bar(cluster, true);
            kill_at(&nest, words, || phase.reached(&nest, status, colour));
            phase.bar(cluster, false);
            let told = told(&nest, words);
            let said = format!("was {status}, and whoever began it ended before it was done");
            assert!(told.contains(&said), "{phase:?} {status}: {told}");
            assert_eq!(nest.statuses(), expected, "{phase:?} {status}");
            assert_eq!(nest.colour(), colour);
            nest.helm(Who::Ours, &["uninstall", "egg", "--wait"]);
        }
    }
}

fn uninstalls(cluster: &dyn Ground) {
    let nest = build(cluster);
    for phase in [Phase::Before, Phase::Between, Phase::After] {
        nest.helm(Who::Ours, &["install", "egg", nest.chart(), "--wait"]);
        for job in ["egg-before", "egg-after"] {
            cluster.delete("jobs", NEST, job);
        }
        let keep = |names: &[&str]| {
            cluster.merge("configmaps", NEST, "egg", &json!({"metadata": {"finalizers": names}}));
        };
        match phase {
            Phase::Between => keep(&["life.test/keep"]),
            _ => phase.bar(cluster, true),
        }
        let going = || !cluster.text("configmaps", NEST, "egg", "/metadata/deletionTimestamp").is_empty();
        kill_at(&nest, &["uninstall", "egg", "--wait"], || {
            let reached = match phase {
                Phase::Before => nest.has("jobs egg-before") && nest.has("configmaps egg"),
                Phase::Between => going() && !nest.has("deployments egg"),
                Phase::Waiting | Phase::After => nest.has("jobs egg-after") && !nest.has("configmaps egg"),
            };
            if reached { Ok(()) } else { Err(format!("{:?}", nest.left())) }
        });
        assert_eq!(nest.statuses(), ["uninstalling"]);
        match phase {
            Phase::Between => keep(&[]),
            _ => phase.bar(cluster, false),
        }
        let told = told(&nest, &["uninstall", "egg", "--wait"]);
        assert!(told.contains("egg was being uninstalled"), "{phase:?}: {told}");
        let left = nest.left();
        let ours = |name: &&str| left.iter().any(|left| left.starts_with(*name));
        let found: Vec<&str> =
            ["configmaps egg", "deployments egg", "secrets sh.helm"].into_iter().filter(ours).collect();
        assert!(found.is_empty(), "{phase:?}: {found:?}");
    }
}
