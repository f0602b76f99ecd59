//! `seal new-key`, `seal backup` and `seal cert`: key pairs in SOPS files.

use serde_json::{Value, json};

use super::SealCommandError;
use crate::cli::{
    args::seal::{Backup, NewKey, Pairs},
    terminal::Terminal,
};
use crate::clock::Clock;
use crate::file::{Original, Privacy, write};
use crate::keys::{Identities, Passphrases};
use crate::kubernetes::{Client, Target};
use crate::sealed_secrets::{Certificate, KeyPair, key_pairs};
use crate::sops::{self, Document, Format, Opened, ValuePath};

/// A SOPS file with its key pairs.
struct Kept<'a> {
    original: Original,
    opened: Opened,
    arguments: &'a Pairs,
    path: ValuePath,
    pairs: Vec<KeyPair>,
}

pub(super) fn new_key(
    arguments: &NewKey,
    target: &Target,
    terminal: &Terminal,
) -> Result<(), SealCommandError> {
    let kept = Kept::open(&arguments.pairs, target, terminal)?;
    terminal.say("generating an RSA key, which takes some seconds");
    let pair = KeyPair::generate(arguments.key_size.into(), Clock::system().now())?;
    let certificate = pair.certificate.clone();
    kept.add(vec![pair])?;
    terminal.say(&format!(
        "`{}` has the new key pair; `eggtooth up` seeds it, and the controller then seals for it",
        arguments.pairs.file.display()
    ));
    if let Some(path) = &arguments.cert_out {
        write(path, certificate.as_bytes(), Privacy::Usual)?;
    }
    Ok(())
}

pub(super) async fn backup(
    arguments: &Backup,
    target: &Target,
    terminal: &Terminal,
) -> Result<(), SealCommandError> {
    let kept = Kept::open(&arguments.pairs, target, terminal)?;
    let client = Client::connect(target).await?;
    let theirs = key_pairs(&client, &arguments.namespace, Clock::system().now()).await?;
    let count = theirs.len();
    let known = kept.fingerprints()?;
    let mut new = Vec::new();
    for pair in theirs {
        if !known.contains(&Certificate::parse(&pair.certificate)?.fingerprint().to_owned()) {
            new.push(pair);
        }
    }
    let file = arguments.pairs.file.display();
    match new.len() {
        0 => terminal.say(&format!("`{file}` has all {count} key pairs of the cluster")),
        added => {
            kept.add(new)?;
            terminal.say(&format!("`{file}` has {added} more of the cluster's {count} key pairs"));
        }
    }
    Ok(())
}

pub(super) fn certificate(
    arguments: &Pairs,
    target: &Target,
    terminal: &Terminal,
) -> Result<(), SealCommandError> {
    let kept = Kept::open(arguments, target, terminal)?;
    let mut newest: Option<(Certificate, &KeyPair)> = None;
    for (number, pair) in (1..).zip(&kept.pairs) {
        let certificate = kept.certificate(number, pair)?;
        if newest.as_ref().is_none_or(|(newest, _)| newest.not_before <= certificate.not_before) {
            newest = Some((certificate, pair));
        }
    }
    let Some((_, pair)) = newest else {
        return Err(SealCommandError::NoPair { path: arguments.path.clone(), file: arguments.file.clone() });
    };
    Terminal::data(pair.certificate.as_bytes());
    Ok(())
}

impl<'a> Kept<'a> {
    fn open(arguments: &'a Pairs, target: &Target, terminal: &Terminal) -> Result<Self, SealCommandError> {
        let file = &arguments.file;
        let path: ValuePath = arguments.path.parse()?;
        let original = Original::read(file)?;
        let document = Document::parse(original.content(), Format::of_path(file), file.to_string_lossy())?;
        let passphrases = if terminal.can_ask() {
            Passphrases::from_fn(Terminal::ask_passphrase)
        } else {
            Passphrases::default()
        };
        let environment =
            target.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let opened = document.open(&Identities::discover(&environment, passphrases))?;
        let pairs = match opened.get(&path, Format::Json) {
            Err(sops::Error::NoValue { .. }) => Vec::new(),
            found => {
                let found = found?;
                #[expect(clippy::disallowed_methods, reason = "the keys are parsed, and hidden from there")]
                let pairs = serde_json::from_slice(found.expose());
                // The message of serde_json would quote what is there.
                pairs.map_err(|_| SealCommandError::Pairs {
                    path: arguments.path.clone(),
                    file: file.clone(),
                })?
            }
        };
        Ok(Self { original, opened, arguments, path, pairs })
    }

    fn certificate(&self, number: usize, pair: &KeyPair) -> Result<Certificate, SealCommandError> {
        pair.check(Clock::system().now()).map_err(|source| SealCommandError::Pair {
            number,
            file: self.arguments.file.clone(),
            source,
        })
    }

    fn fingerprints(&self) -> Result<Vec<String>, SealCommandError> {
        let certificates = (1..).zip(&self.pairs).map(|(number, pair)| self.certificate(number, pair));
        certificates.map(|certificate| Ok(certificate?.fingerprint().to_owned())).collect()
    }

    /// Writes the file with more pairs at the end of its list.
    fn add(self, new: Vec<KeyPair>) -> Result<(), SealCommandError> {
        #[expect(clippy::disallowed_methods, reason = "the keys are encrypted with the file")]
        let entry = |pair: &KeyPair| json!({ "certificate": pair.certificate, "key": pair.key.expose() });
        let list: Value = self.pairs.iter().chain(&new).map(entry).collect();
        let content = self.opened.set(&self.path, &list, Clock::system().now())?;
        self.original.replace(&content)?;
        Ok(())
    }
}
