//! Charts from elsewhere: `helm pull`, `show`, `dependency`, `lint` and `lock`, beside helm 4.3.1 where it is there.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "test code: a failed expectation ends the test with its reason"
)]

mod flags;
mod provenance;
mod servers;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use servers::{PASSWORD, USER, chart, logins, registry, repository, sha256};
use tempfile::TempDir;
use wiremock::MockServer;

use crate::helm_parity::helm;

/// A home, and what both programs are called with.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn eggtooth(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eggtooth"));
        command.arg("helm");
        self.run(command, words)
    }

    fn helm(&self, helm: &Path, words: &[&str]) -> Output {
        self.run(Command::new(helm), words)
    }

    fn run(&self, mut command: Command, words: &[&str]) -> Output {
        command.args(words).env_clear().env("HOME", self.path()).env("PATH", std::env::var("PATH").unwrap());
        command.current_dir(self.path()).stdin(Stdio::null()).output().unwrap()
    }

    fn write(&self, file: &str, content: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn done(output: Output) -> Output {
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert!(!stderr(&output).contains(PASSWORD));
    output
}

/// Helm, or a loud word that what follows is not compared.
fn oracle() -> Option<PathBuf> {
    let helm = helm();
    if helm.is_none() {
        println!("SKIPPED: comparison with helm: no helm (tests/cluster/build)");
    }
    helm
}

/// What two servers were asked for, less the address.
async fn asked(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
}

/// A server that answers while this thread waits for a child.
fn serve<F: Future<Output = MockServer>>(server: F) -> (tokio::runtime::Runtime, MockServer) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(server);
    (runtime, server)
}

const VERSIONS: [&str; 4] = ["1.2.0", "1.10.0", "2.0.0-rc.1", "1.3.0+build.5"];

#[test]
fn a_repositorys_chart_is_pulled_by_a_range_and_the_index_is_not_sent_twice() {
    let (runtime, server) = serve(repository(&VERSIONS));
    let home = Home::new();
    let address = format!("{}/charts", server.uri());
    let login = ["--repo", &address, "--username", USER, "--password", PASSWORD];
    let pull = |words: &[&str]| home.eggtooth(&[&["pull", "egg"], &login[..], words].concat());
    let output = done(pull(&[]));
    assert_eq!(stdout(&output), "");
    assert_eq!(fs::read(home.path().join("egg-1.10.0.tgz")).unwrap(), chart("egg", "1.10.0"));
    done(pull(&["--version", "~1.2", "-d", "out"]));
    assert!(home.path().join("out/egg-1.2.0.tgz").exists());
    done(pull(&["--devel", "--untar"]));
    let description = fs::read_to_string(home.path().join("egg/Chart.yaml")).unwrap();
    assert!(description.contains("version: 2.0.0-rc.1"), "{description}");

    let again = pull(&["--devel", "--untar"]);
    assert!(!again.status.success() && stderr(&again).contains("already"), "{}", stderr(&again));
    let absent = pull(&["--version", "^9"]);
    assert!(
        !absent.status.success() && stderr(&absent).contains("has no chart egg ^9"),
        "{}",
        stderr(&absent)
    );

    let asked = runtime.block_on(asked(&server));
    let indexes = asked.iter().filter(|asked| asked.ends_with("/index.yaml")).count();
    assert_eq!(indexes, 5, "one question a run: {asked:?}");
    let bodies = runtime.block_on(server.received_requests()).unwrap();
    let bare = bodies.iter().filter(|request| {
        request.url.path().ends_with("index.yaml") && !request.headers.contains_key("if-none-match")
    });
    assert_eq!(bare.count(), 1, "later runs only ask whether it changed");
}

