//! What can go wrong in a rehearsal on purpose: one table.

use std::{fmt, str::FromStr, time::Duration};

use crate::rehearsal::programs::connect::ConnectFault;
use crate::rehearsal::{self, Effect, node};

/// A part of the names of the operator's pods and images.
const OPERATOR: &str = "external-secrets";
const WEBHOOK: &str = "external-secrets-webhook";
const CERTIFICATES: &str = "external-secrets-cert-controller";
const CONNECT: &str = "connect-api";
const LATE: Duration = Duration::from_mins(1);
/// When the run is killed, where it is tried at several moments.
const MOMENTS: [usize; 6] = [1, 3, 6, 10, 14, 18];

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One of [`Fault::KNOWN`].
    Named(&'static Known),
    /// The run is killed after so many events.
    Killed(usize),
}

/// A fault with a name.
#[derive(Debug)]
pub struct Known {
    /// Its name on the command line.
    pub name: &'static str,
    /// What goes wrong, in a line.
    pub what: &'static str,
    harm: fn() -> Harm,
}

/// What a fault does, and to whom.
#[derive(Clone, Debug)]
pub(super) enum Harm {
    /// Connect misbehaves.
    Connect(ConnectFault),
    /// Something goes wrong on the node.
    Node(node::Fault),
    /// Requests to the API server go wrong, whoever sends them.
    Requests(rehearsal::Fault),
    /// The API server goes away in the middle of the run.
    Restart,
    /// Somebody takes the lock away in the middle of the run.
    Theft,
    /// Kinds are served so long after their definition is there.
    Definitions(Duration),
    /// The credentials are encoded once more than Connect expects.
    Encoded,
    /// The run is killed after so many events.
    Kill(usize),
}

impl Harm {
    /// Returns what is harmed: of one part only one fault can be in force.
    pub(super) fn part(&self) -> &'static str {
        match self {
            Self::Connect(_) => "connect",
            Self::Node(_) => "node",
            Self::Requests(_) | Self::Restart => "api",
            Self::Theft => "lock",
            Self::Definitions(_) => "definitions",
            Self::Encoded => "credentials",
            Self::Kill(_) => "run",
        }
    }
}

fn requests(effect: Effect) -> rehearsal::Fault {
    rehearsal::Fault::new(effect)
}

fn slow(of: &str) -> Harm {
    Harm::Node(node::Fault::SlowStart { of: of.to_owned(), by: LATE })
}

fn crash(of: &str, times: u32) -> Harm {
    Harm::Node(node::Fault::CrashLoop { of: of.to_owned(), times })
}

macro_rules! known {
    ($($name:literal: $what:literal => $harm:expr,)*) => {
        &[$(Known { name: $name, what: $what, harm: || $harm }),*]
    };
}

