//! Keys that programs hold: `AGE-PLUGIN-NAME-1…` and `age1NAME1…` are worked with by `age-plugin-NAME`.
//!
//! The plugin gets its messages through its standard input and none of the variables that may hold keys or tokens;
//! age's own client would hand all of them down. The protocol is that of age's specification (C2SP age-plugin).

use std::collections::HashSet;
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use age::Callbacks;
use age::secrecy::ExposeSecret;
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::bech32_decode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::{Passphrases, ProcessEnvironment};

/// How long the lines of a message's body are.
const COLUMNS: usize = 64;

/// A key that a plugin works with: a private or a public one.
#[derive(Clone)]
pub(super) struct PluginKey {
    plugin: String,
    text: Zeroizing<String>,
    environment: ProcessEnvironment,
    passphrases: Passphrases,
}

impl PluginKey {
    /// Reads `AGE-PLUGIN-NAME-1…`.
    pub(super) fn identity(
        text: &str,
        environment: &ProcessEnvironment,
        passphrases: &Passphrases,
    ) -> Option<Self> {
        let kind = prefix(text)?;
        let name = kind.strip_prefix("age-plugin-")?.strip_suffix('-')?;
        Self::new(name, text, environment, passphrases)
    }

    /// Reads `age1NAME1…`.
    pub(super) fn recipient(text: &str, environment: &ProcessEnvironment) -> Option<Self> {
        let kind = prefix(text)?;
        Self::new(kind.strip_prefix("age1")?, text, environment, &Passphrases::default())
    }

    fn new(
        name: &str,
        text: &str,
        environment: &ProcessEnvironment,
        passphrases: &Passphrases,
    ) -> Option<Self> {
        // The name becomes that of a program: nothing in it may lead out of the search path.
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_');
        (!name.is_empty() && name.bytes().all(valid)).then(|| Self {
            plugin: format!("age-plugin-{name}"),
            text: Zeroizing::new(text.to_owned()),
            environment: environment.clone(),
            passphrases: passphrases.clone(),
        })
    }

    /// Returns the name of the program.
    pub(super) fn plugin(&self) -> &str {
        &self.plugin
    }

    fn find(&self) -> io::Result<PathBuf> {
        let folders = self.environment.get("PATH").unwrap_or_default();
        let mut paths = std::env::split_paths(folders).filter(|folder| folder.is_absolute());
        paths.find_map(|folder| Some(folder.join(&self.plugin)).filter(|path| path.is_file())).ok_or_else(
            || io::Error::new(io::ErrorKind::NotFound, format!("there is no program {}", self.plugin)),
        )
    }

