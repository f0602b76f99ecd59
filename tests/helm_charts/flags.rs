//! Words of `helm template` and `install` beside the values: names, folders, what changes the output, and what schemas
//! refer to.

use std::fs;
use std::path::Path;

use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Home, done, oracle, serve, stderr, stdout};

fn home() -> Home {
    let home = Home::new();
    home.write("egg/Chart.yaml", "apiVersion: v2\nname: egg\nversion: 1.0.0\n");
    home.write("egg/values.yaml", "port: 80\n");
    home.write("egg/crds/nest.yaml", "kind: CustomResourceDefinition\nmetadata: {name: nests.egg.io}\n");
    let two = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: b}\ndata: {name: \"{{ .Release.Name }}\"}\n---\nkind: Secret\napiVersion: v1\nmetadata: {name: a}\n";
    home.write("egg/templates/two.yaml", two);
    let hook = "kind: Pod\napiVersion: v1\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n";
    home.write("egg/templates/tests/test.yaml", hook);
    home
}

/// Returns the files below a folder with their texts.
fn tree(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_release_is_named_as_helm_names_it() {
    let home = home();
    let refused = home.eggtooth(&["template", "a", "egg", "--name-template", "b"]);
    assert!(stderr(&refused).contains("leave --name-template away"), "{}", stderr(&refused));
    let made_up =
        stdout(&done(home.eggtooth(&["template", "egg", "--name-template", "{{ \"EGG\" | lower }}-1"])));
    assert!(made_up.contains("name: \"egg-1\""), "{made_up}");
    let unnamed = home.eggtooth(&["install", "egg"]);
    assert!(
        !unnamed.status.success() && stderr(&unnamed).contains("--generate-name"),
        "{}",
        stderr(&unnamed)
    );
    let Some(helm) = oracle() else { return };
    for words in [
        &["template", "egg"][..],
        &["template", "a", "egg"],
        &["template", "egg", "--name-template", "{{ \"EGG\" | lower }}-1"],
        &["template", "egg", "--skip-tests", "--include-crds"],
        &["template", "egg", "--wait", "--timeout=3m", "--create-namespace", "--dry-run"],
    ] {
        let (ours, theirs) = (done(home.eggtooth(words)), done(home.helm(&helm, words)));
        assert_eq!(stdout(&ours), stdout(&theirs), "{words:?}");
    }
}

#[test]
fn a_folder_gets_a_file_for_each_template_as_from_helm() {
    let (ours, theirs) = (home(), home());
    for more in [&["--include-crds"][..], &["--skip-tests", "--release-name"]] {
        let words = [&["template", "r", "egg", "--output-dir", "out"][..], more].concat();
        let told = stdout(&done(ours.eggtooth(&words)));
        let inside = |home: &Home| {
            let prefix = home.path().join("out").display().to_string();
            let files = tree(&home.path().join("out"));
            files.into_iter().map(move |(path, text)| (path.replace(&prefix, ""), text)).collect::<Vec<_>>()
        };
        assert!(told.contains("wrote out/"), "{told}");
        if let Some(helm) = oracle() {
            assert_eq!(told, stdout(&done(theirs.helm(&helm, &words))));
            assert_eq!(inside(&ours), inside(&theirs));
        }
        assert!(
            inside(&ours)
                .iter()
                .any(|(path, text)| path.ends_with("two.yaml") && text.contains("kind: Secret"))
        );
    }
}

const PLUGIN: &str = "apiVersion: v1\nname: loud\nversion: 0.1.0\ntype: postrenderer/v1\nruntime: subprocess\nruntimeConfig:\n  platformCommand:\n  - command: ${HELM_PLUGIN_DIR}/loud\n";

#[test]
fn a_post_renderer_sees_and_changes_what_helms_plugin_does() {
    let home = home();
    let script = "#!/bin/sh\nset -e\ntee seen | sed 's/name: b/name: bb/'\n";
    for file in ["loud", ".local/share/helm/plugins/loud/loud"] {
        home.write(file, script);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(home.path().join(file), mode).unwrap();
    }
    home.write(".local/share/helm/plugins/loud/plugin.yaml", PLUGIN);
    let read =
        |text: &str| eggtooth::yaml::read_json_stream(text, eggtooth::yaml::Flavour::GoYamlV2).unwrap();
    let seen = || read(&fs::read_to_string(home.path().join("seen")).unwrap());
    let words = ["template", "r", "egg", "--post-renderer", "./loud"];
    let ours = read(&stdout(&done(home.eggtooth(&words))));
    let ours_seen = seen();
    assert_eq!(ours.len(), 3);
    assert!(ours.iter().any(|object| object["metadata"]["name"] == "bb"), "{ours:?}");
    assert!(ours.iter().all(|object| {
        object.pointer("/metadata/annotations/postrenderer.helm.sh~1postrender-filename").is_none()
    }));
    if let Some(helm) = oracle() {
        let theirs = done(home.helm(&helm, &["template", "r", "egg", "--post-renderer", "loud"]));
        assert_eq!(ours, read(&stdout(&theirs)));
        assert_eq!(ours_seen, seen(), "what the program is given");
    }
    let failed = home.eggtooth(&["template", "r", "egg", "--post-renderer", "false"]);
    assert!(!failed.status.success() && failed.stdout.is_empty());
    assert!(stderr(&failed).contains("post-renderer `false` failed"), "{}", stderr(&failed));
}

#[test]
fn what_a_schema_refers_to_is_fetched_only_where_that_is_allowed() {
    let (_runtime, server) = serve(async {
        let server = MockServer::start().await;
        let ports = serde_json::json!({"$defs": {"port": {"$ref": "numbers.json"}}});
        let numbers = serde_json::json!({"type": "integer"});
        for (file, document) in [("/ports.json", ports), ("/numbers.json", numbers)] {
            let answer = ResponseTemplate::new(200).set_body_json(document);
            Mock::given(path(file)).respond_with(answer).mount(&server).await;
        }
        server
    });
    let home = home();
    let address = format!("http://{}/ports.json", server.address());
    home.write(
        "egg/values.schema.json",
        &format!("{{\"properties\": {{\"port\": {{\"$ref\": \"{address}#/$defs/port\"}}}}}}"),
    );
    let requests = || futures::executor::block_on(server.received_requests()).unwrap().len();
    let words = ["template", "r", "egg", "--set", "port=chirp"];
    let unchecked = done(home.eggtooth(&words));
    assert!(
        stderr(&unchecked).contains(&format!("not checked: its schema is {address}")),
        "{}",
        stderr(&unchecked)
    );
    assert_eq!(requests(), 0, "nothing is fetched unasked");
    let allowed = [&words[..], &["--allow-schema-network"]].concat();
    let refused = home.eggtooth(&allowed);
    assert!(!refused.status.success(), "{}", stdout(&refused));
    assert!(
        stderr(&refused).contains("'/port'") && !stderr(&refused).contains("chirp"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(requests(), 2);
    let fine = done(home.eggtooth(&["template", "r", "egg", "--set", "port=81", "--allow-schema-network"]));
    assert_eq!(stderr(&fine), "");
    if let Some(helm) = oracle() {
        assert!(!home.helm(&helm, &words).status.success());
        let theirs = done(home.helm(&helm, &["template", "r", "egg", "--set", "port=81"]));
        assert_eq!(stdout(&fine), stdout(&theirs));
    }
}

#[test]
fn missing_dependencies_are_brought_first_where_that_is_wanted() {
    let home = home();
    home.write("lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.2.3\n");
    home.write("lib/templates/l.yaml", "kind: L\n");
    home.write("egg/Chart.yaml", "apiVersion: v2\nname: egg\nversion: 1.0.0\ndependencies:\n- {name: lib, version: 1.x, repository: \"file://../lib\"}\n");
    let without = home.eggtooth(&["template", "r", "egg"]);
    assert!(
        !without.status.success() && stderr(&without).contains("missing in charts/"),
        "{}",
        stderr(&without)
    );
    let with = done(home.eggtooth(&["template", "r", "egg", "--dependency-update"]));
    assert!(stdout(&with).contains("kind: L") && !stdout(&with).contains("Saving"), "{}", stdout(&with));
    assert!(home.path().join("egg/charts/lib-1.2.3.tgz").is_file());
}
