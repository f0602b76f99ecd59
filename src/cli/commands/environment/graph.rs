//! `env graph`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use super::error::EnvError;
use crate::cli::{
    args::{Graph, GraphFormat},
    commands::Scene,
    exit::Exit,
};
use crate::environment::{Folder, Outline};

pub(super) fn run(scene: &Scene<'_>, arguments: &Graph) -> Exit {
    let folder = Folder::new(&scene.surroundings.project);
    match Outline::read(&folder, &arguments.name.environment) {
        Ok(outline) => {
            scene.terminal.print(&Drawing::of(&outline).text(arguments.format));
            Exit::Done
        }
        Err(error) => EnvError::from(error).report(scene),
    }
}

/// Nodes with numbers, for names can hold anything.
struct Drawing<'o> {
    outline: &'o Outline,
    /// By environment and value.
    values: BTreeMap<(&'o str, &'o str), String>,
    /// By name; all calls of a source are of one node.
    sources: BTreeMap<&'o str, String>,
}

impl<'o> Drawing<'o> {
    fn of(outline: &'o Outline) -> Self {
        let named = outline
            .environments
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (&**name, value.as_str())));
        let values = named.enumerate().map(|(index, value)| (value, format!("v{index}"))).collect();
        let names: BTreeSet<&str> = outline.calls.iter().map(|(_, _, source)| &**source).collect();
        let sources =
            names.into_iter().enumerate().map(|(index, name)| (name, format!("s{index}"))).collect();
        Self { outline, values, sources }
    }

    fn text(&self, format: GraphFormat) -> String {
        let mut text = String::new();
        // Writing into a String does not fail.
        let _ = match format {
            GraphFormat::Dot => self.dot(&mut text),
            GraphFormat::Mermaid => self.mermaid(&mut text),
        };
        text
    }

    /// The arrows: from, to, and whether it is an import.
    fn edges(&self) -> Vec<(String, String, bool)> {
        let value = |environment: &Arc<str>, value: &str| self.values.get(&(&**environment, value)).cloned();
        let calls = self.outline.calls.iter().filter_map(|(environment, at, source)| {
            Some((self.sources.get(&**source)?.clone(), value(environment, at)?, false))
        });
        let references = self
            .outline
            .references
            .iter()
            .filter_map(|(from, to)| Some((value(&from.0, &from.1)?, value(&to.0, &to.1)?, false)));
        let imports = self.outline.imports.iter().filter_map(|(importer, imported)| {
            Some((self.environment(imported)?, self.environment(importer)?, true))
        });
        calls.chain(references).chain(imports).collect()
    }

    fn environment(&self, name: &Arc<str>) -> Option<String> {
        self.outline.environments.keys().position(|known| known == name).map(|index| format!("e{index}"))
    }

    fn mermaid(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "flowchart LR")?;
        for (name, values) in &self.outline.environments {
            let id = self.environment(name).unwrap_or_default();
            writeln!(text, "  subgraph {id} [\"{}\"]", plain(name))?;
            for value in values {
                writeln!(text, "    {}[\"{}\"]", self.values[&(&**name, value.as_str())], plain(value))?;
            }
            writeln!(text, "  end")?;
        }
        for (name, id) in &self.sources {
            writeln!(text, "  {id}[(\"{}\")]", plain(name))?;
        }
        for (from, to, imports) in self.edges() {
            let arrow = if imports { "-. imported by .->" } else { "-->" };
            writeln!(text, "  {from} {arrow} {to}")?;
        }
        Ok(())
    }

    fn dot(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "digraph environment {{\n  rankdir=LR; compound=true; node [shape=box];")?;
        for (name, values) in &self.outline.environments {
            let id = self.environment(name).unwrap_or_default();
            writeln!(text, "  subgraph cluster_{id} {{\n    label=\"{}\"; {id} [shape=point];", plain(name))?;
            for value in values {
                writeln!(
                    text,
                    "    {} [label=\"{}\"];",
                    self.values[&(&**name, value.as_str())],
                    plain(value)
                )?;
            }
            writeln!(text, "  }}")?;
        }
        for (name, id) in &self.sources {
            writeln!(text, "  {id} [label=\"{}\", shape=cylinder];", plain(name))?;
        }
        for (from, to, imports) in self.edges() {
            let style = if imports { " [style=dashed, label=\"imported by\"]" } else { "" };
            writeln!(text, "  {from} -> {to}{style};")?;
        }
        writeln!(text, "}}")
    }
}

/// A label without what would end it.
fn plain(name: &str) -> String {
    name.replace(['"', '\\', '\n'], "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::InMemory;

    #[test]
    fn both_formats_show_sources_values_and_imports() {
        let documents = InMemory::new([
            ("prod", "imports: [base]\nvalues: {a: {fn::open::sops: {path: x}}, b: '${a.c} ${d}'}\n"),
            ("base", "values: {d: 1}\n"),
        ]);
        let outline = Outline::read(&documents, "prod").unwrap();
        let drawing = Drawing::of(&outline);
        let mermaid = drawing.text(GraphFormat::Mermaid);
        let expected = "flowchart LR\n  subgraph e0 [\"base\"]\n    v0[\"d\"]\n  end\n  subgraph e1 [\"prod\"]\n    v1[\"a\"]\n    v2[\"b\"]\n  end\n  s0[(\"sops\")]\n  s0 --> v1\n  v0 --> v2\n  v1 --> v2\n  e0 -. imported by .-> e1\n";
        assert_eq!(mermaid, expected);
        let dot = drawing.text(GraphFormat::Dot);
        assert!(dot.contains("s0 -> v1;") && dot.contains("e0 -> e1 [style=dashed"), "{dot}");
        assert_eq!(dot.matches('{').count(), dot.matches('}').count());
    }
}
