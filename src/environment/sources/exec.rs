//! `fn::open::exec`: what a program writes.

use std::{
    collections::BTreeMap,
    io,
    process::{Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::{io::AsyncReadExt as _, process::Child};
use zeroize::Zeroizing;

use super::{
    file::{LIMIT, text_or_bytes},
    inputs,
    standard::Outside,
};
use crate::environment::{Names, Schema, Source, SourceError, read_json};
use crate::remote::Meter;
use crate::resource::{Map, Value};
use crate::secret::Secret;

/// Starts programs, if that is allowed.
pub(super) struct Exec {
    outside: Arc<Outside>,
}

impl Exec {
    pub(super) fn new(outside: Arc<Outside>) -> Self {
        Self { outside }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    /// The program and its arguments, as they are: there is no shell, and there can be no secret among them
    command: Vec<String>,
    /// Variables to add to its environment
    #[serde(default)]
    environment: BTreeMap<String, Secret<String>>,
    /// What it writes: a text, of which one line break at the end is dropped, or JSON
    #[serde(default)]
    format: Format,
    /// How long it may take, in seconds; 60 without it
    timeout: Option<u64>,
    /// Whether what it writes is a secret; it is unless this is false
    secret: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Debug, thiserror::Error)]
enum ExecError {
    #[error(
        "the environment wants to start `{0}`; if you trust all of its documents, allow it by `--allow-exec`"
    )]
    NotAllowed(String),
    #[error("`command` is empty")]
    Empty,
    #[error("start `{program}`")]
    Start {
        program: String,
        #[source]
        source: io::Error,
    },
    #[error("read what `{program}` writes")]
    Read {
        program: String,
        #[source]
        source: io::Error,
    },
    #[error("`{program}` wrote more than {} MiB", LIMIT >> 20)]
    TooLarge { program: String },
    #[error("`{program}` did not end within {seconds} s")]
    Hangs { program: String, seconds: u64 },
    #[error(
        "`{program}` failed: {status} (what it said is not shown, for it may hold secrets; run it by hand)"
    )]
    Failed { program: String, status: ExitStatus },
    #[error("`{0}` wrote something that is not JSON")]
    NotJson(String),
}

impl Source for Exec {
    fn name(&self) -> &'static str {
        "exec"
    }

    fn inputs(&self) -> Schema {
        inputs::schema::<Inputs>()
    }

    fn json_schema(&self) -> serde_json::Value {
        inputs::json_schema::<Inputs>()
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        _: &'a Names,
        meter: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let inputs: Inputs = inputs::read(self.name(), inputs)?;
            let (format, secret) = (inputs.format, inputs.secret.unwrap_or(true));
            let program = inputs.command.first().cloned().ok_or(ExecError::Empty)?;
            let mut output = self.run(inputs, meter).await?;
            let value = match format {
                Format::Json => read_json(&output).map_err(|_| ExecError::NotJson(program))?,
                Format::Text => {
                    if output.ends_with(b"\n") {
                        output.pop();
                    }
                    text_or_bytes(output.to_vec())
                }
            };
            Ok(if secret { value.secret() } else { value })
        })
    }
}

impl Exec {
    async fn run(&self, inputs: Inputs, meter: &Meter) -> Result<Zeroizing<Vec<u8>>, ExecError> {
        let [program, arguments @ ..] = inputs.command.as_slice() else { return Err(ExecError::Empty) };
        if !self.outside.allow_exec {
            return Err(ExecError::NotAllowed(program.clone()));
        }
        meter.count();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.outside.project);
        self.outside.process.apply(&mut command, &[]);
        #[expect(clippy::disallowed_methods, reason = "the document gives the program these variables")]
        command.envs(inputs.environment.iter().map(|(name, value)| (name, value.expose())));
        let mut command = tokio::process::Command::from(command);
        // What it says besides may hold secrets, and is never shown.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let program = || program.clone();
        let mut child = command.spawn().map_err(|source| ExecError::Start { program: program(), source })?;
        let seconds = inputs.timeout.unwrap_or(60);
        let read = tokio::time::timeout(Duration::from_secs(seconds), written(&mut child)).await;
        let Ok(ended) = read else { return Err(ExecError::Hangs { program: program(), seconds }) };
        match ended.map_err(|source| ExecError::Read { program: program(), source })? {
            None => Err(ExecError::TooLarge { program: program() }),
            Some((output, status)) if status.success() => Ok(output),
            Some((_, status)) => Err(ExecError::Failed { program: program(), status }),
        }
    }
}

/// Returns what a program writes, and how it ends; nothing when it writes too much, and then it may run still.
async fn written(child: &mut Child) -> io::Result<Option<(Zeroizing<Vec<u8>>, ExitStatus)>> {
    let mut output = Zeroizing::new(Vec::new());
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LIMIT + 1).read_to_end(&mut output).await?;
    }
    if output.len() as u64 > LIMIT {
        return Ok(None);
    }
    Ok(Some((output, child.wait().await?)))
}
