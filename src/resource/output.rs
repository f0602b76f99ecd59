//! Properties that only the execution will know.

use std::{collections::BTreeSet, fmt, marker::PhantomData, sync::Arc};

use super::{Urn, Value};

type Function = dyn Fn(&[Value]) -> Value + Send + Sync;

/// How a later value comes about.
#[derive(Clone)]
pub enum Expression {
    /// A value that is known.
    Known(Value),
    /// A property of a resource's outputs.
    Property {
        /// Whose property.
        urn: Urn,
        /// The keys that lead to it.
        path: Vec<Arc<str>>,
    },
    /// A function of other values.
    Apply {
        /// The arguments.
        of: Vec<Expression>,
        /// The function; it must have no effect.
        function: Arc<Function>,
    },
    /// The keyed fingerprint of a known value, which the engine makes before it looks at anything.
    Fingerprint(Value),
}

impl Expression {
    /// Returns the resources whose outputs the expression reads.
    pub fn dependencies(&self) -> BTreeSet<Urn> {
        let mut urns = BTreeSet::new();
        self.collect(&mut urns);
        urns
    }

    fn collect(&self, urns: &mut BTreeSet<Urn>) {
        match self {
            Self::Known(_) => {}
            Self::Property { urn, .. } => {
                urns.insert(urn.clone());
            }
            Self::Apply { of, .. } => of.iter().for_each(|argument| argument.collect(urns)),
            Self::Fingerprint(value) => urns.extend(value.dependencies()),
        }
    }

    /// Says whether a secret goes into the value.
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Known(value) => value.holds_secret(),
            Self::Property { .. } | Self::Fingerprint(_) => false,
            Self::Apply { of, .. } => of.iter().any(Self::is_secret),
        }
    }

    /// Returns the value, with the outputs of resources as `outputs` gives them; `Unknown` where it has none.
    pub fn resolve(&self, outputs: &dyn Fn(&Urn) -> Option<Value>) -> Value {
        match self {
            Self::Known(value) => value.resolve(outputs),
            Self::Property { urn, path } => outputs(urn)
                .and_then(|value| path.iter().try_fold(value, |value, key| value.get(key).cloned()))
                .unwrap_or(Value::Unknown),
            Self::Apply { of, function } => {
                let arguments: Vec<Value> = of.iter().map(|argument| argument.resolve(outputs)).collect();
                if arguments.iter().any(Value::holds_unknown) {
                    return Value::Unknown;
                }
                let value = function(&arguments);
                if arguments.iter().any(Value::holds_secret) { value.secret() } else { value }
            }
            Self::Fingerprint(_) => Value::Unknown,
        }
    }
}

/// Equal only when it is the same expression: functions can't be compared.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(left), Self::Known(right)) => left == right,
            (Self::Property { urn: a, path: p }, Self::Property { urn: b, path: q }) => a == b && p == q,
            (Self::Apply { of: a, function: f }, Self::Apply { of: b, function: g }) => {
                a == b && Arc::ptr_eq(f, g)
            }
            (Self::Fingerprint(left), Self::Fingerprint(right)) => left == right,
            (Self::Known(_) | Self::Property { .. } | Self::Apply { .. } | Self::Fingerprint(_), _) => false,
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(value) => value.fmt(formatter),
            Self::Property { urn, path } => write!(formatter, "{urn}.{}", path.join(".")),
            Self::Apply { of, .. } => formatter.debug_tuple("apply").field(of).finish(),
            Self::Fingerprint(value) => formatter.debug_tuple("fingerprint").field(value).finish(),
        }
    }
}

impl Value {
    /// Returns the value with all that was deferred resolved, as [`Expression::resolve`] does.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the resolved value is hidden again at once")]
    pub fn resolve(&self, outputs: &dyn Fn(&Urn) -> Option<Value>) -> Value {
        match self {
            Self::Deferred(expression) => expression.resolve(outputs),
            Self::List(values) if self.holds_unknown() => {
                Self::List(values.iter().map(|value| value.resolve(outputs)).collect())
            }
            Self::Map(entries) if self.holds_unknown() => Self::Map(Arc::new(
                entries.iter().map(|(key, value)| (key.clone(), value.resolve(outputs))).collect(),
            )),
            Self::Secret(secret) if self.holds_unknown() => secret.expose().resolve(outputs).secret(),
            known => known.clone(),
        }
    }

    /// Returns a text that stands for the value: it changes when the value does, and tells nothing of it, also where
    /// the value is secret. The value must not be an output: a fingerprint of what is not known yet never comes.
    #[must_use]
    pub fn fingerprint(self) -> Self {
        Self::Deferred(Arc::new(Expression::Fingerprint(self)))
    }

