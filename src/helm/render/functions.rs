//! The functions that know of charts: `include`, `tpl`, `required`, `fail`, `lookup`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::gotemplate::functions::{Host, library};
use crate::gotemplate::{Context, FunctionError, Functions, GoString, Map, SourceError, Value, format};

/// What errors call the set of all templates.
pub(super) const SET: &str = "gotpl";

/// How often a template may be inside itself.
const RECURSION: usize = 1000;

/// What marks the words of `fail` and `required` inside an error's text.
const START: &str = "HELM_ERR_START";
const END: &str = "HELM_ERR_END";

/// Looks objects up in a cluster: API version, kind, namespace and name, as the template gives them. Without a
/// name it returns a list; what is not there is an empty object.
pub type Lookup = Rc<dyn Fn(&str, &str, &str, &str) -> Result<serde_json::Value, FunctionError>>;

/// Returns all functions that templates of charts can call.
///
/// Where they are `lenient`, nothing is refused: `required` gives an empty text for what is missing, and `fail` too.
pub(super) fn table(host: &Rc<Host>, lookup: Option<Lookup>, lenient: bool) -> Functions {
    let mut functions = library(host);
    let running: Rc<RefCell<HashMap<GoString, usize>>> = Rc::default();
    functions.add("include", move |context: &Context, name: GoString, data: Value| {
        include(context, &running, &name, data)
    });
    functions.add("tpl", tpl);
    functions.add("required", move |message: GoString, value: Value| match required(message, value) {
        Err(_) if lenient => Ok(Value::from("")),
        other => other,
    });
    functions.add(
        "fail",
        move |message: GoString| {
            if lenient { Ok(GoString::from("")) } else { Err(refuse(&message)) }
        },
    );
    // Charts must not ask the network for names, unless a user asks for that.
    functions.add("getHostByName", |_name: GoString| "");
    functions.add(
        "lookup",
        move |api_version: GoString, kind: GoString, namespace: GoString, name: GoString| {
            let Some(lookup) = &lookup else { return Ok(Value::Map(Map::new())) };
            let object =
                lookup(&api_version.to_text(), &kind.to_text(), &namespace.to_text(), &name.to_text())?;
            Ok::<_, FunctionError>(Value::from(&object))
        },
    );
    functions
}

fn include(
    context: &Context,
    running: &RefCell<HashMap<GoString, usize>>,
    name: &GoString,
    data: Value,
) -> Result<GoString, FunctionError> {
    let count = running.borrow().get(name).copied().unwrap_or(0);
    if count > RECURSION {
        return Err(FunctionError::new(format!(
            "rendering template has a nested reference name: {name}: unable to execute template"
        )));
    }
    running.borrow_mut().insert(name.clone(), count + 1);
    let output = context.execute(name, data);
    running.borrow_mut().insert(name.clone(), count);
    Ok(GoString::from(output.map_err(FunctionError::from_cause)?))
}

fn tpl(context: &Context, source: GoString, data: Value) -> Result<GoString, FunctionError> {
    // Most texts that go through `tpl` are none.
    if !contains(&source, b"{{") {
        return Ok(GoString::from(without_no_value_bytes(source.to_vec())));
    }
    match context.execute_source(SET, source.clone(), data) {
        Ok(output) => Ok(GoString::from(without_no_value_bytes(output))),
        Err(SourceError::Parse(error)) => {
            let error = FunctionError::from_cause(error);
            Err(error.within(&format!("cannot parse template {}", quote(&source))))
        }
        Err(SourceError::Exec(error)) => {
            let error = FunctionError::from_cause(error);
            Err(error.within(&format!("error during tpl function execution for {}", quote(&source))))
        }
    }
}

fn required(message: GoString, value: Value) -> Result<Value, FunctionError> {
    let missing = value.is_nil() || value.as_string().is_some_and(|text| text.is_empty());
    if missing { Err(refuse(&message)) } else { Ok(value) }
}

fn refuse(message: &GoString) -> FunctionError {
    FunctionError::new(format!("{START}{message}{END}"))
}

/// Returns what `fail` or `required` said, if an error's text holds it.
pub(super) fn refusal(text: &str) -> Option<&str> {
    let start = text.find(START)? + START.len();
    let end = text.rfind(END).filter(|&end| end >= start)?;
    Some(&text[start..end])
}

const NO_VALUE: &[u8] = b"<no value>";

/// Returns the text as a Go literal.
fn quote(text: &GoString) -> String {
    String::from_utf8_lossy(&format::printf(b"%q", &[Value::String(text.clone())])).into_owned()
}

/// Helm takes out what Go prints for a missing value, wherever it stands.
fn without_no_value_bytes(output: Vec<u8>) -> Vec<u8> {
    if !contains(&output, NO_VALUE) {
        return output;
    }
    let mut kept = Vec::with_capacity(output.len());
    let mut rest = output.as_slice();
    while let Some(position) = rest.windows(NO_VALUE.len()).position(|window| window == NO_VALUE) {
        kept.extend_from_slice(&rest[..position]);
        rest = &rest[position + NO_VALUE.len()..];
    }
    kept.extend_from_slice(rest);
    kept
}

/// Returns a template's output as text, without what Go prints for a missing value.
pub(super) fn without_no_value(output: Vec<u8>) -> String {
    String::from_utf8(without_no_value_bytes(output))
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Says whether `part` is in `bytes`; its first byte is rare in both.
fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let Some(&first) = part.first() else { return true };
    let mut rest = bytes;
    while let Some(position) = rest.iter().position(|&byte| byte == first) {
        if rest[position..].starts_with(part) {
            return true;
        }
        rest = &rest[position + 1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_leave_nothing_behind() {
        assert_eq!(without_no_value(b"a<no value>b<<no value>".to_vec()), "ab<");
        assert_eq!(without_no_value(b"a <no".to_vec()), "a <no");
    }

    #[test]
    fn a_refusal_is_found_inside_the_chain_of_errors() {
        let text = format!("error calling include: template: x: error calling fail: {START}no {{egg}}{END}");
        assert_eq!(refusal(&text), Some("no {egg}"));
        assert_eq!(refusal("error calling include: no"), None);
    }
}
