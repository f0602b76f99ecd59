//! Every function that helm offers, held to what helm 4.3.1 says.
//!
//! `cases/*.txt` has pairs of lines: `> expression`, then `= type "text"` for its value, or `! text` for the end
//! of its error. The table is checked against ours always, and against a real helm where there is one: the
//! expressions that succeed are the files of one chart, so that helm runs once.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it cannot go on from"
)]

mod case;
mod helm;

use std::rc::Rc;

use eggtooth::gotemplate::functions::{Host, library};
use eggtooth::gotemplate::{CollectionType, Element, Functions, GoString, Map, MissingKey, Set, Value};

use case::{Case, Expected, cases};

/// The zone that both sides live in: one with summer time, west of Greenwich.
const ZONE: &str = "America/New_York";

/// Values of the test chart; every number in them is a float.
const VALUES: &str = "\
float: 2.5
port: 8080
big: 1e+06
map: {a: 1, b: {c: [x, y]}}
list: [1, two, null]
";

/// The type that helm gives the values.
static VALUES_TYPE: CollectionType = CollectionType::plain("common.Values", Element::Any);

fn functions() -> Rc<Functions> {
    let zone = jiff::tz::TimeZone::get(ZONE).unwrap();
    let host = Rc::new(Host::new(rand::rngs::OsRng, jiff::Timestamp::now, zone));
    Rc::new(library(&host))
}

fn evaluate(functions: &Rc<Functions>, expression: &str) -> Expected {
    let values = eggtooth::yaml::read_json(VALUES, eggtooth::yaml::Flavour::GoYamlV2).unwrap();
    let Value::Map(values) = Value::from(&values) else { panic!("values are a map") };
    let values = Map::typed(&VALUES_TYPE, values.entries().clone());
    let top = Map::from_iter([("Values", Value::Map(values))]);
    let mut set = Set::new("c", Rc::clone(functions), MissingKey::Zero);
    let source = format!("{{{{ $v := {expression} }}}}{{{{ printf \"%T %q\" $v (print $v) }}}}");
    if let Err(error) = set.parse("c/templates/c.yaml", GoString::from(source)) {
        return Expected::Error(error.to_string());
    }
    match Rc::new(set).execute("c/templates/c.yaml", Value::Map(top)) {
        Ok(output) => Expected::Value(String::from_utf8_lossy(&output).into_owned()),
        Err(error) => Expected::Error(error.to_string()),
    }
}

#[test]
fn every_expression_yields_what_helm_yields() {
    let functions = functions();
    let failures: Vec<String> = cases()
        .iter()
        .filter_map(|case| {
            let found = evaluate(&functions, &case.expression);
            (!case.expected.agrees(&found))
                .then(|| format!("{}\n   helm {:?}\n   ours {found:?}", case.expression, case.expected))
        })
        .collect();
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), cases().len(), failures.join("\n"));
}

#[test]
fn every_function_has_a_case() {
    let functions = functions();
    let cases = cases();
    let used = |name: &str| cases.iter().any(|case| case.words().any(|word| word == name));
    let missing: Vec<String> =
        (functions.names().into_iter().map(ToString::to_string)).filter(|name| !used(name)).collect();
    assert!(missing.is_empty(), "without a case: {missing:?}");
}

/// With `include tpl required fail lookup`, which are `helm`'s, and text/template's 18 others, this makes 251.
#[test]
fn the_library_is_complete() {
    assert_eq!(functions().names().len(), 228);
}

#[test]
fn the_table_is_what_helm_says() {
    let Some(helm) = helm::Helm::find() else {
        eprintln!("SKIPPED: no helm in EGGTOOTH_HELM or the tools cache");
        return;
    };
    let (valued, failing): (Vec<Case>, Vec<Case>) =
        cases().into_iter().partition(|case| matches!(case.expected, Expected::Value(_)));
    let mut differences = Vec::new();
    for (case, found) in valued.iter().zip(helm.values(&valued, VALUES, ZONE)) {
        if !case.expected.agrees(&Expected::Value(found.clone())) {
            differences.push(format!("{}\n   table {:?}\n   helm  {found}", case.expression, case.expected));
        }
    }
    for case in &failing {
        let error = helm.error(case, VALUES, ZONE);
        if !case.expected.agrees(&Expected::Error(error.clone())) {
            differences.push(format!("{}\n   table {:?}\n   helm  {error}", case.expression, case.expected));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
