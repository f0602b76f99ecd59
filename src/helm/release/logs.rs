//! What the pods of a hook wrote, for whoever has to know why it failed.

use super::hooks::Course;
use crate::helm::hooks::Hook;
use crate::kubernetes::{Client, KubernetesError, Manifest, Selection};
use crate::resource::GroupKind;

/// How many lines are told of each container.
const LINES: u32 = 20;

/// What a container wrote last.
pub(in crate::helm) struct Log {
    pub(in crate::helm) pod: Manifest,
    pub(in crate::helm) container: String,
    pub(in crate::helm) text: String,
}

/// Tells the last lines of the hook's pods.
pub(super) async fn tell(course: Course<'_>, hook: &Hook) {
    for Log { pod, container, text } in of_hook(course, hook).await {
        let lines = text.trim_end().replace('\n', "\n  ");
        course.progress.note(&format!("{pod}, container {container}:\n  {lines}"));
    }
}

/// Returns the last lines of each container of the hook's pods. What can't be read is passed over: how the hook ended is
/// told anyway.
pub(in crate::helm) async fn of_hook(course: Course<'_>, hook: &Hook) -> Vec<Log> {
    let mut logs = Vec::new();
    for object in course.objects(hook).await.unwrap_or_default() {
        for pod in pods(course.client, &object).await.unwrap_or_default() {
            for (container, text) in of_pod(course.client, &pod).await {
                logs.push(Log { pod: pod.clone(), container, text });
            }
        }
    }
    logs
}

/// Returns the pods that a hook's object is, or made.
async fn pods(client: &Client, object: &Manifest) -> Result<Vec<Manifest>, KubernetesError> {
    let resource = client.resource(&GroupKind::new("", "Pod"), Some("v1")).await?;
    match object.kind() {
        "Pod" => Ok(client.get(&resource, &object.object_name()).await?.into_iter().collect()),
        "Job" => {
            let labels = format!("job-name={}", object.name());
            let selection =
                Selection { namespace: object.namespace(), labels: Some(&labels), ..Selection::default() };
            client.list(&resource, selection).await
        }
        _ => Ok(Vec::new()),
    }
}

/// Returns the last lines of each of the pod's containers.
async fn of_pod(client: &Client, pod: &Manifest) -> Vec<(String, String)> {
    let mut logs = Vec::new();
    for container in containers(pod) {
        if let Ok(text) = client.logs(pod, &container, LINES).await
            && !text.trim().is_empty()
        {
            logs.push((container, text));
        }
    }
    logs
}

fn containers(pod: &Manifest) -> Vec<String> {
    let lists = ["initContainers", "containers"].map(|list| pod.get(&["spec", list]));
    let containers = lists.into_iter().flatten().filter_map(|list| list.as_array()).flatten();
    containers.filter_map(|container| Some(container["name"].as_str()?.to_owned())).collect()
}
