//! The error dictionary: what the texts of controllers mean, and the command that mends them.

use std::sync::LazyLock;

use regex::Regex;

use crate::external_secrets::Origin;

/// What to do about a text that a controller wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It passes by itself once something else is up.
    Wait,
    /// The store was not ready when the canary looked: ask again.
    Nudge,
    /// Somebody refused for good: waiting, or trying again, makes it worse.
    Refused,
    /// It needs a person.
    Fix,
}

/// An entry of the dictionary, applied to a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What to do about it.
    pub class: Class,
    /// What the text means.
    pub meaning: String,
    /// What mends it.
    pub remedy: String,
}

struct Entry {
    /// Whose texts these are; without it, anybody's.
    of: Option<Origin>,
    pattern: &'static str,
    class: Class,
    meaning: &'static str,
    remedy: &'static str,
}

/// `$1` in meaning and remedy is the pattern's first group, `{origin}` is who answers behind the store. The first that fits counts.
const ENTRIES: [Entry; 38] = [
    Entry {
        of: Some(Origin::Vault),
        pattern: r"(service account name|namespace) not authorized",
        class: Class::Fix,
        meaning: "Vault's role is for another service account, or for another namespace of it",
        remedy: "bind the role to the store's service account: `vault write auth/kubernetes/role/ROLE bound_service_account_names=… bound_service_account_namespaces=…`",
    },
    Entry {
        of: Some(Origin::Vault),
        pattern: r#"(?s)auth/[^ ]+/login.*invalid role name "([^"]*)""#,
        class: Class::Fix,
        meaning: "Vault has no role `$1` for Kubernetes auth",
        remedy: "correct `vault.role`, or make the role: `vault write auth/kubernetes/role/$1 …`",
    },
    Entry {
        of: Some(Origin::Vault),
        pattern: r"(?s)auth/[^ ]+/login.*Code: 403",
        class: Class::Fix,
        meaning: "Vault does not believe the service account's token",
        remedy: "look at `vault read auth/kubernetes/config`: its reviewer's token may ask the API server (`system:auth-delegator`), and the role's audience is the store's",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"status 401: (Invalid token signature|.*[Ii]nvalid.*token.*)",
        class: Class::Refused,
        meaning: "Connect refuses the token: it was made for another Connect server, or was revoked",
        remedy: "make a token for the server of these credentials (`op connect token create`), put it into the SOPS file, run `eggtooth up` again",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"status 401",
        class: Class::Refused,
        meaning: "Connect refuses the token",
        remedy: "make a new one (`op connect token create`), put it into the SOPS file, run `eggtooth up` again",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"status 403: Authorization: token does not have access to vault ?(\S*)",
        class: Class::Refused,
        meaning: "the token can't see the vault $1",
        remedy: "a token's vaults are fixed when it is made: make one with that vault, put it into the SOPS file, run `eggtooth up` again",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"status 403: vault (\S+) is not in scope",
        class: Class::Refused,
        meaning: "the token can't see the vault $1",
        remedy: "a token's vaults are fixed when it is made: make one with that vault, put it into the SOPS file, run `eggtooth up` again",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"status 403",
        class: Class::Refused,
        meaning: "Connect does not allow it to this token",
        remedy: "grant the Connect server the vault, or make a token that has it",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r#"[Ff]ound 0 vaults? with title "([^"]*)""#,
        class: Class::Fix,
        meaning: "no vault `$1` is visible to the token: its name is wrong, or it is not granted",
        remedy: "correct the name under `vaults`, or make a token that has the vault",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"[Ff]ound (\d+) vaults with title",
        class: Class::Fix,
        meaning: "$1 vaults have this name",
        remedy: "write the vault's id (26 characters) under `vaults` in place of its name",
    },
    Entry {
        of: None,
        pattern: r#"invalid header field value for "Authorization""#,
        class: Class::Fix,
        meaning: "the token in the Secret has a newline or another character that a header can't have",
        remedy: "run `eggtooth up`: it seeds the token without it",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"key not found in 1Password Vaults: (.*) in:",
        class: Class::Fix,
        meaning: "none of the store's vaults has an item `$1`",
        remedy: "make the item, or correct `canary.item`",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"expected one 1Password (?:Item|ItemField) matching: (.*), got (\d+)",
        class: Class::Fix,
        meaning: "the item or field $1 is there $2 times, not once",
        remedy: "correct `canary.item` and `canary.property`; a field is found by its label",
    },
    Entry {
        of: Some(Origin::PulumiEsc),
        pattern: r"\b40[13] (Unauthorized|Forbidden)",
        class: Class::Refused,
        meaning: "Pulumi refuses the access token",
        remedy: "make a new one in Pulumi Cloud for somebody who may open the environment, put it into the SOPS file, run `eggtooth up` again",
    },
    Entry {
        of: Some(Origin::PulumiEsc),
        pattern: r"\b404 Not Found|no value given for required property id",
        class: Class::Fix,
        meaning: "Pulumi knows no such environment, or it can't be opened, or it has no such value",
        remedy: "correct `organization`, `project`, `environment` or the key; try it with `pulumi env open`",
    },
    Entry {
        of: Some(Origin::PulumiEsc),
        pattern: r"undefined response type",
        class: Class::Fix,
        meaning: "what answers at the store's address is not Pulumi's API",
        remedy: "correct `apiUrl`: it ends with `/api/esc`",
    },
    Entry {
        of: Some(Origin::Kubernetes),
        pattern: r#"secrets "([^"]+)" is forbidden: User "(system:serviceaccount:[^"]+)" cannot get"#,
        class: Class::Fix,
        meaning: "the store's service account may not read the Secrets: its Role lacks `$1`, or its RoleBinding is gone",
        remedy: "`eggtooth up` puts both back; `kubectl auth can-i get secrets/$1 --as $2 -n NAMESPACE` asks for the right",
    },
    Entry {
        of: Some(Origin::Kubernetes),
        pattern: r"client is not allowed to get secrets",
        class: Class::Fix,
        meaning: "the store's service account may not read the Secrets: its Role or RoleBinding is gone",
        remedy: "`eggtooth up` puts both back",
    },
    Entry {
        of: None,
        pattern: r"is not allowed from namespace",
        class: Class::Fix,
        meaning: "the store's conditions do not allow the canary's namespace",
        remedy: "set `canary.namespace` to one that they allow",
    },
    Entry {
        of: None,
        pattern: r#"Store "?[^"]*"? is not ready"#,
        class: Class::Nudge,
        meaning: "the store was not ready when the operator looked",
        remedy: "wait for the store",
    },
    Entry {
        of: None,
        pattern: r#"cannot get Kubernetes secret "([^"]+)"|cannot find secret data for key"#,
        class: Class::Wait,
        meaning: "the Secret that the store refers to is not there yet",
        remedy: "run `eggtooth up`: it seeds the Secret before the store",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"connection refused|no such host|i/o timeout|deadline exceeded|EOF|connection reset|no route to host",
        class: Class::Wait,
        meaning: "Connect does not answer at the store's address",
        remedy: "look at its pods: `kubectl get pods -l app=onepassword-connect -A`",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"status (408|429|503)",
        class: Class::Wait,
        meaning: "Connect has not synchronised with 1Password yet",
        remedy: "look at what holds it up: `kubectl logs -n onepassword deployment/onepassword-connect -c connect-sync`",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"status 50[24]",
        class: Class::Wait,
        meaning: "not Connect answers at the store's address, but a proxy before it",
        remedy: "look for the proxy, ingress or mesh in between, and at Connect behind it: `kubectl get pods,services -n onepassword`",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"status 5\d\d",
        class: Class::Wait,
        meaning: "Connect is up, but fails inside: most often it can't read its credentials",
        remedy: "look at its log: `kubectl logs -n onepassword deployment/onepassword-connect -c connect-api`",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"status 0:|invalid character .* (looking for|after)",
        class: Class::Fix,
        meaning: "what answers at the store's address is not Connect",
        remedy: "look at where the store points: `kubectl get clustersecretstores -o yaml`, `connectHost`",
    },
    Entry {
        of: Some(Origin::Connect),
        pattern: r"the operator has not (looked at|synced) it yet",
        class: Class::Wait,
        meaning: "the operator gives no answer: it waits, without a limit, for a server that takes requests and never answers",
        remedy: "restart Connect: `kubectl delete pods -A -l app=onepassword-connect`; without a Connect in the cluster, the operator: `kubectl delete pods -A -l app.kubernetes.io/name=external-secrets`",
    },
    Entry {
        of: None,
        pattern: r"connection refused|no such host|i/o timeout|deadline exceeded|EOF|connection reset|no route to host",
        class: Class::Wait,
        meaning: "{origin} does not answer at the store's address",
        remedy: "look at the way there from the operator's pods: the address, DNS, NetworkPolicies, a proxy",
    },
    Entry {
        of: None,
        pattern: r"the operator has not (looked at|synced) it yet",
        class: Class::Wait,
        meaning: "the operator gives no answer: it is not up, or waits, without a limit, for {origin}, which takes requests and never answers",
        remedy: "look at its log: `kubectl logs -A -l app.kubernetes.io/name=external-secrets`",
    },
    Entry {
        of: Some(Origin::Aws),
        pattern: r"AssumeRoleWithWebIdentity|InvalidIdentityToken|AccessDenied: Not authorized to perform sts",
        class: Class::Fix,
        meaning: "AWS does not let the service account take the role on",
        remedy: "look at the role's trust policy: its provider is the cluster's issuer, and its condition names this service account (`system:serviceaccount:NAMESPACE:NAME`) and the audience `sts.amazonaws.com`",
    },
    Entry {
        of: Some(Origin::Aws),
        pattern: r"AccessDenied",
        class: Class::Fix,
        meaning: "AWS does not allow it to the role",
        remedy: "let the role's policy allow `secretsmanager:GetSecretValue` or `ssm:GetParameter` on the secret, and `kms:Decrypt` with its key",
    },
    Entry {
        of: Some(Origin::Gcp),
        pattern: r"PermissionDenied",
        class: Class::Fix,
        meaning: "Google Cloud does not allow it to the service account",
        remedy: "grant `roles/secretmanager.secretAccessor` on the secret, and `roles/iam.workloadIdentityUser` to the cluster's service account",
    },
    Entry {
        of: Some(Origin::Azure),
        pattern: r"AADSTS(\d+)",
        class: Class::Fix,
        meaning: "Entra ID does not believe the service account (AADSTS$1)",
        remedy: "look at the federated credential of the application: issuer, subject (`system:serviceaccount:NAMESPACE:NAME`) and audience",
    },
    Entry {
        of: Some(Origin::Azure),
        pattern: r"Forbidden|StatusCode=403",
        class: Class::Fix,
        meaning: "Azure does not allow it to the identity",
        remedy: "grant it `Key Vault Secrets User` on the vault, and let the vault's network rules admit the cluster",
    },
    Entry {
        of: Some(Origin::Vault),
        pattern: r"(?s)Code: 403",
        class: Class::Fix,
        meaning: "Vault does not allow it to the role",
        remedy: "let a policy of the role allow `read` on the path; for an engine of version 2 that is `MOUNT/data/PATH`",
    },
    Entry {
        of: None,
        pattern: r"key: ([^,)]+)[,)].*Secret does not exist",
        class: Class::Fix,
        meaning: "{origin} has no secret `$1`",
        remedy: "make it there, or correct the key",
    },
    Entry {
        of: None,
        pattern: r"^Deployment ([^/]+)/(\S+) is not available",
        class: Class::Wait,
        meaning: "what the store stands on is not up",
        remedy: "look at what holds it up: `kubectl get events -n $1 --field-selector type=Warning`",
    },
    Entry {
        of: None,
        pattern: r"the value is another than the environment expects",
        class: Class::Fix,
        meaning: "the store delivers, but not what the environment says",
        remedy: "correct `canary.equals` in the environment, or the item",
    },
];

