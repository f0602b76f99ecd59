//! The three programs of the one image.

use futures::future::BoxFuture;

use crate::rehearsal::programs::{Exit, Process, Program};

use super::{certificates, controller, webhook};

/// The image, whatever registry it comes from.
const IMAGE: &str = "external-secrets/external-secrets";

/// External Secrets Operator.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExternalSecrets;

impl Program for ExternalSecrets {
    fn matches(&self, image: &str, _arguments: &[String]) -> bool {
        let name = image.split_once('@').map_or(image, |(name, _)| name);
        // A colon after the last slash is the tag's, one before it the port's.
        let end = name.rfind('/').unwrap_or(0);
        let name = name[end..].find(':').map_or(name, |tag| &name[..end + tag]);
        name.ends_with(IMAGE)
    }

    fn run(&self, process: Process) -> BoxFuture<'static, Exit> {
        match process.arguments.iter().find(|argument| !argument.starts_with('-')).map(String::as_str) {
            Some("webhook") => Box::pin(webhook::run(process)),
            Some("certcontroller") => Box::pin(certificates::run(process)),
            _ => Box::pin(controller::run(process)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_is_known_with_any_registry_tag_and_digest() {
        let program = ExternalSecrets;
        assert!(program.matches("ghcr.io/external-secrets/external-secrets:v2.9.0", &[]));
        assert!(program.matches("local:5000/external-secrets/external-secrets@sha256:00", &[]));
        assert!(program.matches("oci.external-secrets.io/external-secrets/external-secrets", &[]));
        assert!(!program.matches("ghcr.io/external-secrets/reloader:v1", &[]));
    }
}
