//! Where keys are found, as sops looks for them.

use std::fs;
use std::io;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use zeroize::Zeroizing;

use super::identities::Found;
use super::{Identities, Identity, Origin, Passphrases, ProcessEnvironment, SourceError, SourceProblem};

/// The largest scrypt work factor that is honoured: a file that wants more would take minutes.
const MAX_WORK_FACTOR: u8 = 22;

/// A source that is asked only when the other keys do not open.
#[derive(Debug)]
pub(super) enum Deferred {
    /// A key that asks for a passphrase or starts a plugin.
    Key(Identity, Origin),
    /// An identity file with a passphrase.
    Protected(Vec<u8>, Origin),
    /// A command that prints identities, given the wanted recipient.
    Command(String, &'static str),
    /// A command that prints an SSH private key.
    SshCommand(String, &'static str),
}

impl Identities {
    /// Finds all keys that `environment` leads to: `SOPS_AGE_KEY`, `SOPS_AGE_KEY_FILE`, sops's `keys.txt`, then
    /// `SOPS_AGE_KEY_CMD` and SSH keys.
    ///
    /// Sources that cannot be read are no error here: they are named when nothing opens.
    pub fn discover(environment: &ProcessEnvironment, passphrases: Passphrases) -> Self {
        let mut identities = Self { environment: environment.clone(), passphrases, ..Self::default() };
        if let Some(text) = environment.get("SOPS_AGE_KEY") {
            identities.add_text(text.as_bytes(), Origin::Variable("SOPS_AGE_KEY"));
        }
        if let Some(path) = environment.get("SOPS_AGE_KEY_FILE") {
            identities.add_file(Path::new(path), true);
        }
        for path in key_files(environment) {
            identities.add_file(&path, false);
        }
        if let Some(command) = environment.get("SOPS_AGE_KEY_CMD") {
            identities.deferred.push(Deferred::Command(command.to_owned(), "SOPS_AGE_KEY_CMD"));
        }
        if let Some(path) = environment.get("SOPS_AGE_SSH_PRIVATE_KEY_FILE") {
            identities.add_ssh_file(Path::new(path), true);
        }
        if let Some(command) = environment.get("SOPS_AGE_SSH_PRIVATE_KEY_CMD") {
            let name = "SOPS_AGE_SSH_PRIVATE_KEY_CMD";
            identities.deferred.push(Deferred::SshCommand(command.to_owned(), name));
        }
        if let Some(home) = environment.home() {
            identities.add_ssh_file(&home.join(".ssh/id_ed25519"), false);
            identities.add_ssh_file(&home.join(".ssh/id_rsa"), false);
        }
        identities
    }

    /// Returns the file that keys are first looked for in, whether or not it exists: that of `SOPS_AGE_KEY_FILE`, else
    /// sops's `keys.txt`.
    pub fn key_file(environment: &ProcessEnvironment) -> Option<PathBuf> {
        let named = environment.get("SOPS_AGE_KEY_FILE").map(PathBuf::from);
        named.or_else(|| key_files(environment).into_iter().next())
    }

    /// Reads the identities of a text: one a word, comments behind `#`; or a whole file protected by a passphrase.
    pub fn parse(text: &str, origin: Origin, passphrases: Passphrases) -> Self {
        let environment = ProcessEnvironment::of_process();
        let mut identities = Self { environment, passphrases, ..Self::default() };
        identities.add_text(text.as_bytes(), origin);
        identities
    }

    fn add_text(&mut self, content: &[u8], origin: Origin) {
        if is_protected(content) {
            self.deferred.push(Deferred::Protected(content.to_vec(), origin));
            return;
        }
        let mut found = Found::default();
        read_identities(content, &origin, &self.environment, &self.passphrases, &mut found);
        for (key, origin) in found.keys {
            if key.asks() {
                self.deferred.push(Deferred::Key(key, origin));
            } else {
                self.keys.push((key, origin));
            }
        }
        self.problems.extend(found.problems);
    }

    fn add_file(&mut self, path: &Path, must_exist: bool) {
        let origin = Origin::File(path.to_owned());
        match fs::read(path).map(Zeroizing::new) {
            Ok(content) => self.add_text(&content, origin),
            Err(error) => self.unreadable(error, &origin, must_exist),
        }
    }

    fn add_ssh_file(&mut self, path: &Path, must_exist: bool) {
        let origin = Origin::File(path.to_owned());
        let content = match fs::read_to_string(path).map(Zeroizing::new) {
            Ok(content) => content,
            Err(error) => return self.unreadable(error, &origin, must_exist),
        };
        match Identity::parse_ssh(&content, &path.display().to_string(), &self.passphrases) {
            Ok(key) if key.asks() => self.deferred.push(Deferred::Key(key, origin)),
            Ok(key) => self.keys.push((key, origin)),
            Err(error) => self.problems.push(problem(&origin, error)),
        }
    }

    fn unreadable(&mut self, error: io::Error, origin: &Origin, must_exist: bool) {
        if must_exist || error.kind() != io::ErrorKind::NotFound {
            self.problems.push(problem(origin, SourceError::Unreadable(error)));
        }
    }
}

impl Deferred {
    pub(super) fn fetch(
        &self,
        environment: &ProcessEnvironment,
        passphrases: &Passphrases,
        recipient: &str,
    ) -> Found {
        let mut found = Found::default();
        match self {
            Self::Key(key, origin) => found.keys.push((key.clone(), origin.clone())),
            Self::Protected(content, origin) => match unlock(content, origin, passphrases) {
                Ok(content) => read_identities(&content, origin, environment, passphrases, &mut found),
                Err(error) => found.problems.push(problem(origin, error)),
            },
            Self::Command(command, name) => {
                let origin = Origin::Command(name);
                match run(command, environment, Some(recipient)) {
                    Ok(output) if is_protected(&output) => match unlock(&output, &origin, passphrases) {
                        Ok(content) => {
                            read_identities(&content, &origin, environment, passphrases, &mut found);
                        }
                        Err(error) => found.problems.push(problem(&origin, error)),
                    },
                    Ok(output) => read_identities(&output, &origin, environment, passphrases, &mut found),
                    Err(error) => found.problems.push(problem(&origin, error)),
                }
            }
            Self::SshCommand(command, name) => {
                let origin = Origin::Command(name);
                let key = run(command, environment, Some(recipient)).and_then(|output| {
                    let text = std::str::from_utf8(&output).map_err(|_| SourceError::NotText)?;
                    // As in sops, a key from a command has no passphrase: nobody could tell what for.
                    Identity::parse_ssh(text, name, &Passphrases::default())
                });
                match key {
                    Ok(key) => found.keys.push((key, origin)),
                    Err(error) => found.problems.push(problem(&origin, error)),
                }
            }
        }
        found
    }
}

fn problem(origin: &Origin, error: SourceError) -> Arc<SourceProblem> {
    Arc::new(SourceProblem { origin: origin.clone(), error })
}

/// Returns the paths of sops's key file, whether or not they exist.
///
/// sops looks in `$XDG_CONFIG_HOME`, else in the platform's folder, which on macOS is not `~/.config`.
fn key_files(environment: &ProcessEnvironment) -> Vec<PathBuf> {
    let folder = match (environment.get("XDG_CONFIG_HOME"), environment.home()) {
        (Some(folder), _) => PathBuf::from(folder),
        (None, Some(home)) if cfg!(target_os = "macos") => home.join("Library/Application Support"),
        (None, Some(home)) => home.join(".config"),
        (None, None) => return Vec::new(),
    };
    vec![folder.join("sops/age/keys.txt")]
}

fn read_identities(
    content: &[u8],
    origin: &Origin,
    environment: &ProcessEnvironment,
    passphrases: &Passphrases,
    found: &mut Found,
) {
    for (number, line) in content.split(|&byte| byte == b'\n').enumerate() {
        let Ok(line) = std::str::from_utf8(line) else {
            found.problems.push(problem(origin, SourceError::Line(number + 1)));
            continue;
        };
        if line.trim_start().starts_with('#') {
            continue;
        }
        for word in line.split_whitespace() {
            match Identity::parse_in(word, environment, passphrases) {
                Some(key) => found.keys.push((key, origin.clone())),
                None => found.problems.push(problem(origin, SourceError::Line(number + 1))),
            }
        }
    }
}

/// Says whether the content is an age file itself.
fn is_protected(content: &[u8]) -> bool {
    content.starts_with(b"age-encryption.org/") || content.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----")
}

/// Opens an identity file that is protected by a passphrase.
fn unlock(
    content: &[u8],
    origin: &Origin,
    passphrases: &Passphrases,
) -> Result<Zeroizing<Vec<u8>>, SourceError> {
    use age::Callbacks;
    use std::io::Read;

    let reader = ArmoredReader::new(BufReader::new(content.trim_ascii_end()));
    let decryptor = Decryptor::new_buffered(reader).map_err(SourceError::Locked)?;
    if !decryptor.is_scrypt() {
        return Err(SourceError::Locked(DecryptError::NoMatchingKeys));
    }
    let passphrase = passphrases.request_passphrase(&format!("passphrase of the age key in {origin}"));
    let passphrase = passphrase.ok_or(SourceError::Locked(DecryptError::KeyDecryptionFailed))?;
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let mut plain = Zeroizing::new(Vec::new());
    decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(SourceError::Locked)?
        .read_to_end(&mut plain)
        .map_err(|error| SourceError::Locked(DecryptError::Io(error)))?;
    Ok(plain)
}

/// Runs a key command without a shell and returns what it prints.
fn run(
    command: &str,
    environment: &ProcessEnvironment,
    recipient: Option<&str>,
) -> Result<Zeroizing<Vec<u8>>, SourceError> {
    let words = split_words(command).ok_or(SourceError::Quoting)?;
    let [program, arguments @ ..] = words.as_slice() else {
        return Err(SourceError::Start(io::ErrorKind::NotFound.into()));
    };
    let mut child = Command::new(program);
    // `op read …` is a usual key command; it cannot sign in without its own variables.
    let needs: &[&str] = if Path::new(program).ends_with("op") { &["OP_"] } else { &[] };
    environment.apply(&mut child, needs);
    if let Some(recipient) = recipient {
        child.env("SOPS_AGE_RECIPIENT", recipient);
    }
    let output = child
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(SourceError::Start)?;
    if !output.status.success() {
        return Err(SourceError::Exit(output.status));
    }
    Ok(Zeroizing::new(output.stdout))
}

/// Splits a command into words as a POSIX shell would, without expanding anything.
fn split_words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = command.chars();
    while let Some(character) = rest.next() {
        match (quote, character) {
            (None, ' ' | '\t' | '\n') => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (Some(open), _) if open == character => quote = None,
            (None, '\\') => word.get_or_insert_default().push(rest.next()?),
            (Some('"'), '\\') => {
                let escaped = rest.next()?;
                let word = word.get_or_insert_default();
                if !matches!(escaped, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(escaped);
            }
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::split_words;

    #[test]
    fn commands_are_split_as_a_shell_splits_them() {
        let words = split_words(r#"op  read "op://v/i t/f" 'a "b"' c\ d "e\"\f" """#).unwrap();
        assert_eq!(words, ["op", "read", "op://v/i t/f", "a \"b\"", "c d", "e\"\\f", ""]);
        assert_eq!(split_words("a 'b"), None);
    }
}