    /// Returns the value with each fingerprint as `make` makes it.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "what is below a secret is hidden again at once")]
    pub fn with_fingerprints(&self, make: &dyn Fn(&Value) -> Value) -> Value {
        match self {
            Self::Deferred(expression) => match &**expression {
                Expression::Fingerprint(value) if !value.holds_unknown() => make(value),
                Expression::Fingerprint(_)
                | Expression::Known(_)
                | Expression::Property { .. }
                | Expression::Apply { .. } => self.clone(),
            },
            Self::List(values) if self.holds_unknown() => {
                Self::List(values.iter().map(|value| value.with_fingerprints(make)).collect())
            }
            Self::Map(entries) if self.holds_unknown() => Self::Map(Arc::new(
                entries.iter().map(|(key, value)| (key.clone(), value.with_fingerprints(make))).collect(),
            )),
            Self::Secret(secret) if self.holds_unknown() => secret.expose().with_fingerprints(make).secret(),
            known => known.clone(),
        }
    }

    /// Returns the resources whose outputs the value reads.
    #[expect(clippy::disallowed_methods, reason = "collects names of resources only")]
    pub fn dependencies(&self) -> BTreeSet<Urn> {
        match self {
            Self::Deferred(expression) => expression.dependencies(),
            Self::Secret(secret) => secret.expose().dependencies(),
            Self::List(values) => values.iter().flat_map(Self::dependencies).collect(),
            Self::Map(entries) => entries.values().flat_map(Self::dependencies).collect(),
            _ => BTreeSet::new(),
        }
    }
}

/// A value of type `T` that a resource will have: put it into another's inputs, and the engine orders the two.
pub struct Output<T> {
    expression: Arc<Expression>,
    shape: PhantomData<fn() -> T>,
}

impl<T> Output<T> {
    /// Returns the property at `path` of a resource's outputs.
    pub fn property(urn: &Urn, path: &[&str]) -> Self {
        Self::of(Expression::Property {
            urn: urn.clone(),
            path: path.iter().map(|&key| key.into()).collect(),
        })
    }

    /// Returns an output that is known already.
    pub fn known(value: impl Into<Value>) -> Self {
        Self::of(Expression::Known(value.into()))
    }

    /// Returns a function of this output. It must have no effect; it is secret when this output is.
    pub fn map<U>(&self, function: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Output<U> {
        let function = move |arguments: &[Value]| function(&arguments[0]);
        Output::of(Expression::Apply { of: vec![(*self.expression).clone()], function: Arc::new(function) })
    }

    fn of(expression: Expression) -> Self {
        Self { expression: Arc::new(expression), shape: PhantomData }
    }
}

impl<T> Clone for Output<T> {
    fn clone(&self) -> Self {
        Self { expression: Arc::clone(&self.expression), shape: PhantomData }
    }
}

impl<T> fmt::Debug for Output<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(formatter)
    }
}

impl<T> From<Output<T>> for Value {
    fn from(output: Output<T>) -> Self {
        Self::Deferred(output.expression)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_unknown_until_its_resource_is_there() {
        let urn = Urn::new("dev", "s", "kubernetes:Secret", "a");
        let name: Output<String> = Output::property(&urn, &["metadata", "name"]);
        let host: Output<String> = name.map(|name| format!("http://{}", name.as_str().unwrap_or("?")).into());
        let value = Value::map([("host", Value::from(host))]);
        assert_eq!(value.dependencies().into_iter().collect::<Vec<_>>(), [urn]);
        assert_eq!(value.resolve(&|_| None), Value::map([("host", Value::Unknown)]));
        let outputs = Value::map([("metadata", Value::map([("name", "connect".into())]))]);
        assert_eq!(
            value.resolve(&|_| Some(outputs.clone())),
            Value::map([("host", "http://connect".into())])
        );
    }

    #[test]
    fn a_fingerprint_is_not_known_until_it_is_made_and_is_no_secret() {
        let token = Value::from("chirp").secret();
        let value = Value::list([Value::map([("for", token.clone().fingerprint())]), "same".into()]);
        assert!(value.holds_unknown() && !value.holds_secret());
        assert!(value.resolve(&|_| None).holds_unknown());
        let made = value.with_fingerprints(&|of| if *of == token { "mark".into() } else { Value::Null });
        assert_eq!(made, Value::list([Value::map([("for", "mark".into())]), "same".into()]));
    }
}
