//! Semantic versions: `semver` and `semverCompare`.

use std::rc::Rc;

use crate::gotemplate::semver::{Constraint, Version};
use crate::gotemplate::{
    Argument, Function, FunctionError, Functions, GoString, Object, Parameter, Value, downcast,
};

pub(super) fn add(functions: &mut Functions) {
    functions.add("semver", |text: GoString| parse(&text).map(Value::object));
    functions.add("semverCompare", |constraint: GoString, version: GoString| {
        let constraint: Constraint = constraint.to_text().parse().map_err(FunctionError::from_cause)?;
        Ok::<_, FunctionError>(constraint.matches(&parse(&version)?.0))
    });
}

fn parse(text: &GoString) -> Result<Semver, FunctionError> {
    text.to_text().parse().map(Semver).map_err(FunctionError::from_cause)
}

/// A `*semver.Version`.
#[derive(Clone, Debug)]
struct Semver(Version);

const TYPE: &str = "*semver.Version";

impl Object for Semver {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    fn method(self: Rc<Self>, name: &[u8]) -> Option<Function> {
        Some(match name {
            b"Major" => Function::new(move || self.0.major),
            b"Minor" => Function::new(move || self.0.minor),
            b"Patch" => Function::new(move || self.0.patch),
            b"Prerelease" => Function::new(move || self.0.prerelease.clone()),
            b"Metadata" => Function::new(move || self.0.metadata.clone()),
            b"Original" => Function::new(move || self.0.original().to_owned()),
            b"String" => Function::new(move || self.0.to_string()),
            b"IncPatch" => Function::new(move || Value::object(Semver(self.0.next_patch()))),
            b"IncMinor" => Function::new(move || Value::object(Semver(self.0.next_minor()))),
            b"IncMajor" => Function::new(move || Value::object(Semver(self.0.next_major()))),
            b"Compare" => Function::new(move |other: Other| self.0.precedence(&other.0) as isize),
            b"Equal" => Function::new(move |other: Other| self.0.precedence(&other.0).is_eq()),
            b"LessThan" => Function::new(move |other: Other| self.0.precedence(&other.0).is_lt()),
            b"LessThanEqual" => Function::new(move |other: Other| self.0.precedence(&other.0).is_le()),
            b"GreaterThan" => Function::new(move |other: Other| self.0.precedence(&other.0).is_gt()),
            b"GreaterThanEqual" => Function::new(move |other: Other| self.0.precedence(&other.0).is_ge()),
            _ => return None,
        })
    }

    fn text(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn to_json(&self) -> serde_json::Value {
        self.0.to_string().into()
    }
}

/// The argument of a comparison.
struct Other(Version);

impl Argument for Other {
    fn parameter() -> Parameter {
        Parameter::Object(TYPE)
    }

    fn from_value(value: Value) -> Option<Self> {
        let Value::Object(object) = value else { return None };
        downcast::<Semver>(&object).map(|version| Self(version.0.clone()))
    }
}
