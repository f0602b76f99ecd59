//! Taking a part out of a value by its path.

use super::syntax::{Step, parse_path};
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
    fn what_is_in_a_secret_is_one() {
        let value = Value::map([("a", read_json(br#"{"b": 1}"#).unwrap().secret())]);
        assert_eq!(extract(&value, "a.b"), Some(Value::from(1).secret()));
    }
}
