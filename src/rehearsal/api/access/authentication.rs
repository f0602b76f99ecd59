//! Who sends a request: the connection's user, whoever a token names, or whom they say they act for.

use std::sync::Arc;

use http::{HeaderName, header};

use crate::rehearsal::api::{
    refusal::Refusal,
    request::{Request, Target},
    server::Server,
};

use super::{
    User,
    act::{Act, On},
};

const IMPERSONATED: HeaderName = HeaderName::from_static("impersonate-user");
const IMPERSONATED_GROUP: HeaderName = HeaderName::from_static("impersonate-group");

impl Server {
    /// Finds out who sends a request, and refuses what they may not do.
    pub(in crate::rehearsal::api) fn admit_user(
        &self,
        request: &mut Request,
        target: Option<&Target>,
    ) -> Result<(), Refusal> {
        if let Some(token) = token(request)? {
            request.user = Arc::new(self.token_user(&token, &[]).ok_or_else(Refusal::unauthorized)?);
        }
        if let Some(user) = self.impersonated(request)? {
            request.user = Arc::new(user);
        }
        let act = Act::of(request, target);
        self.state().permits(&act).map(drop).map_err(|why| act.refused(&why))
    }

    /// Returns the user that the sender acts for, who has to be allowed to.
    fn impersonated(&self, request: &Request) -> Result<Option<User>, Refusal> {
        let name = request.header(IMPERSONATED);
        if name.is_empty() {
            return Ok(None);
        }
        let groups = request.headers.get_all(IMPERSONATED_GROUP).iter();
        let groups: Vec<String> = groups.filter_map(|group| Some(group.to_str().ok()?.to_owned())).collect();
        let user = User::named(name, groups.clone());
        let one =
            |plural, namespace, name| On::Resource { group: "", plural, subresource: "", namespace, name };
        let whom = match user.account() {
            Some((namespace, name)) => one("serviceaccounts", namespace, name),
            None => one("users", "", name),
        };
        let state = self.state();
        for on in std::iter::once(whom).chain(groups.iter().map(|group| one("groups", "", group))) {
            let act = Act { user: &request.user, verb: "impersonate", on };
            state.permits(&act).map_err(|why| act.refused(&why))?;
        }
        Ok(Some(user))
    }
}

/// Returns the bearer token of a request.
fn token(request: &Request) -> Result<Option<String>, Refusal> {
    let Some(value) = request.headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
    token.map(|token| Some(token.trim().to_owned())).ok_or_else(Refusal::unauthorized)
}
