//! What `--help` shows at its end: command lines as one types them, each with what it is for.

pub(super) const EGGTOOTH: &str = "\
Examples:
  eggtooth preview production                 look at what would be done
  eggtooth up production                      do it, and prove that the stores deliver
  eggtooth destroy production                 take it all down again

ENV is a file: environments/ENV.yaml. Exit codes: 0 done, 1 failed, 2 changes pending, 3 locked, 4 wrong cluster,
5 can't decrypt, 6 applied but not usable, 64 usage.";

pub(super) const PREVIEW: &str = "\
Examples:
  eggtooth preview production
  eggtooth preview production --detailed-exitcode    end with 2 when something would change
  eggtooth preview production --json                 the plan as one line of JSON";

pub(super) const UP: &str = "\
Examples:
  eggtooth up production                      show the plan and ask
  eggtooth up production --yes --json         in a pipeline: no question, one event a line
  eggtooth up production --charts charts      take the charts from a folder, without network
  eggtooth up dev --context kind-dev          on the cluster of another context";

pub(super) const DESTROY: &str = "\
Examples:
  eggtooth destroy dev                        show what goes, also what others lose, and ask
  eggtooth destroy dev --yes --allow-loss 2   without a question, with two objects of others";

pub(super) const SEAL: &str = "\
Examples:
  eggtooth seal secret.yaml --cert sealing.pem -w sealed.yaml
  eggtooth seal --cert sealing.pem --scope namespace-wide -n nest    manifests from stdin
  eggtooth seal --raw --cert sealing.pem -n nest --name egg --from-file yolk";

pub(super) const SEAL_NEW_KEY: &str = "\
Examples:
  eggtooth seal new-key bootstrap/secrets/production.sops.yaml --cert-out sealing.pem";

pub(super) const SEAL_BACKUP: &str = "\
Examples:
  eggtooth seal backup bootstrap/secrets/production.sops.yaml        a second run changes nothing";

pub(super) const SEAL_CERT: &str = "\
Examples:
  eggtooth seal cert bootstrap/secrets/production.sops.yaml          what to seal with";

pub(super) const OUTPUTS: &str = "\
Examples:
  eggtooth outputs production
  eggtooth outputs production --json";

pub(super) const VERIFY: &str = "\
Examples:
  eggtooth verify production                  ends with 6 when a store does not deliver
  eggtooth verify production --timeout 10";

pub(super) const REFRESH: &str = "\
Examples:
  eggtooth refresh production                    show what the state has wrong, and ask
  eggtooth refresh production --preview-only     only show it";

pub(super) const REHEARSE: &str = "\
Examples:
  eggtooth rehearse production --objective 2m         the disaster too: fail when re-seeding takes longer
  eggtooth rehearse production --fault connect-500    how a run ends under a fault, and whether the next one heals
  eggtooth rehearse production --faults all           every fault, then combinations of some
  eggtooth rehearse production --combinations 100 --seed 7    more of them, the same each time
  eggtooth rehearse production --offline-secrets      without its key: for pull requests of others
  eggtooth rehearse production --report report.html   a page for who has to know
  eggtooth rehearse demo --serve                      look around in it with kubectl and helm

Nothing outside of this process is written and no cluster is asked. Time in the cluster in memory is simulated.";

pub(super) const UNLOCK: &str = "\
Examples:
  eggtooth unlock production                  a run that still lives stops writing then";

pub(super) const ENV_OPEN: &str = "\
Examples:
  eggtooth env open production                        secrets are shown as [secret]
  eggtooth env open production --timings              what each source took, and how many requests
  eggtooth env open production --format json --show-secrets=always";

pub(super) const ENV_LIST: &str = "\
Examples:
  eggtooth env list";

pub(super) const ENV_EDIT: &str = "\
Examples:
  eggtooth env edit production

The editor is that of SOPS_EDITOR, EDITOR or VISUAL, else vim, nano or vi.";

