//! No input makes the parser or the evaluator panic.

use std::rc::Rc;

use proptest::prelude::{Strategy, any, prop, proptest};
use proptest::sample::select;

use crate::gotemplate::{Functions, GoString, MissingKey, Set, Value};

const PIECES: &[&str] = &[
    "{{", "}}", "{{-", "-}}", "{{- ", " -}}", " ", "\n", "(", ")", "|", ":=", "=", ",", ".", "$", "$x", ".a",
    ".a.b", "nil", "true", "1", "-1", "0x1F", "1.5", "1e9", "'a'", "\"s\"", "`r`", "\"", "`", "'", "\\",
    "/*", "*/", "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue",
    "print", "printf", "len", "index", "slice", "eq", "and", "or", "not", "call", "html", "text", "é", "{",
    "}", "@",
];

/// Whole constructs, so that many inputs parse and are executed.
const CONSTRUCTS: &[&str] = &[
    "{{ print .a 1 }}",
    "{{ if .a }}",
    "{{ else }}",
    "{{ end }}",
    "{{ range $i, $e := .list }}",
    "{{ range 3 }}",
    "{{ with $x := .a }}",
    "{{ $x := 1 }}",
    "{{ $x = 2 }}",
    "{{ $x }}",
    "{{ .list }}",
    "{{ index .list 1 }}",
    "{{ break }}",
    "{{ continue }}",
    "{{ define \"d\" }}",
    "{{ template \"d\" . }}",
    "{{ block \"b\" . }}",
    "{{- /* c */ -}}",
    "text \n",
    "{{ printf \"%5.2f %v %q\" .a .list . }}",
    "{{ slice .a 1 }}",
    "{{ len . | print }}",
    "{{ (index .list 0).x }}",
    "{{ eq .a 1 }}",
    "{{ and .a .b }}",
    "{{ .a.b.c }}",
    "{{ $.list }}",
    "{{ printf \"%*d%[2]x\" 3 4 }}",
    "{{ call .a 1 }}",
];

fn exercise(source: impl Into<GoString>) {
    let mut set = Set::new("gotpl", Rc::new(Functions::new()), MissingKey::Zero);
    if set.parse("t", source).is_ok() {
        let data = serde_json::json!({ "a": "text", "list": [1, "x", null, { "x": true }] });
        // Any outcome but a panic will do.
        let _ = Rc::new(set).execute("t", Value::from(&data));
    }
}

proptest! {
    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        exercise([b"{{".as_slice(), &bytes, b"}}"].concat());
    }

    #[test]
    fn random_tokens_do_no_harm(pieces in prop::collection::vec(select(PIECES), 0..40).prop_map(|pieces| pieces.concat())) {
        exercise(pieces.as_str());
        exercise(format!("{{{{ {pieces} }}}}"));
    }

    #[test]
    fn random_constructs_do_no_harm(pieces in prop::collection::vec(select(CONSTRUCTS), 0..24)) {
        exercise(pieces.concat());
        let ends = pieces.iter().filter(|piece| piece.contains(" if ") || piece.contains("range") || piece.contains("with")).count();
        exercise(pieces.concat() + &"{{ end }}".repeat(ends));
    }
}
