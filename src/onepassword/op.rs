//! The `op` command: many secrets by one process.

use std::{
    fmt,
    io::{self, Write as _},
    process::{Command, Stdio},
    time::Duration,
};

use rand::RngCore as _;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::Reference;
use crate::keys::ProcessEnvironment;
use crate::remote::Meter;
use crate::secret::Secret;

/// The `op` command, signed in as somebody.
pub struct Op {
    process: ProcessEnvironment,
    token: Option<Secret<String>>,
    account: Option<String>,
    /// Holds the refusal, once there is one. One process runs at a time: it may ask a person.
    refusal: Mutex<Option<OpError>>,
}

/// Why `op` gave nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpError {
    /// It is not there.
    #[error(
        "1Password's command `op` is not installed, or not on PATH: https://developer.1password.com/docs/cli"
    )]
    Missing,
    /// It can't be run.
    #[error("run 1Password's command `op`: {0}")]
    Run(String),
    /// It does not end.
    #[error("1Password's command `op` did not end within {} s: does it ask for something that nobody sees?", .0.as_secs())]
    Hangs(Duration),
    /// Nobody is signed in.
    #[error(
        "`op` is not signed in: run `op signin`, or give the token of a service account by OP_SERVICE_ACCOUNT_TOKEN \
         or `login.serviceAccountToken` ({0})"
    )]
    NotSignedIn(String),
    /// The token is not accepted.
    #[error("1Password refused the service account's token: {0} (it is not tried again; give another)")]
    Refused(String),
    /// Too many requests.
    #[error(
        "1Password's limit of requests is reached: {0} (`op service-account ratelimit` shows when it ends)"
    )]
    Limit(String),
    /// Anything else.
    #[error("`op inject` failed: {0}")]
    Failed(String),
    /// What it wrote is not what the template asks for.
    #[error("`op inject` wrote something else than the template asks for")]
    Form,
    /// A reference to an item as a whole.
    #[error("`{0}` names an item; `op` gives fields and files only: op://VAULT/ITEM/FIELD")]
    WholeItem(String),
    /// A Connect token in the place of a service account's.
    #[error(
        "`login.serviceAccountToken` is no service account's token (`ops_…`); a Connect token goes to `fn::open::onepassword-connect`"
    )]
    OtherToken,
}

/// A person may have to touch a sensor.
const PATIENCE: Duration = Duration::from_mins(2);

impl Op {
    /// Returns `op` as this process environment finds it; with the token of a service account, or as who is signed in.
    #[expect(clippy::disallowed_methods, reason = "only the token's kind is looked at")]
    pub fn new(
        process: ProcessEnvironment,
        token: Option<Secret<String>>,
        account: Option<String>,
    ) -> Result<Self, OpError> {
        if token.as_ref().is_some_and(|token| !token.expose().trim().starts_with("ops_")) {
            return Err(OpError::OtherToken);
        }
        Ok(Self { process, token, account, refusal: Mutex::default() })
    }

    /// Says whether this is `op` as the same account.
    pub fn is(&self, token: Option<&Secret<String>>, account: Option<&str>) -> bool {
        self.token.as_ref() == token && self.account.as_deref() == account
    }

    /// Reads secrets, all of them by one process; their values come in the order of the references.
    pub async fn read(
        &self,
        references: &[Reference],
        meter: &Meter,
    ) -> Result<Vec<Secret<String>>, OpError> {
        if let Some(whole) = references.iter().find(|reference| reference.field.is_none()) {
            return Err(OpError::WholeItem(whole.to_string()));
        }
        let mut refusal = self.refusal.lock().await;
        if let Some(refusal) = &*refusal {
            return Err(refusal.clone());
        }
        meter.count();
        let boundary = boundary();
        let read = match tokio::time::timeout(PATIENCE, self.inject(&template(&boundary, references))).await {
            Ok(output) => output.and_then(|output| split(&output, &boundary, references.len())),
            Err(_) => Err(OpError::Hangs(PATIENCE)),
        };
        if let Err(error @ (OpError::Refused(_) | OpError::NotSignedIn(_) | OpError::Limit(_))) = &read {
            *refusal = Some(error.clone());
        }
        read
    }

