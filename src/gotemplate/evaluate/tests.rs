//! One-expression templates against what Go's text/template made of them.
//!
//! `cases.json` was written by a Go program that ran each source through text/template (go 1.26,
//! `missingkey=zero`) over the same data and the functions below.

use std::rc::Rc;

use serde::Deserialize;

use crate::gotemplate::{
    Context, Function, FunctionError, Functions, GoString, List, Map, MissingKey, Object, Rest, Set, Value,
};

#[derive(Deserialize)]
struct Cases {
    data: serde_json::Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    source: String,
    output: Option<String>,
    error: Option<String>,
}

struct File {
    pointer: bool,
}

impl Object for File {
    fn type_name(&self) -> &str {
        if self.pointer { "*main.files" } else { "main.files" }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Name", "n".into()), ("Count", Value::Int(2))]
    }

    fn method(self: Rc<Self>, name: &[u8]) -> Option<Function> {
        match name {
            b"Get" => Some(Function::new(|name: GoString| format!("got {name}"))),
            b"Sum" => Some(Function::new(|left: isize, right: isize| left + right)),
            _ => None,
        }
    }
}

fn text(bytes: Vec<u8>) -> GoString {
    bytes.into()
}

/// The functions that the Go program offered.
fn functions() -> Functions {
    let mut functions = Functions::new();
    functions.add("list", |items: Rest<Value>| items.0);
    functions.add("strings", |items: Rest<GoString>| List::strings(items.0));
    functions.add("dict", |items: Rest<Value>| -> Map {
        let pairs = items.0.chunks_exact(2);
        pairs.map(|pair| (text(crate::gotemplate::format::print(&pair[..1])), pair[1].clone())).collect()
    });
    functions.add("set", |map: Map, key: GoString, value: Value| map.insert(key, value).map(|()| map));
    functions.add("trunc", |length: isize, whole: GoString| {
        let length = usize::try_from(length).unwrap_or(0).min(whole.len());
        GoString::from(&whole[..length])
    });
    functions.add("int64", |number: isize| number as i64);
    functions.add("uint64", |number: isize| number as u64);
    functions.add("bytes", |text: GoString| Value::Bytes(text));
    functions.add("file", || Value::object(File { pointer: false }));
    functions.add("pointer", || Value::object(File { pointer: true }));
    functions.add("fail", |message: GoString| -> Result<Value, FunctionError> {
        Err(FunctionError::new(message.to_string()))
    });
    functions.add("adder", || Function::new(|left: isize, right: isize| left + right));
    functions.add("nothing", || Value::Nil);
    functions.add("float", |number: f64| number);
    functions.add("boolean", |truth: bool| truth);
    functions.add("id", |value: Value| value);
    functions.add("include", |context: &Context, name: GoString, data: Value| {
        context.execute(&name, data).map(text).map_err(FunctionError::from_cause)
    });
    functions.add("tpl", |context: &Context, source: GoString, data: Value| {
        let name = context.set().name().clone();
        context.execute_source(name, source, data).map(text).map_err(FunctionError::from_cause)
    });
    functions
}

