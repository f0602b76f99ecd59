//! `fn::open::file`: a file as it is.

use std::{io, path::PathBuf, sync::Arc};

use futures::future::BoxFuture;

use super::{inputs, standard::Outside};
use crate::environment::{Names, Schema, Source, SourceError};
use crate::remote::Meter;
use crate::resource::{Map, Value};

/// Reads files.
pub(super) struct File {
    outside: Arc<Outside>,
}

impl File {
    pub(super) fn new(outside: Arc<Outside>) -> Self {
        Self { outside }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    /// The file, from the project's root
    path: PathBuf,
    /// Whether its content is a secret; it is unless this is false
    secret: Option<bool>,
}

#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("read `{}`", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`{}` has more than {} MiB", path.display(), LIMIT >> 20)]
    TooLarge { path: PathBuf },
}

/// No secret is larger.
pub(super) const LIMIT: u64 = 16 << 20;

impl Source for File {
    fn name(&self) -> &'static str {
        "file"
    }

    fn inputs(&self) -> Schema {
        inputs::schema::<Inputs>()
    }

    fn json_schema(&self) -> serde_json::Value {
        inputs::json_schema::<Inputs>()
    }

    fn output(&self) -> Schema {
        Schema::kind("string")
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        _: &'a Names,
        _: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let Inputs { path, secret } = inputs::read(self.name(), inputs)?;
            let file = self.outside.project.join(&path);
            let read = async {
                if tokio::fs::metadata(&file).await?.len() > LIMIT {
                    return Ok(None);
                }
                tokio::fs::read(&file).await.map(Some)
            };
            let bytes = match read.await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Err(FileError::TooLarge { path }.into()),
                Err(source) => return Err(FileError::Read { path, source }.into()),
            };
            let value = text_or_bytes(bytes);
            Ok(if secret.unwrap_or(true) { value.secret() } else { value })
        })
    }
}

/// Returns a text where the bytes are one.
pub(super) fn text_or_bytes(bytes: Vec<u8>) -> Value {
    match String::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) => Value::Bytes(error.into_bytes().into()),
    }
}
