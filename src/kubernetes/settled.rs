//! What we remember of an object after an apply, so that one which nobody touched since needs no comparison.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{FieldSet, Manifest, Written, diff::diff_metadata};

/// An object as our last apply left it. Of objects that may hold secrets nothing is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settled {
    uid: String,
    resource_version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    generation: Option<i64>,
    fingerprint: String,
}

impl Settled {
    /// Remembers what the server made of what was wanted.
    pub fn new(desired: &Manifest, applied: &Manifest) -> Option<Self> {
        (!desired.is_sensitive() && !applied.is_sensitive()).then(|| Self {
            uid: applied.uid().to_owned(),
            resource_version: applied.resource_version().to_owned(),
            generation: applied.generation(),
            fingerprint: fingerprint(desired),
        })
    }

    /// Says whether the same is still wanted and nobody has changed it: by the resource version, or, where the kind
    /// counts generations, by the generation and the metadata. Needs of the live object only its metadata.
    pub fn holds(&self, desired: &Manifest, live: &Manifest, manager: &str) -> bool {
        if desired.is_sensitive() || live.uid() != self.uid || fingerprint(desired) != self.fingerprint {
            return false;
        }
        if live.resource_version() == self.resource_version {
            return true;
        }
        counts_generations(live)
            && self.generation.is_some()
            && live.generation() == self.generation
            && diff_metadata(desired, live, &FieldSet::owned_by(live, manager, Written::Apply)).is_empty()
    }
}

/// Kinds whose generation is counted up by every change but those of metadata and status.
fn counts_generations(object: &Manifest) -> bool {
    match object.group() {
        "apiextensions.k8s.io" | "apps" | "networking.k8s.io" | "policy" | "admissionregistration.k8s.io" => {
            true
        }
        group => !is_built_in(group),
    }
}

/// Says whether the API server itself serves the group. Groups of custom resources have a dot and are not under
/// `k8s.io`, but for those of its own projects that are definitions too.
pub(super) fn is_built_in(group: &str) -> bool {
    const DEFINED: [&str; 4] = [
        "gateway.networking.k8s.io",
        "snapshot.storage.k8s.io",
        "metrics.k8s.io",
        "policy.networking.k8s.io",
    ];
    !group.contains('.')
        || (group.ends_with(".k8s.io") && !group.contains(".x-k8s.io") && !DEFINED.contains(&group))
}

fn fingerprint(manifest: &Manifest) -> String {
    struct Hash(Sha256);
    impl std::io::Write for Hash {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut hash = std::io::BufWriter::new(Hash(Sha256::new()));
    serde_json::to_writer(&mut hash, manifest.json()).expect("hashing does not fail");
    let Ok(Hash(hash)) = hash.into_inner() else { unreachable!("hashing does not fail") };
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition(version: &str, generation: i64) -> Manifest {
        Manifest::new(json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "eggs.example.org", "uid": "u", "resourceVersion": version, "generation": generation,
                "labels": {"a": "b"}},
        }))
        .unwrap()
    }

    #[test]
    fn an_object_that_only_got_a_status_is_settled_and_one_that_was_changed_is_not() {
        let desired = Manifest::new(json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "eggs.example.org", "labels": {"a": "b"}}, "spec": {"group": "example.org"},
        }))
        .unwrap();
        let settled = Settled::new(&desired, &definition("5", 1)).unwrap();
        assert!(settled.holds(&desired, &definition("5", 1), "eggtooth"));
        assert!(settled.holds(&desired, &definition("9", 1), "eggtooth"), "only its status changed");
        assert!(!settled.holds(&desired, &definition("9", 2), "eggtooth"), "its spec changed");
        let mut relabelled = definition("9", 1);
        relabelled.set(&["metadata", "labels", "a"], "c");
        assert!(!settled.holds(&desired, &relabelled, "eggtooth"));
        let mut other = desired.clone();
        other.set(&["spec", "group"], "example.com");
        assert!(!settled.holds(&other, &definition("5", 1), "eggtooth"), "something else is wanted");
    }

    #[test]
    fn of_a_secret_nothing_is_remembered() {
        let secret =
            Manifest::new(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}})).unwrap();
        assert_eq!(Settled::new(&secret, &secret), None);
    }

    #[test]
    fn custom_groups_are_told_from_the_servers_own() {
        for group in ["", "apps", "rbac.authorization.k8s.io"] {
            assert!(is_built_in(group), "{group}");
        }
        for group in ["external-secrets.io", "cluster.x-k8s.io", "gateway.networking.k8s.io"] {
            assert!(!is_built_in(group), "{group}");
        }
    }
}
