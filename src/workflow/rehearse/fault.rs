//! What can go wrong in a rehearsal on purpose.

use std::{fmt, str::FromStr, time::Duration};

use crate::rehearsal::node;
use crate::rehearsal::programs::connect::ConnectFault;

/// The image whose containers a fault is about.
const OPERATOR: &str = "external-secrets";
const LATE: Duration = Duration::from_mins(1);

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Connect accepts requests and answers none.
    ConnectHangs,
    /// Connect starts a minute late.
    ConnectLate,
    /// Connect refuses the token (401).
    ConnectUnauthorized,
    /// The token may not read the vault (403).
    ConnectForbidden,
    /// Connect refuses twice, then answers: what External Secrets tries again by itself.
    ConnectForbiddenTwice,
    /// Connect is not in sync (408).
    ConnectSyncTimeout,
    /// Connect fails inside (500).
    ConnectInternalError,
    /// A proxy before Connect answers (502).
    ConnectBadGateway,
    /// Every vault is there twice.
    ConnectDuplicateVaults,
    /// The operator's containers, webhook included, start a minute late.
    OperatorLate,
    /// The operator never gets ready, and its webhook never serves.
    OperatorNeverReady,
    /// The operator's containers crash three times before they stay.
    OperatorCrashes,
    /// A custom resource definition takes half a minute until its kind is served.
    DefinitionsLate,
    /// The run is killed after so many events.
    Killed(usize),
}

impl Fault {
    /// Returns every fault, the kill at several moments.
    pub fn all() -> Vec<Self> {
        let mut all = Self::NAMED.map(|(fault, _)| fault).to_vec();
        all.extend([1, 3, 6, 10, 14, 18].map(Self::Killed));
        all
    }

    /// The faults that need no number.
    pub const NAMED: [(Self, &'static str); 13] = [
        (Self::ConnectHangs, "connect-hangs"),
        (Self::ConnectLate, "connect-late"),
        (Self::ConnectUnauthorized, "connect-401"),
        (Self::ConnectForbidden, "connect-403"),
        (Self::ConnectForbiddenTwice, "connect-403-twice"),
        (Self::ConnectSyncTimeout, "connect-408"),
        (Self::ConnectInternalError, "connect-500"),
        (Self::ConnectBadGateway, "connect-502"),
        (Self::ConnectDuplicateVaults, "connect-duplicate-vaults"),
        (Self::OperatorLate, "operator-late"),
        (Self::OperatorNeverReady, "operator-never-ready"),
        (Self::OperatorCrashes, "operator-crashes"),
        (Self::DefinitionsLate, "definitions-late"),
    ];

    /// Returns how Connect misbehaves, if it does.
    pub(super) fn of_connect(self) -> Option<ConnectFault> {
        match self {
            Self::ConnectHangs => Some(ConnectFault::Hang),
            Self::ConnectLate => Some(ConnectFault::SlowStart(LATE)),
            Self::ConnectUnauthorized => Some(ConnectFault::Unauthorized),
            Self::ConnectForbidden => Some(ConnectFault::Forbidden),
            Self::ConnectForbiddenTwice => Some(ConnectFault::ForbiddenTwice),
            Self::ConnectSyncTimeout => Some(ConnectFault::SyncTimeout),
            Self::ConnectInternalError => Some(ConnectFault::InternalError),
            Self::ConnectBadGateway => Some(ConnectFault::BadGateway),
            Self::ConnectDuplicateVaults => Some(ConnectFault::DuplicateVaults),
            Self::OperatorLate
            | Self::OperatorNeverReady
            | Self::OperatorCrashes
            | Self::DefinitionsLate
            | Self::Killed(_) => None,
        }
    }

    /// Returns what goes wrong on the node, if something does.
    pub(super) fn of_node(self) -> Option<node::Fault> {
        let image = OPERATOR.to_owned();
        match self {
            Self::OperatorLate => Some(node::Fault::SlowStart { image, by: LATE }),
            Self::OperatorNeverReady => Some(node::Fault::NeverReady { image }),
            Self::OperatorCrashes => Some(node::Fault::CrashLoop { image, times: 3 }),
            Self::ConnectHangs
            | Self::ConnectLate
            | Self::ConnectUnauthorized
            | Self::ConnectForbidden
            | Self::ConnectForbiddenTwice
            | Self::ConnectSyncTimeout
            | Self::ConnectInternalError
            | Self::ConnectBadGateway
            | Self::ConnectDuplicateVaults
            | Self::DefinitionsLate
            | Self::Killed(_) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Killed(events) = self {
            return write!(formatter, "killed={events}");
        }
        let named = Self::NAMED.iter().find(|(fault, _)| fault == self);
        formatter.write_str(named.map_or("", |(_, name)| name))
    }
}

/// Why a fault is not known.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault `{name}`; there are {}, killed=NUMBER", Fault::NAMED.map(|(_, name)| name).join(", "))]
pub struct UnknownFault {
    name: String,
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let killed = name.strip_prefix("killed=").and_then(|events| events.parse().ok()).map(Self::Killed);
        let named = || Self::NAMED.iter().find(|(_, known)| *known == name).map(|(fault, _)| *fault);
        killed.or_else(named).ok_or_else(|| UnknownFault { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_by_the_name_that_it_is_shown_under() {
        for fault in Fault::all() {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        let error = "connect-402".parse::<Fault>().unwrap_err().to_string();
        assert!(error.contains("no fault `connect-402`") && error.contains("connect-401"), "{error}");
    }
}
