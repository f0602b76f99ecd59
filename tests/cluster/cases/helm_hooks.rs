//! Hooks and tests that fail, replaced objects, and what a wait that was in vain tells.

use libtest_mimic::Trial;
use serde_json::json;

use crate::cases::helm_life::{NEST, Nest, Who};
use crate::cases::trial;
use crate::cluster::{Cluster, Options};
use crate::ground::{Ground, on_both};

pub(crate) fn trials() -> Vec<Trial> {
    [
        on_both("helm_hooks::a_hook_that_fails_is_told_with_its_reason", hooks),
        on_both("helm_hooks::what_is_replaced_loses_what_others_added", replaced),
        on_both("helm_hooks::whatever_is_stuck_is_told_with_its_cause", stuck),
    ]
    .into_iter()
    .flatten()
    // A rehearsal's server has no logs of pods.
    .chain([
        trial("helm_hooks::a_test_that_fails_is_told_with_its_log", || {
            tests(&Cluster::start(&Options::default()));
        }),
        trial("helm_hooks::the_end_of_a_log_is_told_and_not_recorded", || {
            logs(&Cluster::start(&Options::default()));
        }),
    ])
    .collect()
}

const CHART: (&str, &str) = ("Chart.yaml", "apiVersion: v2\nname: faults\nversion: 0.1.0\n");
const CONFIG: (&str, &str) = (
    "templates/config.yaml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {colour: {{ .Values.colour }}}\n",
);

fn hooks(cluster: &dyn Ground) {
    use Who::{Ours, Theirs};
    let nest = Nest::of(
        cluster,
        &[
            CHART,
            CONFIG,
            ("values.yaml", "colour: white\nfails: \"\"\npolicy: before-hook-creation\n"),
            (
                "templates/hook.yaml",
                "{{- with .Values.fails }}\napiVersion: batch/v1\nkind: Job\nmetadata:\n  name: egg-{{ . }}\n  \
                annotations: {helm.sh/hook: \"{{ . }}\", helm.sh/hook-delete-policy: \"{{ $.Values.policy }}\"}\n\
                spec:\n  backoffLimit: 0\n  template:\n    metadata:\n      annotations:\n        \
                {test.eggtooth.dev/exit-code: \"3\", test.eggtooth.dev/log: the shell is cracked}\n    \
                spec: {restartPolicy: Never, containers: [{name: a, image: pretend}]}\n{{- end }}\n",
            ),
        ],
    );
    let chart = nest.chart();
    cluster.create_namespace(NEST);
    let mut records = Vec::new();
    for who in [Theirs, Ours] {
        let error = nest.fails(who, &["install", "egg", chart, "--set=fails=pre-install"]);
        if who == Ours {
            for part in
                ["faults/templates/hook.yaml", "Job nest/egg-pre-install", "BackoffLimitExceeded", "code 3"]
            {
                assert!(error.contains(part), "{part} is not in: {error}");
            }
        }
        assert_eq!(nest.statuses(), ["failed"]);
        assert!(!nest.has("configmaps egg"), "what comes after the hook is not made");
        assert!(nest.has("jobs egg-pre-install"), "{:?}", nest.left());
        let mut record = nest.record(1);
        // Each words it in its own way.
        record["info"]["description"] = json!(null);
        assert_eq!(record["hooks"][0]["last_run"]["phase"], "Failed");
        records.push(record);
        nest.helm(who, &["uninstall", "egg"]);
        cluster.delete("jobs", NEST, "egg-pre-install");
    }
    assert_eq!(records[1], records[0]);

    nest.fails(
        Ours,
        &["install", "egg", chart, "--set=fails=pre-install,policy=hook-failed", "--rollback-on-failure"],
    );
    let ours = |name: &String| name.contains(" egg") || name.contains("helm.release");
    assert!(!nest.left().iter().any(ours), "neither the hook nor a record is left: {:?}", nest.left());
    nest.helm(Ours, &["install", "egg", chart]);
    for event in ["pre-upgrade", "post-upgrade"] {
        let fails = format!("--set=colour=red,policy=hook-failed,fails={event}");
        let error = nest.fails(Ours, &["upgrade", "egg", chart, &fails]);
        assert!(error.contains(&format!("Job nest/egg-{event}")), "{error}");
        assert!(!nest.has(&format!("jobs egg-{event}")), "{:?}", nest.left());
        assert_eq!(nest.statuses().last().unwrap(), "failed");
        assert_eq!(nest.colour(), if event == "pre-upgrade" { "white" } else { "red" });
    }
    let error = nest.fails(
        Ours,
        &["upgrade", "egg", chart, "--set=colour=blue,fails=post-upgrade", "--rollback-on-failure"],
    );
    assert!(error.contains("has been rolled back"), "{error}");
    assert_eq!(nest.colour(), "white");
    assert_eq!(nest.statuses(), ["superseded", "failed", "failed", "failed", "deployed"]);
}

