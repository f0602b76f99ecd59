//! `eggtooth rehearse` of an environment whose stores read from Pulumi ESC.

use assert_cmd::Command;
use serde_json::Value;

const ENVIRONMENT: &str = r#"values:
  stacks:
    pulumi-esc:
      accessToken: { "fn::secret": pul-egg }
      stores:
        - name: esc
          organization: acme
          project: hatchery
          environment: dev
          canary: { key: app.canary, equals: { "fn::secret": chirp } }
        - name: own
          kind: SecretStore
          namespace: app
          organization: acme
          project: hatchery
          environment: own
          apiUrl: https://esc.example.com/api/esc
          canary: { key: 'hosts[1]["a b"]' }
      externalSecrets:
        - { name: settings, namespace: app, store: esc, extract: app.settings }
        - { name: database, namespace: app, store: esc, data: { PASSWORD: database.password } }
"#;

#[test]
fn pulumi_esc_has_whatever_the_environment_refers_to() {
    let project = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = project.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = std::fs::read_to_string(repository.join("bootstrap/charts.lock")).unwrap();
    write("bootstrap/charts.lock", &lock);
    write("environments/esc.yaml", ENVIRONMENT);
    let run = Command::cargo_bin("eggtooth")
        .unwrap()
        .current_dir(project.path())
        .env("XDG_CACHE_HOME", project.path().join("cache"))
        .env_remove("EGGTOOTH_CHARTS")
        // Nobody listens there: our own charts stand in.
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .args(["rehearse", "esc", "--json"])
        .assert();
    let output = run.get_output();
    let shown = String::from_utf8([output.stdout.clone(), output.stderr.clone()].concat()).unwrap();
    let lines = shown.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let report = lines.into_iter().find(|line| line["event"] == "rehearsal").unwrap_or_default();
    assert_eq!(report["succeeded"], true, "{shown}");
    let acts = report["acts"].as_array().unwrap();
    assert!(acts[2]["told"].as_str().unwrap().contains("2 stores are usable"), "{report}");
    assert_eq!(output.status.code(), Some(0));
}
