//! Why a service gave no answer.

use std::sync::Arc;

/// Why a service gave no answer. The texts hold nothing of a credential or of an answer's values.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The address is none.
    #[error("`{address}` is no address of {service}: it has to begin with http:// or https://")]
    Address {
        /// The service.
        service: &'static str,
        /// What was given.
        address: String,
    },
    /// The credential holds what no header can.
    #[error(
        "the credential of {service} can't be sent: there is a line break or another control character in it"
    )]
    Unsendable {
        /// The service.
        service: &'static str,
    },
    /// The namespace holds what no header can.
    #[error("Vault's namespace can't be sent: there is a line break or another control character in it")]
    Namespace,
    /// HTTP can't be used at all.
    #[error("set HTTP up")]
    Client(#[source] Arc<reqwest::Error>),
    /// Nobody answers.
    #[error("{service} at {address} does not answer")]
    Unreachable {
        /// The service.
        service: &'static str,
        /// Its address.
        address: String,
        /// Why.
        #[source]
        source: Arc<reqwest::Error>,
    },
    /// Somebody is there, and keeps silent.
    #[error("{service} at {address} did not answer {path} within {seconds} s")]
    Silent {
        /// The service.
        service: &'static str,
        /// Its address.
        address: String,
        /// What was asked for.
        path: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The credential is not accepted.
    #[error("{service} at {address} refused the credential: {message} (it is not sent again; give another)")]
    Refused {
        /// The service.
        service: &'static str,
        /// Its address.
        address: String,
        /// What the service says.
        message: String,
    },
    /// The credential is good, but not for this.
    #[error("{service} at {address} does not allow {path} to this credential: {message}")]
    Forbidden {
        /// The service.
        service: &'static str,
        /// Its address.
        address: String,
        /// What was asked for.
        path: String,
        /// What the service says.
        message: String,
    },
    /// Any other answer than success.
    #[error("{service} at {address} answered {path} with {status}: {message}")]
    Status {
        /// The service.
        service: &'static str,
        /// Its address.
        address: String,
        /// What was asked for.
        path: String,
        /// The status.
        status: u16,
        /// What the service says.
        message: String,
    },
    /// The answer has not the form that the service's answers have.
    #[error(
        "{service} at {address} answered {path} in a form that is not its own: is there a proxy, or another \
         program, at this address?"
    )]
    Form {
        /// The service.
        service: &'static str,
        /// Its address.
        address: String,
        /// What was asked for.
        path: String,
    },
    /// The answer does not end.
    #[error("{service} at {address} answered {path} with more than {} MiB", limit >> 20)]
    TooLarge {
        /// The service.
        service: &'static str,
        /// Its address.
        address: String,
        /// What was asked for.
        path: String,
        /// How much is accepted, in bytes.
        limit: usize,
    },
}

impl ServiceError {
    /// Returns the status of an answer that was no success.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { .. } => Some(401),
            Self::Forbidden { .. } => Some(403),
            Self::Status { status, .. } => Some(*status),
            Self::Address { .. }
            | Self::Unsendable { .. }
            | Self::Namespace
            | Self::Silent { .. }
            | Self::Client(_)
            | Self::Unreachable { .. }
            | Self::Form { .. }
            | Self::TooLarge { .. } => None,
        }
    }
}
