//! The ways in which a Connect server misbehaves.

use std::time::Duration;

/// One way to misbehave. Probes (`/health`, `/heartbeat`) are answered as ever, unless a variant says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectFault {
    /// Requests are accepted, and not answered before the server works again.
    Hang,
    /// A server that starts from now on listens only after this time; probes fail until then.
    SlowStart(Duration),
    /// 401 `Invalid token signature`: the token of another server.
    Unauthorized,
    /// The first two requests get 403 `Authorization: …`, which External Secrets tries again.
    ForbiddenTwice,
    /// Every request gets 403: the vault is not in the token's scope.
    Forbidden,
    /// The sync is not done: 408 for every request.
    SyncTimeout,
    /// 500 `Something went wrong`.
    InternalError,
    /// 502 with a proxy's HTML page.
    BadGateway,
    /// 200 with the page of a proxy that wants to be signed in to.
    LoginPage,
    /// 404 for what is in files, as of servers before 1.3.0, which know none.
    NoFiles,
    /// Every vault exists twice under the same title.
    DuplicateVaults,
}
