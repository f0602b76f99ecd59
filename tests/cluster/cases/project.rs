//! A project for a test: environments, encrypted secrets and the lock, and the binary that runs on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use age::secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::cases::operator::charts;
use crate::connect::{Credentials, PRODUCTION, STAGING};
use crate::ground::Ground;

/// The environment of most tests: one store with a canary whose value is compared.
const ENVIRONMENT: &str = r#"values:
  bootstrap:
    fn::open::sops: { path: bootstrap/secrets/test.sops.yaml }
  stacks:
    onepassword-connect:
      connect:
        credentials: ${bootstrap.credentials}
        token: ${bootstrap.token}
      stores:
        - name: onepassword
          vaults: { production: 1 }
          canary: { item: canary, property: password, equals: "${bootstrap.canary}" }
"#;

/// What a run of the binary came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Fails unless the run ended with `code`.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless stderr holds each of the texts.
    pub(crate) fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "`{text}` is not in:\n{}", self.stderr);
        }
        self
    }
}

/// A project's folder with a key of its own.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    key: PathBuf,
    recipient: String,
}

impl Project {
    /// The usual project: environment `test`, the credentials of `seed` and a token that goes with them.
    pub(crate) fn new(cluster: &dyn Ground, seed: &str) -> Self {
        let credentials = Credentials::from_seed(seed);
        Self::with_token(cluster, seed, &credentials.token(&[PRODUCTION, STAGING]))
    }

    /// The usual project with another token.
    pub(crate) fn with_token(cluster: &dyn Ground, seed: &str, token: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("age.key");
        let identity = age::x25519::Identity::generate();
        std::fs::write(&key, format!("{}\n", identity.to_string().expose_secret())).unwrap();
        let project = Self { folder, key, recipient: identity.to_public().to_string() };
        for part in ["environments", "bootstrap/secrets"] {
            std::fs::create_dir_all(project.path(part)).unwrap();
        }
        std::fs::copy(repository().join("bootstrap/charts.lock"), project.path("bootstrap/charts.lock"))
            .unwrap();
        project.write("environments/test.yaml", ENVIRONMENT);
        project.seal(cluster, seed, token);
        project
    }

    /// Writes the encrypted secrets anew.
    pub(crate) fn seal(&self, cluster: &dyn Ground, seed: &str, token: &str) {
        let credentials = Credentials::from_seed(seed).json();
        self.seal_secrets(cluster, &json!({ "credentials": credentials, "token": token, "canary": "chirp" }));
    }

    /// Writes these secrets, encrypted by the real sops, or by `eggtooth sops` where that is not built.
    pub(crate) fn seal_secrets(&self, cluster: &dyn Ground, secrets: &Value) {
        let file = self.path("bootstrap/secrets/test.sops.yaml");
        std::fs::write(&file, secrets.to_string()).unwrap();
        let mut sops = cluster.tool_or_ours("sops");
        sops.args(["encrypt", "--input-type=yaml", "--output-type=yaml", "--in-place", "--age"]);
        crate::cluster::succeed(sops.arg(&self.recipient).arg(&file));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The environment's text with one part replaced, which must be there.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = self.read("environments/test.yaml");
        assert!(text.contains(from), "`{from}` is not in the environment");
        self.write("environments/test.yaml", &text.replace(from, to));
    }

    /// The binary on this project and cluster.
    pub(crate) fn command<'a>(
        &self,
        cluster: &dyn Ground,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Command {
        let mut command = binary(cluster, self.folder.path());
        command.env("SOPS_AGE_KEY_FILE", &self.key).args(arguments);
        command
    }

    pub(crate) fn run<'a>(
        &self,
        cluster: &dyn Ground,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Outcome {
        outcome(&mut self.command(cluster, arguments))
    }
}

/// The binary with the cluster's kubeconfig and the real charts.
pub(crate) fn binary(cluster: &dyn Ground, project: &Path) -> Command {
    let mut command = cluster.command(Path::new(env!("CARGO_BIN_EXE_eggtooth")));
    command.arg("--project").arg(project).stdin(Stdio::null());
    if let Some(charts) = charts() {
        command.env("EGGTOOTH_CHARTS", charts);
    }
    command
}

pub(crate) fn outcome(command: &mut Command) -> Outcome {
    outcome_of(&command.output().unwrap())
}

pub(crate) fn outcome_of(output: &Output) -> Outcome {
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
