//! `eggtooth helm` beside the real helm, on releases of either.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use libtest_mimic::Trial;

use tempfile::TempDir;

use crate::cluster::succeed;
use crate::ground::{Ground, on_both};
use crate::tools;

pub(crate) fn trials() -> Vec<Trial> {
    on_both("helm_verbs::what_helm_prints_of_a_release_we_print", the_same_words).into()
}

/// A release's namespace.
const IN: &str = "--namespace=nest";

/// A cluster, a chart of ours, and both programs.
/// What `get all --template` is asked: each struct of a release once.
const TEMPLATES: [&str; 8] = [
    "{{.Release.Name}} {{.Release.Namespace}} {{.Release.Version}} {{.Release.ApplyMethod}} {{.Release.Labels}}",
    "{{.Release.Chart.Name}}-{{.Release.Chart.Metadata.Version}} {{.Release.Chart.AppVersion}} {{.Release.Chart.IsRoot}}",
    "{{with .Release.Info}}{{.Status}} {{.Description}} {{.RollbackRevision}} {{.LastDeployed}} {{.Deleted.IsZero}}{{end}}",
    "{{.Release.Info.FirstDeployed.Format \"2006-01-02\"}} {{.Release.Info.LastDeployed.Unix}} {{.Release.Info.Notes}}",
    "{{range .Release.Hooks}}{{.Name}} {{.Kind}} {{.Events}} {{.Weight}} {{.DeletePolicies}} {{.LastRun.Phase}}{{end}}",
    "{{range .Release.Chart.Templates}}{{.Name}} {{len .Data}} {{printf \"%s\" .Data}}{{end}}",
    "{{.Release.Config}} {{.Release.Chart.Values}} {{len .Release.Manifest}} {{index .Release.Chart.Values \"nested\"}}",
    "{{.Release.Chart.Metadata.Keywords}} {{.Release.Chart.Metadata.Annotations}} {{.Release.Chart.Lock}}{{if .Release.Chart.Lock}}!{{end}} {{.Nothing}}",
];

struct Nest<'a> {
    cluster: &'a dyn Ground,
    helm: PathBuf,
    folder: TempDir,
}

impl<'a> Nest<'a> {
    fn build(cluster: &'a dyn Ground, helm: PathBuf) -> Self {
        cluster.create_namespace("nest");
        let folder = tempfile::tempdir().unwrap();
        let files = [
            (
                "Chart.yaml",
                "apiVersion: v2\nname: egg\nversion: 1.2.3\nappVersion: \"4.5\"\nannotations: {a: <b>, c: d}\n",
            ),
            ("values.yaml", "size: 3\ncolour: white\nnested: {a: 1, gone: 2}\n"),
            ("templates/NOTES.txt", "An egg of {{ .Values.colour }} & revision {{ .Release.Revision }}.\n"),
            (
                "templates/config.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {colour: {{ .Values.colour | quote }}}\n",
            ),
            (
                "templates/hook.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-hook\n  annotations: {\"helm.sh/hook\": \"pre-install,pre-upgrade,pre-rollback\"}\n",
            ),
        ];
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { cluster, helm, folder }
    }

    /// Runs `eggtooth helm` and returns its output; fails when it does.
    fn ours(&self, driver: &str, words: &[&str]) -> String {
        let mut command = self.cluster.command(Path::new(env!("CARGO_BIN_EXE_eggtooth")));
        succeed(command.env("HELM_DRIVER", driver).arg("helm").args(words))
    }

    fn theirs(&self, driver: &str, words: &[&str]) -> String {
        succeed(self.cluster.command(&self.helm).env("HELM_DRIVER", driver).args(words))
    }

    fn both(&self, driver: &str, words: &[&str]) {
        assert_eq!(self.ours(driver, words), self.theirs(driver, words), "{words:?} ({driver})");
    }

    /// Helm's words for the cause are the last line of ours.
    fn both_refuse(&self, words: &[&str]) {
        let ours = self.fails(words);
        let theirs = self.cluster.command(&self.helm).args(words).output().unwrap();
        assert_eq!(theirs.status.code(), Some(1), "{words:?}");
        let [ours, theirs] = [ours, theirs].map(|output| String::from_utf8(output.stderr).unwrap());
        let said = |text: &str| text.trim().rsplit(": ").next().unwrap_or_default().to_owned();
        assert_eq!(said(&ours), said(&theirs), "{ours}\n{theirs}");
    }

    fn fails(&self, words: &[&str]) -> Output {
        let mut command = self.cluster.command(Path::new(env!("CARGO_BIN_EXE_eggtooth")));
        let output = command.arg("helm").args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        output
    }
}

fn the_same_words(cluster: &dyn Ground) {
    let Some(helm) = tools::find("helm") else {
        eprintln!("SKIPPED: there is no helm to compare with");
        return;
    };
    let nest = Nest::build(cluster, helm);
    let chart = nest.folder.path().to_str().unwrap();
    for driver in ["secret", "configmap"] {
        let install = ["install", "egg", chart, IN, "--labels=flock=north", "--set=colour=brown"];
        nest.theirs(driver, &install);
        nest.theirs(driver, &["upgrade", "egg", chart, IN, "--set=colour=<green>,nested.gone=null"]);
        nest.theirs(driver, &["rollback", "egg", "1", IN]);
        nest.theirs(driver, &["install", "other", chart, IN]);
        nest.theirs(driver, &["uninstall", "other", "--keep-history", IN]);
        for format in ["--output=table", "--output=json", "--output=yaml"] {
            nest.both(driver, &["list", IN, format]);
            nest.both(driver, &["list", "--all-namespaces", "--short", "--reverse", format]);
            nest.both(driver, &["list", IN, "--selector=flock=north", format]);
            nest.both(driver, &["list", IN, "--uninstalled", "--filter=^o", format]);
            nest.both(driver, &["history", "egg", IN, format]);
            nest.both(driver, &["history", "egg", IN, "--max=2", "--show-rollback-revision", format]);
            nest.both(driver, &["get", "values", "egg", IN, format]);
            nest.both(driver, &["get", "values", "egg", "--all", "--revision=2", IN, format]);
            nest.both(driver, &["get", "values", "other", IN, format]);
            nest.both(driver, &["get", "metadata", "egg", IN, format]);
        }
        for part in ["all", "hooks", "manifest", "notes"] {
            nest.both(driver, &["get", part, "egg", IN]);
        }
        nest.both(driver, &["list", IN, "--time-format=Mon 02 Jan 2006, 15:04:05.000 -07:00"]);
        for template in TEMPLATES {
            nest.both(driver, &["get", "all", "egg", IN, "--template", template]);
        }
        nest.both(driver, &["get", "all", "egg", IN, "--revision=2", "--template={{.Release.Config}}"]);
        for template in ["{{.Release.Nest}}", "{{.Release", "{{ tpl }}", "{{.Release.Chart.Name.Egg}}"] {
            nest.both_refuse(&["get", "all", "egg", IN, "--template", template]);
        }
        nest.both(driver, &["status", "egg", IN, "--output=json"]);
        nest.both(driver, &["status", "egg", IN, "--output=yaml"]);
        let table = nest.ours(driver, &["status", "egg", IN]);
        assert!(table.contains("==> v1/ConfigMap\nNAME   DATA   AGE\negg    1 "), "{table}");
        nest.theirs(driver, &["uninstall", "egg", "other", IN]);
    }
    let output = nest.fails(&["status", "nobody", IN]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("release: not found"));
}
