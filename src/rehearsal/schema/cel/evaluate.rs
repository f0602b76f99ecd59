//! Expressions evaluated against a value.

use std::{borrow::Cow, cmp::Ordering};

use regex::Regex;
use serde_json::Value as Json;

use super::expression::{Each, Expression, Function, Operator};

/// What keeps an expression from having a value, in the server's words.
type Problem = String;
type Evaluated<'a> = Result<Cow<'a, Json>, Problem>;

/// The variables that hold, the innermost last.
struct Scope<'a> {
    names: Vec<(&'a str, Cow<'a, Json>)>,
}

impl<'a> Scope<'a> {
    /// Returns the variables of a rule for a value, and for what was there before.
    fn of(value: &'a Json, old: Option<&'a Json>) -> Self {
        let old = old.map(|old| ("oldSelf", Cow::Borrowed(old)));
        Self { names: [("self", Cow::Borrowed(value))].into_iter().chain(old).collect() }
    }
}

impl Expression {
    /// Says whether the rule holds for a value.
    pub(in crate::rehearsal::schema) fn holds(
        &self,
        value: &Json,
        old: Option<&Json>,
    ) -> Result<bool, String> {
        let mut scope = Scope::of(value, old);
        self.evaluate(&mut scope).map(|value| *value == true)
    }

    /// Returns the text that it makes of a value; nothing if it makes none.
    pub(in crate::rehearsal::schema) fn text(&self, value: &Json, old: Option<&Json>) -> Option<String> {
        let mut scope = Scope::of(value, old);
        let text = self.evaluate(&mut scope).ok()?;
        text.as_str().map(str::to_owned).filter(|text| !text.trim().is_empty())
    }

    fn evaluate<'a>(&'a self, scope: &mut Scope<'a>) -> Evaluated<'a> {
        match self {
            Self::Literal(value) => Ok(Cow::Borrowed(value)),
            Self::List(values) => {
                let values = values.iter().map(|value| value.evaluate(scope).map(Cow::into_owned));
                Ok(Cow::Owned(Json::Array(values.collect::<Result<_, _>>()?)))
            }
            Self::Variable(name) => {
                let found = scope.names.iter().rev().find(|(known, _)| known == name);
                found
                    .map(|(_, value)| value.clone())
                    .ok_or_else(|| format!("undeclared reference to '{name}'"))
            }
            Self::Field(of, name) => {
                child(of.evaluate(scope)?, name).ok_or_else(|| format!("no such key: {name}"))
            }
            Self::Has(of, name) => {
                let of = of.evaluate(scope)?;
                Ok(truth(of.get(name).is_some()))
            }
            Self::Index(of, index) => {
                let (of, index) = (of.evaluate(scope)?, index.evaluate(scope)?);
                let found = match (&*of, &*index) {
                    (Json::Array(values), Json::Number(index)) => {
                        let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
                        index.and_then(|index| values.get(index))
                    }
                    (of, Json::String(key)) => of.get(key),
                    _ => None,
                };
                let missing = || format!("no such key: {}", index.as_str().unwrap_or_default());
                found.cloned().map(Cow::Owned).ok_or_else(missing)
            }
            Self::Not(value) => Ok(truth(*value.evaluate(scope)? != true)),
            Self::Minus(value) => {
                let value = value.evaluate(scope)?;
                match (value.as_i64(), value.as_f64()) {
                    (Some(number), _) => Ok(Cow::Owned((-number).into())),
                    (None, Some(number)) => Ok(Cow::Owned((-number).into())),
                    (None, None) => Err("no such overload".into()),
                }
            }
            Self::Binary(operator, left, right) => binary(*operator, left, right, scope),
            Self::Condition(parts) => {
                let [condition, yes, no] = &**parts;
                let chosen = if *condition.evaluate(scope)? == true { yes } else { no };
                chosen.evaluate(scope)
            }
            Self::Call(function, values) => {
                let values = values.iter().map(|value| value.evaluate(scope));
                call(*function, &values.collect::<Result<Vec<_>, _>>()?).map(Cow::Owned)
            }
            Self::Each { each, of, variable, body } => {
                let of = of.evaluate(scope)?.into_owned();
                let elements = match of {
                    Json::Array(values) => values,
                    Json::Object(entries) => entries.into_iter().map(|(key, _)| key.into()).collect(),
                    Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                        return Err("no such overload".into());
                    }
                };
                for_each(*each, elements, variable, body, scope)
            }
        }
    }
}

fn child<'a>(of: Cow<'a, Json>, name: &str) -> Option<Cow<'a, Json>> {
    match of {
        Cow::Borrowed(of) => of.get(name).map(Cow::Borrowed),
        Cow::Owned(mut of) => of.get_mut(name).map(Json::take).map(Cow::Owned),
    }
}

fn truth<'a>(truth: bool) -> Cow<'a, Json> {
    Cow::Owned(truth.into())
}

fn for_each<'a>(
    each: Each,
    elements: Vec<Json>,
    variable: &'a str,
    body: &'a Expression,
    scope: &mut Scope<'a>,
) -> Evaluated<'a> {
    let (mut kept, mut holding, count) = (Vec::new(), 0, elements.len());
    let mut problem = None;
    for element in elements {
        scope.names.push((variable, Cow::Owned(element)));
        let value = body.evaluate(scope);
        let element = scope.names.pop().map(|(_, element)| element.into_owned()).unwrap_or_default();
        let value = match value {
            Ok(value) => value,
            // One element that decides outweighs another that has no answer.
            Err(found) if matches!(each, Each::All | Each::Exists) => {
                problem = Some(found);
                continue;
            }
            Err(found) => return Err(found),
        };
        let holds = *value == true;
        holding += usize::from(holds);
        match each {
            Each::All if !holds => return Ok(truth(false)),
            Each::Exists if holds => return Ok(truth(true)),
            Each::Filter if holds => kept.push(element),
            Each::Map => kept.push(value.into_owned()),
            Each::All | Each::Exists | Each::ExistsOne | Each::Filter => {}
        }
    }
    if let Some(problem) = problem {
        return Err(problem);
    }
    Ok(match each {
        Each::All => truth(holding == count),
        Each::Exists => truth(false),
        Each::ExistsOne => truth(holding == 1),
        Each::Filter | Each::Map => Cow::Owned(Json::Array(kept)),
    })
}

