//! `sops init`: the first key, the first rule, the first file.

use std::{fmt::Write as _, fs, io::Write as _, os::unix::fs::DirBuilderExt as _, path::Path};

use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::{Session, SopsCommandError, edit::example};
use crate::cli::{args::sops::Init, exit::Exit};
use crate::file::{FileError, Privacy, create};
use crate::keys::{Identities, Identity, Recipient};
use crate::sops::rules::Configuration;
use crate::sops::{Format, encrypt};

pub(super) fn run(session: &Session<'_>, arguments: &Init) -> Result<Exit, SopsCommandError> {
    let rules = Path::new(".sops.yaml");
    let exists = |path: &Path| fs::symlink_metadata(path).is_ok();
    let refuse = |path: &Path| Err(FileError::Exists { path: path.to_owned() }.into());
    // All that may be refused is looked at before anything is written.
    if exists(&arguments.file) {
        return refuse(&arguments.file);
    }
    let others: Vec<Recipient> =
        arguments.recipient.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let key_file = Identities::key_file(&session.environment)
        .ok_or(SopsCommandError::Refused("there is no place for a key: set HOME or SOPS_AGE_KEY_FILE"))?;
    // Rules without a key cannot be those of an `init` that was killed: the key comes first.
    if exists(rules) && !key_file.exists() {
        return refuse(rules);
    }
    let recipient = key(session, &key_file)?;
    let mut recipients: Vec<Recipient> = vec![recipient];
    recipients.extend(others);

    let text = configuration(&arguments.file, &recipients);
    let has_rules = exists(rules);
    if has_rules && fs::read(rules).ok().as_deref() != Some(text.as_bytes()) {
        return refuse(rules);
    }
    let configuration = Configuration::parse(&text, rules)?;
    let rule = configuration
        .rule_for(&arguments.file)?
        .ok_or_else(|| SopsCommandError::NoRules(rules.to_owned()))?;
    let format = Format::of_path(&arguments.file);
    let options = crate::sops::EncryptOptions { groups: rule.groups.clone(), ..Default::default() };
    let name = arguments.file.to_string_lossy();
    let encrypted = encrypt(example(format).as_bytes(), format, &options, session.now(), &name)?;
    if !has_rules {
        create(rules, text.as_bytes(), Privacy::Usual)?;
    }
    if let Some(folder) = arguments.file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let written = |source| FileError::Write { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(written)?;
    }
    create(&arguments.file, &encrypted, Privacy::Usual)?;
    tell(session, &key_file, arguments, &recipients);
    Ok(Exit::Done)
}

/// Returns the public part of the key that is there, else of one that is made.
fn key(session: &Session<'_>, path: &Path) -> Result<Recipient, SopsCommandError> {
    let read = |source| FileError::Read { path: path.to_owned(), source };
    if path.exists() {
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(read)?;
        let words =
            text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace);
        let identity = words.into_iter().find_map(Identity::parse);
        let identity = identity.ok_or(SopsCommandError::Refused(
            "the key file that is there holds no age identity that can be read; name another in SOPS_AGE_KEY_FILE",
        ))?;
        session.terminal.say(&format!("the key in `{}` is used", path.display()));
        return Ok(identity.public().parse()?);
    }
    let identity = Identity::generate();
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let written = |source| FileError::Write { path: folder.to_owned(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(written)?;
    }
    let mut text = Zeroizing::new(Vec::new());
    let public = identity.public();
    let secret = identity.to_secret_text().ok_or(SopsCommandError::Refused("the new key has no text"))?;
    // Writing into memory does not fail.
    let _ =
        writeln!(text, "# created: {}\n# public key: {public}\n{}", session.now(), secret.expose_secret());
    create(path, &text, Privacy::Private)?;
    session.terminal.say(&format!("a new key is in `{}`: keep a copy in a safe place", path.display()));
    Ok(public.parse()?)
}

/// Writes the first `.sops.yaml`, for files that are called as this one.
fn configuration(file: &Path, recipients: &[Recipient]) -> String {
    let name = file.to_string_lossy();
    let pattern =
        if name.contains(".sops.") { r"\.sops\.(ya?ml|json|env|ini)$".to_owned() } else { literal(&name) };
    let mut text = format!(
        "# Who can open what. After a change run `eggtooth sops updatekeys FILE…`; `eggtooth sops check` tells where.\ncreation_rules:\n  - path_regex: '{pattern}'\n    age:\n"
    );
    for recipient in recipients {
        // Writing into a String does not fail.
        let _ = writeln!(text, "      - {recipient}");
    }
    text
}

fn literal(name: &str) -> String {
    let name = name.strip_prefix("./").unwrap_or(name);
    format!("^{}$", regex::escape(name).replace('\'', "''"))
}

fn tell(session: &Session<'_>, key_file: &Path, arguments: &Init, recipients: &[Recipient]) {
    let file = arguments.file.display();
    let say = |text: &str| session.terminal.say(text);
    say(&format!("`.sops.yaml` names who can open new files, and `{file}` is a first one"));
    say(&format!("next: eggtooth sops edit {file}"));
    if recipients.len() < 2 {
        say(&format!(
            "warning: only the key in `{}` opens it. Add a second recipient to `.sops.yaml`, then run\n  eggtooth sops updatekeys {file}",
            key_file.display()
        ));
    }
}
