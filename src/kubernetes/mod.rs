//! The cluster: client, manifests, server-side apply, waiting.