fn render(source: &str, data: &serde_json::Value, missing_key: MissingKey) -> Result<String, String> {
    let mut set = Set::new("gotpl", Rc::new(functions()), missing_key);
    set.parse("t", source).map_err(|error| error.to_string())?;
    let output = Rc::new(set).execute("t", data.into()).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

#[test]
fn every_case_is_as_go_has_it() {
    let cases: Cases = serde_json::from_str(include_str!("cases.json")).unwrap();
    assert!(cases.cases.len() > 300);
    let mut wrong = Vec::new();
    for case in &cases.cases {
        let expected = match (&case.output, &case.error) {
            (_, Some(error)) => Err(error.clone()),
            (output, None) => Ok(output.clone().unwrap_or_default()),
        };
        let found = render(&case.source, &cases.data, MissingKey::Zero);
        if found != expected {
            wrong.push(format!("{}\n  go: {expected:?}\n  us: {found:?}", case.source));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.cases.len(), wrong.join("\n"));
}

#[test]
fn deep_nesting_is_executed_and_bottomless_nesting_is_an_error() {
    let data = serde_json::json!({});
    let nested = "{{ if true }}".repeat(900) + "x" + &"{{ end }}".repeat(900);
    assert_eq!(render(&nested, &data, MissingKey::Zero).as_deref(), Ok("x"));
    let parentheses = "{{ ".to_owned() + &"(".repeat(900) + "1" + &")".repeat(900) + " }}";
    assert_eq!(render(&parentheses, &data, MissingKey::Zero).as_deref(), Ok("1"));
    let too_deep = "{{ ".to_owned() + &"(".repeat(5000);
    let error = render(&too_deep, &data, MissingKey::Zero).unwrap_err();
    assert_eq!(error, "template: t:1: max expression depth exceeded");
    let too_deep = "{{ if true }}".repeat(5000);
    assert!(render(&too_deep, &data, MissingKey::Zero).unwrap_err().contains("max nesting depth exceeded"));
}

#[test]
fn recursion_without_end_is_an_error() {
    let data = serde_json::json!({});
    let template = "{{ define \"again\" }}{{ template \"again\" }}{{ end }}{{ template \"again\" }}";
    let error = render(template, &data, MissingKey::Zero).unwrap_err();
    assert!(error.ends_with("exceeded maximum template depth (100000)"), "{error}");
}

#[test]
fn a_map_that_holds_itself_can_be_printed() {
    let printed = render(
        "{{ $m := dict }}{{ $_ := set $m \"self\" $m }}{{ $m }}",
        &serde_json::json!({}),
        MissingKey::Zero,
    );
    assert!(printed.unwrap().contains("map[self:..."));
}

#[test]
fn a_missing_key_yields_what_the_option_says() {
    let data = serde_json::json!({ "map": {} });
    let rendered = |source, missing_key| render(source, &data, missing_key);
    assert_eq!(rendered("{{ .map.x }}", MissingKey::Invalid).as_deref(), Ok("<no value>"));
    assert_eq!(rendered("{{ .map.x.y.z }}", MissingKey::Invalid).as_deref(), Ok("<no value>"));
    assert_eq!(rendered("{{ .map.x }}", MissingKey::Zero).as_deref(), Ok("<no value>"));
    let error = rendered("{{ .map.x }}", MissingKey::Error).unwrap_err();
    assert_eq!(error, "template: t:1:7: executing \"t\" at <.map.x>: map has no entry for key \"x\"");
    let error = rendered("{{ (index .map \"x\").y }}", MissingKey::Error).unwrap_err();
    assert!(error.ends_with("nil data; no entry for key \"y\""), "{error}");
}

#[test]
fn what_a_child_set_defines_stays_its_own_and_an_empty_body_replaces_nothing() {
    let mut parent = Set::new("gotpl", Rc::new(functions()), MissingKey::Zero);
    parent.parse("a", "{{ define \"x\" }}parent{{ end }}{{ template \"x\" }}").unwrap();
    let parent = Rc::new(parent);
    let mut child = Set::child(&parent);
    child.parse("b", "{{ define \"x\" }}child{{ end }}{{ template \"x\" }}").unwrap();
    child.parse("c", "{{ define \"x\" }} {{ end }}").unwrap();
    child.parse("b", "\n  ").unwrap();
    assert_eq!(child.names().len(), 4);
    let child = Rc::new(child);
    assert_eq!(child.execute("b", Value::Nil).unwrap(), b"child");
    assert_eq!(child.execute("a", Value::Nil).unwrap(), b"child");
    assert_eq!(parent.execute("a", Value::Nil).unwrap(), b"parent");
    assert!(!parent.contains("b"));
}

#[test]
fn an_error_of_an_executed_template_can_be_reached() {
    let mut set = Set::new("gotpl", Rc::new(functions()), MissingKey::Zero);
    set.parse("t", "{{ define \"x\" }}{{ .a.b.c }}{{ end }}{{ include \"x\" . }}").unwrap();
    let error = Rc::new(set).execute("t", Value::Map(Map::new())).unwrap_err();
    let wrapped = error.wrapped().unwrap().to_string();
    assert_eq!(
        wrapped,
        "template: t:1:21: executing \"x\" at <.a.b.c>: nil pointer evaluating interface {}.b"
    );
    assert!(error.to_string().ends_with(&wrapped));
}

#[test]
fn errors_can_leave_the_thread_that_rendered() {
    fn leaves<T: Send + Sync + 'static>() {}
    leaves::<crate::gotemplate::ExecError>();
    leaves::<crate::gotemplate::SourceError>();
    leaves::<FunctionError>();
}
