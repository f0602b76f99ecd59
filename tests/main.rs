//! Tests of the public library and the binary, one file a theme; `tests/cluster/` has those on a real control plane.

mod binary;
mod helm_parity;
mod environment;
mod layers;
mod sops_commands;
mod template_functions;
