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
