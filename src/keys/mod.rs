//! age identities and recipients, and where they are found.
