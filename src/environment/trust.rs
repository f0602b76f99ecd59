//! Plain secrets in documents: what looks like one is told before it is committed.
//!
//! Documents are read by many, and kept for ever. Known forms of tokens are found wherever they stand; besides, what
//! is named like a secret, and texts that look as if they were drawn at random. A line with the comment
//! `eggtooth:not-secret` is left alone. No message holds any of the text.

use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::{Kind, Node, Scalar, Style, parse};

/// Marks a line as one that holds no secret.
const MARK: &str = "eggtooth:not-secret";

/// Returns what looks like a plain secret in a document; a document that can't be read has its own errors.
pub fn plain_secrets(document: &Source) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let documents = parse(&document.text).unwrap_or_default();
    if let Some(root) = documents.first().and_then(|first| first.root.as_ref()) {
        look(root, None, document, &mut found);
    }
    found
}

fn look(node: &Node, key: Option<&str>, document: &Source, found: &mut Vec<Diagnostic>) {
    match &node.kind {
        Kind::Mapping(entries) => {
            for (key, value) in entries {
                look(value, key.as_scalar().map(|key| &*key.text), document, found);
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| look(item, key, document, found)),
        Kind::Scalar(scalar) => {
            if let Some(what) = suspicion(key.unwrap_or_default(), scalar)
                && !is_marked(node, document)
            {
                let message = format!("{what} stands here in plain text");
                let hint = format!(
                    "put it into a SOPS file and refer to it, and take it out of the history; if it is none, say so \
                     by the comment `# {MARK}` on its line"
                );
                found.push(Diagnostic::error(message).at(Arc::clone(&document.name), node.span).hint(hint));
            }
        }
        Kind::Alias(_) => {}
    }
}

/// The mark stands behind the value, or behind the key of a block of lines.
fn is_marked(node: &Node, document: &Source) -> bool {
    let start = document.text[..node.span.start.offset].rfind('\n').map_or(0, |at| at + 1);
    let line = document.text[start..].lines().next().unwrap_or_default();
    line.split_once('#').is_some_and(|(_, comment)| comment.contains(MARK))
}

fn suspicion(key: &str, scalar: &Scalar) -> Option<&'static str> {
    let text = scalar.text.trim();
    if let Some((_, name)) = KNOWN.iter().find(|(form, _)| form.is_match(text)) {
        return Some(name);
    }
    // What is put in later, and what a plain scalar says that is no text.
    let literal = !text.contains("${");
    let plain_word = scalar.style == Style::Plain
        && (text.parse::<f64>().is_ok() || matches!(text, "true" | "false" | "null" | "~"));
    if !literal || plain_word || text.is_empty() {
        return None;
    }
    if key == "fn::secret" {
        return Some("a secret");
    }
    if is_named_secret(key) && text.len() >= 6 && !text.contains(char::is_whitespace) {
        return Some("what is named like a secret");
    }
    is_random(text).then_some("what looks like a random token")
}

/// Keys that hold a secret itself, and not where one is.
fn is_named_secret(key: &str) -> bool {
    let key = key.to_lowercase().replace(['-', '_'], "");
    [
        "password",
        "passwd",
        "passphrase",
        "apikey",
        "accesskey",
        "secretkey",
        "privatekey",
        "clientsecret",
        "accesstoken",
        "authtoken",
        "token",
    ]
    .iter()
    .any(|name| key.ends_with(name))
}

/// Says whether a text has the letters of an encoding, and so many different ones that nobody thought of it.
fn is_random(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte);
    if text.len() < 24 || !text.bytes().all(fits) || PUBLIC.iter().any(|form| form.is_match(text)) {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = text.bytes().any(|byte| byte.is_ascii_lowercase());
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return text.len() >= 32 && digits > 0 && entropy(text) > 3.0;
    }
    // Words with dashes and slashes are names; letters of both cases and digits in one long stretch are not.
    let longest = text.split(['-', '_', '/']).map(str::len).max().unwrap_or_default();
    digits >= 2 && upper && lower && longest >= 16 && entropy(text) > 4.0
}

