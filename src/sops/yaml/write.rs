//! From a tree to YAML, as sops writes it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::sops::tree::{Comment, Element, Entry, Kind, Scalar, Value};
use crate::yaml::{Emitter, Layout, format_float};

/// sops's indent.
const INDENT: usize = 4;

/// Writes documents with so many spaces a level.
pub(in crate::sops) fn write(branches: &[Vec<Entry>], indent: Option<usize>) -> String {
    let mut emitter = emitter(indent);
    for (index, branch) in branches.iter().enumerate() {
        if index > 0 {
            emitter.next_document();
        }
        write_map(&mut emitter, branch);
    }
    emitter.finish()
}

fn emitter(indent: Option<usize>) -> Emitter {
    let indent = indent.filter(|indent| (2..=9).contains(indent)).unwrap_or(INDENT);
    Emitter::new(Layout::GoYamlV3 { indent })
}

/// Writes a value as a document of its own.
pub(in crate::sops) fn write_value(value: &Value, indent: Option<usize>) -> String {
    let mut emitter = emitter(indent);
    write_node(&mut emitter, value, None);
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
        write_node(emitter, &item.value, waiting.take_inline());
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
        write_node(emitter, value, waiting.take_inline());
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

fn write_node(emitter: &mut Emitter, value: &Value, comment: Option<String>) {
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
