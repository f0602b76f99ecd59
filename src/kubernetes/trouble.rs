//! Why a workload is not ready: what its pods and their events say.
//!
//! A Deployment only counts replicas. The cause is in a container's state (an image that can't be pulled), in the
//! pod's scheduling, or in an event (a Secret to mount that is not there).

use serde_json::Value as Json;

use super::{ApiResource, Client, Key, KubernetesError, Manifest, Selection};
use crate::resource::Progress;

/// How many lines are told of each container that ended in vain.
const LINES: u32 = 10;

fn core(kind: &str, plural: &str) -> ApiResource {
    ApiResource {
        group: String::new(),
        version: "v1".into(),
        kind: kind.into(),
        plural: plural.into(),
        namespaced: true,
    }
}

impl Client {
    /// Returns, for each workload whose pods are in trouble, what the trouble is. It explains, and proves nothing:
    /// what can't be read is left out.
    pub(super) async fn troubles(&self, workloads: impl Iterator<Item = &Manifest>) -> Vec<(Key, String)> {
        let mut found = Vec::new();
        for workload in workloads {
            if let Ok(Some(trouble)) = self.trouble(workload).await {
                found.push((workload.key(), trouble));
            }
        }
        found
    }

    /// Returns what is wrong with a workload's pods, if anything is; of what has no pods, what was told of it last.
    pub async fn trouble(&self, workload: &Manifest) -> Result<Option<String>, KubernetesError> {
        if workload.kind() == "PersistentVolumeClaim" {
            // That there is no volume for it is told as something usual.
            return self.last_event(workload, "").await;
        }
        let pods = self.pods_of(workload).await?;
        for pod in &pods {
            if let Some(trouble) = container_trouble(pod) {
                return Ok(Some(format!("pod {}: {trouble}", pod.name())));
            }
        }
        for pod in pods.iter().filter(|pod| pod.text(&["status", "phase"]) == "Pending") {
            if let Some(event) = self.last_warning(pod).await? {
                return Ok(Some(format!("pod {}: {event}", pod.name())));
            }
        }
        // Where pods may not be made, the workload itself says so.
        if let Some(failure) = workload.condition("ReplicaFailure").filter(|failure| failure.status == "True")
        {
            return Ok(Some(failure.text()));
        }
        if pods.is_empty() { self.last_warning(workload).await } else { Ok(None) }
    }

    /// Returns the pod itself, or those that the workload selects.
    async fn pods_of(&self, workload: &Manifest) -> Result<Vec<Manifest>, KubernetesError> {
        if workload.kind() == "Pod" {
            return Ok(self.get(&core("Pod", "pods"), &workload.object_name()).await?.into_iter().collect());
        }
        let Some(labels) = selector(workload) else { return Ok(Vec::new()) };
        let selection = Selection { namespace: workload.namespace(), labels: Some(&labels), fields: None };
        self.list(&core("Pod", "pods"), selection).await
    }

    /// Tells the last log lines of the containers that ended in vain. It is told and is part of no error, because an error
    /// goes into the release's record, and a log may say anything.
    pub(super) async fn tell_last_words(
        &self,
        workloads: impl Iterator<Item = &Manifest>,
        progress: &dyn Progress,
    ) {
        for workload in workloads {
            for pod in self.pods_of(workload).await.unwrap_or_default() {
                for (container, previous) in ended_in_vain(&pod) {
                    let log = if previous {
                        self.previous_logs(&pod, &container, LINES).await
                    } else {
                        self.logs(&pod, &container, LINES).await
                    };
                    if let Ok(text) = log
                        && !text.trim().is_empty()
                    {
                        let lines = text.trim_end().replace('\n', "\n  ");
                        progress.note(&format!("{pod}, container {container}:\n  {lines}"));
                    }
                }
            }
        }
    }

    /// Returns the last warning that was told of an object.
    pub async fn last_warning(&self, object: &Manifest) -> Result<Option<String>, KubernetesError> {
        self.last_event(object, "type=Warning,").await
    }