impl Fault {
    /// Every fault that has a name.
    pub const KNOWN: &'static [Known] = known! {
        "connect-hangs": "Connect takes requests and answers none" => Harm::Connect(ConnectFault::Hang),
        "connect-late": "Connect starts a minute late" => Harm::Connect(ConnectFault::SlowStart(LATE)),
        "connect-401": "Connect refuses the token" => Harm::Connect(ConnectFault::Unauthorized),
        "connect-403": "the token may not read the vault" => Harm::Connect(ConnectFault::Forbidden),
        "connect-403-twice": "Connect refuses twice, then answers" => Harm::Connect(ConnectFault::ForbiddenTwice),
        "connect-408": "Connect is not in sync with 1Password" => Harm::Connect(ConnectFault::SyncTimeout),
        "connect-500": "Connect fails inside" => Harm::Connect(ConnectFault::InternalError),
        "connect-502": "a proxy answers in Connect's place" => Harm::Connect(ConnectFault::BadGateway),
        "connect-duplicate-vaults": "every vault is there twice" => Harm::Connect(ConnectFault::DuplicateVaults),
        "connect-crashes": "Connect crashes three times before it stays" => crash(CONNECT, 3),
        "credentials-encoded": "Connect's credentials are encoded once too often" => Harm::Encoded,
        "operator-late": "the operator and its webhook start a minute late" => slow(OPERATOR),
        "operator-crashes": "the operator crashes three times before it stays" => crash(OPERATOR, 3),
        "operator-crash-loop": "the operator never stops crashing" => crash(OPERATOR, u32::MAX),
        "operator-never-ready": "the operator never gets ready" =>
            Harm::Node(node::Fault::NeverReady { of: OPERATOR.to_owned() }),
        "webhook-late": "the webhook starts a minute late" => slow(WEBHOOK),
        "certificate-late": "the certificate controller starts a minute late" => slow(CERTIFICATES),
        "definitions-late": "a custom kind is served half a minute after its definition" =>
            Harm::Definitions(Duration::from_secs(30)),
        "api-429": "the API server wants us to come back in two seconds, forty times" =>
            Harm::Requests(requests(Effect::TooManyRequests(2)).times(40)),
        "api-500": "the API server fails inside, twenty times" =>
            Harm::Requests(requests(Effect::InternalError).times(20)),
        "api-503": "the API server is not available, twenty times" =>
            Harm::Requests(requests(Effect::Unavailable).times(20)),
        "api-403": "a Secret may not be written, once" =>
            Harm::Requests(requests(Effect::Forbidden).verb("patch").resource("secrets").times(1)),
        "api-slow": "a hundred requests take two seconds longer" =>
            Harm::Requests(requests(Effect::Delay(Duration::from_secs(2))).times(100)),
        "api-hangs": "three requests are never answered" => Harm::Requests(requests(Effect::Hang).times(3)),
        "api-drops": "twenty connections end before anything is done" =>
            Harm::Requests(requests(Effect::Drop).times(20)),
        "api-loses-answers": "five writes are done, and their answers are lost" =>
            Harm::Requests(requests(Effect::LoseAnswer).verb("patch").times(5)),
        "api-conflicts": "five writes come too late: somebody else was faster" =>
            Harm::Requests(requests(Effect::Conflict).verb("patch").times(5)),
        "api-restarts": "the API server restarts: connections end, watches must begin anew" => Harm::Restart,
        "lease-conflicts": "three renewals of a lease come too late" =>
            Harm::Requests(requests(Effect::Conflict).verb("update").resource("leases").times(3)),
        "lease-stolen": "somebody takes the lock away from the run" => Harm::Theft,
    };

    /// Returns every fault, the kill at several moments.
    pub fn all() -> Vec<Self> {
        Self::KNOWN.iter().map(Self::Named).chain(MOMENTS.map(Self::Killed)).collect()
    }

    /// Returns what goes wrong, in a line.
    pub fn what(self) -> String {
        match self {
            Self::Named(known) => known.what.to_owned(),
            Self::Killed(events) => format!("the run is killed after {events} events"),
        }
    }

    pub(super) fn harm(self) -> Harm {
        match self {
            Self::Named(known) => (known.harm)(),
            Self::Killed(events) => Harm::Kill(events),
        }
    }
}

/// A name stands for one fault.
impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Known {}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(known) => formatter.write_str(known.name),
            Self::Killed(events) => write!(formatter, "killed={events}"),
        }
    }
}

/// Why a fault is not known.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault `{name}`; there are {}, killed=NUMBER", names())]
pub struct UnknownFault {
    name: String,
}

fn names() -> String {
    Fault::KNOWN.iter().map(|known| known.name).collect::<Vec<_>>().join(", ")
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let killed = name.strip_prefix("killed=").and_then(|events| events.parse().ok()).map(Self::Killed);
        let named = || Self::KNOWN.iter().find(|known| known.name == name).map(Self::Named);
        killed.or_else(named).ok_or_else(|| UnknownFault { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_fault_is_read_by_the_name_that_it_is_shown_under() {
        for fault in Fault::all() {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        let names: BTreeSet<&str> = Fault::KNOWN.iter().map(|known| known.name).collect();
        assert_eq!(names.len(), Fault::KNOWN.len(), "a name stands for one fault");
        let error = "connect-402".parse::<Fault>().unwrap_err().to_string();
        assert!(error.contains("no fault `connect-402`") && error.contains("connect-401"), "{error}");
    }
}
