//! The JSON paths of definitions' printer columns: `.spec.a`, `.status.conditions[?(@.type=="Ready")].status`, `.a[0]`,
//! `.metadata.labels.a\.b`.

use serde_json::Value as Json;

/// Returns the first value that a path leads to.
pub(super) fn first<'a>(object: &'a Json, path: &str) -> Option<&'a Json> {
    let mut value = object;
    let mut rest = path.trim().trim_start_matches('$');
    loop {
        rest = match rest.as_bytes().first() {
            None => return Some(value),
            Some(b'.') => {
                let (name, after) = name(&rest[1..]);
                value = if name.is_empty() { value } else { value.get(&name)? };
                after
            }
            Some(b'[') => {
                let end = rest.find(']')?;
                value = element(value, &rest[1..end])?;
                &rest[end + 1..]
            }
            Some(_) => return None,
        };
    }
}

/// Takes a field's name off a path; a backslash keeps a dot in it.
fn name(path: &str) -> (String, &str) {
    let mut name = String::new();
    let mut characters = path.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
            '.' | '[' => return (name, &path[at..]),
            c => name.push(c),
        }
    }
    (name, "")
}

fn element<'a>(value: &'a Json, what: &str) -> Option<&'a Json> {
    if let Some(filter) = what.strip_prefix("?(@.").and_then(|filter| filter.strip_suffix(')')) {
        let (field, wanted) = filter.split_once("==")?;
        let wanted = wanted.trim().trim_matches(|c| c == '"' || c == '\'');
        return value.as_array()?.iter().find(|one| one[field.trim()] == wanted);
    }
    match what.trim_matches(|c| c == '"' || c == '\'') {
        "*" => value.as_array()?.first(),
        key => key.parse::<usize>().ok().map_or_else(|| value.get(key), |index| value.get(index)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_through_fields_elements_and_conditions() {
        let object = json!({"a": [{"b": 1}, {"b": 2}], "labels": {"x.y/z": "l"},
            "conditions": [{"type": "Synced", "status": "False"}, {"type": "Ready", "status": "True"}]});
        let read = |path: &str| first(&object, path).cloned().unwrap_or_default();
        assert_eq!(read(".a[1].b"), 2);
        assert_eq!(read(".a[*].b"), 1);
        assert_eq!(read(".labels.x\\.y/z"), "l");
        assert_eq!(read(".conditions[?(@.type==\"Ready\")].status"), "True");
        assert_eq!(read(".gone.b"), Json::Null);
    }
}