    async fn inject(&self, template: &str) -> Result<Zeroizing<Vec<u8>>, OpError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => OpError::Missing,
            _ => OpError::Run(error.to_string()),
        };
        let mut child = tokio::process::Command::from(self.command())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let stdin = child.stdin.take();
        let write = async {
            if let Some(mut stdin) = stdin {
                // Who does not read says why by how it ends.
                let _ = stdin.write_all(template.as_bytes()).await;
            }
        };
        let ((), output) = tokio::join!(write, child.wait_with_output());
        let output = output.map_err(failed)?;
        let written = Zeroizing::new(output.stdout);
        if output.status.success() { Ok(written) } else { Err(self.explain(&output.stderr)) }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("op");
        command.arg("inject");
        if let Some(account) = &self.account {
            command.args(["--account", account]);
        }
        self.process.apply(&mut command, &["OP_"]);
        if let Some(token) = &self.token {
            // With these in its environment, `op` would ask a Connect server.
            command.env_remove("OP_CONNECT_HOST").env_remove("OP_CONNECT_TOKEN");
            #[expect(clippy::disallowed_methods, reason = "`op` takes the token from its environment")]
            command.env("OP_SERVICE_ACCOUNT_TOKEN", token.expose().trim());
        }
        command
    }

    #[expect(clippy::disallowed_methods, reason = "the token is taken out of the message")]
    fn explain(&self, stderr: &[u8]) -> OpError {
        let text = String::from_utf8_lossy(stderr);
        let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason is given");
        let mut message = without_stamp(line).to_owned();
        if let Some(token) = self.token.as_ref().map(|token| token.expose().trim()) {
            message = message.replace(token, "[secret]");
        }
        let lower = text.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if says(&["too many requests", "rate limit", "rate-limit", "(429)"]) {
            OpError::Limit(message)
        } else if self.token.is_some()
            && says(&["unauthorized", "(401)", "invalid token", "service account token"])
        {
            OpError::Refused(message)
        } else if says(&[
            "not currently signed in",
            "not signed in",
            "no accounts configured",
            "session expired",
            "(401)",
        ]) {
            OpError::NotSignedIn(message)
        } else {
            OpError::Failed(message)
        }
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Op").field("account", &self.account).finish_non_exhaustive()
    }
}

/// No value holds it by chance, and nobody who wrote a value could know it.
fn boundary() -> String {
    let mut bytes = [0; 16];
    rand::rngs::OsRng.fill_bytes(&mut bytes);
    format!("eggtooth-{}", hex::encode(bytes))
}

fn template(boundary: &str, references: &[Reference]) -> String {
    let mut template = Vec::new();
    for reference in references {
        // Writing to memory does not fail.
        let _ = writeln!(template, "{boundary}\n{{{{ {reference} }}}}");
    }
    let _ = writeln!(template, "{boundary}");
    String::from_utf8_lossy(&template).into_owned()
}

fn split(output: &[u8], boundary: &str, count: usize) -> Result<Vec<Secret<String>>, OpError> {
    let text = std::str::from_utf8(output).map_err(|_| OpError::Form)?;
    let mut parts = text.split(boundary);
    if parts.next() != Some("") {
        return Err(OpError::Form);
    }
    let mut parts: Vec<&str> = parts.collect();
    let value = |part: &str| {
        let value = part.strip_prefix('\n')?.strip_suffix('\n')?;
        Some(Secret::new(value.to_owned()))
    };
    // Behind the last boundary there is nothing.
    parts.pop().filter(|rest| rest.trim().is_empty()).ok_or(OpError::Form)?;
    let values: Option<Vec<_>> = parts.into_iter().map(value).collect();
    values.filter(|values| values.len() == count).ok_or(OpError::Form)
}

/// `[ERROR] 2026/01/02 03:04:05 message`.
fn without_stamp(line: &str) -> &str {
    let Some(rest) = line.strip_prefix("[ERROR] ") else { return line };
    let stamp = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit() || b"/:".contains(&byte))
    };
    let mut words = rest.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(day), Some(time), Some(message)) if stamp(day) && stamp(time) => message,
        _ => rest,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    /// A stand-in `op`: writes down how it was called, replaces what it knows, fails as the real one does.
    const STAND_IN: &str = r#"#!/bin/sh
