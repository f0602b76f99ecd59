//! Which program stands for an image.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::rehearsal::cache::annotation;
use crate::rehearsal::programs::Program;

use super::pretended::Pretended;

/// Annotations by which a pretended pod gets a fate.
const EXIT_CODE: &str = "test.eggtooth.dev/exit-code";
const LOG: &str = "test.eggtooth.dev/log";
const NEVER_READY: &str = "test.eggtooth.dev/never-ready";

/// What the node runs for a container.
pub(super) enum Runs {
    Program(Arc<dyn Program>),
    Pretended(Pretended),
}

/// Returns whether the image can't be pulled: any whose name contains `no-such-image`.
pub(super) fn is_missing(image: &str) -> bool {
    image.contains("no-such-image")
}

/// Picks what runs for `image` in `pod`.
pub(super) fn runs(programs: &[Arc<dyn Program>], image: &str, arguments: &[String], pod: &Json) -> Runs {
    if let Some(program) = programs.iter().find(|program| program.matches(image, arguments)) {
        return Runs::Program(Arc::clone(program));
    }
    Runs::Pretended(Pretended {
        exit_code: annotation(pod, EXIT_CODE).and_then(|code| code.parse().ok()).unwrap_or(0),
        log: annotation(pod, LOG).unwrap_or_default().to_owned(),
        ready: annotation(pod, NEVER_READY).is_none(),
    })
}
