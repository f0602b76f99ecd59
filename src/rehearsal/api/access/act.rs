//! What somebody wants to do.

use crate::rehearsal::api::{
    refusal::Refusal,
    request::{Request, Target},
};

use super::User;

/// An act that needs a permission.
#[derive(Clone, Debug)]
pub(in crate::rehearsal::api) struct Act<'a> {
    pub(super) user: &'a User,
    pub(super) verb: &'a str,
    pub(super) on: On<'a>,
}

/// What an act is done to.
#[derive(Clone, Debug)]
pub(super) enum On<'a> {
    Resource {
        group: &'a str,
        plural: &'a str,
        subresource: &'a str,
        /// Empty for the whole cluster.
        namespace: &'a str,
        /// Empty for any.
        name: &'a str,
    },
    /// A path that is no resource's.
    Path(&'a str),
}

impl<'a> Act<'a> {
    /// Returns the act that a request is.
    pub(super) fn of(request: &'a Request, target: Option<&'a Target>) -> Self {
        let user = &*request.user;
        let Some(target) = target else {
            let verb = match request.method.as_str() {
                "HEAD" => "head",
                "POST" => "post",
                "PUT" => "put",
                "PATCH" => "patch",
                "DELETE" => "delete",
                _ => "get",
            };
            return Self { user, verb, on: On::Path(&request.path) };
        };
        let name = target.name.as_deref().unwrap_or_default();
        // A namespace lies in itself.
        let itself = if target.group.is_empty() && target.plural == "namespaces" { name } else { "" };
        Self {
            user,
            verb: request.verb(target),
            on: On::Resource {
                group: &target.group,
                plural: &target.plural,
                subresource: target.subresource.as_deref().unwrap_or_default(),
                namespace: target.namespace.as_deref().unwrap_or(itself),
                name,
            },
        }
    }

    /// Says that it is not permitted, in the server's words.
    pub(super) fn refused(&self, why: &str) -> Refusal {
        let user = &self.user.name;
        let verb = self.verb;
        let text = match &self.on {
            On::Path(path) => format!("User {user:?} cannot {verb} path {path:?}"),
            On::Resource { group, plural, subresource, namespace, .. } => {
                let part = if subresource.is_empty() { String::new() } else { format!("/{subresource}") };
                let place = match *namespace {
                    "" => "at the cluster scope".to_owned(),
                    namespace => format!("in the namespace {namespace:?}"),
                };
                format!(
                    "User {user:?} cannot {verb} resource \"{plural}{part}\" in API group {group:?} {place}"
                )
            }
        };
        let text = if why.is_empty() { text } else { format!("{text}: {why}") };
        match &self.on {
            On::Path(_) => Refusal::forbidden_path(&text),
            On::Resource { group, plural, name, .. } => {
                Refusal::forbidden_resource(group, plural, name, &text)
            }
        }
    }
}
