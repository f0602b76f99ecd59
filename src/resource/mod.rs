//! Resources: names, values, outputs, providers.
