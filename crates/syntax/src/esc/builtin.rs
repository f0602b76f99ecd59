//! Calls of builtin functions: an object whose only key is the function's name.

use std::sync::Arc;

use super::{
    Call, Expression, Kind,
    parser::{Parser, key_text},
    path::{Name, Way},
    quote,
};
use crate::yaml::Node;

/// Reads a mapping as a call, if it is one.
pub(super) fn parse(
    parser: &mut Parser<'_>,
    node: &Node,
    entries: &[(Node, Node)],
    way: &Way,
) -> Option<Kind> {
    let [(key, argument)] = entries else {
        for (key, _) in entries {
            let name = key_text(key);
            if name.starts_with("fn::") {
                let message = format!(
                    "illegal call to builtin function: {} must be the only key within its containing object",
                    quote(&name)
                );
                parser.error(node, Arc::clone(&way.path), message);
            }
        }
        return None;
    };
    let name = key_text(key);
    let function = name.strip_prefix("fn::");
    let Some(function) = function.filter(|function| is_function(function)) else {
        if name.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("fn::")) {
            parser.error(key, Arc::clone(&way.path), "'fn::' is a reserved prefix");
        }
        return None;
    };
    let below = way.argument(&name, &mut parser.scratch);
    let argument = parser.expression(argument, &below);
    let mut reader = Reader { parser, node, way };
    let call = reader.call(function, argument);
    // After an error the document is not evaluated, so any kind will do.
    Some(call.map_or(Kind::Null, |call| Kind::Call(Box::new(call))))
}

fn is_function(name: &str) -> bool {
    matches!(
        name,
        "concat"
            | "final"
            | "validate"
            | "fromJSON"
            | "fromBase64"
            | "join"
            | "open"
            | "rotate"
            | "secret"
            | "split"
            | "toBase64"
            | "toJSON"
            | "toYAML"
            | "toString"
    ) || name.starts_with("open::")
        || name.starts_with("rotate::")
}

/// Turns an argument into a call.
struct Reader<'a, 't> {
    parser: &'a mut Parser<'t>,
    node: &'a Node,
    way: &'a Way,
}

impl Reader<'_, '_> {
    fn call(&mut self, function: &str, argument: Expression) -> Option<Call> {
        Some(match function {
            "concat" => {
                if !matches!(argument.kind, Kind::List(_)) {
                    return self.refuse(&argument, "the argument to fn::concat must be an array of arrays");
                }
                Call::Concat(argument)
            }
            "final" => Call::Final(argument),
            "fromBase64" => Call::FromBase64(argument),
            "fromJSON" => Call::FromJson(argument),
            "join" => {
                let [delimiter, values] = self.pair(argument, "join")?;
                Call::Join { delimiter, values }
            }
            "split" => {
                let [delimiter, text] = self.pair(argument, "split")?;
                Call::Split { delimiter, text }
            }
            "secret" => return self.secret(argument),
            "toBase64" => Call::ToBase64(argument),
            "toJSON" => Call::ToJson(argument),
            "toString" => Call::ToText(argument),
            "toYAML" => Call::ToYaml(argument),
            "validate" => return self.validate(argument),
            "open" => return self.open(argument),
            "rotate" => return self.rotate(argument, None),
            short => {
                if let Some(source) = short.strip_prefix("open::") {
                    return Some(Call::Open { source: source.into(), inputs: argument });
                }
                return self.rotate(argument, short.strip_prefix("rotate::"));
            }
        })
    }

    fn pair(&mut self, argument: Expression, function: &str) -> Option<[Expression; 2]> {
        let message = format!("the argument to fn::{function} must be a two-valued list");
        let place = Arc::clone(&argument.place);
        if let Kind::List(items) = argument.kind
            && let Ok(pair) = <[Expression; 2]>::try_from(items)
        {
            return Some(pair);
        }
        self.parser.diagnostics.push(place.error(message));
        None
    }

