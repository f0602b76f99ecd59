//! From a tree to sections.

use crate::sops::dotenv::secret_text;
use crate::sops::error::Problem;
use crate::sops::tree::{Comment, Entry, Kind};

use super::DEFAULT;

/// Writes sections with a blank line between them and the equals signs of each below each other.
pub(in crate::sops) fn write(entries: &[Entry]) -> Result<String, Problem> {
    let mut sections = Vec::new();
    for entry in entries {
        let Entry::Item(section) = entry else { continue };
        let Kind::Map(entries) = &section.value.kind else {
            return Err(Problem::Format("in this format every value must be in a section"));
        };
        if &*section.key != DEFAULT || !entries.is_empty() {
            sections.push(write_section(&section.key, entries)?);
        }
    }
    Ok(sections.join("\n"))
}

pub(in crate::sops) fn write_section(name: &str, entries: &[Entry]) -> Result<String, Problem> {
    let mut out = String::new();
    let mut rest = entries;
    if let [Entry::Comment(comment), after @ ..] = entries {
        write_comment(&mut out, comment);
        rest = after;
    }
    if name != DEFAULT {
        out.extend(["[", name, "]\n"]);
    }
    let names = rest.iter().filter_map(|entry| match entry {
        Entry::Item(item) => Some(quote_name(&item.key).len()),
        Entry::Comment(_) => None,
    });
    let width = names.max().unwrap_or(0);
    for (index, entry) in rest.iter().enumerate() {
        let Entry::Item(item) = entry else { continue };
        if let Some(Entry::Comment(comment)) = rest.get(index + 1) {
            write_comment(&mut out, comment);
        }
        let value = quote_value(secret_text(&item.value)?);
        let name = quote_name(&item.key);
        // The library aligns by bytes.
        let space = " ".repeat(width - name.len());
        out.extend([&*name, &space, " = ", &value, "\n"]);
    }
    Ok(out)
}

pub(in crate::sops) fn write_comment(out: &mut String, comment: &Comment) {
    #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
    let text = comment.text.expose();
    for line in text.split('\n') {
        match line.strip_prefix(['#', ';']) {
            Some(rest) => out.extend([&line[..1], " ", rest.trim(), "\n"]),
            None => out.extend(["; ", line, "\n"]),
        }
    }
}

pub(in crate::sops) fn quote_name(name: &str) -> String {
    if name.contains(['"', '=', ':']) {
        format!("`{name}`")
    } else if name.contains('`') {
        format!("\"\"\"{name}\"\"\"")
    } else {
        name.to_owned()
    }
}

pub(in crate::sops) fn quote_value(value: String) -> String {
    if value.contains(['\n', '`']) {
        format!("\"\"\"{value}\"\"\"")
    } else if value.contains(['#', ';']) {
        format!("`{value}`")
    } else if value.trim() != value {
        format!("\"{value}\"")
    } else {
        value
    }
}
