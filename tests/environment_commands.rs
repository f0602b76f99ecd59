//! The verbs of `env`, as processes.
#![expect(clippy::unwrap_used, reason = "a test stops at what it cannot go on from")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub(crate) struct Project(tempfile::TempDir);

impl Project {
    pub(crate) fn new(documents: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in documents {
            let file = root.path().join(format!("environments/{name}.yaml"));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        Self(root)
    }

    /// Adds a SOPS file of its own key, and returns the text of the key.
    fn with_secrets(&self, name: &str, plain: &str) -> String {
        let run = |words: &[&str]| {
            let output = self.command(words).output().unwrap();
            assert!(output.status.success(), "{}", text(&output));
        };
        run(&["sops", "init", name]);
        std::fs::write(self.path(name), plain).unwrap();
        run(&["sops", "encrypt", "--in-place", name]);
        String::from_utf8(std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eggtooth"));
        command.args(words).current_dir(self.0.path()).env("HOME", self.0.path()).stdin(Stdio::null());
        for name in ["SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD", "RUST_LOG", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const PLAIN: &str = "values:
  token: { fn::secret: chirp-chirp } # eggtooth:not-secret
  greeting: hello
  list: [1, 2]
  environmentVariables: { TOKEN: \"${token}\", GREETING: \"it's ${greeting}\" }
  files: { TOKEN_FILE: \"key=${token}\" }
";

#[test]
fn values_are_printed_in_each_format_and_secrets_only_where_they_are_asked_for() {
    let project = Project::new(&[("prod", PLAIN), ("eu/dev", "values: {}\n")]);
    assert_eq!(stdout(&project.run(&["env", "list"])), "eu/dev\nprod\n");
    let open = |words: &[&str]| project.run(&[&["env", "open", "prod"], words].concat());
    assert_eq!(
        stdout(&open(&["--format", "shell"])),
        "export GREETING='it'\\''s hello'\nexport TOKEN='[secret]'\n"
    );
    let shown = stdout(&open(&["--format", "dotenv", "--show-secrets=always"]));
    assert_eq!(shown, "GREETING=\"it's hello\"\nTOKEN=\"chirp-chirp\"\n");
    for words in
        [&["env", "open", "prod", "--show-secrets"][..], &["env", "get", "prod", "token", "--show-secrets"]]
    {
        let refused = project.run(words);
        assert_eq!(refused.status.code(), Some(1));
        assert!(
            text(&refused).contains("--show-secrets=always") && !text(&refused).contains("chirp"),
            "{}",
            text(&refused)
        );
    }
    let get = |words: &[&str]| stdout(&project.run(&[&["env", "get", "prod"], words].concat()));
    assert_eq!(get(&["list[1]"]), "2\n");
    assert_eq!(get(&["files.TOKEN_FILE"]), "[secret]\n");
    assert_eq!(get(&["token", "--show-secrets=always"]), "chirp-chirp\n");
    assert!(text(&project.run(&["env", "get", "prod", "none"])).contains("has no value `none`"));
}

#[test]
fn a_slip_of_the_pen_is_told_with_what_was_meant() {
    let project = Project::new(&[("prod", PLAIN)]);
    for (words, expected) in [
        (&["env", "open", "prd"][..], "hint: did you mean `prod`?"),
        (&["env", "check", "something-else"], "hint: `eggtooth env list` lists the project's environments"),
        (&["env", "get", "prod", "greting"], "hint: did you mean `greeting`?"),
        (&["env", "get", "prod", "files.TOKENFILE"], "hint: did you mean `files.TOKEN_FILE`?"),
        (&["env", "get", "prod", "list["], "`list[` is no path of a value: a.b[0]"),
        (&["env", "get", "prod", ""], "`` is no path of a value: a.b[0]"),
        (
            &["env", "set", "prod", "greeting"],
            "no value is given: give it as an argument, or write it to stdin",
        ),
    ] {
        let refused = project.run(words);
        assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
        assert!(text(&refused).contains(expected), "{}", text(&refused));
    }
    assert_eq!(std::fs::read_to_string(project.path("environments/prod.yaml")).unwrap(), PLAIN);
    let emptied = project.run(&["env", "set", "prod", "greeting", "''"]);
    assert!(emptied.status.success(), "{}", text(&emptied));
    assert_eq!(stdout(&project.run(&["env", "get", "prod", "greeting"])), "\n");
}

#[test]
fn a_command_gets_variables_and_files_and_leaves_no_secret_behind() {
    let project = Project::new(&[("prod", PLAIN)]);
    let script = r#"
        echo "$GREETING $TOKEN"; echo "err $TOKEN" >&2
        printf %s "$TOKEN" | base64; cat "$TOKEN_FILE"; echo
        printf chirp-; sleep 0.2; printf 'chirp\n'
        stat -c %a "$TOKEN_FILE"; echo "$TOKEN_FILE" > place; cp "$TOKEN_FILE" copy
        env | grep -c '^SOPS_'
        exit 7"#;
    let mut command = project.command(&["env", "run", "prod", "--", "sh", "-c", script]);
    let output = command.env("SOPS_AGE_KEY", "AGE-SECRET-KEY-1X").output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", text(&output));
    assert!(!text(&output).contains("chirp") && !text(&output).contains("Y2hpcn"), "{}", text(&output));
    let expected = "it's hello [secret]\n[secret]A=\n[secret]\n[secret]\n600\n0\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "err [secret]\n");
    assert_eq!(std::fs::read_to_string(project.path("copy")).unwrap(), "key=chirp-chirp");
    let place = std::fs::read_to_string(project.path("place")).unwrap();
    assert!(!Path::new(place.trim()).exists(), "the file is gone");
    assert!(!place.contains("TOKEN"), "{place}");
    let missing = project.run(&["env", "run", "prod", "--", "eggtooth-no-such-program"]);
    assert!(text(&missing).contains("run `eggtooth-no-such-program`"), "{}", text(&missing));
}

#[test]
fn a_signal_reaches_the_command_and_the_files_are_gone_after_it() {
    let project = Project::new(&[("prod", PLAIN)]);
    let script = r#"trap 'echo caught; exit 3' TERM; echo "$TOKEN_FILE"; while :; do sleep 0.05; done"#;
    let mut run = project
        .command(&["env", "run", "prod", "--", "sh", "-c", script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(run.stdout.take().unwrap()));
    let place = lines.next().unwrap().unwrap();
    assert!(Path::new(&place).exists());
    assert!(Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success());
    assert_eq!(lines.next().unwrap().unwrap(), "caught");
    assert_eq!(run.wait().unwrap().code(), Some(3));
    assert!(!Path::new(&place).exists());
}

#[test]
fn a_secret_is_set_in_its_sops_file_and_a_plain_value_in_the_document() {
    let document = "# Ours.\nvalues:\n  secrets: {fn::open::sops: {path: s.sops.yaml}}\n  app: { password: \"${secrets.db.password}\", size: 1 } # one\n";
    let project = Project::new(&[("prod", document)]);
    let before = project.with_secrets("s.sops.yaml", "db:\n    password: old-secret\nother: egg-egg-egg\n");
    let set = |words: &[&str]| project.run(&[&["env", "set", "prod"], words].concat());
    let output = set(&["app.password", "new-secret", "--secret"]);
    assert!(output.status.success(), "{}", text(&output));
    assert!(!text(&output).contains("new-secret"));
    let after = std::fs::read_to_string(project.path("s.sops.yaml")).unwrap();
    assert!(!after.contains("new-secret"));
    let kept = before.lines().find(|line| line.starts_with("other:")).unwrap();
    assert!(after.contains(kept), "what does not change keeps its ciphertext");
    let read = |path: &str| stdout(&project.run(&["env", "get", "prod", path, "--show-secrets=always"]));
    assert_eq!(
        (read("app.password"), read("secrets.other")),
        ("new-secret\n".into(), "egg-egg-egg\n".into())
    );
    assert_eq!(std::fs::read_to_string(project.path("environments/prod.yaml")).unwrap(), document);

    assert!(set(&["app.size", "2"]).status.success());
    let changed = std::fs::read_to_string(project.path("environments/prod.yaml")).unwrap();
    assert_eq!(changed, document.replace("size: 1", "size: 2"));
    let refused = set(&["app.token", "chirp-chirp", "--secret"]);
    assert!(
        text(&refused).contains("as `secrets.NAME`") && !text(&refused).contains("chirp"),
        "{}",
        text(&refused)
    );
    let refused = set(&["app.token", "chirp-chirp"]);
    assert!(
        text(&refused).contains("looks like a secret") && !text(&refused).contains("chirp"),
        "{}",
        text(&refused)
    );
    assert_eq!(std::fs::read_to_string(project.path("environments/prod.yaml")).unwrap(), changed);
}

#[test]
fn a_check_needs_no_key_and_finds_plain_secrets() {
    let document = "values:\n  secrets: {fn::open::sops: {path: absent.sops.yaml}}\n  a: ${secrets.x}\n";
    let project =
        Project::new(&[("good", document), ("bad", "imports: [good]\nvalues:\n  dbPassword: hunter22\n")]);
    let good = project.run(&["env", "check", "good"]);
    assert!(good.status.success(), "{}", text(&good));
    let bad = project.run(&["env", "check", "bad"]);
    assert_eq!(bad.status.code(), Some(1));
    let said = text(&bad);
    assert!(
        said.contains("environments/bad.yaml:3:15")
            && said.contains("plain text")
            && !said.contains("hunter22"),
        "{said}"
    );
}

#[test]
fn an_edited_document_is_checked() {
    let project = Project::new(&[("prod", "values:\n  a: 1\n")]);
    let editor = project.path("editor");
    std::fs::write(&editor, "#!/bin/sh\nsed -i 's/a: 1/a: ${nobody}/' \"$1\"\n").unwrap();
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = project.command(&["env", "edit", "prod"]);
    let output = command.env_remove("SOPS_EDITOR").env("EDITOR", &editor).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("unknown property \"nobody\""), "{}", text(&output));
}

#[test]
fn a_difference_a_graph_and_a_schema_need_no_cluster() {
    let project = Project::new(&[
        ("a", "values: { x: 1, y: 2 }\n"),
        ("b", "imports: [a]\nvalues: { y: 3, z: \"${x}\" }\n"),
    ]);
    assert_eq!(stdout(&project.run(&["env", "diff", "a", "b"])), "~ y: 2 -> 3\n+ z: 1\n");
    assert!(stdout(&project.run(&["env", "graph", "b"])).contains("imported by"));
    assert!(stdout(&project.run(&["env", "graph", "b", "--format", "dot"])).starts_with("digraph"));
    assert!(project.run(&["env", "schema"]).status.success());
    let schema: serde_json::Value =
        serde_json::from_slice(&std::fs::read(project.path("environments/schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let fits = |document: serde_json::Value| validator.is_valid(&document);
    let open =
        |inputs: serde_json::Value| serde_json::json!({ "values": { "a": { "fn::open::file": inputs } } });
    assert!(fits(open(serde_json::json!({ "path": "${x}" }))));
    assert!(!fits(open(serde_json::json!({ "pth": "x" }))));
    let stack = serde_json::json!({ "values": { "stacks": { "onepassword-connect": { "conect": {} } } } });
    assert!(!fits(stack));
}

#[test]
fn a_key_is_made_once_and_a_reference_is_read_by_op() {
    let document = "values:\n  secrets: {fn::open::sops: {path: s.sops.yaml}}\n  flux: ${secrets.flux}\n";
    let project = Project::new(&[("prod", document)]);
    project.with_secrets("s.sops.yaml", "other: egg-egg-egg\nbroken: egg\n");
    let generate = |more: &[&str]| {
        let words = ["env", "set", "prod", "flux.ssh_private_key", "--generate", "ssh-key"];
        stdout(&project.run(&[&words, more].concat()))
    };
    let public = generate(&[]);
    assert!(public.starts_with("ssh-ed25519 "), "{public}");
    assert!(public.ends_with(" flux.ssh_private_key@prod\n"), "{public}");
    assert_eq!(generate(&[]), public);
    assert_ne!(generate(&["--replace"]), public);
    let get = ["env", "get", "prod", "flux.ssh_private_key", "--show-secrets=always"];
    assert!(stdout(&project.run(&get)).starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));

    let refused = project.run(&["env", "set", "prod", "secrets.broken", "--generate", "ssh-key"]);
    assert!(
        !refused.status.success() && text(&refused).contains("it is no private key"),
        "{}",
        text(&refused)
    );
    let refused = project.run(&["env", "set", "prod", "elsewhere", "--generate", "ssh-key"]);
    assert!(text(&refused).contains("as `secrets.NAME`"), "{}", text(&refused));

    let op = project.path("op");
    std::fs::write(&op, "#!/bin/sh\nexec sed 's,{{ op://a/b/c }},chirp-chirp,'\n").unwrap();
    std::fs::set_permissions(&op, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::join_paths([project.path(""), "/usr/bin".into(), "/bin".into()]).unwrap();
    let set = |reference: &str| {
        let words = ["env", "set", "prod", "secrets.token", reference, "--secret"];
        project.command(&words).env("PATH", &path).output().unwrap()
    };
    assert!(set("op://a/b/c").status.success(), "{}", text(&set("op://a/b/c")));
    let token = ["env", "get", "prod", "secrets.token", "--show-secrets=always"];
    assert_eq!(stdout(&project.run(&token)), "chirp-chirp\n");
    let refused = set("op://a");
    assert!(text(&refused).contains("op://VAULT/ITEM"), "{}", text(&refused));
}
