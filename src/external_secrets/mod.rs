//! External Secrets Operator: typed stores and their conditions.
