use super::*;
use crate::gotemplate::{Map as GoMap, Value as Go};

fn set(assignment: Assignment, texts: &[&str]) -> Result<String, AssignmentError> {
    let values = GoMap::new();
    for text in texts {
        assignment.apply(text, &values)?;
    }
    Ok(Go::Map(values).to_json().to_string())
}

#[test]
fn assignments_are_read_as_helm_reads_them() {
    for (text, expected) in [
        ("a=1,b=x,c=true,d=null,e=007,f=0", r#"{"a":1,"b":"x","c":true,"d":null,"e":"007","f":0}"#),
        ("a.b.c=1", r#"{"a":{"b":{"c":1}}}"#),
        (r"a\.b/c=x\,y", r#"{"a.b/c":"x,y"}"#),
        ("a={1,b,true},c=2", r#"{"a":[1,"b",true],"c":2}"#),
        ("a[1].b=2", r#"{"a":[null,{"b":2}]}"#),
        ("a[0][1]=x", r#"{"a":[[null,"x"]]}"#),
        ("a=", r#"{"a":""}"#),
        ("", "{}"),
    ] {
        assert_eq!(set(Assignment::Typed, &[text]).unwrap(), expected, "{text}");
    }
    assert_eq!(set(Assignment::String, &["a=1"]).unwrap(), r#"{"a":"1"}"#);
    assert_eq!(set(Assignment::Typed, &["a.b=1", "a.c=2"]).unwrap(), r#"{"a":{"b":1,"c":2}}"#);
    assert_eq!(
        set(Assignment::Json, &[r#"a={"b":[1,{}]} ,c[0]="x",d="#]).unwrap(),
        r#"{"a":{"b":[1,{}]},"c":["x"],"d":null}"#
    );
    for text in ["a", "a,", "a[x]=1", "a[-1]=1", "a[70000]=1", "a={1", "a[0]b=1"] {
        assert!(set(Assignment::Typed, &[text]).is_err(), "{text}");
    }
    assert!(set(Assignment::Typed, &["a=1", "a.b=2"]).is_err());
}

#[test]
fn a_literal_value_is_all_that_follows() {
    let values = GoMap::new();
    literal::apply(r"a.b={x,\y}=1", &values).unwrap();
    assert_eq!(Go::Map(values).to_json().to_string(), r#"{"a":{"b":"{x,\\y}=1"}}"#);
}

struct Chart {
    name: &'static str,
    values: &'static str,
    schema: Option<&'static str>,
    children: Vec<Chart>,
}

impl Node for Chart {
    fn name(&self) -> &str {
        self.name
    }

    fn defaults(&self) -> GoMap {
        GoMap::from(read(self.values).unwrap())
    }

    fn children(&self) -> &[Self] {
        &self.children
    }
}

impl schema::Node for Chart {
    fn schema(&self) -> Option<&[u8]> {
        self.schema.map(str::as_bytes)
    }
}

fn chart(values: &'static str, child: Option<&'static str>) -> Chart {
    let child = child.map(|values| Chart { name: "sub", values, schema: None, children: Vec::new() });
    Chart { name: "top", values, schema: None, children: child.into_iter().collect() }
}

fn coalesced(chart: &Chart, user: &str) -> String {
    let user = GoMap::from(read(user).unwrap());
    Go::Map(coalesce(chart, &user).unwrap()).to_json().to_string()
}

#[test]
fn the_user_wins_and_a_null_of_the_user_deletes() {
    let chart = chart("a: {b: 1, c: 2}\nd: 3\nnil: null", None);
    assert_eq!(coalesced(&chart, "a: {b: null, e: 5}\nd: null"), r#"{"a":{"c":2,"e":5}}"#);
    assert_eq!(coalesced(&chart, "x: null"), r#"{"a":{"b":1,"c":2},"d":3,"x":null}"#);
}

#[test]
fn globals_and_a_parents_values_reach_the_subchart() {
    let chart = chart("global: {g: 1}\nsub: {a: 2}", Some("a: 1\nb: 3"));
    assert_eq!(
        coalesced(&chart, "global: {h: 4}"),
        r#"{"global":{"g":1,"h":4},"sub":{"a":2,"b":3,"global":{"g":1,"h":4}}}"#
    );
    assert_eq!(coalesced(&chart, "sub: {b: null}"), r#"{"global":{"g":1},"sub":{"a":2,"global":{"g":1}}}"#);
}

#[test]
fn a_schema_refuses_without_showing_the_value() {
    let mut chart = chart("", Some(""));
    chart.children[0].schema = Some(r#"{"properties": {"port": {"type": "integer"}}}"#);
    let values = GoMap::from(read("sub: {port: chirp}").unwrap());
    let error = validate(&chart, &values, &Elsewhere::default()).unwrap_err().to_string();
    assert!(error.contains("sub:\n- at '/port'") && !error.contains("chirp"), "{error}");
    let values = GoMap::from(read("sub: {port: 8080}").unwrap());
    assert!(validate(&chart, &values, &Elsewhere::default()).is_ok());
}

const REMOTE: &str = r#"{"properties": {
    "port": {"$ref": "https://schemas.example/ports.json#/$defs/port"},
    "name": {"type": "string"}
}}"#;

#[test]
fn what_another_document_would_say_is_told_and_not_checked() {
    let mut chart = chart("", None);
    chart.schema = Some(REMOTE);
    let values = GoMap::from(read("port: chirp").unwrap());
    let unchecked = validate(&chart, &values, &Elsewhere::default()).unwrap();
    assert_eq!(unchecked.into_iter().collect::<Vec<_>>(), ["https://schemas.example/ports.json"]);
    let values = GoMap::from(read("{port: chirp, name: 5}").unwrap());
    let error = validate(&chart, &values, &Elsewhere::default()).unwrap_err().to_string();
    assert!(error.contains("'/name'") && !error.contains("'/port'"), "{error}");
}

#[test]
fn another_document_that_is_here_is_checked() {
    let ports = serde_json::json!({"$defs": {"port": {"$ref": "numbers.json"}}});
    let mut documents =
        std::collections::BTreeMap::from([("https://schemas.example/ports.json".to_owned(), ports)]);
    let missing = references("top", REMOTE.as_bytes(), &Elsewhere::new(documents.clone())).unwrap();
    assert_eq!(missing.into_iter().collect::<Vec<_>>(), ["https://schemas.example/numbers.json"]);
    documents.insert("https://schemas.example/numbers.json".into(), serde_json::json!({"type": "integer"}));
    let elsewhere = Elsewhere::new(documents);
    assert!(references("top", REMOTE.as_bytes(), &elsewhere).unwrap().is_empty());
    let mut chart = chart("", None);
    chart.schema = Some(REMOTE);
    let values = GoMap::from(read("port: chirp").unwrap());
    assert!(validate(&chart, &values, &elsewhere).is_err());
    let values = GoMap::from(read("port: 80").unwrap());
    assert!(validate(&chart, &values, &elsewhere).unwrap().is_empty());
}
