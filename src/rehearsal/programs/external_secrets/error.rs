//! Why a reconciliation failed, in the operator's words: they end up in Events.

use kube::core::Status;

/// A failure of the API server as client-go prints it: the message of the status.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// The server's own words.
    #[error("{}", .0.message)]
    Refused(Box<Status>),
    /// There was no answer, or none that can be read.
    #[error(transparent)]
    Transport(kube::Error),
}

impl ApiError {
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(status) if status.code == 404)
    }

    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused(status) if status.code == 409 && status.reason == "Conflict")
    }
}

impl From<kube::Error> for ApiError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::Refused(status),
            other => Self::Transport(other),
        }
    }
}

/// A failure that a controller reports in its own words.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A sentence of the operator's.
    #[error("{0}")]
    Said(String),
    /// The API server refused something.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A sentence of the operator's, and what follows it after a colon.
    #[error("{said}: {cause}")]
    Because { said: String, cause: Box<Failure> },
    /// The provider has no such secret.
    #[error("Secret does not exist")]
    NoSecret,
}

impl Failure {
    pub(super) fn said(text: impl Into<String>) -> Self {
        Self::Said(text.into())
    }

    /// Puts words and a colon before this.
    #[must_use]
    pub(super) fn within(self, said: impl Into<String>) -> Self {
        Self::Because { said: said.into(), cause: Box::new(self) }
    }

    /// Returns why an object of a kind that the operator reads out of its cache was not got: what the cache does not
    /// have it calls by its kind, where the API server says the resource's name.
    pub(super) fn of_cached(kind: &str, name: &str, error: kube::Error) -> Self {
        let failure = Self::from(error);
        if failure.is_missing() { Self::Said(format!("{kind} {name:?} not found")) } else { failure }
    }

    pub(super) fn is_conflict(&self) -> bool {
        match self {
            Self::Api(error) => error.is_conflict(),
            Self::Because { cause, .. } => cause.is_conflict(),
            Self::Said(_) | Self::NoSecret => false,
        }
    }

    pub(super) fn is_missing(&self) -> bool {
        match self {
            Self::Api(error) => error.is_missing(),
            Self::Because { cause, .. } => cause.is_missing(),
            Self::Said(_) | Self::NoSecret => false,
        }
    }

    /// Tells whether the provider answered that there is no such secret, whatever was said around it.
    pub(super) fn is_no_secret(&self) -> bool {
        match self {
            Self::NoSecret => true,
            Self::Because { cause, .. } => cause.is_no_secret(),
            Self::Said(_) | Self::Api(_) => false,
        }
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        Self::Api(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_before_a_failure_do_not_hide_what_it_is() {
        let failure = Failure::NoSecret.within("error processing spec.data[0] (key: K), err");
        assert!(failure.is_no_secret());
        assert_eq!(failure.to_string(), "error processing spec.data[0] (key: K), err: Secret does not exist");
    }
}
