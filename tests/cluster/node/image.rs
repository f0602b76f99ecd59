//! Which program stands for an image.

use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::Pod;

use crate::tools;

/// Annotations by which a test gives a pretended pod a fate.
const EXIT_CODE: &str = "test.eggtooth.dev/exit-code";
const LOG: &str = "test.eggtooth.dev/log";
const NEVER_READY: &str = "test.eggtooth.dev/never-ready";

/// Starts a program that takes its service account from where it always is, and heeds no kubeconfig. `ip netns exec` has
/// given it a mount namespace of its own.
const WITH_ACCOUNT: &str = "set -e; account=var/run/secrets/kubernetes.io/serviceaccount; \
    source=$(readlink -f \"${KUBECONFIG%/*}/$account\"); mount -t tmpfs none /run; mkdir -p \"/$account\"; \
    mount --bind \"$source\" \"/$account\"; exec \"$0\" \"$@\"";

/// What the node runs for a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Program {
    /// A real process, with arguments before the container's own.
    Process { path: PathBuf, arguments: Vec<String> },
    /// Running and ready without a process; ends at once in pods that are not restarted.
    Pretended { exit_code: i32, log: String, ready: bool },
    /// An image that cannot be pulled: any whose name contains `no-such-image`.
    Unavailable,
}

/// Picks the program for `image` in `pod`.
pub(crate) fn program(image: &str, pod: &Pod) -> Program {
    let repository = image.split('@').next().unwrap_or(image);
    let repository = match repository.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => repository,
    };
    let own = |words: &[&str]| Program::Process {
        path: Path::new("/proc/1/exe").to_owned(),
        arguments: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    if repository.ends_with("external-secrets/external-secrets") {
        Program::Process { path: tools::path("external-secrets"), arguments: Vec::new() }
    } else if repository.ends_with("sealed-secrets-controller") {
        let controller = tools::path("controller").display().to_string();
        Program::Process {
            path: PathBuf::from("/bin/sh"),
            arguments: vec!["-c".to_owned(), WITH_ACCOUNT.to_owned(), controller],
        }
    } else if repository.ends_with("busybox") {
        Program::Process { path: PathBuf::from("/bin/sh"), arguments: Vec::new() }
    } else if repository.ends_with("1password/connect-api") {
        own(&["connect", "api"])
    } else if repository.ends_with("1password/connect-sync") {
        own(&["connect", "sync"])
    } else if repository.ends_with("podinfo") && starts(pod, image, "./podinfo") {
        own(&["podinfo"])
    } else if repository.contains("no-such-image") {
        Program::Unavailable
    } else {
        let annotation = |name: &str| pod.metadata.annotations.as_ref().and_then(|all| all.get(name));
        Program::Pretended {
            exit_code: annotation(EXIT_CODE).and_then(|code| code.parse().ok()).unwrap_or(0),
            log: annotation(LOG).cloned().unwrap_or_default(),
            ready: annotation(NEVER_READY).is_none(),
        }
    }
}

/// Says whether the pod gives its image a command of its own, as charts do and pods that are only to be there don't.
fn starts(pod: &Pod, image: &str, command: &str) -> bool {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let mut own = containers.filter(|container| container.image.as_deref() == Some(image));
    own.any(|container| container.command.iter().flatten().next().is_some_and(|first| first == command))
}
