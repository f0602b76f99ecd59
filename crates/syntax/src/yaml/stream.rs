//! From text straight to JSON values, for manifests of megabytes.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::Value;

use super::json::{Budget, Item, Object};
use super::parser::{convert_style, convert_tag, options, position, scalar_text};
use super::{Error, Flavour, Scalar};

/// Reads the first document of `text` as JSON; what follows it is not looked at.
///
/// Nothing, or nothing but comments, is null.
pub fn read_json(text: &str, flavour: Flavour) -> Result<Value, Error> {
    Ok(Reader::new(text, flavour).document()?.unwrap_or_default())
}

/// Reads all documents of `text` as JSON; an empty document is null.
///
/// ```
/// let manifests = "kind: Secret\n---\nkind: Namespace\n";
/// let documents = eggtooth_syntax::yaml::read_json_stream(manifests, eggtooth_syntax::yaml::Flavour::GoYamlV2)?;
/// assert_eq!(documents[1]["kind"], "Namespace");
/// # Ok::<(), eggtooth_syntax::yaml::Error>(())
/// ```
pub fn read_json_stream(text: &str, flavour: Flavour) -> Result<Vec<Value>, Error> {
    let mut reader = Reader::new(text, flavour);
    let mut documents = Vec::new();
    while let Some(document) = reader.document()? {
        documents.push(document);
    }
    Ok(documents)
}

struct Reader<'a> {
    text: &'a str,
    flavour: Flavour,
    parser: Parser<'a, StrInput<'a>>,
    /// What has an anchor, with the number of values in it; the parser numbers anchors through all documents.
    anchors: HashMap<usize, (Item, usize)>,
    values: usize,
    budget: Budget,
}

type Spanned<'a> = (Event<'a>, granit_parser::Span);

impl<'a> Reader<'a> {
    fn new(text: &'a str, flavour: Flavour) -> Self {
        let mut options = options(false);
        options.emit_anchor_events = false;
        Self {
            text,
            flavour,
            parser: Parser::new_from_str_with_options(text, options),
            anchors: HashMap::new(),
            values: 0,
            budget: Budget::default(),
        }
    }