fn tests(cluster: &dyn Ground) {
    use Who::{Ours, Theirs};
    let pod = |name: &str, code: u8| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{{{ .Release.Name }}}}-{name}\n  annotations: {{helm.sh/hook: test, \
            test.eggtooth.dev/exit-code: \"{code}\", test.eggtooth.dev/log: said by {name}}}\n\
            spec: {{restartPolicy: Never, containers: [{{name: a, image: pretend}}]}}\n"
        )
    };
    let (good, bad) = (pod("good", 0), pod("bad", 1));
    let files = [
        CHART,
        CONFIG,
        ("values.yaml", "colour: white\n"),
        ("templates/tests/good.yaml", &good),
        ("templates/tests/bad.yaml", &bad),
    ];
    let nest = Nest::of(cluster, &files);
    nest.helm(Ours, &["install", "egg", nest.chart(), "--create-namespace"]);
    let run = |who: Who, words: &[&str], code: i32| {
        let output = nest.run(who, words);
        let text = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{who:?} {words:?} {text}{error}");
        // When it ran is told, too.
        let lines = text.lines().filter(|line| !line.starts_with("Last ") && !line.starts_with("LAST "));
        (lines.collect::<Vec<_>>().join("\n"), error)
    };
    for (words, code) in [
        (["test", "egg", "--logs", "--filter=name=egg-good"], 0),
        (["test", "egg", "--logs", "--filter=!name=egg-good"], 1),
    ] {
        let (theirs, _) = run(Theirs, &words, code);
        let (ours, error) = run(Ours, &words, code);
        assert_eq!(ours, theirs, "{words:?}");
        let said = if code == 0 { "said by good" } else { "said by bad" };
        assert!(ours.contains(said), "{ours}");
        assert!(code == 0 || error.contains("Pod nest/egg-bad"), "{error}");
    }
    assert_eq!(nest.statuses(), ["deployed"], "a test changes no status");
}

fn replaced(cluster: &dyn Ground) {
    use Who::{Ours, Theirs};
    let nest = Nest::of(cluster, &[CHART, CONFIG, ("values.yaml", "colour: white\n")]);
    let chart = nest.chart();
    for who in [Theirs, Ours] {
        nest.helm(who, &["install", "egg", chart, "--create-namespace", "--force-replace"]);
        let error = nest.fails(who, &["upgrade", "egg", chart, "--force-replace"]);
        assert!(error.contains("cannot use server-side apply and force replace together"), "{who:?} {error}");
        nest.helm(who, &["upgrade", "egg", chart, "--server-side=false"]);
        let uid = cluster.text("configmaps", NEST, "egg", "/metadata/uid");
        let words: [&[&str]; 2] = [
            &["upgrade", "egg", chart, "--force", "--set=colour=red"],
            &["rollback", "egg", "--force-replace"],
        ];
        for (words, colour) in words.into_iter().zip(["red", "white"]) {
            cluster.merge("configmaps", NEST, "egg", &json!({"data": {"added": "by hand"}}));
            nest.helm(who, words);
            assert_eq!(
                cluster.get("configmaps", NEST, "egg")["data"],
                json!({"colour": colour}),
                "{who:?} {words:?}"
            );
        }
        assert_eq!(cluster.text("configmaps", NEST, "egg", "/metadata/uid"), uid, "it is the same object");
        nest.helm(who, &["uninstall", "egg", "--wait"]);
    }
    // What is refused is refused before anything is written.
    nest.helm(Ours, &["install", "egg", chart]);
    nest.fails(Ours, &["upgrade", "egg", chart, "--force-replace", "--server-side=true"]);
    assert_eq!(nest.statuses(), ["deployed"]);
}

fn stuck(cluster: &dyn Ground) {
    use Who::Ours;
    let deployment = |name: &str, spec: &str, container: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  \
            template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
            spec: {{{spec}containers: [{{name: a, {container}}}]}}\n---\n"
        )
    };
    let objects = [
        deployment("image", "", "image: no-such-image"),
        deployment("node", "nodeSelector: {nowhere: \"true\"}, ", "image: pretend"),
        deployment("mount", "", "image: pretend, envFrom: [{secretRef: {name: not-there}}]"),
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: claim}\nspec: {storageClassName: \"\", \
        accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
            .to_owned(),
    ]
    .concat();
    let nest = Nest::of(cluster, &[CHART, ("templates/all.yaml", &objects)]);
    let error =
        nest.fails(Ours, &["install", "egg", nest.chart(), "--create-namespace", "--wait", "--timeout=12s"]);
    let last = error.lines().filter(|line| line.contains("not ready after")).collect::<String>();
    for part in [
        "objects not ready after 12 s",
        "Deployment nest/image: pod image-",
        "no-such-image",
        "Deployment nest/node: pod node-",
        "Unschedulable",
        "Deployment nest/mount: pod mount-",
        "not-there",
        "PersistentVolumeClaim nest/claim: ",
    ] {
        assert!(last.contains(part), "{part:?} is not in {last:?}\n{error}");
    }
}

fn logs(cluster: &dyn Ground) {
    use Who::Ours;
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: job, annotations: {ANNOTATIONS}}\nspec:\n  backoffLimit: 0\n  \
        template:\n    metadata: {annotations: {test.eggtooth.dev/exit-code: \"4\", test.eggtooth.dev/log: no such table}}\n    \
        spec: {restartPolicy: Never, containers: [{name: a, image: pretend}]}\n";
    for annotations in ["", "helm.sh/hook: pre-install"] {
        let job = job.replace("ANNOTATIONS", annotations);
        let nest = Nest::of(cluster, &[CHART, ("templates/job.yaml", &job)]);
        let error = nest.fails(
            Ours,
            &["install", "egg", nest.chart(), "--create-namespace", "--wait", "--wait-for-jobs"],
        );
        for part in ["Job nest/job failed: BackoffLimitExceeded", "code 4", "container a:\n  no such table"] {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
        let description = nest.record(1)["info"]["description"].to_string();
        assert!(description.contains("code 4") && !description.contains("table"), "{description}");
        nest.helm(Ours, &["uninstall", "egg", "--wait"]);
    }
}
