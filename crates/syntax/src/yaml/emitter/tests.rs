//! The emitter beside Go's: `go.jsonl` holds random values as sigs.k8s.io/yaml 1.6.0 (go-yaml v2.4.3) and go-yaml
//! v3.0.4 with 2 and 4 spaces write them, and what the former reads back.

use proptest::prelude::*;
use serde_json::Value;

use super::{Layout, emit_json};
use crate::yaml::{Flavour, parse, parse_with_comments, read_json};

const LAYOUTS: [(&str, Layout); 3] = [
    ("v2", Layout::GoYamlV2),
    ("v3_2", Layout::GoYamlV3 { indent: 2 }),
    ("v3_4", Layout::GoYamlV3 { indent: 4 }),
];

fn cases() -> impl Iterator<Item = Value> {
    include_str!("go.jsonl").lines().map(|line| serde_json::from_str(line).unwrap())
}

/// Go's decoder makes floats of all numbers.
fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().unwrap().into(),
        Value::Array(values) => values.iter().map(floats).collect(),
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), floats(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn values_are_written_as_go_writes_them() {
    for case in cases() {
        for (name, layout) in LAYOUTS {
            let text = emit_json(&floats(&case["value"]), layout);
            assert_eq!(text, case[name].as_str().unwrap(), "{name} {}", case["value"]);
        }
    }
}

#[test]
fn what_go_wrote_is_read_as_go_reads_it() {
    // For YAML 1.1 these were line breaks; the parser keeps to 1.2.
    let old_breaks = ['\u{2028}', '\u{2029}'];
    for case in cases().filter(|case| !case["v2"].as_str().unwrap().contains(old_breaks)) {
        let value = read_json(case["v2"].as_str().unwrap(), Flavour::GoYamlV2).unwrap();
        assert_eq!(floats(&value), floats(&case["back"]), "{}", case["v2"]);
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~éñ\n\t\u{1f600}]{0,40}".prop_map(Value::from),
        "(yes|no|on|null|~|0x1|1e3|1:30|2001-12-14|<<|=|\\.inf|- |a: |#)".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ -~\n]{0,12}", inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Says whether a string of the value starts with a line break or space before its first line's end: go-yaml
/// writes a wrong indentation hint for those inside lists, and so do we.
fn has_leading_space(value: &Value) -> bool {
    let leading = |text: &str| text.contains('\n') && text.starts_with([' ', '\n']);
    match value {
        Value::String(text) => leading(text),
        Value::Array(values) => values.iter().any(has_leading_space),
        Value::Object(object) => {
            object.iter().any(|(key, value)| leading(key) || key == "<<" || has_leading_space(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in value()) {
        prop_assume!(!has_leading_space(&value));
        for (name, layout) in LAYOUTS {
            let text = emit_json(&value, layout);
            let read = read_json(&text, layout.flavour());
            prop_assert_eq!(read.as_ref(), Ok(&value), "{} {:?}", name, text);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-c \n\t:\\-?#&*!|>'\"%@\\[\\]{},0-2~.é\u{feff}<]{0,60}") {
        let _ = parse(&text);
        let _ = parse_with_comments(&text);
        let _ = read_json(&text, Flavour::GoYamlV2);
    }
}
