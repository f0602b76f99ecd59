//! `.Files`: a chart's files as templates see them.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::gotemplate::{CollectionType, Element, Function, GoString, List, Map, Value};
use crate::helm::chart::File;
use crate::helm::render::glob::Glob;
use crate::yaml;

/// Helm's `map[string][]byte` with methods.
static FILES: CollectionType = CollectionType { name: "engine.files", element: Element::Bytes, method };

/// Returns what templates see; the bytes are shared.
pub(super) fn files(files: &[File]) -> Value {
    let entries = files.iter().map(|file| {
        (GoString::from(file.name.as_str()), Value::Bytes(GoString::from(Arc::clone(&file.data))))
    });
    Value::Map(Map::typed(&FILES, entries.collect()))
}

fn method(receiver: &Value, name: &[u8]) -> Option<Function> {
    let files = receiver.as_map()?.clone();
    Some(match name {
        b"Get" => Function::new(move |name: GoString| content(&files, &name)),
        b"GetBytes" => Function::new(move |name: GoString| Value::Bytes(content(&files, &name))),
        b"Glob" => Function::new(move |pattern: GoString| matching(&files, &pattern)),
        b"Lines" => Function::new(move |name: GoString| lines(&content(&files, &name))),
        b"AsConfig" => Function::new(move || as_yaml(&files, |bytes| bytes.to_text().into_owned())),
        b"AsSecrets" => Function::new(move || as_yaml(&files, |bytes| BASE64.encode(bytes))),
        _ => return None,
    })
}

fn content(files: &Map, name: &GoString) -> GoString {
    match files.get(name) {
        Some(Value::Bytes(bytes)) => bytes,
        _ => GoString::default(),
    }
}

/// A pattern that cannot be read stands for all files, as in Helm.
fn matching(files: &Map, pattern: &GoString) -> Map {
    let glob = Glob::parse(&pattern.to_text());
    let found = files
        .to_entries()
        .into_iter()
        .filter(|(name, _)| glob.as_ref().is_none_or(|glob| glob.matches(&name.to_text())));
    Map::typed(&FILES, found.collect())
}

fn lines(content: &GoString) -> List {
    if content.is_empty() {
        return List::strings(Vec::<GoString>::new());
    }
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    List::strings(content.split(|&byte| byte == b'\n').map(GoString::from))
}

fn as_yaml(files: &Map, convert: impl Fn(&GoString) -> String) -> String {
    let mut entries = BTreeMap::new();
    for (name, content) in files.to_entries() {
        let Value::Bytes(content) = content else { continue };
        let base = name.to_text().rsplit('/').next().unwrap_or_default().to_owned();
        entries.insert(base, serde_json::Value::String(convert(&content)));
    }
    let entries = serde_json::Value::Object(entries.into_iter().collect());
    yaml::emit_json(&entries, yaml::Layout::GoYamlV2).trim_end_matches('\n').to_owned()
}
