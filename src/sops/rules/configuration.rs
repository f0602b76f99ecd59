//! A whole `.sops.yaml`.

use std::{
    fs,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::yaml::{Node, parse};

use super::{
    CreationRule, DestinationRule, RulesError,
    reader::{Place, Reader},
};

const NAME: &str = ".sops.yaml";
const MISTAKEN_NAME: &str = ".sops.yml";

/// The configuration that holds for the files of a folder and of those below it.
#[derive(Clone, Debug)]
pub struct Configuration {
    path: PathBuf,
    /// The absolute folder that paths are relative to.
    folder: PathBuf,
    rules: Vec<CreationRule>,
    destinations: Vec<DestinationRule>,
    indents: Indents,
    warnings: Diagnostics,
}

/// How deep nested values are written; `None` is sops's default of the format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indents {
    /// Spaces in YAML, 2 to 9.
    pub yaml: Option<usize>,
    /// Spaces in JSON; -1 is a tab.
    pub json: Option<i64>,
    /// Spaces in the JSON that holds an encrypted binary; -1 is a tab.
    pub json_binary: Option<i64>,
}

impl Configuration {
    /// Finds the configuration for a file: the nearest `.sops.yaml` in its folder or above.
    ///
    /// The second value warns of a `.sops.yml` on the way, a name that sops doesn't read.
    pub fn find(file: &Path) -> (Option<PathBuf>, Option<String>) {
        let Ok(file) = std::path::absolute(file) else { return (None, None) };
        let mut warning = None;
        for folder in file.ancestors().skip(1) {
            let path = folder.join(NAME);
            if path.is_file() {
                return (Some(path), warning);
            }
            let mistaken = folder.join(MISTAKEN_NAME);
            if warning.is_none() && mistaken.is_file() {
                warning = Some(format!(
                    "`{}` is not read: the configuration must be called `{NAME}`",
                    mistaken.display()
                ));
            }
        }
        (None, warning)
    }

    /// Reads and checks a configuration.
    pub fn load(path: &Path) -> Result<Self, RulesError> {
        let read = |source| RulesError::Read { path: path.to_owned(), source };
        let text = fs::read_to_string(path).map_err(read)?;
        Self::parse(&text, path)
    }

    /// Checks the text of the configuration at `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, RulesError> {
        let source = Source::new(path.display().to_string(), text);
        let invalid = |problems| RulesError::Invalid { path: path.to_owned(), problems };
        let documents = parse(text).map_err(|error| {
            let problem =
                Diagnostic { file: Some(Arc::clone(&source.name)), ..Diagnostic::error(error.to_string()) };
            invalid(Diagnostics::from_iter([problem]))
        })?;
        let mut reader = Reader::new(Arc::clone(&source.name));
        let mut configuration = Self {
            path: path.to_owned(),
            folder: folder_of(path),
            rules: Vec::new(),
            destinations: Vec::new(),
            indents: Indents::default(),
            warnings: Diagnostics::new(),
        };
        if let Some(root) = documents.first().and_then(|document| document.root.as_ref()) {
            configuration.read(&mut reader, root);
        }
        let mut problems = reader.finish();
        problems.sort();
        if problems.has_errors() {
            return Err(invalid(problems));
        }
        configuration.warnings = problems;
        Ok(configuration)
    }

    fn read(&mut self, reader: &mut Reader, root: &Node) {
        let fields =
            reader.fields(root, "the configuration", &["creation_rules", "destination_rules", "stores"]);
        for rule in fields.list(reader, "creation_rules") {
            self.rules.extend(CreationRule::read(reader, rule));
        }
        for rule in fields.list(reader, "destination_rules") {
            self.destinations.extend(DestinationRule::read(reader, rule));
        }
        if let Some(stores) = fields.get("stores") {
            self.indents = Indents::read(reader, stores);
        }
    }

    /// Returns the file that the configuration was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the rules in their order; the first that matches a file is the file's.
    pub fn rules(&self) -> &[CreationRule] {
        &self.rules
    }

    /// Returns how deep nested values are written.
    pub fn indents(&self) -> Indents {
        self.indents
    }

    /// Returns what is odd, but stops nothing.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// Returns the rule that a file is encrypted by; `None` where the configuration has no rules at all.
    pub fn rule_for(&self, file: &Path) -> Result<Option<&CreationRule>, RulesError> {
        if self.rules.is_empty() {
            return Ok(None);
        }
        let name = self.relative(file);
        match self.rules.iter().find(|rule| rule.matches(&name)) {
            Some(rule) => Ok(Some(rule)),
            None => Err(RulesError::NoMatch { path: self.path.clone(), file: name }),
        }
    }

    /// Returns where a file is published to.
    ///
    /// sops compares the path as it was given on the command line here, and so do we.
    pub fn destination_for(&self, file: &Path) -> Option<&DestinationRule> {
        let name = file.to_string_lossy();
        self.destinations.iter().find(|rule| rule.matches(&name))
    }

    /// Returns the path that `path_regex` is compared with: relative to the configuration's folder, else absolute.
    pub fn relative(&self, file: &Path) -> String {
        let file = std::path::absolute(file).map_or_else(|_| file.to_owned(), |file| normal(&file));
        file.strip_prefix(&self.folder).unwrap_or(&file).to_string_lossy().into_owned()
    }
}

impl Indents {
    fn read(reader: &mut Reader, node: &Node) -> Self {
        let stores = reader.fields(node, "`stores`", &["yaml", "json", "json_binary", "dotenv", "ini"]);
        let mut indent = |store: &'static str| {
            let fields = reader.fields(stores.get(store)?, "a store", &["indent"]);
            let indent = fields.number(reader, "indent")?;
            Some((indent, fields.place("indent")))
        };
        let yaml = indent("yaml");
        let json = indent("json");
        let json_binary = indent("json_binary");
        Self {
            yaml: yaml.and_then(|(indent, place)| yaml_indent(reader, indent, place)),
            json: json.map(|(indent, _)| indent),
            json_binary: json_binary.map(|(indent, _)| indent),
        }
    }
}

/// YAML knows no indent of 0; sops takes that for its default.
fn yaml_indent(reader: &mut Reader, indent: i64, place: Place) -> Option<usize> {
    match usize::try_from(indent) {
        Ok(0) => None,
        Ok(indent @ 2..=9) => Some(indent),
        _ => {
            reader.error(place, "the indent of YAML must be 2 to 9");
            None
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    normal(absolute.parent().unwrap_or(&absolute))
}

/// Takes `..` out of an absolute path by its words, as Go's `filepath.Abs` does.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => normal.push(component),
        }
    }
    normal
}