    async fn last_event(&self, object: &Manifest, of_type: &str) -> Result<Option<String>, KubernetesError> {
        let fields =
            format!("{of_type}involvedObject.name={},involvedObject.kind={}", object.name(), object.kind());
        // Events of cluster-scoped objects are in the namespace `default`.
        let namespace = object.namespace().or(Some("default"));
        let selection = Selection { namespace, labels: None, fields: Some(&fields) };
        let mut events = self.list(&core("Event", "events"), selection).await?;
        events.retain(|event| {
            let uid = event.text(&["involvedObject", "uid"]);
            uid.is_empty() || object.uid().is_empty() || uid == object.uid()
        });
        events.sort_by(|a, b| when(a).cmp(when(b)));
        Ok(events.last().map(|event| format!("{}: {}", event.text(&["reason"]), event.text(&["message"]))))
    }
}

fn when(event: &Manifest) -> &str {
    [["lastTimestamp"].as_slice(), &["eventTime"], &["metadata", "creationTimestamp"]]
        .into_iter()
        .map(|path| event.text(path))
        .find(|time| !time.is_empty())
        .unwrap_or_default()
}

fn selector(workload: &Manifest) -> Option<String> {
    let labels = workload.get(&["spec", "selector", "matchLabels"])?.as_object()?;
    let pairs: Vec<String> =
        labels.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
    Some(pairs.join(",")).filter(|labels| !labels.is_empty())
}

/// States of a container that are only the way to running.
const ON_ITS_WAY: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// Returns the containers that ended with an error, and whether that was before the present one.
fn ended_in_vain(pod: &Manifest) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for container in statuses(pod) {
        let name = container["name"].as_str().unwrap_or_default();
        let code = |state: &str| container[state]["terminated"]["exitCode"].as_i64().unwrap_or_default();
        if code("state") != 0 {
            found.push((name.to_owned(), false));
        } else if code("lastState") != 0 {
            found.push((name.to_owned(), true));
        }
    }
    found
}

fn statuses(pod: &Manifest) -> impl Iterator<Item = &Json> {
    let lists = ["initContainerStatuses", "containerStatuses"].into_iter();
    lists.filter_map(|field| pod.get(&["status", field])?.as_array()).flatten()
}

fn container_trouble(pod: &Manifest) -> Option<String> {
    if let Some(scheduled) = pod.condition("PodScheduled").filter(|scheduled| scheduled.status == "False") {
        return Some(scheduled.text());
    }
    for container in statuses(pod) {
        let name = container["name"].as_str().unwrap_or_default();
        let waiting = &container["state"]["waiting"];
        let reason = waiting["reason"].as_str().unwrap_or_default();
        if !reason.is_empty() && !ON_ITS_WAY.contains(&reason) {
            let message = waiting["message"].as_str().unwrap_or_default();
            let ended = &container["lastState"]["terminated"]["exitCode"];
            let code = ended.as_i64().map(|code| format!(" (ended with code {code})")).unwrap_or_default();
            return Some(format!("container {name}: {reason}{code} {message}").trim_end().to_owned());
        }
        let ended = &container["state"]["terminated"];
        if ended["exitCode"].as_i64().is_some_and(|code| code != 0) {
            let reason = ended["reason"].as_str().unwrap_or("ended");
            return Some(format!("container {name}: {reason} with code {}", ended["exitCode"]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(status: Json) -> Manifest {
        Manifest::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "status": status}))
            .unwrap()
    }

    #[test]
    fn a_container_that_only_starts_is_no_trouble_and_one_that_cannot_is() {
        let waiting = |reason: &str| {
            pod(
                json!({"containerStatuses": [{"name": "c", "state": {"waiting": {"reason": reason, "message": "m"}}}]}),
            )
        };
        assert_eq!(container_trouble(&waiting("ContainerCreating")), None);
        assert_eq!(
            container_trouble(&waiting("ImagePullBackOff")).unwrap(),
            "container c: ImagePullBackOff m"
        );
    }

    #[test]
    fn the_log_of_a_container_that_crashed_is_that_of_its_last_run() {
        let crashed = json!({"terminated": {"exitCode": 3}});
        let pod = pod(json!({"containerStatuses": [
            {"name": "again", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": crashed},
            {"name": "done", "state": crashed},
            {"name": "well", "state": {"running": {}}, "lastState": {"terminated": {"exitCode": 0}}},
        ]}));
        assert_eq!(ended_in_vain(&pod), [("again".to_owned(), true), ("done".to_owned(), false)]);
    }

    #[test]
    fn a_pod_without_a_node_says_why() {
        let conditions = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}]);
        assert_eq!(
            container_trouble(&pod(json!({"conditions": conditions}))).unwrap(),
            "Unschedulable: 0/3 nodes"
        );
    }
}
