//! A real helm.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::case::Case;

pub(super) struct Helm(PathBuf);

impl Helm {
    /// Returns the helm that the environment names, or the one in the cache of tools.
    pub(super) fn find() -> Option<Self> {
        if let Some(path) = env::var_os("EGGTOOTH_HELM") {
            return Some(Self(path.into()));
        }
        let tools = Path::new(&env::var_os("HOME")?).join(".cache/eggtooth/tools");
        let folders = fs::read_dir(tools).ok()?.filter_map(Result::ok);
        folders.map(|folder| folder.path().join("bin/helm")).find(|path| path.exists()).map(Self)
    }

    /// Renders all cases in one chart; returns the texts of their values.
    pub(super) fn values(&self, cases: &[Case], values: &str, zone: &str) -> Vec<String> {
        let output = self.template(cases, values, zone);
        assert!(output.status.success(), "helm: {}", String::from_utf8_lossy(&output.stderr));
        let manifest = String::from_utf8(output.stdout).unwrap();
        let mut texts: Vec<String> = vec![String::new(); cases.len()];
        for line in manifest.lines().filter_map(|line| line.strip_prefix("c")) {
            let (index, encoded) = line.split_once(": ").unwrap();
            let text = STANDARD.decode(encoded.trim_matches('"')).unwrap();
            texts[index.parse::<usize>().unwrap()] = String::from_utf8_lossy(&text).into_owned();
        }
        texts
    }

    /// Renders a case that fails; returns the error.
    pub(super) fn error(&self, case: &Case, values: &str, zone: &str) -> String {
        let output = self.template(std::slice::from_ref(case), values, zone);
        assert!(!output.status.success(), "helm accepts {}", case.expression);
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn template(&self, cases: &[Case], values: &str, zone: &str) -> Output {
        let chart = tempfile::tempdir().unwrap();
        fs::create_dir(chart.path().join("templates")).unwrap();
        fs::write(chart.path().join("Chart.yaml"), "apiVersion: v2\nname: c\nversion: 1.0.0\n").unwrap();
        fs::write(chart.path().join("values.yaml"), values).unwrap();
        for (index, case) in cases.iter().enumerate() {
            let mut source = String::new();
            write!(source, "{{{{ $v := {} }}}}", case.expression).unwrap();
            writeln!(source, "c{index}: \"{{{{ printf \"%T %q\" $v (print $v) | b64enc }}}}\"").unwrap();
            fs::write(chart.path().join(format!("templates/c{index}.yaml")), source).unwrap();
        }
        let mut command = Command::new(&self.0);
        command.args(["template", "c"]).arg(chart.path()).env("TZ", zone).env("HOME", chart.path());
        command.output().unwrap()
    }
}