    fn secret(&mut self, argument: Expression) -> Option<Call> {
        match argument.kind {
            Kind::Text(_) => return Some(Call::Secret(argument)),
            Kind::Object(ref properties)
                if properties.entries.len() == 1 && properties.rejected.is_empty() =>
            {
                if let Some(property) = properties.entries.get("ciphertext")
                    && let Kind::Text(text) = &property.value.kind
                {
                    return Some(Call::Ciphertext(Arc::clone(text)));
                }
            }
            _ => {}
        }
        self.refuse(&argument, "secret values must be string literals")
    }

    fn validate(&mut self, argument: Expression) -> Option<Call> {
        let wanted = "the argument to fn::validate must be an object containing 'schema' and 'value'";
        let [schema, value] = self.fields(
            argument,
            wanted,
            |fields| {
                let missing = |name, message| fields.is_missing(name).then_some(message);
                [
                    missing("schema", "missing required property 'schema'"),
                    missing("value", "missing required property 'value'"),
                ]
            },
            ["schema", "value"],
        )?;
        Some(Call::Validate { schema: schema?, value: value? })
    }

    fn open(&mut self, argument: Expression) -> Option<Call> {
        let wanted = "the argument to fn::open must be an object containing 'provider' and 'inputs'";
        let [source, inputs] = self.fields(
            argument,
            wanted,
            |fields| [provider(fields), inputs(fields)],
            ["provider", "inputs"],
        )?;
        let source = self.literal_name(source?)?;
        Some(Call::Open { source, inputs: inputs? })
    }

    fn rotate(&mut self, argument: Expression, name: Option<&str>) -> Option<Call> {
        let wanted = match name {
            None => {
                "the argument to fn::rotate must be an object containing 'provider', 'inputs' and 'state'"
            }
            Some(_) => "the argument to fn::rotate must be an object containing 'inputs' and 'state'",
        };
        let [source, inputs, state] = self.fields(
            argument,
            wanted,
            |fields| [name.map_or_else(|| provider(fields), |_| None), inputs(fields)],
            ["provider", "inputs", "state"],
        )?;
        let rotator = match name {
            Some(name) => Some(name.into()),
            None => source.and_then(|source| self.literal_name(source)),
        };
        let state = match state {
            Some(state) if !matches!(state.kind, Kind::Object(_)) => {
                return self.refuse(&state, "rotation state must be an object literal");
            }
            Some(state) => state,
            None => {
                let nameless = Way { path: Arc::clone(&self.way.path), name: Name::End(self.way.path.len()) };
                self.parser.finish(self.node, nameless, Kind::Null)
            }
        };
        Some(Call::Rotate { rotator: rotator?, inputs: inputs?, state })
    }

    /// Takes fields out of an object, of several with one name the last; other fields are ignored.
    fn fields<const N: usize, const M: usize>(
        &mut self,
        argument: Expression,
        wanted: &str,
        missing: impl FnOnce(&Fields<'_>) -> [Option<&'static str>; M],
        names: [&str; N],
    ) -> Option<[Option<Expression>; N]> {
        let Kind::Object(mut properties) = argument.kind else {
            return self.refuse(&argument, wanted);
        };
        for message in missing(&Fields(&properties)).into_iter().flatten() {
            self.parser.diagnostics.push(argument.place.error(message));
        }
        for (name, value) in properties.repeated {
            properties.entries.entry(name).and_modify(|earlier| earlier.value = value);
        }
        Some(names.map(|name| properties.entries.remove(name).map(|property| property.value)))
    }

    fn literal_name(&mut self, name: Expression) -> Option<Arc<str>> {
        match name.kind {
            Kind::Text(text) => Some(text),
            _ => self.refuse(&name, "provider name must be a string literal"),
        }
    }

    fn refuse<T>(&mut self, expression: &Expression, message: &str) -> Option<T> {
        self.parser.diagnostics.push(expression.place.error(message));
        None
    }
}

struct Fields<'a>(&'a super::Properties);

impl Fields<'_> {
    fn is_missing(&self, name: &str) -> bool {
        !self.0.entries.contains_key(name)
    }
}

fn provider(fields: &Fields<'_>) -> Option<&'static str> {
    fields.is_missing("provider").then_some("missing provider name ('provider')")
}

fn inputs(fields: &Fields<'_>) -> Option<&'static str> {
    fields.is_missing("inputs").then_some("missing provider inputs ('inputs')")
}
