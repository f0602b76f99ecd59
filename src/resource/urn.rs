//! The unique name of a resource.

use std::{fmt, str::FromStr, sync::Arc};

/// `urn:eggtooth:ENVIRONMENT::STACK::TYPE::NAME`: a resource's name, the same in each run.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Urn(Arc<str>);

/// Why a text is no URN.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not of the form urn:eggtooth:ENVIRONMENT::STACK::TYPE::NAME")]
pub struct UrnError(String);

const PREFIX: &str = "urn:eggtooth:";

impl Urn {
    /// Returns the name of the resource `name` of the type `kind` in a stack of an environment.
    pub fn new(environment: &str, stack: &str, kind: &str, name: &str) -> Self {
        Self(format!("{PREFIX}{environment}::{stack}::{kind}::{name}").into())
    }

    /// Returns the environment's name.
    pub fn environment(&self) -> &str {
        self.part(0)
    }

    /// Returns the stack's name.
    pub fn stack(&self) -> &str {
        self.part(1)
    }

    /// Returns the resource's type, as `kubernetes:Secret` or `helm:Release`.
    pub fn kind(&self) -> &str {
        self.part(2)
    }

    /// Returns the resource's own name, as the program gave it.
    pub fn name(&self) -> &str {
        self.part(3)
    }

    /// Returns the whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn part(&self, index: usize) -> &str {
        self.0[PREFIX.len()..].splitn(4, "::").nth(index).unwrap_or_default()
    }
}

impl FromStr for Urn {
    type Err = UrnError;

    fn from_str(text: &str) -> Result<Self, UrnError> {
        match text.strip_prefix(PREFIX) {
            Some(rest) if rest.splitn(4, "::").filter(|part| !part.is_empty()).count() == 4 => {
                Ok(Self(text.into()))
            }
            _ => Err(UrnError(text.to_owned())),
        }
    }
}

impl fmt::Display for Urn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Urn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl serde::Serialize for Urn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Urn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_urn_gives_its_parts_back_also_when_the_name_has_colons() {
        let urn = Urn::new("prod", "onepassword-connect", "kubernetes:Secret", "a::b");
        assert_eq!(urn.as_str().parse::<Urn>().unwrap(), urn);
        assert_eq!((urn.environment(), urn.stack()), ("prod", "onepassword-connect"));
        assert_eq!((urn.kind(), urn.name()), ("kubernetes:Secret", "a::b"));
        assert!("urn:pulumi:a::b::c::d".parse::<Urn>().is_err());
        assert!("urn:eggtooth:a::b::c".parse::<Urn>().is_err());
    }
}