pub(super) const ENV_GET: &str = "\
Examples:
  eggtooth env get production cluster.context
  eggtooth env get production 'stores[0].name'
  eggtooth env get production bootstrap.connect.token --show-secrets";

pub(super) const ENV_RUN: &str = "\
Examples:
  eggtooth env run production -- terraform plan
  eggtooth env run production -i -- bash              the terminal as it is, without the filter

`environmentVariables` become variables; each entry of `files` a file of mode 0600 that is gone afterwards, whose path the
variable holds. The output is searched for secrets of six characters or more. Signals are passed on, and the exit code is
the command's. It starts without SOPS_*, OP_* and EGGTOOTH_* variables.";

pub(super) const ENV_SET: &str = "\
Examples:
  eggtooth env set production cluster.context kind-dev
  eggtooth env set production bootstrap.connect.token op://vault/item/token --secret
  cat token | eggtooth env set production bootstrap.pulumi.access_token --secret
  eggtooth env set production bootstrap.flux.ssh_private_key --generate ssh-key

A value that comes from a SOPS file is changed there, also through `${…}` and imports. Comments and form stay.
A key that was generated is kept with the others in the SOPS file, so it outlives the cluster; generating it again only
prints its public half.";

pub(super) const ENV_DIFF: &str = "\
Examples:
  eggtooth env diff staging production                ~ differs, - only in the first, + only in the second";

pub(super) const ENV_GRAPH: &str = "\
Examples:
  eggtooth env graph production                       for Markdown: Mermaid
  eggtooth env graph production --format dot";

pub(super) const ENV_SCHEMA: &str = "\
Examples:
  eggtooth env schema                                 then, as an environment's first line:
                                                      # yaml-language-server: $schema=schema.json";

pub(super) const ENV_CHECK: &str = "\
Examples:
  eggtooth env check production               needs no key: for reviews and pipelines

What looks like a secret in plain text is an error, unless its line has the comment `# eggtooth:not-secret`.";

pub(super) const HELM: &str = "\
A script that calls helm may call `eggtooth helm` in its place: verbs, flags and what is printed are helm 4.3.1's.
Wrong words end with 64, where helm ends with 1, as it does for whatever else fails; that ends with 1 here, too.";

pub(super) const HELM_TEMPLATE: &str = "\
Examples:
  eggtooth helm template web charts/web
  eggtooth helm template web web-1.0.0.tgz -n shop -f values.yaml --set replicas=2
  eggtooth helm template web charts/web --kube-version 1.35 --api-versions monitoring.coreos.com/v1";

pub(super) const HELM_LIST: &str = "\
Examples:
  eggtooth helm list -A                               the releases of all namespaces
  eggtooth helm list -n shop --failed --pending -o json

Records are read from Secrets; from ConfigMaps with HELM_DRIVER=configmap.";

pub(super) const HELM_HISTORY: &str = "\
Examples:
  eggtooth helm history web -n shop
  eggtooth helm history web --max 3 -o yaml";

pub(super) const HELM_STATUS: &str = "\
Examples:
  eggtooth helm status web -n shop
  eggtooth helm status web --revision 2 -o json";

pub(super) const HELM_INSTALL: &str = "\
Examples:
  eggtooth helm install web charts/web -n shop --create-namespace --wait
  eggtooth helm install web web-1.0.0.tgz -f values.yaml --rollback-on-failure
  eggtooth helm install web charts/web --dry-run=server";

pub(super) const HELM_UPGRADE: &str = "\
Examples:
  eggtooth helm upgrade web charts/web --install --wait --timeout 10m
  eggtooth helm upgrade web charts/web --reuse-values --set replicas=3 --rollback-on-failure

A revision whose maker is known to be dead is closed as failed, and the work goes on.";

pub(super) const HELM_VERIFY: &str = "\
Examples:
  eggtooth helm verify podinfo-6.14.1.tgz --keyring podinfo.asc
  eggtooth helm pull podinfo --repo https://stefanprodan.github.io/podinfo --verify

