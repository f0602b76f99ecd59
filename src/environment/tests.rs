//! Claims about evaluation beyond what the vectors of Pulumi's evaluator say.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::environment::{
    Evaluation, Evaluator, InMemory, Names, Options, Schema, Source, SourceError, Sources,
};
use crate::remote::Meter;
use crate::resource::{Map, Value, redacted};

/// Gives its inputs, at the earliest when `together` calls are open, and counts its calls.
struct Echo {
    calls: Arc<AtomicUsize>,
    barrier: Arc<tokio::sync::Barrier>,
}

impl Source for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn inputs(&self) -> Schema {
        Schema::kind("object")
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        _: &'a Names,
        _: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            self.barrier.wait().await;
            match inputs.get("fail") {
                Some(Value::Secret(_)) => Err("refused: chirp".into()),
                _ => Ok(Value::Map(Arc::new(inputs.clone()))),
            }
        })
    }
}

struct Run {
    evaluation: Evaluation,
    calls: usize,
}

async fn run_together<const N: usize>(documents: [(&str, &str); N], together: usize) -> Run {
    let calls = Arc::new(AtomicUsize::new(0));
    let echo = Echo { calls: Arc::clone(&calls), barrier: Arc::new(tokio::sync::Barrier::new(together)) };
    let sources = Sources::new().source(echo);
    let evaluator = Evaluator::new(InMemory::new(documents), sources, Map::new(), Options::default());
    let evaluation = evaluator.evaluate("env").await.unwrap();
    Run { evaluation, calls: calls.load(Ordering::SeqCst) }
}

async fn evaluate(document: &str) -> Evaluation {
    run_together([("env", document)], 1).await.evaluation
}

