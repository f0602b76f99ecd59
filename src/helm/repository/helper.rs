//! Programs that keep logins: `docker-credential-NAME`.

use std::process::Stdio;

use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::RepositoryError;
use super::access::Login;
use crate::secret::Secret;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// What stands for the name where the secret is a token for another token; registries' own clients exchange it.
const TOKEN: &str = "<token>";

/// Asks a program for the login of a host; none where it has none.
pub(super) async fn ask(
    name: &str,
    host: &str,
    path: Option<&str>,
) -> Result<Option<Login>, RepositoryError> {
    let program = format!("docker-credential-{name}");
    let failed = |source| RepositoryError::Helper { program: program.clone(), source };
    let mut command = Command::new(&program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(host.as_bytes()).await.map_err(failed)?;
    }
    let output = child.wait_with_output().await.map_err(failed)?;
    // A program says by its exit code that it knows no such host; what it prints then is for people.
    if !output.status.success() {
        return Ok(None);
    }
    let Ok(answer) = serde_json::from_slice::<Answer>(&output.stdout) else { return Ok(None) };
    if answer.username == TOKEN {
        tracing::warn!(%host, program, "the login is an identity token, which is not exchanged: asking without it");
        return Ok(None);
    }
    Ok(Some(Login { username: answer.username, password: Secret::new(answer.secret) }))
}
