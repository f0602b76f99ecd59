//! What the stacks of this repository find in their configuration, without a key and without a cluster.
#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot go on from")]

use std::path::Path;
use std::process::{Command, Output};

/// Runs `env check` on an environment of this text.
fn check(environment: &str) -> Output {
    let project = tempfile::tempdir().unwrap();
    std::fs::create_dir(project.path().join("environments")).unwrap();
    std::fs::write(project.path().join("environments/test.yaml"), environment).unwrap();
    std::os::unix::fs::symlink(repository().join("bootstrap"), project.path().join("bootstrap")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_eggtooth"))
        .args(["env", "check", "test"])
        .current_dir(project.path())
        .env_clear()
        .output()
        .unwrap()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn expect_refused(environment: &str, texts: &[&str]) {
    let output = check(environment);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for text in texts {
        assert!(told.contains(text), "`{text}` is not in:\n{told}");
    }
}

#[test]
fn each_example_is_short_and_right() {
    for entry in std::fs::read_dir(repository().join("environments/examples")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let output = check(&text);
        assert!(output.status.success(), "{}:\n{}", path.display(), told(&output));
        assert!(text.lines().count() <= 15, "{} is longer than 15 lines", path.display());
    }
}

#[test]
fn a_document_in_an_old_form_is_told_with_the_new_one() {
    let output = check(
        r#"values:
  stacks:
    onepassword-connect:
      documents:
        - apiVersion: external-secrets.io/v1beta1
          kind: ClusterSecretStore
          metadata: { name: old }
          spec: { provider: { onepassword: { connectHost: "http://c", vaults: { v: 1 }, auth: { secretRef: { connectToken: { name: t, key: token, namespace: op } } } } } }
        - apiVersion: external-secrets.io/v1
          kind: ClusterSecretStore
          metadata: { name: esc }
          spec: { provider: { pulumi: { organization: o, project: p, environment: e, accessToken: { secretRef: { name: t, key: k, namespace: n } } } } }
        - apiVersion: external-secrets.io/v1
          kind: ClusterExternalSecret
          metadata: { name: all }
          spec: { namespaceSelector: { matchLabels: { team: a } }, externalSecretSpec: {} }
"#,
    );
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    for text in [
        "test.yaml:5:23: warning: `apiVersion` is an old form",
        "write `apiVersion: external-secrets.io/v1`",
        "write `connectTokenSecretRef: { key: token, name: t, namespace: op }`",
        "write `auth: { accessToken: { secretRef: { key: k, name: t, namespace: n } } }`",
        "write `namespaceSelectors: [{ matchLabels: { team: a } }]`",
    ] {
        assert!(told.contains(text), "`{text}` is not in:\n{told}");
    }
    let pinned =
        "values: { stacks: { onepassword-connect: { operator: { chart: { version: 0.20.4 } }, documents: [
        { apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: { name: esc },
          spec: { provider: { pulumi: { accessToken: { secretRef: { name: t } } } } } }] } } }";
    let output = check(pinned);
    assert!(!self::told(&output).contains("old form"), "{}", self::told(&output));
}

#[test]
fn what_is_no_document_of_external_secrets_is_refused() {
    let document =
        "values: { stacks: { onepassword-connect: { documents: [{ apiVersion: v1, kind: Secret }] } } }";
    expect_refused(document, &["`v1` is no version of External Secrets"]);
}

#[test]
fn an_operator_that_knows_no_oidc_of_pulumi_is_told() {
    let store =
        "{ name: esc, organization: acme, project: p, environment: e, oidc: { serviceAccount: eso } }";
    let stack = |version: &str| {
        format!(
            "values: {{ stacks: {{ pulumi-esc: {{ operator: {{ chart: {{ version: {version} }} }}, stores: [{store}] }} }} }}"
        )
    };
    expect_refused(&stack("0.20.4"), &["knows no OIDC of Pulumi (before 2.5.0)", "use chart 2.5.0 or later"]);
    let output = check(&stack("2.9.0"));
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn a_secret_is_made_of_one_thing_and_by_a_store_that_reaches_it() {
    let environment = r#"values:
  stacks:
    onepassword-connect:
      serviceAccountToken: { "fn::secret": ops_e30 }
      stores:
        - { name: own, kind: SecretStore, namespace: apps, sdkVault: production }
        - { name: through-connect, vaults: { production: 1 } }
      externalSecrets:
        - { name: a, namespace: apps, store: own }
        - { name: b, namespace: apps, store: own, database: db, tls: web }
        - { name: c, namespace: shop, store: own, database: db }
        - { name: d, namespace: apps, store: nobody, database: db }
"#;
    let both = "it is to be said by one field what an ExternalSecret is made of";
    expect_refused(
        environment,
        &[
            &format!("test.yaml:9:11: error: {both}"),
            &format!("test.yaml:10:11: error: {both}"),
            "the SecretStore own is for the namespace apps alone",
            "no store is called nobody",
            "there is no Connect server to ask",
        ],
    );
}