    fn start(&self, phase: &str) -> io::Result<Conversation> {
        let mut command = Command::new(self.find()?);
        self.environment.apply(&mut command, &[]);
        let mut child = command
            .arg(format!("--age-plugin={phase}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        let input = child.stdin.take().ok_or_else(closed)?;
        let output = BufReader::new(child.stdout.take().ok_or_else(closed)?);
        Ok(Conversation { child, input: Some(input), output })
    }

    /// Answers what a plugin may ask for beside the keys.
    fn answer(&self, talk: &mut Conversation, message: &Stanza) -> io::Result<()> {
        let text = String::from_utf8_lossy(&message.body);
        match message.tag.as_str() {
            "msg" => talk.say("ok", &[], &[]),
            "request-secret" => match self.passphrases.request_passphrase(&text) {
                Some(secret) => talk.say("ok", &[], secret.expose_secret().as_bytes()),
                None => talk.say("fail", &[], &[]),
            },
            "confirm" | "request-public" => talk.say("fail", &[], &[]),
            _ => talk.say("unsupported", &[], &[]),
        }
    }

    fn unwrap(&self, stanzas: &[&Stanza]) -> io::Result<Option<FileKey>> {
        let mut talk = self.start("identity-v1")?;
        talk.say("add-identity", &[&self.text], &[])?;
        for stanza in stanzas {
            let words: Vec<&str> =
                ["0", &stanza.tag].into_iter().chain(stanza.args.iter().map(String::as_str)).collect();
            talk.say("recipient-stanza", &words, &stanza.body)?;
        }
        talk.say("done", &[], &[])?;
        let mut found = None;
        loop {
            let message = talk.hear()?;
            match message.tag.as_str() {
                "done" => return talk.finish().map(|()| found),
                "file-key" => {
                    let body = Zeroizing::new(message.body);
                    let key: [u8; FILE_KEY_BYTES] = body.as_slice().try_into().map_err(|_| malformed())?;
                    found = Some(FileKey::new(Box::new(key)));
                    talk.say("ok", &[], &[])?;
                }
                "error" => {
                    talk.say("ok", &[], &[])?;
                    // An error about one stanza is none about the others.
                    if message.args.first().is_none_or(|kind| kind != "stanza") {
                        return Err(complaint(&self.plugin, &message));
                    }
                }
                _ => self.answer(&mut talk, &message)?,
            }
        }
    }

    fn wrap(&self, file_key: &FileKey) -> io::Result<(Vec<Stanza>, HashSet<String>)> {
        let mut talk = self.start("recipient-v1")?;
        talk.say("add-recipient", &[&self.text], &[])?;
        talk.say("wrap-file-key", &[], file_key.expose_secret())?;
        talk.say("extension-labels", &[], &[])?;
        talk.say("done", &[], &[])?;
        let (mut stanzas, mut labels) = (Vec::new(), HashSet::new());
        loop {
            let message = talk.hear()?;
            match message.tag.as_str() {
                "done" if stanzas.is_empty() => return Err(malformed()),
                "done" => return talk.finish().map(|()| (stanzas, labels)),
                "recipient-stanza" => {
                    let mut words = message.args.into_iter();
                    let (Some("0"), Some(tag)) = (words.next().as_deref(), words.next()) else {
                        return Err(malformed());
                    };
                    stanzas.push(Stanza { tag, args: words.collect(), body: message.body });
                    talk.say("ok", &[], &[])?;
                }
                "labels" => {
                    labels.extend(message.args);
                    talk.say("ok", &[], &[])?;
                }
                "error" => {
                    talk.say("ok", &[], &[])?;
                    return Err(complaint(&self.plugin, &message));
                }
                _ => self.answer(&mut talk, &message)?,
            }
        }
    }
}

/// Returns what stands before a key's data, in small letters.
fn prefix(text: &str) -> Option<String> {
    bech32_decode(text, |_| (), |_| Ok(()), |hrp, _| Ok(hrp.to_lowercase())).ok()
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the age plugin does not keep to its protocol")
}

fn complaint(plugin: &str, message: &Stanza) -> io::Error {
    io::Error::other(format!("{plugin} says: {}", String::from_utf8_lossy(&message.body)))
}

/// A running plugin. It is ended when nobody talks to it any more.
struct Conversation {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Conversation {
    fn say(&mut self, command: &str, words: &[&str], body: &[u8]) -> io::Result<()> {
        let mut out = Zeroizing::new(format!("-> {command}"));
        for word in words {
            out.push(' ');
            out.push_str(word);
        }
        out.push('\n');
        let body = Zeroizing::new(STANDARD_NO_PAD.encode(body));
        let mut rest = body.as_str();
        // The last line is a short one, even if it is empty.
        while rest.len() >= COLUMNS {
            out.push_str(&rest[..COLUMNS]);
            out.push('\n');
            rest = &rest[COLUMNS..];
        }
        out.push_str(rest);
        out.push('\n');
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        input.write_all(out.as_bytes())?;
        input.flush()
    }

    fn hear(&mut self) -> io::Result<Stanza> {
        let head = self.line()?;
        let mut words = head.strip_prefix("-> ").ok_or_else(malformed)?.split(' ').map(str::to_owned);
        let tag = words.next().ok_or_else(malformed)?;
        let args = words.collect();
        let mut encoded = Zeroizing::new(String::new());
        loop {
            let line = self.line()?;
            encoded.push_str(&line);
            if line.len() < COLUMNS {
                break;
            }
        }
        let body = STANDARD_NO_PAD.decode(encoded.as_bytes()).map_err(|_| malformed())?;
        Ok(Stanza { tag, args, body })
    }

    fn line(&mut self) -> io::Result<Zeroizing<String>> {
        let mut line = Zeroizing::new(String::new());
        if self.output.read_line(&mut line)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the age plugin ended too early"));
        }
        if line.ends_with('\n') {
            line.pop();
        }
        Ok(line)
    }

    /// Lets the plugin end by itself, as it has said all.
    fn finish(mut self) -> io::Result<()> {
        self.input = None;
        self.child.wait().map(|_| ())
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // It may have ended already; either way nothing is left of it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl age::Identity for PluginKey {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, age::DecryptError>> {
        let stanzas: Vec<&Stanza> = stanzas.iter().collect();
        match self.unwrap(&stanzas) {
            Ok(found) => found.map(Ok),
            Err(error) => Some(Err(age::DecryptError::Io(error))),
        }
    }
}

impl age::Recipient for PluginKey {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        self.wrap(file_key).map_err(age::EncryptError::Io)
    }
}

impl fmt::Debug for PluginKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PluginKey({})", self.plugin)
    }
}
