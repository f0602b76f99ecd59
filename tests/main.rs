//! Tests of the public library and the binary, one file a theme; `tests/cluster/` has those on a real control plane.

mod sops_oracle;
mod binary;
mod contract;
mod helm_charts;
mod helm_flags;
mod helm_parity;
mod environment;
mod environment_commands;
mod fuzz_targets;
mod layers;
mod sops_commands;
mod rehearsal;
mod rehearsed_api;
mod rehearsed_operator;
mod rehearsed_pulumi_esc;
mod sources;
mod stacks;
mod template_functions;