#[test]
fn a_refused_login_is_sent_once() {
    let (runtime, server) = serve(repository(&VERSIONS));
    let home = Home::new();
    let address = format!("{}/charts", server.uri());
    let output =
        home.eggtooth(&["pull", "egg", "--repo", &address, "--username", USER, "--password", "wrong-one"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("answered 401"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("wrong-one"));
    assert_eq!(runtime.block_on(asked(&server)).len(), 1);
}

#[test]
fn a_repository_that_helm_knows_by_name_is_known() {
    let (_runtime, server) = serve(repository(&VERSIONS));
    let home = Home::new();
    home.write(
        ".config/helm/repositories.yaml",
        &format!(
            "repositories:\n- {{name: eggs, url: \"{}/charts\", username: {USER}, password: {PASSWORD}}}\n",
            server.uri()
        ),
    );
    let output = done(home.eggtooth(&["show", "chart", "eggs/egg", "--version", "1.2.0"]));
    assert!(stdout(&output).contains("version: 1.2.0"), "{}", stdout(&output));
    let unknown = home.eggtooth(&["show", "chart", "other/egg"]);
    assert!(stderr(&unknown).contains("no repository is called `other`"), "{}", stderr(&unknown));
}

#[test]
fn a_registrys_chart_is_pulled_as_helm_pulls_it() {
    let (_runtime, server) = serve(registry(&VERSIONS));
    let host = server.address().to_string();
    let address = format!("oci://{host}/charts/egg");
    let home = Home::new();
    home.write(".config/helm/registry/config.json", &logins(&host));
    let digest_of = |words: &[&str]| {
        let output = done(home.eggtooth(&[&["pull", "--plain-http"], words].concat()));
        let text = format!("{}{}", stdout(&output), stderr(&output));
        text.lines().find_map(|line| line.strip_prefix("Digest: ")).unwrap().to_owned()
    };
    let digest = digest_of(&[&address]);
    assert_eq!(fs::read(home.path().join("egg-1.10.0.tgz")).unwrap(), chart("egg", "1.10.0"));
    digest_of(&[&address, "--version", "~1.3"]);
    assert!(home.path().join("egg-1.3.0+build.5.tgz").exists());
    fs::remove_file(home.path().join("egg-1.10.0.tgz")).unwrap();
    digest_of(&[&format!("{address}@{digest}")]);
    assert!(home.path().join("egg-1.10.0.tgz").exists());
    let output = done(home.eggtooth(&["template", "web", &format!("{address}:1.2.0"), "--plain-http"]));
    assert!(stdout(&output).contains("eggs: \"3\""), "{}", stdout(&output));

    let Some(helm) = oracle() else { return };
    let theirs = Home::new();
    theirs.write(".config/helm/registry/config.json", &logins(&host));
    for words in [&["--version", "~1.3"][..], &[], &["--version", "1.2.0"]] {
        let words = [&["pull", &address, "--plain-http"], words].concat();
        let (theirs, ours) = (done(theirs.helm(&helm, &words)), done(home.eggtooth(&words)));
        // Helm explains the underscores of tags at length.
        let told = |output: &Output| stdout(output).lines().take(2).collect::<Vec<_>>().join("\n");
        assert_eq!((told(&ours), stderr(&ours)), (told(&theirs), stderr(&theirs)), "{words:?}");
    }
}

#[test]
fn a_registry_that_knows_nobody_says_so() {
    let (_runtime, server) = serve(registry(&VERSIONS));
    let address = format!("oci://{}/charts/egg", server.address());
    let output = Home::new().eggtooth(&["pull", &address, "--version", "1.2.0", "--plain-http"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("helm registry login"), "{}", stderr(&output));
}

#[test]
fn a_chart_is_shown_as_helm_shows_it() {
    let Some(helm) = oracle() else { return };
    let shared = std::env::var_os("EGGTOOTH_SHARED").map_or_else(|| "../shared".into(), PathBuf::from);
    let Ok(charts) = fs::read_dir(shared.join("charts")) else {
        println!("SKIPPED: no charts in {}", shared.display());
        return;
    };
    let home = Home::new();
    let mut count = 0;
    for path in charts
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|is| is == "tgz"))
    {
        let path = fs::canonicalize(path).unwrap();
        for part in ["chart", "values", "readme", "crds", "all"] {
            let words = ["show", part, path.to_str().unwrap()];
            let (theirs, ours) = (home.helm(&helm, &words), home.eggtooth(&words));
            assert_eq!(ours.status.success(), theirs.status.success(), "{words:?}: {}", stderr(&ours));
            assert!(ours.stdout == theirs.stdout, "{words:?} differs");
        }
        count += 1;
    }
    assert!(count > 0);
}

const APP: &str = "apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n- name: lib\n  version: \">=1.0.0\"\n  repository: file://../lib\n  alias: other\n  condition: other.enabled\n";

/// A chart that is made of one beside it and of what is told.
fn app(home: &Home, more: &str) {
    home.write("app/Chart.yaml", &format!("{APP}{more}"));
    home.write("app/templates/a.yaml", "a: 1\n");
    home.write("lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.2.3\n");
    home.write("lib/templates/a.yaml", "b: 1\n");
}

/// Returns the lock without the time.
fn lock(home: &Home) -> String {
    let text = fs::read_to_string(home.path().join("app/Chart.lock")).unwrap();
    text.lines().filter(|line| !line.starts_with("generated:")).collect::<Vec<_>>().join("\n")
}

#[test]
fn dependencies_are_brought_and_locked_as_helm_does() {
    let (_runtime, server) = serve(registry(&VERSIONS));
    let host = server.address().to_string();
    let (ours, theirs) = (Home::new(), Home::new());
    let more = format!("- name: egg\n  version: ^1\n  repository: oci://{host}/charts\n");
    for home in [&ours, &theirs] {
        home.write(".config/helm/registry/config.json", &logins(&host));
        app(home, &more);
        home.write("app/charts/lib-1.0.0.tgz", "");
        fs::write(home.path().join("app/charts/lib-1.0.0.tgz"), chart("lib", "1.0.0")).unwrap();
    }
    let files = |home: &Home| {
        let entries = fs::read_dir(home.path().join("app/charts")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    done(ours.eggtooth(&["dependency", "update", "app", "--plain-http"]));
    assert_eq!(files(&ours), ["egg-1.10.0.tgz", "lib-1.2.3.tgz"]);
    let first = fs::read(ours.path().join("app/Chart.lock")).unwrap();
    done(ours.eggtooth(&["dependency", "update", "app", "--plain-http"]));
    assert_eq!(
        fs::read(ours.path().join("app/Chart.lock")).unwrap(),
        first,
        "nothing changed, nothing is written"
    );

    fs::remove_dir_all(ours.path().join("app/charts")).unwrap();
    done(ours.eggtooth(&["dependency", "build", "app", "--plain-http"]));
    assert_eq!(files(&ours), ["egg-1.10.0.tgz", "lib-1.2.3.tgz"]);

    if let Some(helm) = oracle() {
        done(theirs.helm(&helm, &["dependency", "update", "app", "--plain-http"]));
        assert_eq!(files(&ours), files(&theirs));
        assert_eq!(lock(&ours), lock(&theirs));
        done(theirs.helm(&helm, &["dependency", "build", "app", "--plain-http"]));
        // Each builds from the other's lock.
        fs::copy(theirs.path().join("app/Chart.lock"), ours.path().join("app/Chart.lock")).unwrap();
        done(ours.eggtooth(&["dependency", "build", "app", "--plain-http"]));
    }
    app(&ours, "");
    let stale = ours.eggtooth(&["dependency", "build", "app", "--plain-http"]);
    assert!(!stale.status.success() && stderr(&stale).contains("out of sync"), "{}", stderr(&stale));
}

#[test]
fn what_no_version_fits_is_told_before_anything_is_written() {
    let home = Home::new();
    app(&home, "");
    home.write("app/Chart.yaml", &APP.replace(">=1.0.0", ">=3"));
    let output = home.eggtooth(&["dependency", "update", "app"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("no version fits for lib >=3"), "{}", stderr(&output));
    assert!(!home.path().join("app/charts").exists() && !home.path().join("app/Chart.lock").exists());
}

#[test]
fn dependencies_are_listed_as_helm_lists_them() {
    let Some(helm) = oracle() else { return };
    let home = Home::new();
    app(&home, "");
    let same = |what: &str| {
        let words = ["dependency", "list", "app"];
        let (theirs, ours) = (home.helm(&helm, &words), home.eggtooth(&words));
        assert_eq!(ours.status.success(), theirs.status.success(), "{what}: {}", stderr(&ours));
        assert_eq!(stdout(&ours), stdout(&theirs), "{what}");
    };
    let archive = |file: &str, name: &str, version: &str| {
        home.write(file, "");
        fs::write(home.path().join(file), chart(name, version)).unwrap();
    };
    same("missing");
    archive("app/charts/lib-1.2.3.tgz", "lib", "1.2.3");
    same("ok");
    archive("app/charts/other-1.2.3.tgz", "other", "1.2.3");
    same("one that is not named");
    archive("app/charts/lib-1.2.4.tgz", "lib", "1.2.4");
    same("two of one");
    fs::remove_file(home.path().join("app/charts/lib-1.2.4.tgz")).unwrap();
    archive("app/charts/lib-1.2.3.tgz", "bil", "1.2.3");
    same("misnamed");
    archive("app/charts/lib-1.2.3.tgz", "lib", "0.1.0");
    same("wrong version");
    home.write("app/Chart.yaml", &APP.replace(">=1.0.0", "!!"));
    same("no range");
    fs::remove_dir_all(home.path().join("app/charts")).unwrap();
    home.write("app/charts/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.2.3\n");
    same("unpacked, no range");
    app(&home, "");
    same("unpacked");
    home.write("app/charts/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 0.2.3\n");
    same("unpacked, wrong version");
    fs::remove_dir_all(home.path().join("app")).unwrap();
    home.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 0.1.0\n");
    same("none");
}

#[test]
fn charts_are_pinned_with_their_digests() {
    let (_runtime, server) = serve(repository(&VERSIONS));
    let home = Home::new();
    let address = format!("{}/charts", server.uri());
    home.write(
        ".config/helm/repositories.yaml",
        &format!(
            "repositories:\n- {{name: eggs, url: \"{address}\", username: {USER}, password: {PASSWORD}}}\n"
        ),
    );
    let lock = |words: &[&str]| home.eggtooth(&[&["lock"], words].concat());
    done(lock(&["eggs/egg", "--version", "1.2.0"]));
    let pinned = fs::read_to_string(home.path().join("bootstrap/charts.lock")).unwrap();
    let digest = sha256(&chart("egg", "1.2.0"));
    assert!(pinned.contains(&digest) && pinned.contains(&address) && !pinned.contains(PASSWORD), "{pinned}");
    let with_comment = format!("# Ours.\n{pinned}");
    home.write("bootstrap/charts.lock", &with_comment);
    done(lock(&[]));
    assert_eq!(fs::read_to_string(home.path().join("bootstrap/charts.lock")).unwrap(), with_comment);
    done(lock(&["--update"]));
    let updated = fs::read_to_string(home.path().join("bootstrap/charts.lock")).unwrap();
    assert!(updated.starts_with("# Ours.\n"), "{updated}");
    assert!(
        updated.contains("version: 1.10.0") && updated.contains(&sha256(&chart("egg", "1.10.0"))),
        "{updated}"
    );

    let wrong = updated.replace(&sha256(&chart("egg", "1.10.0")), &sha256(b"other"));
    home.write("bootstrap/charts.lock", &wrong);
    let refused = lock(&[]);
    assert!(!refused.status.success() && stderr(&refused).contains("is pinned"), "{}", stderr(&refused));
    assert_eq!(fs::read_to_string(home.path().join("bootstrap/charts.lock")).unwrap(), wrong);
}

#[test]
fn a_chart_is_linted_as_helm_lints_it() {
    let Some(helm) = oracle() else { return };
    let home = Home::new();
    let charts: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::from([
        (
            "good",
            vec![
                ("Chart.yaml", "apiVersion: v2\nname: good\nversion: 1.0.0\nicon: https://e.test/i.png\n"),
                ("values.yaml", "a: 1\n"),
                ("templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"),
            ],
        ),
        ("bare", vec![("Chart.yaml", "apiVersion: v2\nname: bare\nversion: 1.0.0\n")]),
        ("nameless", vec![("Chart.yaml", "apiVersion: v2\nversion: 1.0.0\n")]),
        (
            "versionless",
            vec![(
                "Chart.yaml",
                "apiVersion: v2\nname: versionless\nicon: nowhere\nsources: [x]\nmaintainers: [{email: x}]\n",
            )],
        ),
        (
            "broken",
            vec![("Chart.yaml", "apiVersion: v2\nname: broken\nversion: 1.0.0\n"), ("values.yaml", "a: [\n")],
        ),
        (
            "failing",
            vec![
                ("Chart.yaml", "apiVersion: v2\nname: failing\nversion: 1.0.0\n"),
                ("values.yaml", ""),
                ("templates/a.yaml", "{{ fail \"no\" }}\n"),
            ],
        ),
        (
            "needing",
            vec![
                ("Chart.yaml", "apiVersion: v2\nname: needing\nversion: 1.0.0\n"),
                ("values.yaml", ""),
                (
                    "templates/a.yaml",
                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ required \"a name\" .Values.name }}\n",
                ),
            ],
        ),
        (
            "unnamed",
            vec![
                ("Chart.yaml", "apiVersion: v2\nname: unnamed\nversion: 1.0.0\n"),
                ("values.yaml", ""),
                ("templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_B}\n"),
                ("templates/b.txt", "x"),
            ],
        ),
        (
            "schemed",
            vec![
                ("Chart.yaml", "apiVersion: v2\nname: schemed\nversion: 1.0.0\n"),
                ("values.yaml", "a: x\n"),
                ("values.schema.json", "{\"properties\":{\"a\":{\"type\":\"integer\"}}}"),
            ],
        ),
        (
            "lacking",
            vec![
                (
                    "Chart.yaml",
                    "apiVersion: v2\nname: lacking\nversion: 1.0.0\ndependencies: [{name: lib, version: 1, repository: ''}]\n",
                ),
                ("values.yaml", ""),
            ],
        ),
    ]);
    for (name, files) in &charts {
        for (file, content) in files {
            home.write(&format!("{name}/{file}"), content);
        }
        for flags in [&[][..], &["--strict"], &["--quiet"]] {
            let words = [&["lint", name], flags].concat();
            let (theirs, ours) = (home.helm(&helm, &words), home.eggtooth(&words));
            assert_eq!(
                ours.status.success(),
                theirs.status.success(),
                "{words:?}: {}{}",
                stdout(&ours),
                stderr(&ours)
            );
            // Of a line that tells a library's words, the beginning counts: up to the second colon.
            let heads = |output: &Output| -> Vec<String> {
                stdout(output)
                    .lines()
                    .map(|line| line.splitn(3, ": ").take(2).collect::<Vec<_>>().join(": "))
                    .filter(|line| !line.starts_with('\t'))
                    .collect()
            };
            assert_eq!(heads(&ours), heads(&theirs), "{words:?}\n{}\n{}", stdout(&ours), stdout(&theirs));
        }
    }
}
