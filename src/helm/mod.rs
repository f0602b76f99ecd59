//! Helm charts and releases.