fn binary<'a>(
    operator: Operator,
    left: &'a Expression,
    right: &'a Expression,
    scope: &mut Scope<'a>,
) -> Evaluated<'a> {
    // Either side of these may lack an answer if the other decides.
    if let Operator::And | Operator::Or = operator {
        let decides = operator == Operator::Or;
        let left = left.evaluate(scope);
        if left.as_ref().is_ok_and(|left| **left == decides) {
            return Ok(truth(decides));
        }
        let right = right.evaluate(scope)?;
        return if *right == decides { Ok(truth(decides)) } else { left };
    }
    let (left, right) = (left.evaluate(scope)?, right.evaluate(scope)?);
    let ordered = |holds: fn(Ordering) -> bool| match order(&left, &right) {
        Some(order) => Ok(truth(holds(order))),
        None => Err(Problem::from("no such overload")),
    };
    match operator {
        Operator::Equal => Ok(truth(equal(&left, &right))),
        Operator::Unequal => Ok(truth(!equal(&left, &right))),
        Operator::Less => ordered(Ordering::is_lt),
        Operator::LessOrEqual => ordered(Ordering::is_le),
        Operator::Greater => ordered(Ordering::is_gt),
        Operator::GreaterOrEqual => ordered(Ordering::is_ge),
        Operator::In => match &*right {
            Json::Array(values) => Ok(truth(values.iter().any(|value| equal(value, &left)))),
            Json::Object(entries) => Ok(truth(left.as_str().is_some_and(|key| entries.contains_key(key)))),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Err("no such overload".into()),
        },
        Operator::And | Operator::Or => Err("no such overload".into()),
        Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder => {
            arithmetic(operator, &left, &right).map(Cow::Owned)
        }
    }
}

fn arithmetic(operator: Operator, left: &Json, right: &Json) -> Result<Json, Problem> {
    match (operator, left, right) {
        (Operator::Add, Json::String(left), Json::String(right)) => {
            return Ok(format!("{left}{right}").into());
        }
        (Operator::Add, Json::Array(left), Json::Array(right)) => {
            return Ok(left.iter().chain(right).cloned().collect());
        }
        _ => {}
    }
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        let result = match operator {
            Operator::Add => left.checked_add(right),
            Operator::Subtract => left.checked_sub(right),
            Operator::Multiply => left.checked_mul(right),
            Operator::Divide if right == 0 => return Err("division by zero".into()),
            Operator::Remainder if right == 0 => return Err("modulus by zero".into()),
            Operator::Divide => left.checked_div(right),
            _ => left.checked_rem(right),
        };
        return result.map(Json::from).ok_or_else(|| "integer overflow".into());
    }
    match (operator, left.as_f64(), right.as_f64()) {
        (Operator::Add, Some(left), Some(right)) => Ok((left + right).into()),
        (Operator::Subtract, Some(left), Some(right)) => Ok((left - right).into()),
        (Operator::Multiply, Some(left), Some(right)) => Ok((left * right).into()),
        (Operator::Divide, Some(left), Some(right)) => Ok((left / right).into()),
        _ => Err("no such overload".into()),
    }
}

fn call(function: Function, values: &[Cow<'_, Json>]) -> Result<Json, Problem> {
    let none = || Problem::from("no such overload");
    let value = values.first().ok_or_else(none)?;
    let text = || value.as_str().ok_or_else(none);
    let other = || values.get(1).and_then(|value| value.as_str()).ok_or_else(none);
    Ok(match function {
        Function::Size => match &**value {
            Json::String(text) => text.chars().count().into(),
            Json::Array(values) => values.len().into(),
            Json::Object(entries) => entries.len().into(),
            Json::Null | Json::Bool(_) | Json::Number(_) => return Err(none()),
        },
        Function::StartsWith => text()?.starts_with(other()?).into(),
        Function::EndsWith => text()?.ends_with(other()?).into(),
        Function::Contains => text()?.contains(other()?).into(),
        Function::Matches => Regex::new(other()?).map_err(|_| none())?.is_match(text()?).into(),
        Function::Trim => text()?.trim().into(),
        Function::LowerAscii => text()?.to_ascii_lowercase().into(),
        Function::UpperAscii => text()?.to_ascii_uppercase().into(),
        Function::Text => match &**value {
            Json::String(text) => text.clone().into(),
            Json::Bool(_) | Json::Number(_) => value.to_string().into(),
            Json::Null | Json::Array(_) | Json::Object(_) => return Err(none()),
        },
        Function::Integer => match &**value {
            Json::String(text) => text.parse::<i64>().map_err(|_| none())?.into(),
            other => other.as_f64().map(|number| number as i64).ok_or_else(none)?.into(),
        },
    })
}

/// Numbers are the same whatever their type.
fn equal(left: &Json, right: &Json) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

fn order(left: &Json, right: &Json) -> Option<Ordering> {
    match (left, right) {
        (Json::String(left), Json::String(right)) => Some(left.cmp(right)),
        (Json::Bool(left), Json::Bool(right)) => Some(left.cmp(right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
