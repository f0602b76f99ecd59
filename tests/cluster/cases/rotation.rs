//! New credentials and a new token: the next `up` seeds them, starts Connect anew where it must, and proves the store.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::cases::bootstrap::{changed, versions};
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::connect::{Credentials, PRODUCTION, STAGING};
use crate::ground::{Ground, on_both};

pub(crate) fn trials() -> Vec<Trial> {
    on_both(
        "rotation::new_credentials_restart_connect_and_a_token_does_not",
        new_credentials_restart_connect_and_a_token_does_not,
    )
    .into()
}

fn new_credentials_restart_connect_and_a_token_does_not(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let project = Project::new(cluster, "before");
    let up = || project.run(cluster, ["up", "test", "--yes"]).expect(0);
    up();
    let first = Pod::of(cluster);
    assert!(first.is_fingerprint(), "{first:?}");
    expect_nothing_to_do(cluster, &project);
    assert_eq!(Pod::of(cluster), first);

    // Connect is not given the token: it would only be away for nothing.
    project.seal(cluster, "before", &Credentials::from_seed("before").token(&[PRODUCTION]));
    let told = up();
    assert!(told.stdout.contains("1 changed, 9 unchanged"), "{}", told.stdout);
    assert_eq!(Pod::of(cluster), first);

    let new = Credentials::from_seed("after").token(&[PRODUCTION, STAGING]);
    project.seal(cluster, "after", &new);
    let planned = project.run(cluster, ["preview", "test"]).expect(0);
    assert!(planned.stdout.contains("eggtooth.dev/started-for"), "{}", planned.stdout);
    let told = up();
    assert!(told.stdout.contains("has the expected value"), "{}", told.stdout);
    let second = Pod::of(cluster);
    assert_ne!(second.uid, first.uid);
    assert!(second.is_fingerprint() && second.started_for != first.started_for, "{second:?}");
    expect_nothing_to_do(cluster, &project);
    assert_eq!(Pod::of(cluster), second);
}

fn expect_nothing_to_do(cluster: &dyn Ground, project: &Project) {
    project.run(cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);
    let before = versions(cluster);
    let again = project.run(cluster, ["up", "test", "--yes"]).expect(0);
    assert!(again.stdout.contains("10 unchanged in "), "{}", again.stdout);
    assert_eq!(changed(&before, &versions(cluster)), Vec::<String>::new());
}

/// Connect's only pod.
#[derive(Debug, PartialEq)]
struct Pod {
    uid: String,
    started_for: String,
}

impl Pod {
    fn of(cluster: &dyn Ground) -> Self {
        let pods = cluster.list("pods", "onepassword", "");
        let [pod] = pods.as_slice() else { panic!("Connect has not one pod: {pods:#?}") };
        let text = |path: &str| pod.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            uid: text("/metadata/uid"),
            started_for: text("/metadata/annotations/eggtooth.dev~1started-for"),
        }
    }

    fn is_fingerprint(&self) -> bool {
        self.started_for.len() == 64 && self.started_for.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}