/// Returns the entropy in bits a letter.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    let share = |count: u32| f64::from(count) / length;
    counts.into_iter().filter(|count| *count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

/// Forms that tokens are known by; most of them were made to be found.
static KNOWN: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let forms = [
        (r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----", "a private key"),
        (r"AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{20,}", "an age identity"),
        (r"AGE-PLUGIN-[A-Z0-9-]+-1[0-9A-Z]{10,}", "an age identity"),
        (r"\bops_[A-Za-z0-9_-]{20,}", "the token of a 1Password service account"),
        (r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", "a signed token (JWT)"),
        (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", "an access key of AWS"),
        (r"\bgh[pousr]_[A-Za-z0-9]{30,}", "a token of GitHub"),
        (r"\bgithub_pat_[A-Za-z0-9_]{30,}", "a token of GitHub"),
        (r"\bglpat-[A-Za-z0-9_-]{20,}", "a token of GitLab"),
        (r"\bxox[abprs]-[A-Za-z0-9-]{10,}", "a token of Slack"),
        (r"\bpul-[0-9a-f]{40}\b", "an access token of Pulumi"),
        (r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}", "a token of Vault"),
        (r"\bnpm_[A-Za-z0-9]{36}\b", "a token of npm"),
        (r"\bdckr_pat_[A-Za-z0-9_-]{20,}", "a token of Docker"),
        (r"\bAIza[0-9A-Za-z_-]{35}\b", "a key of Google"),
        (r"\b[rs]k_live_[0-9A-Za-z]{20,}", "a key of Stripe"),
        (r"\bsk-(?:ant|proj|svcacct)-[A-Za-z0-9_-]{20,}", "a key of an API"),
        (r"[a-z][a-z0-9+.-]*://[^/\s:@$]+:[^/\s@$]{3,}@", "a password in an address"),
    ];
    forms.into_iter().filter_map(|(form, name)| Some((Regex::new(form).ok()?, name))).collect()
});

/// What looks random and is no secret: names by hash, public keys, identities of things.
static PUBLIC: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let forms = [
        r"^(?:sha\d+[:-]|md5:)",
        r"^age1[0-9a-z]+$",
        r"^AAAA[BCDE][0-9A-Za-z+/]+",
        r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    ];
    forms.into_iter().filter_map(|form| Regex::new(form).ok()).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        plain_secrets(&Source::new("env.yaml", text)).into_iter().map(|one| one.message).collect()
    }

    #[test]
    fn every_form_is_one_that_can_be_searched_for() {
        assert_eq!((KNOWN.len(), PUBLIC.len()), (18, 4));
    }

    #[test]
    fn tokens_keys_and_passwords_are_found_and_never_repeated() {
        let cases = [
            ("a: AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ", "an age identity"),
            ("a: |\n  -----BEGIN RSA PRIVATE KEY-----\n  xx\n", "a private key"),
            ("a: [x, {b: ghp_abcdefghijklmnopqrstuvwxyz0123456789}]", "a token of GitHub"),
            ("a: 'pul-0123456789abcdef0123456789abcdef01234567'", "an access token of Pulumi"),
            ("a: postgres://app:chirp@db/x", "a password in an address"),
            ("dbPassword: chirp42", "what is named like a secret"),
            ("api_key: chirp42", "what is named like a secret"),
            ("values: {a: {fn::secret: chirp}}", "a secret"),
            ("a: Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUo", "what looks like a random token"),
            ("a: 9f86d081884c7d659a2feaa0c55ad015", "what looks like a random token"),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text), [format!("{expected} stands here in plain text")], "{text}");
        }
    }

    #[test]
    fn names_references_and_public_keys_are_no_secrets() {
        for text in [
            "password: ${bootstrap.password}",
            "canary: { item: canary, property: password }",
            "tokenSecretRef: onepassword-token",
            "image: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "uid: 6f1c2c0e-2b1d-4c58-9d57-0d6a1a2f7c11",
            "age: age14jr8g8wtkx7sfh8xxn7etgrvym2hzms955qnp9v6xpl60qfmm3lsw4pfdh",
            "token: true",
            "url: https://charts.external-secrets.io/index/2024/very-long-name-of-a-chart",
            "a: {fn::secret: {ciphertext: ZXNjeAAAAAHlCZRUMTpaR1ZzZEdFPQ==}} # eggtooth:not-secret",
            "password: chirp42 # made up: eggtooth:not-secret",
            "name: onepassword-connect-operator-credentials",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