Keys are read from GnuPG's own rings, pubring.gpg and pubring.kbx, and from what gpg --export --armor writes.";

pub(super) const HELM_ROLLBACK: &str = "\
Examples:
  eggtooth helm rollback web                          to the revision before
  eggtooth helm rollback web 3 --wait";

pub(super) const HELM_UNINSTALL: &str = "\
Examples:
  eggtooth helm uninstall web -n shop --wait
  eggtooth helm uninstall web --keep-history";

pub(super) const HELM_TEST: &str = "\
Examples:
  eggtooth helm test web --logs
  eggtooth helm test web --filter '!name=slow'";

pub(super) const HELM_DIFF: &str = "\
Examples:
  eggtooth helm diff web charts/web -n shop --set replicas=3
  eggtooth helm diff web web-1.1.0.tgz --reuse-values --detailed-exitcode    end with 2 when something would change";

pub(super) const HELM_GET: &str = "\
Examples:
  eggtooth helm get manifest web -n shop
  eggtooth helm get values web --all -o json
  eggtooth helm get all web --template '{{.Release.Chart.Metadata.Version}}'
  eggtooth helm get metadata web --revision 2";

pub(super) const HELM_PULL: &str = "\
Examples:
  eggtooth helm pull podinfo --repo https://charts.example.com --version ^6
  eggtooth helm pull oci://registry.example.com/charts/podinfo --untar
  eggtooth helm pull examples/podinfo -d charts      examples is what `helm repo add` called it";

pub(super) const HELM_SHOW: &str = "\
Examples:
  eggtooth helm show values charts/web
  eggtooth helm show chart podinfo --repo https://charts.example.com";

pub(super) const HELM_DEPENDENCY_LIST: &str = "\
Examples:
  eggtooth helm dependency list charts/web";

pub(super) const HELM_DEPENDENCY_UPDATE: &str = "\
Examples:
  eggtooth helm dependency update charts/web    resolve the ranges in Chart.yaml anew
  eggtooth helm dependency build charts/web     bring exactly what Chart.lock names";

pub(super) const HELM_LINT: &str = "\
Examples:
  eggtooth helm lint charts/web
  eggtooth helm lint charts/web charts/db --strict -f values.yaml";

pub(super) const HELM_LOCK: &str = "\
Examples:
  eggtooth helm lock                      fetch all that is pinned, and check its digests
  eggtooth helm lock external-secrets --repo https://charts.external-secrets.io --version 2.9.0
  eggtooth helm lock --update             pin the newest releases";

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _, Parser as _};

    use crate::cli::args::Arguments;

    /// Returns the commands below that do something themselves.
    fn leaves(command: &Command) -> Vec<&Command> {
        let mut below = command.get_subcommands().flat_map(leaves).collect::<Vec<_>>();
        if below.is_empty() {
            below.push(command);
        }
        below
    }

    #[test]
    fn every_verb_has_examples_and_each_can_be_typed() {
        let command = Arguments::command();
        // Those of sops are as sops has them.
        let verbs =
            command.get_subcommands().filter(|verb| !["sops", "completion"].contains(&verb.get_name()));
        let mut texts = vec![super::EGGTOOTH.to_owned()];
        for verb in verbs.flat_map(leaves) {
            texts.push(
                verb.get_after_help()
                    .unwrap_or_else(|| panic!("{} has no examples", verb.get_name()))
                    .to_string(),
            );
        }
        let typed = |line: &str| {
            let line = line.strip_prefix("  eggtooth ")?;
            let words = line.split_once("   ").map_or(line, |(words, _)| words);
            Some(format!("eggtooth {words}"))
        };
        let examples: Vec<String> = texts.join("\n").lines().filter_map(typed).collect();
        assert!(examples.len() > 15);
        for example in examples {
            let words = shlex::split(&example).unwrap();
            assert!(Arguments::try_parse_from(words).is_ok(), "{example}");
        }
    }
}
