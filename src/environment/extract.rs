//! Taking a part out of a value by its path.

use crate::diagnostic::suggest;
use crate::esc::{Step, join, parse_path};
use crate::resource::Value;

/// Returns the part of a value that a path leads to, as `${…}` has it; sops's own `["a"]["b"]` is one, too.
///
/// What is in a secret is one. Of an unknown value every part is unknown.
pub fn extract(value: &Value, path: &str) -> Option<Value> {
    follow(value, &parse_path(path)?)
}

/// Returns the steps of a path, indexes as numbers; `None` if it is none.
pub fn steps(path: &str) -> Option<Vec<String>> {
    let steps = parse_path(path)?;
    let text = |step: &Step| match step {
        Step::Name(name) => name.to_string(),
        Step::Index(index) => index.to_string(),
    };
    Some(steps.iter().map(text).collect())
}

/// Returns the path that was most likely meant where one leads nowhere; nothing that is in a secret is told.
pub fn nearest(value: &Value, path: &str) -> Option<String> {
    let (mut value, mut meant) = (value, String::new());
    for step in parse_path(path)? {
        match (step, value) {
            (Step::Name(name), Value::Map(entries)) => {
                let there = entries.get_key_value(&name);
                let similar = || suggest(&name, entries.keys().map(|key| &**key));
                let (key, below) = there.or_else(|| entries.get_key_value(similar()?))?;
                meant = join(&meant, key);
                value = below;
            }
            (Step::Index(index), Value::List(items)) => {
                value = items.get(usize::try_from(index).ok()?)?;
                meant = format!("{meant}[{index}]");
            }
            _ => return None,
        }
    }
    Some(meant)
}

fn follow(value: &Value, steps: &[Step]) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value.clone()) };
    match (step, value) {
        #[expect(clippy::disallowed_methods, reason = "the part moves into another hiding place")]
        (_, Value::Secret(hidden)) => follow(hidden.expose(), steps).map(Value::secret),
        (Step::Name(name), Value::Map(entries)) => follow(entries.get(name)?, rest),
        (Step::Index(index), Value::List(values)) => follow(values.get(usize::try_from(*index).ok()?)?, rest),
        (_, Value::Unknown) => Some(Value::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::read_json;

    #[test]
    fn a_part_is_found_by_either_form_of_a_path() {
        let value = read_json(br#"{"a": {"b c": [1, {"d": 2}]}}"#).unwrap();
        assert_eq!(extract(&value, r#"["a"]["b c"][1]["d"]"#), Some(2.into()));
        assert_eq!(extract(&value, r#"a["b c"][0]"#), Some(1.into()));
        assert_eq!(extract(&value, "a.x"), None);
        assert_eq!(extract(&value, "a.["), None);
    }

    #[test]
    fn a_wrong_key_is_told_by_the_one_that_was_meant_unless_it_is_in_a_secret() {
        let value = read_json(br#"{"db": {"port": [1], "host": "h"}}"#).unwrap();
        assert_eq!(nearest(&value, "db.prt[0]").as_deref(), Some("db.port[0]"));
        assert_eq!(nearest(&value, "dbs.host").as_deref(), Some("db.host"));
        for path in ["db.port[1]", "db.something", "db.host.x", "db["] {
            assert_eq!(nearest(&value, path), None, "{path}");
        }
        let hidden = Value::map([("db", value.get("db").unwrap().clone().secret())]);
        assert_eq!(nearest(&hidden, "db.prt"), None);
    }

    #[test]
    fn what_is_in_a_secret_is_one() {
        let value = Value::map([("a", read_json(br#"{"b": 1}"#).unwrap().secret())]);
        assert_eq!(extract(&value, "a.b"), Some(Value::from(1).secret()));
    }
}
