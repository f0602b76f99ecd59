//! 1Password Connect: credentials and token checks, API client.
