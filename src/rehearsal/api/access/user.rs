//! A user, as the server knows one.

use serde_json::{Value as Json, json};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rehearsal) struct User {
    pub(in crate::rehearsal) name: String,
    /// Only service accounts have one.
    pub(super) uid: String,
    pub(super) groups: Vec<String>,
    /// The name of the token that they came with.
    pub(super) credential: Option<String>,
}

const ACCOUNT: &str = "system:serviceaccount:";
/// The group that may do everything, whatever the roles say.
const MASTERS: &str = "system:masters";

impl User {
    pub(in crate::rehearsal) fn administrator() -> Self {
        Self::named("kubernetes-admin", vec![MASTERS.to_owned()])
    }

    pub(in crate::rehearsal) fn service_account(namespace: &str, name: &str) -> Self {
        Self::named(&format!("{ACCOUNT}{namespace}:{name}"), Vec::new())
    }

    /// Returns a user with these groups and those that follow from the name.
    pub(super) fn named(name: &str, mut groups: Vec<String>) -> Self {
        if let (true, Some((namespace, _))) = (groups.is_empty(), account_of(name)) {
            groups.push("system:serviceaccounts".to_owned());
            groups.push(format!("system:serviceaccounts:{namespace}"));
        }
        let known =
            if name == "system:anonymous" { "system:unauthenticated" } else { "system:authenticated" };
        if !groups.iter().any(|group| group == known) {
            groups.push(known.to_owned());
        }
        Self { name: name.to_owned(), uid: String::new(), groups, credential: None }
    }

    pub(super) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }

    /// Returns what others are told of the user.
    pub(in crate::rehearsal::api) fn info(&self) -> Json {
        let mut info = json!({"username": self.name, "groups": self.groups});
        if !self.uid.is_empty() {
            info["uid"] = self.uid.clone().into();
        }
        if let Some(credential) = &self.credential {
            info["extra"] =
                json!({"authentication.kubernetes.io/credential-id": [format!("JTI={credential}")]});
        }
        info
    }

    /// Returns the namespace and the name of the service account that this is.
    pub(super) fn account(&self) -> Option<(&str, &str)> {
        account_of(&self.name)
    }
}

fn account_of(user: &str) -> Option<(&str, &str)> {
    user.strip_prefix(ACCOUNT)?
        .split_once(':')
        .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_is_in_the_groups_of_its_kind_and_namespace() {
        let user = User::service_account("eggs", "hen");
        assert_eq!(user.account(), Some(("eggs", "hen")));
        let groups = ["system:serviceaccounts", "system:serviceaccounts:eggs", "system:authenticated"];
        assert_eq!(
            (user.name.as_str(), user.groups.as_slice()),
            ("system:serviceaccount:eggs:hen", &groups.map(String::from)[..])
        );
        assert!(User::administrator().is_master() && !user.is_master());
    }
}
