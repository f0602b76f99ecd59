//! The contract of the Kubernetes API: requests, and what a real API server answered to them.
//!
//! `requests/*.yaml` are the cases, each a list of requests in a namespace of its own. `answers/*.jsonl` are the
//! answers of Kubernetes 1.35.4, a line each; they were recorded by the run on a real control plane, with
//! `EGGTOOTH_CONTRACT=record`. The rehearsal and the real server are both held to them, so what differs fails. Only what
//! no two servers have in common is masked: see [`answer`].

mod answer;
mod case;
mod player;
mod record;

pub(crate) use record::judge;
