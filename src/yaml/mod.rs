//! YAML with positions, resolved as Go does.
