//! The Secrets that a cluster's own tools start with: tokens of Cloudflare and Pulumi, the SSH keys of Flux and the nodes.
//!
//! Nothing is put there by hand. What can be made is made by `eggtooth env set … --generate ssh-key` and kept in the
//! environment's SOPS file, so it outlives the cluster; public keys follow from the private ones.

use std::collections::{BTreeMap, BTreeSet};

use eggtooth::{
    resource::Value,
    secret::Secret,
    stack::{Context, Shape, Stack},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Returns the stack `cluster-secrets`.
pub(crate) fn stack() -> Stack {
    Stack::new("cluster-secrets", "Tokens and SSH keys of the cluster's own tools", program)
}

/// The stack's configuration. The names of secrets are those of `pulumiConfig`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Cloudflare's tokens.
    #[serde(default)]
    cloudflare: Cloudflare,
    /// How Flux gets at git.
    flux: Option<Flux>,
    /// Pulumi's token.
    #[serde(default)]
    pulumi: Pulumi,
    /// The private keys of nodes, as `NAME_private_key`.
    #[serde(default)]
    ssh: BTreeMap<String, Secret<String>>,
    /// Where their users live.
    #[serde(default)]
    namespaces: Namespaces,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cloudflare {
    /// The token by which DNS is changed.
    api_token: Option<Secret<String>>,
    /// The token of a tunnel.
    tunnel_token: Option<Secret<String>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Flux {
    /// The private key; its public half is a deploy key of the repository.
    ssh_private_key: Secret<String>,
    /// The host keys of the git server, as `ssh-keyscan` prints them.
    known_hosts: Secret<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Pulumi {
    /// The access token.
    access_token: Option<Secret<String>>,
}

/// Where each Secret is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
struct Namespaces {
    /// Of `cloudflare-api-token`.
    cloudflare_api_token: Vec<String>,
    /// Of `tunnel-token`.
    tunnel_token: Vec<String>,
    /// Of `flux-system`.
    flux: Vec<String>,
    /// Of `pulumi-access-token`.
    pulumi_access_token: Vec<String>,
    /// Of the nodes' keys.
    ssh: Vec<String>,
}

impl Default for Namespaces {
    fn default() -> Self {
        let one = |name: &str| vec![name.to_owned()];
        Self {
            cloudflare_api_token: one("cert-manager"),
            tunnel_token: one("cloudflared"),
            flux: one("flux-system"),
            pulumi_access_token: one("external-secrets"),
            ssh: one("node-access"),
        }
    }
}

/// A Secret that is wanted in some namespaces.
struct Wanted<'a> {
    name: String,
    field: &'a str,
    shape: Shape,
    values: Vec<(&'a str, Secret<String>)>,
    namespaces: &'a [String],
}

fn program(context: &mut Context<'_>, config: &Config) {
    let places = &config.namespaces;
    let token = |name: &str, field, shape, key, value: &Option<Secret<String>>, namespaces| {
        let values = vec![(key, value.clone()?)];
        Some(Wanted { name: name.to_owned(), field, shape, values, namespaces })
    };
    let tokens = [
        token(
            "cloudflare-api-token",
            "cloudflare.api_token",
            Shape::CloudflareToken,
            "api-token",
            &config.cloudflare.api_token,
            places.cloudflare_api_token.as_slice(),
        ),
        token(
            "tunnel-token",
            "cloudflare.tunnel_token",
            Shape::CloudflareTunnel,
            "token",
            &config.cloudflare.tunnel_token,
            &places.tunnel_token,
        ),
        token(
            "pulumi-access-token",
            "pulumi.access_token",
            Shape::PulumiAccessToken,
            "PULUMI_ACCESS_TOKEN",
            &config.pulumi.access_token,
            &places.pulumi_access_token,
        ),
    ];
    let mut wanted: Vec<Wanted<'_>> = tokens.into_iter().flatten().collect();
    let fields: Vec<String> = config.ssh.keys().map(|name| format!("ssh.{name}")).collect();
    wanted.extend(config.flux.as_ref().and_then(|flux| flux_key(context, flux, &places.flux)));
    for (field, (name, key)) in fields.iter().zip(&config.ssh) {
        wanted.extend(node_key(context, name, field, key, &places.ssh));
    }
    if wanted.is_empty() && config.flux.is_none() && config.ssh.is_empty() {
        let hint = "give it `cloudflare`, `flux`, `pulumi` or `ssh`, as `${pulumiConfig.cloudflare}`";
        context.error("", "the stack has no secret to bring", hint);
    }
    register(context, wanted);
}

fn flux_key<'a>(context: &mut Context<'_>, flux: &Flux, namespaces: &'a [String]) -> Option<Wanted<'a>> {
    let hosts = context.known_hosts("flux.known_hosts", &flux.known_hosts);
    let key = context.ssh_key("flux.ssh_private_key", &flux.ssh_private_key)?;
    hosts?;
    context.output("fluxPublicKey", key.public().as_str());
    let values = vec![
        ("identity", key.text()),
        ("identity.pub", Secret::new(key.public())),
        ("known_hosts", flux.known_hosts.clone()),
    ];
    Some(Wanted { name: "flux-system".to_owned(), field: "flux", shape: Shape::FluxGit, values, namespaces })
}

fn node_key<'a>(
    context: &mut Context<'_>,
    name: &str,
    field: &'a str,
    key: &Secret<String>,
    namespaces: &'a [String],
) -> Option<Wanted<'a>> {
    let Some(node) = name.strip_suffix("_private_key").filter(|node| !node.is_empty()) else {
        context.error(
            field,
            format!("`{name}` is no `NAME_private_key`"),
            "name the node: `NAME_private_key`",
        );
        return None;
    };
    let key = context.ssh_key(field, key)?;
    let node = node.replace('_', "-").to_ascii_lowercase();
    context.output(&format!("{node}PublicKey"), key.public().as_str());
    let values = vec![("ssh-privatekey", key.text()), ("ssh-publickey", Secret::new(key.public()))];
    Some(Wanted { name: format!("{node}-ssh-key"), field, shape: Shape::Ssh, values, namespaces })
}

fn register(context: &mut Context<'_>, wanted: Vec<Wanted<'_>>) {
    let namespaces: BTreeSet<&String> = wanted.iter().flat_map(|one| one.namespaces).collect();
    for namespace in namespaces {
        context.namespace(namespace);
    }
    let mut names = Vec::new();
    for Wanted { name, field, shape, values, namespaces } in wanted {
        let values = values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        for namespace in namespaces {
            context.shaped_secret(namespace, &name, field, shape, &values);
            names.push(Value::from(format!("{namespace}/{name}")));
        }
    }
    context.output("secrets", Value::list(names));
}