/// Returns what a controller's text about a store means, if the dictionary knows it; `origin` is who answers behind the store.
pub fn explain(text: &str, origin: Origin) -> Option<Explanation> {
    static PATTERNS: LazyLock<Vec<Option<Regex>>> =
        LazyLock::new(|| ENTRIES.iter().map(|entry| Regex::new(entry.pattern).ok()).collect());
    let of = |entry: &Entry| entry.of.is_none_or(|of| of == origin);
    ENTRIES.iter().zip(PATTERNS.iter()).filter(|(entry, _)| of(entry)).find_map(|(entry, pattern)| {
        let groups = pattern.as_ref()?.captures(text)?;
        let fill = |template: &str| {
            let mut filled = String::new();
            groups.expand(template, &mut filled);
            filled.replace("{origin}", &origin.to_string())
        };
        Some(Explanation { class: entry.class, meaning: fill(entry.meaning), remedy: fill(entry.remedy) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_a_regular_expression() {
        for entry in &ENTRIES {
            assert!(Regex::new(entry.pattern).is_ok(), "{}", entry.pattern);
        }
    }

    #[test]
    fn the_texts_of_the_operator_are_understood() {
        let connect = |text: &str| explain(text, Origin::Connect);
        let class = |text: &str| connect(text).map(|explanation| explanation.class);
        assert_eq!(
            class("could not validate provider: status 401: Invalid token signature"),
            Some(Class::Refused)
        );
        assert_eq!(class("status 408: sync did not complete within timeout"), Some(Class::Wait));
        assert_eq!(
            class("could not get secret: ClusterSecretStore \"onepassword\" is not ready"),
            Some(Class::Nudge)
        );
        assert_eq!(
            class("dial tcp: lookup onepassword-connect.onepassword.svc: no such host"),
            Some(Class::Wait)
        );
        assert_eq!(class("something never seen"), None);
        let meaning = |text: &str| connect(text).unwrap().meaning;
        assert!(meaning("status 502: Bad Gateway").contains("a proxy before it"));
        assert!(meaning("status 500: Something went wrong").contains("fails inside"));
        let late = connect("Deployment onepassword/onepassword-connect is not available: 0 of 1").unwrap();
        assert!(late.remedy.contains("-n onepassword "), "{}", late.remedy);
        let esc = |text: &str| explain(text, Origin::PulumiEsc).map(|explanation| explanation.class);
        assert_eq!(esc("error getting secret: 401 Unauthorized"), Some(Class::Refused));
        assert_eq!(esc("error getting secret: 404 Not Found"), Some(Class::Fix));
        let forbidden = r#"err: secrets "canary" is forbidden: User "system:serviceaccount:a:b" cannot get resource "secrets""#;
        let forbidden = explain(forbidden, Origin::Kubernetes).unwrap();
        assert!(forbidden.remedy.contains("--as system:serviceaccount:a:b "), "{}", forbidden.remedy);
        let vault = connect("Found 0 vaults with title \"prod\"").unwrap();
        assert_eq!(vault.class, Class::Fix);
        assert!(vault.meaning.contains("no vault `prod` is visible"), "{}", vault.meaning);
    }

    #[test]
    fn one_text_means_what_it_means_of_the_service_behind_the_store() {
        let meaning = |text: &str, origin| explain(text, origin).unwrap().meaning;
        let refused = "dial tcp 10.0.0.1:443: connect: connection refused";
        assert_eq!(meaning(refused, Origin::Connect), "Connect does not answer at the store's address");
        assert_eq!(meaning(refused, Origin::Vault), "Vault does not answer at the store's address");
        let absent = "error processing spec.data[0] (key: prod/canary), err: Secret does not exist";
        assert_eq!(meaning(absent, Origin::Aws), "AWS has no secret `prod/canary`");
        let denied = "operation error STS: AssumeRoleWithWebIdentity, api error AccessDenied: Not authorized";
        assert!(explain(denied, Origin::Aws).unwrap().remedy.contains("trust policy"));
        assert!(meaning("api error AccessDeniedException: no", Origin::Aws).contains("to the role"));
        assert!(
            meaning("AADSTS70021: No matching federated identity", Origin::Azure).contains("(AADSTS70021)")
        );
        assert_eq!(explain("status 403", Origin::Gcp), None, "Connect's words are Connect's");
    }
}
