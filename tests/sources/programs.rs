//! Sources that start programs, as users call them: a stand-in `op` on PATH, and `exec`.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use crate::environment_commands::{Project, text};

/// Answers as 1Password's command does, and writes down how it was called.
const OP: &str = r#"#!/bin/sh
echo "$@" >> "$HOME/log"
env | grep -E '^(OP_|SOPS_)' >> "$HOME/log"
case "$OP_SERVICE_ACCOUNT_TOKEN" in
ops_good) ;;
"") echo "[ERROR] 2026/01/02 03:04:05 You are not currently signed in. Please run \`op signin --help\`" >&2; exit 1 ;;
*) echo "[ERROR] 2026/01/02 03:04:05 (401) Unauthorized: bad token $OP_SERVICE_ACCOUNT_TOKEN" >&2; exit 1 ;;
esac
while IFS= read -r line; do
case "$line" in
"{{ op://prod/db/user }}") echo dragon ;;
"{{ op://prod/db/password }}") echo chirp-chirp ;;
"{{"*) echo "[ERROR] 2026/01/02 03:04:05 \"db\" isn't an item in the \"nest\" vault" >&2; exit 1 ;;
*) echo "$line" ;;
esac
done
"#;

struct Nest(Project);

impl Nest {
    fn new(document: &str) -> Self {
        let nest = Self(Project::new(&[("e", document)]));
        nest.program("op", OP);
        nest
    }

    fn program(&self, name: &str, script: &str) {
        std::fs::write(self.0.path(name), script).unwrap();
        std::fs::set_permissions(self.0.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, words: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.0.command(words);
        for name in ["OP_CONNECT_HOST", "OP_CONNECT_TOKEN", "OP_SERVICE_ACCOUNT_TOKEN"] {
            command.env_remove(name);
        }
        let path = format!("{}:/usr/bin:/bin", self.0.path("").display());
        command
            .env("PATH", path)
            .env("SOPS_AGE_KEY", "AGE-SECRET-KEY-1X")
            .env("PULUMI_ACCESS_TOKEN", "pul-x");
        command.envs(variables.iter().copied()).output().unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.0.path("log")).unwrap_or_default()
    }
}

const TWO: &str = "values:
  a: {fn::open::onepassword: {get: {user: {ref: op://prod/db/user}, password: {ref: op://prod/db/password}}}}
  b: {fn::open::1password-secrets: {get: {again: {ref: op://prod/db/password}}}}
  environmentVariables: {USER_NAME: \"${a.user}\", PASSWORD: \"${b.again}\"}
";

#[test]
fn op_is_started_once_a_call_with_nothing_but_its_own_token() {
    let nest = Nest::new(TWO);
    let run = nest.run(
        &[
            "env",
            "run",
            "e",
            "--",
            "sh",
            "-c",
            "echo \"$USER_NAME\" \"$PASSWORD\"; [ \"$PASSWORD\" = chirp-chirp ]",
        ],
        &[("OP_SERVICE_ACCOUNT_TOKEN", "ops_good")],
    );
    assert_eq!(run.status.code(), Some(0), "{}", text(&run));
    assert_eq!(String::from_utf8_lossy(&run.stdout), "[secret] [secret]\n");
    assert_eq!(
        nest.log(),
        "inject\nOP_SERVICE_ACCOUNT_TOKEN=ops_good\n".repeat(2),
        "no value is an argument"
    );
}

#[test]
fn who_is_not_signed_in_or_is_refused_is_told_and_op_is_not_started_again() {
    for (variables, expected) in [
        (&[][..], "`op` is not signed in: run `op signin`, or give the token of a service account"),
        (
            &[("OP_SERVICE_ACCOUNT_TOKEN", "ops_bad")],
            "1Password refused the service account's token: (401) Unauthorized",
        ),
    ] {
        let nest = Nest::new(TWO);
        let run = nest.run(&["env", "open", "e"], variables);
        assert_eq!(run.status.code(), Some(1), "{}", text(&run));
        assert!(text(&run).contains(expected) && !text(&run).contains("ops_bad"), "{}", text(&run));
        assert_eq!(nest.log().matches("inject").count(), 1);
    }
    let nest = Nest::new(TWO);
    let run = nest.run(&["env", "open", "e"], &[("OP_SERVICE_ACCOUNT_TOKEN", "eyJhbGciOi.chirp.x")]);
    assert!(text(&run).contains("is no service account's token (`ops_…`)"), "{}", text(&run));
    assert_eq!(nest.log(), "");
    let nest = Nest::new(&TWO.replace("op://prod/db/user", "op://nest/db/user"));
    let run = nest.run(&["env", "open", "e"], &[("OP_SERVICE_ACCOUNT_TOKEN", "ops_good")]);
    assert!(
        text(&run).contains("`op inject` failed: \"db\" isn't an item in the \"nest\" vault"),
        "{}",
        text(&run)
    );
    std::fs::remove_file(nest.0.path("op")).unwrap();
    let run = nest.run(&["env", "open", "e"], &[]);
    assert!(text(&run).contains("`op` is not installed, or not on PATH"), "{}", text(&run));
}

/// The program gives away what it was given: on stderr, and by how it ends.
const EXEC: &str = "values:
  a: {fn::open::exec: {command: [./speak, '$HOME; *'], environment: {WORD: {fn::secret: chirp-chirp}}}}
";

#[test]
fn a_program_is_started_only_if_that_is_allowed_and_nothing_of_what_it_says_is_shown() {
    let nest = Nest::new(EXEC);
    nest.program("speak", "#!/bin/sh\necho \"$1\" >> log\necho \"err $WORD\" >&2\necho \"$WORD\"\n");
    let refused = nest.run(&["env", "open", "e"], &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused).contains("if you trust all of its documents, allow it by `--allow-exec`"),
        "{}",
        text(&refused)
    );
    assert_eq!(nest.log(), "", "it was not started");
    let allowed = nest.run(&["env", "open", "e", "--allow-exec"], &[]);
    assert_eq!(allowed.status.code(), Some(0), "{}", text(&allowed));
    assert!(!text(&allowed).contains("chirp"), "{}", text(&allowed));
    assert_eq!(nest.log(), "$HOME; *\n", "there is no shell");
    nest.program("speak", "#!/bin/sh\necho \"err $WORD\" >&2\nexit 3\n");
    let failed = nest.run(&["env", "open", "e", "--allow-exec"], &[]);
    assert!(text(&failed).contains("`./speak` failed: exit status: 3"), "{}", text(&failed));
    assert!(!text(&failed).contains("chirp"), "{}", text(&failed));
    nest.program("speak", "#!/bin/sh\nexec cat /dev/zero\n");
    let endless = nest.run(&["env", "open", "e", "--allow-exec"], &[]);
    assert!(text(&endless).contains("`./speak` wrote more than 16 MiB"), "{}", text(&endless));
}