fn messages(evaluation: &Evaluation) -> Vec<String> {
    evaluation.diagnostics.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_source_is_opened_once_however_often_it_is_referred_to() {
    let run = run_together(
        [
            ("env", "imports: [base]\nvalues:\n  a: ${s.k}\n  b: ${s.k}\n  c: ${imports.base.s.k}\n"),
            ("base", "values:\n  s: {fn::open::echo: {k: 1}}\n  t: ${s}\n"),
        ],
        1,
    )
    .await;
    assert_eq!(run.calls, 1);
    assert_eq!(redacted(&run.evaluation.value)["c"], 1);
}

#[tokio::test]
async fn independent_sources_are_opened_at_the_same_time() {
    let document = "values:\n  a: {fn::open::echo: {k: 1}}\n  b: {fn::open::echo: {k: 2}}\n  c: {fn::open::echo: {k: 3}}\n";
    let run = tokio::time::timeout(Duration::from_secs(10), run_together([("env", document)], 3)).await;
    assert_eq!(run.expect("each waits for the others").calls, 3);
}

#[tokio::test]
async fn a_source_waits_for_what_lies_below_its_inputs() {
    let run = run_together(
        [
            ("env", "imports: [base]\nvalues:\n  o: {own: 1}\n  r: {fn::open::echo: \"${o}\"}\n"),
            ("base", "values:\n  o: {fn::open::echo: {inherited: 2}}\n"),
        ],
        1,
    )
    .await;
    assert_eq!(run.calls, 2);
    assert_eq!(redacted(&run.evaluation.value)["r"].to_string(), r#"{"inherited":2,"own":1}"#);
}

#[tokio::test]
async fn a_check_opens_nothing() {
    let evaluator = Evaluator::new(
        InMemory::new([("env", "values:\n  a: {fn::open::absent: {k: 1}}\n")]),
        Sources::new(),
        Map::new(),
        Options::default(),
    );
    let checked = evaluator.check("env").unwrap();
    assert_eq!(checked.unknown_paths(), ["a"]);
    assert_eq!(messages(&checked), ["env:2:6: error: unknown provider \"absent\""]);
}

#[tokio::test]
async fn a_part_of_a_secret_stays_secret() {
    let evaluation = evaluate(
        r#"
values:
  s: {fn::secret: "chirp,tweet"}
  parts: {fn::split: [",", "${s}"]}
  part: ${parts[0]}
  json: {fn::fromJSON: {fn::secret: '{"plain": {"deep": "chirp"}}'}}
  deep: ${json.plain.deep}
  text: "<${part}>"
  base64: {fn::toBase64: "${part}"}
  joined: {fn::join: ["-", ["${part}", a]]}
  object: {fn::final: {k: "${part}", plain: 1}}
  plain: ${object.plain}
  environmentVariables: {PART: "${part}", PLAIN: x}
"#,
    )
    .await;
    assert!(evaluation.diagnostics.is_empty(), "{}", evaluation.diagnostics);
    let shown = redacted(&evaluation.value);
    for name in ["s", "parts", "part", "json", "deep", "text", "base64", "joined", "object", "plain"] {
        assert_eq!(shown[name], "[secret]", "{name}");
    }
    assert!(evaluation.environment_variables()["PART"].is_secret());
    assert!(!evaluation.environment_variables()["PLAIN"].is_secret());
    assert!(!format!("{evaluation:?}").contains("chirp"));
}

#[tokio::test]
async fn no_message_holds_a_secret() {
    let evaluation = evaluate(
        r#"
values:
  s: {fn::secret: "chirp"}
  n: {fn::fromJSON: {fn::secret: '{"chirps": 4}'}}
  a: {fn::open::echo: {fail: "${s}"}}
  b: {fn::fromJSON: "${s}"}
  c: {fn::validate: {schema: {fn::fromJSON: {fn::secret: '{"const": "chirp"}'}}, value: x}}
  d: ${n.chirp}
  e: {fn::join: ["${n}", "${s}"]}
  f: {fn::fromBase64: "${s}"}
  g: {fn::validate: {schema: {type: string, maxLength: 1, pattern: "^x"}, value: "${s}"}}
"#,
    )
    .await;
    let messages = messages(&evaluation);
    assert!(messages.len() >= 7, "{messages:#?}");
    for message in &messages {
        assert!(!message.replace("n.chirp", "").replace("\"chirp\"", "").contains("chirp"), "{message}");
    }
    assert!(messages.iter().any(|message| message.ends_with("refused: [secret]")), "{messages:#?}");
    let unknown_property = messages.iter().find(|message| message.contains("unknown property")).unwrap();
    assert!(!unknown_property.contains("did you mean"), "{unknown_property}");
}

#[tokio::test]
async fn values_and_keys_know_where_they_come_from() {
    let run = run_together(
        [
            ("env", "imports: [base]\nvalues:\n  stacks:\n    one: {name: x}\n  list: [1, \"${stacks}\"]\n"),
            ("base", "values:\n  stacks:\n    one: {port: 80}\n"),
        ],
        1,
    )
    .await;
    let place = |origin: Option<(Arc<str>, crate::diagnostic::Span)>| {
        origin.map(|(file, span)| format!("{file}:{}:{}", span.start.line, span.start.column))
    };
    let evaluation = &run.evaluation;
    assert_eq!(place(evaluation.origin(&["stacks", "one", "name"])).as_deref(), Some("env:4:17"));
    assert_eq!(place(evaluation.key_origin(&["stacks", "one", "name"])).as_deref(), Some("env:4:11"));
    assert_eq!(place(evaluation.key_origin(&["stacks", "one", "port"])).as_deref(), Some("base:3:11"));
    assert_eq!(place(evaluation.origin(&["list", "1"])).as_deref(), Some("env:5:13"));
    assert_eq!(place(evaluation.key_origin(&["list", "1", "one"])).as_deref(), Some("env:4:5"));
    assert_eq!(place(evaluation.origin(&["absent"])), None);
}

#[tokio::test]
async fn a_missing_root_is_an_error_and_a_missing_import_a_diagnostic() {
    let evaluator = Evaluator::new(
        InMemory::new([("env", "imports: [absent]\nvalues: {a: 1}\n")]),
        Sources::new(),
        Map::new(),
        Options::default(),
    );
    assert_eq!(evaluator.evaluate("nest").await.unwrap_err().to_string(), "environment \"nest\" not found");
    let evaluation = evaluator.evaluate("env").await.unwrap();
    assert_eq!(messages(&evaluation), ["env:1:11: error: environment \"absent\" not found"]);
}

/// Evaluates a hostile document; it must end soon, with an error.
#[tokio::test]
async fn what_follows_the_first_document_is_not_read() {
    for rest in ["---\nvalues: { a: 2 }\n", "---\n{ a: [\n"] {
        let evaluation = evaluate(&format!("values: {{ a: 1 }}\n{rest}")).await;
        assert_eq!(messages(&evaluation), [""; 0], "{rest}");
        assert_eq!(redacted(&evaluation.value), json!({ "a": 1 }), "{rest}");
    }
}

#[tokio::test]
async fn a_refused_call_is_reported_once_with_the_faults_inside_of_it() {
    let evaluation = evaluate("values:\n  a: { fn::concat: { b: { fn::concat: '${' } } }\n").await;
    let messages = messages(&evaluation);
    assert_eq!(messages.len(), 3, "{messages:#?}");
}

#[tokio::test]
async fn of_fields_of_a_call_with_one_name_the_last_counts() {
    let evaluation =
        evaluate("values:\n  a: { fn::validate: { value: 1, schema: { type: string }, value: text } }\n")
            .await;
    assert_eq!(messages(&evaluation), [""; 0]);
    assert_eq!(redacted(&evaluation.value), json!({ "a": "text" }));
}

#[tokio::test]
async fn a_final_object_shows_nothing_of_what_it_is_merged_over() {
    let documents = [
        ("base", "values: { a: { under: 1, in: { under: 1 } } }\n"),
        ("over", "imports: [base]\nvalues:\n  a: { fn::final: { own: 2, in: { own: 2 } } }\n  b: ${a}\n"),
        ("env", "imports: [over]\n"),
    ];
    let whole = json!({ "under": 1, "own": 2, "in": { "under": 1, "own": 2 } });
    let imported = run_together(documents, 1).await.evaluation;
    assert_eq!(redacted(&imported.value), json!({ "a": whole, "b": whole }));
    let own = run_together([documents[0], ("env", documents[1].1)], 1).await.evaluation;
    assert_eq!(redacted(&own.value), json!({ "a": { "own": 2, "in": { "own": 2 } }, "b": whole }));
}

async fn assert_refused(what: &str, documents: Vec<(String, String)>, expected: &str) {
    let start = Instant::now();
    let evaluator = Evaluator::new(InMemory::new(documents), Sources::new(), Map::new(), Options::default());
    let evaluation = evaluator.evaluate("env").await.unwrap();
    let messages = messages(&evaluation);
    assert!(messages.iter().any(|message| message.contains(expected)), "{what}: {:?}", messages.first());
    assert!(start.elapsed() < Duration::from_secs(10), "{what}: {:?}", start.elapsed());
}

fn document(lines: impl Iterator<Item = String>) -> Vec<(String, String)> {
    let mut text = String::from("values:\n");
    lines.for_each(|line| writeln!(text, "  {line}").unwrap());
    vec![("env".into(), text)]
}

#[tokio::test]
async fn hostile_documents_end_with_an_error() {
    let too_large = "the environment's values are too large";
    let repeated = |form: fn(&str) -> String| {
        document((0..40).map(move |i| match i {
            0 => "a00: lol".to_owned(),
            _ => format!("a{i:02}: {}", form(&vec![format!("${{a{:02}}}", i - 1); 10].join("\n"))),
        }))
    };
    let list = |items: &str| format!("[{}]", items.replace('\n', "\", \"").replacen('$', "\"$", 1) + "\"");
    assert_refused("billion laughs", repeated(list), too_large).await;
    assert_refused("long text", repeated(|items| format!("x{}", items.replace('\n', ""))), too_large).await;

    let quoted = (0..60).map(|i| match i {
        0 => "a00: [\"\\\"\"]".to_owned(),
        _ => format!("a{i:02}: [{{fn::toString: [\"${{a{:02}}}\"]}}]", i - 1),
    });
    assert_refused("quotes in quotes", document(quoted), "too l").await;

    let chain = (0..20_000).map(|i| format!("a{i:05}: ${{a{:05}}}", i + 1));
    assert_refused("long chain", document(chain), "refer to one another too deeply").await;

    let nested = (0..2_000).map(|i| match i {
        0 => "a0000: 1".to_owned(),
        _ => format!("a{i:04}: {{x: \"${{a{:04}}}\"}}", i - 1),
    });
    assert_refused("deep value", document(nested), "nested too deeply").await;

    let open = |bracket: &str| vec![("env".into(), format!("values: {{a: {}}}", bracket.repeat(100_000)))];
    assert_refused("deep flow sequence", open("["), "yaml: ").await;
    assert_refused("deep flow mapping", open("{a: "), "yaml: ").await;

    let recursive = "values:\n  a: {fn::validate: {value: 1, schema: {$$ref: '#/$$defs/a', $$defs: {a: {$$ref: '#/$$defs/a'}}}}}\n";
    assert_refused("schema of itself", vec![("env".into(), recursive.into())], "without end").await;
}

#[tokio::test]
async fn hostile_imports_end_with_an_error() {
    let import = |name: String, next: &str| (name, format!("imports: [{next}]\nvalues: {{a: {{b: 1}}}}\n"));
    let cycle = vec![import("env".into(), "a"), import("a".into(), "b"), import("b".into(), "env")];
    assert_refused("cycle", cycle, "cyclic import of env").await;

    let mut chain = vec![import("env".into(), "e0")];
    chain.extend((0..5_000).map(|i| import(format!("e{i}"), &format!("e{}", i + 1))));
    assert_refused("import chain", chain, "too deeply").await;

    let mut diamonds = vec![import("env".into(), "l0, r0")];
    for i in 0..30 {
        let next = format!("l{0}, r{0}", i + 1);
        diamonds.push(import(format!("l{i}"), &next));
        diamonds.push(import(format!("r{i}"), &next));
    }
    diamonds.push(import("l30".into(), ""));
    diamonds.push(import("r30".into(), ""));
    assert_refused("diamonds", diamonds, "too many layers").await;
}

/// Documents of every construct, right and wrong, in any order, one inside another.
fn arbitrary() -> impl Strategy<Value = Json> {
    let access = prop::sample::select(vec![
        "${a}",
        "${b.a}",
        "${c[0]}",
        "${a}-${b}",
        "${imports.x.a}",
        "${imports.x}",
        "${environments.p.x.a}",
        "${context}",
        "${context.rootEnvironment.name}",
        "${}",
        "${a",
        "$${a}",
        "${a[\"b\"]}",
        "${a[-1]}",
        "text",
        "",
        "\u{e9}\u{0}",
        "e30=",
        "{\"a\": 1}",
    ]);
    let leaf = prop_oneof![
        access.prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 60, 5, |inner| {
        let key = prop::sample::select(vec![
            "a",
            "b",
            "c",
            "x y",
            "",
            "provider",
            "inputs",
            "state",
            "schema",
            "value",
            "ciphertext",
            "type",
            "$ref",
        ]);
        let function = prop::sample::select(vec![
            "fn::secret",
            "fn::join",
            "fn::split",
            "fn::concat",
            "fn::toJSON",
            "fn::fromJSON",
            "fn::toYAML",
            "fn::toString",
            "fn::toBase64",
            "fn::fromBase64",
            "fn::final",
            "fn::validate",
            "fn::open",
            "fn::open::echo",
            "fn::rotate",
            "fn::none",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(key.prop_map(str::to_owned), inner.clone(), 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
            (function, inner).prop_map(|(name, argument)| json!({ name: argument })),
        ]
    })
}

proptest! {
    /// What is found wrong is told; nothing panics, nothing runs on.
    #[test]
    fn no_document_stops_the_evaluator(
        values in prop::collection::btree_map("[abc]", arbitrary(), 0..4),
        imported in arbitrary(),
        imports in prop::collection::vec(prop::sample::select(vec!["x", "env", "none"]), 0..3),
    ) {
        let start = Instant::now();
        let documents = [
            ("env", json!({ "imports": imports, "values": values }).to_string()),
            ("x", json!({ "imports": ["env"], "values": { "a": imported } }).to_string()),
        ];
        let echo = Echo { calls: Arc::default(), barrier: Arc::new(tokio::sync::Barrier::new(1)) };
        let sources = Sources::new().source(echo);
        let evaluator = Evaluator::new(InMemory::new(documents), sources, Map::new(), Options::default());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert!(runtime.block_on(evaluator.evaluate("env")).is_ok());
        prop_assert!(evaluator.check("env").is_ok());
        prop_assert!(start.elapsed() < Duration::from_secs(10));
    }
}
