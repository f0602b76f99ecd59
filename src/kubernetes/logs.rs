//! The logs of pods.

use super::{Client, KubernetesError, Manifest, client::Call};

impl Client {
    /// Returns the last lines that a pod's container wrote.
    pub async fn logs(&self, pod: &Manifest, container: &str, lines: u32) -> Result<String, KubernetesError> {
        self.log(pod, container, lines, false).await
    }

    /// Returns the last lines that a pod's container wrote before it was started again.
    pub async fn previous_logs(
        &self,
        pod: &Manifest,
        container: &str,
        lines: u32,
    ) -> Result<String, KubernetesError> {
        self.log(pod, container, lines, true).await
    }

    async fn log(
        &self,
        pod: &Manifest,
        container: &str,
        lines: u32,
        previous: bool,
    ) -> Result<String, KubernetesError> {
        let resource = self.resource_of(pod).await?;
        let path = format!("{}/log", resource.object(&pod.object_name()));
        let mut call = Call::get(format!("read the log of {pod}"), path)
            .query("container", container)
            .query("tailLines", lines.to_string());
        if previous {
            call = call.query("previous", "true");
        }
        self.text(call).await
    }
}