echo "$@" >> "$LOG"
env | grep -E '^(OP_|SOPS_)' >> "$LOG"
case "$OP_SERVICE_ACCOUNT_TOKEN" in
ops_good) ;;
ops_limit) echo "[ERROR] 2026/01/02 03:04:05 Too many requests. Your client has been rate-limited." >&2; exit 1 ;;
ops_*) echo "[ERROR] 2026/01/02 03:04:05 (401) Unauthorized: $OP_SERVICE_ACCOUNT_TOKEN" >&2; exit 1 ;;
*) [ -n "$OP_SESSION_x" ] || { echo "[ERROR] 2026/01/02 03:04:05 You are not currently signed in. Please run \`op signin --help\`" >&2; exit 1; } ;;
esac
while IFS= read -r line; do
case "$line" in
"{{ op://prod/db/password }}") echo chirp ;;
"{{ op://prod/My db/key }}") printf 'two\nlines\n' ;;
"{{"*) echo "[ERROR] 2026/01/02 03:04:05 could not resolve item: \"nobody\" isn't an item in the \"prod\" vault" >&2; exit 1 ;;
*) echo "$line" ;;
esac
done
"#;

    struct Nest {
        folder: tempfile::TempDir,
    }

    impl Nest {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("op");
            std::fs::write(&file, STAND_IN).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
            Self { folder }
        }

        fn op(&self, token: Option<&str>, more: &[(&str, &str)]) -> Op {
            let path = format!("{}:/usr/bin:/bin", self.folder.path().display());
            let log = self.log().display().to_string();
            let variables = [("PATH", path.as_str()), ("LOG", log.as_str()), ("SOPS_AGE_KEY", "k")];
            let process = variables.into_iter().chain(more.iter().copied()).collect();
            Op::new(process, token.map(|token| token.to_owned().into()), None).unwrap()
        }

        fn log(&self) -> std::path::PathBuf {
            self.folder.path().join("log")
        }

        fn logged(&self) -> String {
            std::fs::read_to_string(self.log()).unwrap_or_default()
        }
    }

    async fn read(op: &Op, references: &[&str]) -> Result<Vec<String>, OpError> {
        let references: Vec<Reference> = references.iter().map(|text| text.parse().unwrap()).collect();
        #[expect(clippy::disallowed_methods, reason = "the test looks at what was read")]
        let plain = |secret: Secret<String>| secret.expose().clone();
        Ok(op.read(&references, &Meter::default()).await?.into_iter().map(plain).collect())
    }

    #[tokio::test]
    async fn many_secrets_take_one_process_and_lines_stay_lines() {
        let nest = Nest::new();
        let op = nest.op(Some("ops_good\n"), &[("OP_CONNECT_TOKEN", "t")]);
        let values = read(&op, &["op://prod/db/password", "op://prod/My db/key"]).await.unwrap();
        assert_eq!(values, ["chirp", "two\nlines"]);
        // No secret in the arguments, no key of others in the environment.
        assert_eq!(nest.logged(), "inject\nOP_SERVICE_ACCOUNT_TOKEN=ops_good\n");
    }

    #[tokio::test]
    async fn a_refused_token_is_not_tried_again_and_not_shown() {
        let nest = Nest::new();
        for (token, says) in [
            ("ops_bad", "refused the service account's token: (401) Unauthorized: [secret]"),
            ("ops_limit", "limit of requests is reached: Too many requests."),
        ] {
            std::fs::write(nest.log(), "").unwrap();
            let op = nest.op(Some(token), &[]);
            for _ in 0..2 {
                let error = read(&op, &["op://prod/db/password"]).await.unwrap_err().to_string();
                assert!(error.contains(says) && !error.contains(token), "{error}");
            }
            assert_eq!(nest.logged().matches("inject").count(), 1);
        }
    }

    #[tokio::test]
    async fn who_is_not_signed_in_is_told_what_to_do() {
        let nest = Nest::new();
        let error = read(&nest.op(None, &[]), &["op://prod/db/password"]).await.unwrap_err();
        assert!(error.to_string().starts_with("`op` is not signed in: run `op signin`"), "{error}");
        let signed_in = nest.op(None, &[("OP_SESSION_x", "s")]);
        assert_eq!(read(&signed_in, &["op://prod/db/password"]).await.unwrap(), ["chirp"]);
        let error = read(&signed_in, &["op://prod/nobody/password"]).await.unwrap_err();
        assert!(error.to_string().starts_with("`op inject` failed: could not resolve item"), "{error}");
    }

    #[tokio::test]
    async fn a_missing_command_and_what_it_can_not_do_are_told() {
        let empty = tempfile::tempdir().unwrap();
        let path = |path: &Path| [("PATH", path.display().to_string())].into_iter().collect();
        let op = Op::new(path(empty.path()), None, None).unwrap();
        assert!(matches!(read(&op, &["op://prod/db/password"]).await, Err(OpError::Missing)));
        assert!(matches!(read(&op, &["op://prod/db"]).await, Err(OpError::WholeItem(_))));
        let other = Op::new(path(empty.path()), Some("eyJhbGciOi".to_owned().into()), None);
        assert!(matches!(other, Err(OpError::OtherToken)));
    }

    #[test]
    fn output_that_is_not_the_templates_is_not_taken_apart() {
        for output in ["", "x\nb\n1\nb\n", "b\n1\n", "b\n1\nb\n2\nb\n", "b\n1\nb\nrest"] {
            assert!(matches!(split(output.as_bytes(), "b", 1), Err(OpError::Form)), "{output}");
        }
        assert_eq!(split(b"b\n1\nb\n", "b", 1).unwrap().len(), 1);
    }
}
