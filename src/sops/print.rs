//! Decrypted documents as text, as `sops decrypt` prints them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::yaml::{Emitter, Layout, format_float};

use super::decrypt::Plain;
use super::error::Problem;
use super::format::Format;
use super::tree::{Comment, Element, Entry, Kind, Scalar, Value};
use super::{dotenv, ini, json};

/// sops's indent.
const LAYOUT: Layout = Layout::GoYamlV3 { indent: 4 };

impl Plain {
    /// Writes the document in `format`, byte for byte as `sops decrypt --output-type` does.
    pub fn to_text(&self, format: Format) -> Result<Secret<Vec<u8>>, Problem> {
        let first = self.branches.first().map(Vec::as_slice).unwrap_or_default();
        let text = match format {
            Format::Yaml => write_yaml(&self.branches).into_bytes(),
            Format::Json => json::write(first).into_bytes(),
            Format::Binary => return write_binary(first),
            Format::Dotenv => dotenv::write(first)?.into_bytes(),
            Format::Ini => ini::write(first)?.into_bytes(),
        };
        Ok(Secret::new(text))
    }
}

fn write_binary(entries: &[Entry]) -> Result<Secret<Vec<u8>>, Problem> {
    let data = entries.iter().find_map(|entry| match entry {
        Entry::Item(item) if &*item.key == "data" => Some(&item.value.kind),
        Entry::Item(_) | Entry::Comment(_) => None,
    });
    let Some(Kind::Leaf(leaf)) = data else { return Err(Problem::Format("it has no text under `data`")) };
    #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
    match leaf.value.expose() {
        Scalar::String(text) => Ok(Secret::new(text.clone().into_bytes())),
        Scalar::Bytes(bytes) => Ok(Secret::new(bytes.clone())),
        Scalar::Int(_) | Scalar::Float(_) | Scalar::Bool(_) | Scalar::Time(_) => {
            Err(Problem::Format("it has no text under `data`"))
        }
    }
}

pub(super) fn write_yaml(branches: &[Vec<Entry>]) -> String {
    let mut emitter = Emitter::new(LAYOUT);
    for (index, branch) in branches.iter().enumerate() {
        if index > 0 {
            emitter.next_document();
        }
        write_map(&mut emitter, branch);
    }
    emitter.finish()
}

/// Comments that wait for the entry that they stand with.
#[derive(Default)]
struct Waiting {
    head: Vec<String>,
    inline: Vec<String>,
}

impl Waiting {
    fn push(&mut self, comment: &Comment) {
        #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
        let text = comment.text.expose().clone();
        if comment.inline { self.inline.push(text) } else { self.head.push(text) }
    }

    fn take_head(&mut self) -> Option<String> {
        lines(&std::mem::take(&mut self.head))
    }

    fn take_inline(&mut self) -> Option<String> {
        lines(&std::mem::take(&mut self.inline))
    }

    /// What no entry follows stands at the foot.
    fn take_all(mut self) -> Option<String> {
        self.head.append(&mut self.inline);
        lines(&self.head)
    }
}

fn lines(comments: &[String]) -> Option<String> {
    (!comments.is_empty()).then(|| format!("#{}", comments.join("\n#")))
}

fn write_map(emitter: &mut Emitter, entries: &[Entry]) {
    let mut waiting = Waiting::default();
    let mut begun = false;
    for entry in entries {
        let item = match entry {
            Entry::Comment(comment) => {
                waiting.push(comment);
                continue;
            }
            Entry::Item(item) => item,
        };
        // Set before the mapping begins, the first comments stand above the dash where the mapping is an item.
        if let Some(head) = waiting.take_head() {
            emitter.head_comment(head);
        }
        if !begun {
            emitter.begin_mapping();
            begun = true;
        }
        write_key(emitter, &item.key);
        write_value(emitter, &item.value, waiting.take_inline());
    }
    finish(emitter, begun, waiting, Emitter::begin_mapping);
}

fn write_list(emitter: &mut Emitter, elements: &[Element]) {
    let mut waiting = Waiting::default();
    let mut begun = false;
    for element in elements {
        let value = match element {
            Element::Comment(comment) => {
                waiting.push(comment);
                continue;
            }
            Element::Value(value) => value,
        };
        if let Some(head) = waiting.take_head() {
            emitter.head_comment(head);
        }
        if !begun {
            emitter.begin_sequence();
            begun = true;
        }
        write_value(emitter, value, waiting.take_inline());
    }
    finish(emitter, begun, waiting, Emitter::begin_sequence);
}

fn finish(emitter: &mut Emitter, begun: bool, waiting: Waiting, begin: fn(&mut Emitter)) {
    match waiting.take_all() {
        Some(comments) if begun => emitter.foot_comment(comments),
        Some(comments) => emitter.head_comment(comments),
        None => {}
    }
    if !begun {
        begin(emitter);
    }
    emitter.end();
}

fn write_key(emitter: &mut Emitter, key: &str) {
    // go-yaml reads its own `<<` back as a merge key, and then writes the tag.
    if key == "<<" { emitter.tagged("!!merge", key) } else { emitter.string(key) }
}

fn write_value(emitter: &mut Emitter, value: &Value, comment: Option<String>) {
    if let Some(comment) = comment {
        emitter.line_comment(comment);
    }
    match &value.kind {
        Kind::Null => emitter.plain("null"),
        Kind::Map(entries) => write_map(emitter, entries),
        Kind::List(elements) => write_list(emitter, elements),
        Kind::Leaf(leaf) => {
            #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
            write_scalar(emitter, leaf.value.expose());
        }
    }
}

fn write_scalar(emitter: &mut Emitter, scalar: &Scalar) {
    match scalar {
        Scalar::String(text) if text == "<<" => emitter.tagged("!!merge", text),
        Scalar::String(text) => emitter.string(text),
        Scalar::Bytes(bytes) => emitter.tagged("!!binary", &Zeroizing::new(STANDARD.encode(bytes))),
        Scalar::Int(value) => emitter.plain(&value.to_string()),
        Scalar::Bool(value) => emitter.plain(if *value { "true" } else { "false" }),
        Scalar::Time(time) => emitter.plain(&time.to_string()),
        Scalar::Float(value) => emitter.plain(&match format_float(*value).as_str() {
            "+Inf" => ".inf".to_owned(),
            "-Inf" => "-.inf".to_owned(),
            "NaN" => ".nan".to_owned(),
            text => text.to_owned(),
        }),
    }
}