    fn next(&mut self) -> Result<Spanned<'a>, Error> {
        let end = (Event::StreamEnd, granit_parser::Span::default());
        self.parser.next_event().map_or(Ok(end), |next| Ok(next?))
    }

    fn document(&mut self) -> Result<Option<Value>, Error> {
        loop {
            match self.next()?.0 {
                Event::DocumentStart(..) => break,
                Event::StreamEnd => return Ok(None),
                _ => {}
            }
        }
        self.anchors.clear();
        self.budget = Budget::default();
        let (event, span) = self.next()?;
        let root = self.item(event, span)?;
        root.map(|root| root.into_value(position(&span.start))).transpose()
    }

    /// Reads the value that starts with `event`; `None` where the event ends a collection.
    fn item(&mut self, event: Event<'a>, span: granit_parser::Span) -> Result<Option<Item>, Error> {
        let before = self.values;
        self.values += 1;
        let place = position(&span.start);
        let (item, anchor) = match event {
            Event::Scalar(value, style, anchor, tag) => {
                let text = scalar_text(self.text, value, style, &span);
                let plain_string = tag.is_none() && style != ScalarStyle::Plain;
                let item = if plain_string {
                    Item::Text(text.into_owned())
                } else {
                    let scalar = Scalar { text: Arc::from(text), style: convert_style(style) };
                    Item::scalar(scalar, tag.as_deref().map(convert_tag).as_ref(), self.flavour, place)?
                };
                (item, anchor)
            }
            Event::SequenceStart(_, anchor, _) => (Item::Value(self.sequence()?), anchor),
            Event::MappingStart(_, anchor, _) => (Item::Value(self.mapping()?), anchor),
            Event::Alias(anchor) => {
                let (item, values) =
                    self.anchors.get(&anchor).ok_or(Error::CircularAlias { position: place })?;
                self.budget.spend(*values, place)?;
                self.values += values;
                return Ok(Some(item.clone()));
            }
            Event::UnresolvedAlias(name) => {
                return Err(Error::UnknownAnchor { position: place, anchor: Arc::from(name) });
            }
            _ => return Ok(None),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, (item.clone(), self.values - before));
        }
        Ok(Some(item))
    }

    fn sequence(&mut self) -> Result<Value, Error> {
        let mut values = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let Some(item) = self.item(event, span)? else { return Ok(Value::Array(values)) };
            values.push(item.into_value(position(&span.start))?);
        }
    }

    fn mapping(&mut self) -> Result<Value, Error> {
        let mut object = Object::new(self.flavour);
        loop {
            let (event, key_span) = self.next()?;
            let Some(key) = self.item(event, key_span)? else { return Ok(object.finish()) };
            let (event, span) = self.next()?;
            let Some(value) = self.item(event, span)? else { return Ok(object.finish()) };
            object.insert(key, position(&key_span.start), value, position(&span.start))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml::{parse, to_json};

    /// Reads on both ways, which must agree.
    fn read_as(text: &str, flavour: Flavour) -> Result<Value, Error> {
        let fast = read_json(text, flavour);
        let node = parse(text).and_then(|documents| {
            documents[0].root.as_ref().map_or(Ok(Value::Null), |root| to_json(root, flavour))
        });
        assert_eq!(fast, node, "{text}");
        fast
    }

    fn read(text: &str) -> Result<Value, Error> {
        read_as(text, Flavour::GoYamlV2)
    }

    #[test]
    fn keys_become_strings_and_the_last_duplicate_wins() {
        let value = read("a: 1\n1: x\n1.5: v\ntrue: z\ny: w\na: 2\n'01': q\n1e6: e\n.inf: i\n").unwrap();
        let expected =
            json!({ "a": 2, "1": "x", "1.5": "v", "true": "w", "01": "q", "1e+06": "e", ".inf": "i" });
        assert_eq!(value, expected);
    }

    #[test]
    fn numbers_are_what_their_json_text_says() {
        let value = read("[1e3, 1.5, 1e21, 0x10, 18446744073709551615, 1_000.5]").unwrap();
        assert_eq!(value, json!([1000, 1.5, 1e21, 16, u64::MAX, 1000.5]));
    }

    #[test]
    fn in_v2_a_merge_overwrites_what_stands_above_it() {
        let text = "a: &a {x: 1, w: 1}\nb: &b {x: 2, z: 2}\nc:\n  x: 0\n  <<: [*a, *b]\n  w: 9\n";
        assert_eq!(read(text).unwrap()["c"], json!({ "x": 1, "w": 9, "z": 2 }));
        let value = read_as(text, Flavour::GoYamlV3).unwrap();
        assert_eq!(value["c"], json!({ "x": 0, "w": 9, "z": 2 }));
        for text in ["<<: 1\n", "! <<: 1\n", "! \"<<\": 1\n"] {
            assert!(matches!(read(text), Err(Error::Merge { .. })), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_json_is_an_error_with_its_place() {
        for (text, message) in [
            ("a: .inf", "line 1, column 4: JSON has no number `.inf`"),
            ("~: 1", "line 1, column 1: null cannot be a key"),
            ("[a]: 1", "line 1, column 1: a list cannot be a key"),
            ("a: !!int x", "line 1, column 10: cannot read a !!str value as !!int"),
            ("a: !!binary '*'", "line 1, column 13: the text of !!binary is not base64"),
        ] {
            let error = read_json(text, Flavour::GoYamlV2).unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
        }
    }

    #[test]
    fn aliases_are_replaced_but_not_without_end() {
        assert_eq!(read("a: &a [1]\nb: *a\n").unwrap(), json!({ "a": [1], "b": [1] }));
        assert!(matches!(read("a: &a [*a]\n"), Err(Error::CircularAlias { .. })));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let references = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.extend(["a", &level.to_string(), ": &a", &level.to_string(), " [", &references, "]\n"]);
        }
        assert!(matches!(read_json(&bomb, Flavour::GoYamlV2), Err(Error::ExcessiveAliases { .. })));
        let root = parse(&bomb).unwrap().remove(0).root.unwrap();
        assert!(matches!(to_json(&root, Flavour::GoYamlV2), Err(Error::ExcessiveAliases { .. })));
    }

    #[test]
    fn a_stream_has_all_documents() {
        let documents = read_json_stream("---\na: 1\n---\n# none\n---\n- b\n", Flavour::GoYamlV2).unwrap();
        assert_eq!(documents, [json!({ "a": 1 }), Value::Null, json!(["b"])]);
        assert_eq!(read_json("", Flavour::GoYamlV2), Ok(Value::Null));
    }

    #[test]
    fn binary_and_local_tags_are_strings() {
        assert_eq!(read("[!!binary YQ==, !foo 1, ! 2, !!str 3]").unwrap(), json!(["a", "1", "2", "3"]));
    }
}
