//! The controllers that turn workloads into pods, and Services into addresses: what of kube-controller-manager a
//! bootstrap needs.
//!
//! Each controller is a pure function from what the cache holds to the [`Write`](decision::Write)s that bring it
//! closer to what is wanted; one loop looks after every change, decides for each workload, and writes. Left out, and
//! said so: CronJobs and horizontal autoscaling do nothing, disruption budgets are not asked, Jobs are not indexed,
//! and the revisions of StatefulSets and DaemonSets are labels on their pods without ControllerRevisions.

mod claim;
mod conditions;
mod controllers;
mod daemon_set;
mod decision;
mod deployment;
mod endpoints;
mod hash;
mod job;
mod pods;
mod replica_set;
mod rollout;
mod stateful_set;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub(super) use controllers::run;
