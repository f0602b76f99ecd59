//! `seal`: what kubeseal does.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use zeroize::Zeroizing;

use super::SealCommandError;
use crate::cli::{
    args::seal::{SealFormat, Sealing as Arguments},
    terminal::Terminal,
};
use crate::clock::Clock;
use crate::file::{Privacy, write};
use crate::sealed_secrets::{Certificate, Scope, SealedSecretsError, Sealer, Sealing, seal_manifest};
use crate::secret::Secret;
use crate::yaml::{Flavour, Layout, emit_json, read_json_stream};

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<(), SealCommandError> {
    let path = arguments.cert.as_deref().ok_or(SealCommandError::NoCertificate)?;
    let pem = fs::read_to_string(path)
        .map_err(|source| SealCommandError::Read { what: format!("`{}`", path.display()), source })?;
    let failed = |source| SealCommandError::Seal { certificate: path.to_owned(), source };
    let certificate = Certificate::parse(&pem).map_err(failed)?;
    if certificate.not_after < Clock::system().now() {
        return Err(failed(SealedSecretsError::Expired(certificate.not_after)));
    }
    let sealer = Sealer::new(&certificate);
    let text =
        if arguments.raw { raw(arguments, &sealer)? } else { manifests(arguments, &sealer, terminal)? };
    if let Some(path) = &arguments.sealed_secret_file {
        write(path, text.as_bytes(), Privacy::Usual)?;
    } else {
        Terminal::data(text.as_bytes());
    }
    Ok(())
}

/// One value, without a newline behind it, as kubeseal prints it.
fn raw(arguments: &Arguments, sealer: &Sealer<'_>) -> Result<String, SealCommandError> {
    let scope = arguments.scope;
    let needed = |value: &Option<String>, missing, needed: bool| match value {
        Some(value) if !value.is_empty() => Ok(value.clone()),
        _ if needed => Err(SealCommandError::Raw { missing, scope: scope.to_string() }),
        _ => Ok(String::new()),
    };
    let namespace = needed(&arguments.namespace, "--namespace", scope != Scope::ClusterWide)?;
    let name = needed(&arguments.name, "--name", scope == Scope::Strict)?;
    // As with kubectl, `key=path` is a path, too.
    let path = arguments.from_file.as_deref().map(|path| {
        match path.to_str().and_then(|text| text.split_once('=')) {
            Some((_, path)) => Path::new(path),
            None => path,
        }
    });
    let (value, _) = read(path)?;
    Ok(sealer.seal(&value, scope, &namespace, &name)?)
}

fn manifests(
    arguments: &Arguments,
    sealer: &Sealer<'_>,
    terminal: &Terminal,
) -> Result<String, SealCommandError> {
    if arguments.file.is_none() && terminal.can_ask() {
        terminal.say("reading the manifest of a Secret from the terminal");
    }
    let (content, what) = read(arguments.file.as_deref())?;
    #[expect(clippy::disallowed_methods, reason = "the manifest is parsed, and its values are sealed")]
    let text = std::str::from_utf8(content.expose());
    let text = text.map_err(|_| SealCommandError::NotText { what: what.clone() })?;
    let documents = read_json_stream(text, Flavour::GoYamlV2)
        .map_err(|source| SealCommandError::Parse { what: what.clone(), source })?;
    let sealing = Sealing {
        scope: arguments.scope,
        name: arguments.name.clone(),
        namespace: arguments.namespace.clone(),
        allow_empty: arguments.allow_empty_data,
    };
    let mut out = String::new();
    for document in documents.into_iter().filter(|document| !document.is_null()) {
        let sealed = seal_manifest(document, &sealing, sealer)?;
        match arguments.format {
            SealFormat::Yaml => {
                out.push_str("---\n");
                out.push_str(&emit_json(&sealed, Layout::GoYamlV3 { indent: 2 }));
            }
            SealFormat::Json => {
                let text = format!("{sealed:#}\n");
                out.push_str(&text);
            }
        }
    }
    if out.is_empty() { Err(SealCommandError::Nothing(what)) } else { Ok(out) }
}

/// Reads a file or stdin, and returns what to call it.
fn read(path: Option<&Path>) -> Result<(Secret<Vec<u8>>, String), SealCommandError> {
    let what = path.map_or_else(|| "stdin".to_owned(), |path| format!("`{}`", path.display()));
    let mut content = Zeroizing::new(Vec::new());
    let read = match path {
        Some(path) => fs::File::open(path).and_then(|mut file| file.read_to_end(&mut content)),
        None => io::stdin().read_to_end(&mut content),
    };
    read.map_err(|source| SealCommandError::Read { what: what.clone(), source })?;
    Ok((Secret::new(std::mem::take(&mut *content)), what))
}
