//! The binary against the servers of sources over real sockets: each error that facts know of, with its text, its exit
//! code, the requests it took, and no secret in what is printed.
#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot go on from")]

mod connect;
#[path = "cluster/connect/credentials.rs"]
#[expect(dead_code, reason = "the servers of this suite check what these tests only make")]
mod credentials;
mod programs;
mod pulumi_esc;
mod silence;
mod tls;

use std::process::Output;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::environment_commands::{Project, text};

/// Where servers of a test run while the test waits for processes.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A port of loopback that was free a moment ago.
async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// What a document is opened with.
struct Opening<'a> {
    variables: &'a [(&'a str, &'a str)],
    /// Texts that may be in no output.
    secrets: &'a [&'a str],
}

impl Opening<'_> {
    /// Runs `env open` on the document, without showing secrets.
    fn run(&self, document: &str, more: &[&str]) -> Output {
        let project = Project::new(&[("e", document)]);
        let mut command = project.command(&[&["env", "open", "e"], more].concat());
        let clean = ["OP_CONNECT_HOST", "OP_CONNECT_TOKEN", "OP_SERVICE_ACCOUNT_TOKEN", "PULUMI_API"];
        for name in clean.iter().chain(&["PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL", "VAULT_TOKEN"]) {
            command.env_remove(name);
        }
        // Whatever proxy the machine has, it is not asked for loopback.
        command.env("NO_PROXY", "127.0.0.1").envs(self.variables.iter().copied());
        let output = command.output().unwrap();
        let shown = text(&output);
        for secret in self.secrets {
            assert!(!shown.contains(secret), "a secret is in:\n{shown}");
        }
        output
    }

    /// Expects that the document can't be opened, with the place of the call and these words on stderr only.
    fn refused(&self, document: &str, expected: &str) -> String {
        let output = self.run(document, &[]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "there are no values");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("environments/e.yaml:2:"), "no place is in:\n{told}");
        assert!(told.contains(expected), "`{expected}` is not in:\n{told}");
        told
    }
}
