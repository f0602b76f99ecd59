//! Keys from every source, with the keys of the SOPS vectors.

use std::path::PathBuf;

use age::secrecy::SecretString;

use super::{Error, Identities, Identity, Origin, Passphrases, ProcessEnvironment, Recipient, seal};

#[expect(clippy::print_stdout, reason = "a test that cannot run says so")]
fn skipped(what: &str) {
    println!("SKIPPED: {what} is not there");
}

fn vector(name: &str) -> Option<(PathBuf, String)> {
    let shared = std::env::var("EGGTOOTH_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let path = PathBuf::from(shared).join("vectors/sops/keys").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        skipped(&path.display().to_string());
    }
    text.map(|text| (path, text))
}

fn environment(variables: &[(&str, &str)]) -> ProcessEnvironment {
    variables.iter().copied().collect()
}

fn secret_text(identity: &Identity) -> String {
    use age::secrecy::ExposeSecret;
    identity.to_secret_text().unwrap().expose_secret().to_owned()
}

fn opens(identities: &Identities, recipients: &[&str]) -> bool {
    let recipients: Vec<Recipient> = recipients.iter().map(|text| text.parse().unwrap()).collect();
    identities.open(&seal(&recipients, b"chirp").unwrap(), None).is_ok()
}

#[test]
fn keys_of_all_sources_are_merged() {
    let [first, second, third] = [Identity::generate(), Identity::generate(), Identity::generate()];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, format!("# created today\n{}\n", secret_text(&second))).unwrap();
    std::fs::create_dir_all(folder.path().join("sops/age")).unwrap();
    std::fs::write(folder.path().join("sops/age/keys.txt"), secret_text(&third)).unwrap();
    let identities = Identities::discover(
        &environment(&[
            ("SOPS_AGE_KEY", &secret_text(&first)),
            ("SOPS_AGE_KEY_FILE", file.to_str().unwrap()),
            ("XDG_CONFIG_HOME", folder.path().to_str().unwrap()),
        ]),
        Passphrases::default(),
    );
    for key in [&first, &second, &third] {
        assert!(opens(&identities, &[&key.public()]));
    }
}

#[test]
fn a_key_command_is_told_the_recipient_and_asked_last() {
    let key = Identity::generate();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("key command");
    let body = format!(
        "#!/bin/sh\necho run >> \"$0.log\"\n[ \"$SOPS_AGE_RECIPIENT\" = {} ] && [ -z \"$SOPS_AGE_KEY_CMD\" ] && echo {}\n",
        key.public(),
        secret_text(&key)
    );
    std::fs::write(&script, body).unwrap();
    let command = format!("sh '{}'", script.display());
    let other = Identity::generate();
    let identities = Identities::discover(
        &environment(&[
            ("SOPS_AGE_KEY_CMD", &command),
            ("SOPS_AGE_KEY", &secret_text(&other)),
            ("PATH", "/usr/bin:/bin"),
        ]),
        Passphrases::default(),
    );
    let log = folder.path().join("key command.log");
    assert!(opens(&identities, &[&other.public()]) && !log.exists());
    let sealed = seal(&[key.public().parse().unwrap()], b"chirp").unwrap();
    for _ in 0..2 {
        identities.open(&sealed, Some(&key.public())).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "run\n");
}

#[test]
fn without_the_right_key_all_that_was_tried_is_named_and_nothing_private() {
    let key = Identity::generate();
    let text = format!("{} nonsense", secret_text(&key));
    let identities = Identities::discover(
        &environment(&[("SOPS_AGE_KEY", &text), ("SOPS_AGE_KEY_FILE", "/nowhere/key")]),
        Passphrases::default(),
    );
    let sealed = seal(&[Identity::generate().public().parse().unwrap()], b"chirp").unwrap();
    let error = identities.open(&sealed, None).unwrap_err().to_string();
    assert!(error.contains(&format!("{} from SOPS_AGE_KEY", key.public())), "{error}");
    assert!(error.contains("not used: SOPS_AGE_KEY: line 1 is not an age identity"), "{error}");
    assert!(error.contains("not used: /nowhere/key: cannot be read"), "{error}");
    assert!(!error.contains("SECRET") && !error.contains("nonsense"), "{error}");
    let error = Identities::default().open(&sealed, None).unwrap_err().to_string();
    assert_eq!(error, "no age key was found");
}

#[test]
fn what_is_no_age_file_is_an_error_of_its_own() {
    let identities = Identities::of([Identity::generate()], Origin::Given("test".into()));
    assert!(matches!(identities.open("chirp", None), Err(Error::Malformed(_))));
    assert!(matches!(seal(&[], b"chirp"), Err(Error::NoRecipients)));
    assert!("age1chirp".parse::<Recipient>().is_err());
}

#[test]
fn ssh_keys_open_what_was_sealed_for_them() {
    let (Some((path, _)), Some((_, public))) = (vector("ssh_ed25519"), vector("ssh_ed25519.pub")) else {
        return;
    };
    let identities = Identities::discover(
        &environment(&[("SOPS_AGE_SSH_PRIVATE_KEY_FILE", path.to_str().unwrap())]),
        Passphrases::default(),
    );
    assert!(opens(&identities, &[public.trim()]));
}

#[test]
fn a_protected_identity_file_is_unlocked_when_nothing_else_opens() {
    let Some((path, _)) = vector("encrypted-identity.age") else { return };
    let Some((_, sealed)) = vector("encrypted-datakey-x25519.age") else { return };
    let environment = environment(&[("SOPS_AGE_KEY_FILE", path.to_str().unwrap())]);
    let ask = |passphrase: &'static str| {
        Passphrases::from_fn(move |_| Some(SecretString::from(passphrase.to_owned())))
    };
    assert!(Identities::discover(&environment, ask("passphrase")).open(&sealed, None).is_ok());
    let error = Identities::discover(&environment, ask("wrong")).open(&sealed, None).unwrap_err();
    assert!(error.to_string().contains("cannot be unlocked"), "{error}");
}

fn tool(name: &str) -> Option<PathBuf> {
    let cache = std::env::var_os("EGGTOOTH_CACHE").map(PathBuf::from).or_else(|| {
        let user = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        Some(user.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?.join("eggtooth"))
    })?;
    let folders = std::fs::read_dir(cache.join("tools")).into_iter().flatten().flatten();
    let found = folders.map(|folder| folder.path().join("bin").join(name)).find(|path| path.is_file());
    if found.is_none() {
        skipped(name);
    }
    found
}

/// Runs a tool of age with `input`.
fn run(tool: &std::path::Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child =
        Command::new(tool).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    output.stdout
}

#[test]
fn post_quantum_keys_open_what_was_sealed_for_them_only() {
    let key = Identity::generate_post_quantum();
    let public = key.public();
    assert!(public.starts_with("age1pq1") && secret_text(&key).starts_with("AGE-SECRET-KEY-PQ-1"));
    let again = Identity::parse(&secret_text(&key)).unwrap();
    assert_eq!(again.public(), public);
    let others = [Identity::generate_post_quantum(), Identity::generate()];
    assert!(opens(&Identities::of([others[0].clone(), again], Origin::Given("t".into())), &[&public]));
    assert!(!opens(&Identities::of(others, Origin::Given("t".into())), &[&public]));
    let mut changed = public.clone();
    changed.pop();
    assert!(changed.parse::<Recipient>().is_err());
    // One that is not safe against quantum computers would undo the other.
    let mixed = [public.parse().unwrap(), Identity::generate().public().parse().unwrap()];
    assert!(matches!(seal(&mixed, b"chirp"), Err(Error::Seal(_))));
}

#[test]
fn age_reads_what_was_sealed_with_post_quantum_keys_and_we_read_what_it_sealed() {
    let (Some(age), Some((path, _)), Some((_, public))) =
        (tool("age"), vector("hybrid-pq.txt"), vector("hybrid-pq.pub"))
    else {
        return;
    };
    let path = path.to_str().unwrap();
    let sealed = seal(&[public.parse().unwrap()], b"chirp").unwrap();
    assert_eq!(run(&age, &["--decrypt", "--identity", path], sealed.as_bytes()), b"chirp");
    let sealed = run(&age, &["--encrypt", "--armor", "--recipient", public.trim()], b"chirp");
    let identities =
        Identities::discover(&environment(&[("SOPS_AGE_KEY_FILE", path)]), Passphrases::default());
    let opened = identities.open(std::str::from_utf8(&sealed).unwrap(), None).unwrap();
    assert_eq!(opened, b"chirp".to_vec().into());
}

/// A plugin for keys without any secret, which writes down what variables it got.
const PLUGIN: &str = r#"#!/bin/sh
env | sed 's/=.*//' | sort > "$STAND_IN_LOG"
# A body ends with its first line that is not full; age adds stanzas of any length that mean nothing.
read_body() {
    body=
    while read -r line; do
        body=$body$line
        [ "${#line}" -eq 64 ] || break
    done
}
case "$1" in
--age-plugin=recipient-v1)
    while read -r arrow command rest; do
        read_body
        case "$command" in
        wrap-file-key) key=$body ;;
        done) break ;;
        esac
    done
    printf -- '-> msg
aGVsbG8
'; read -r answer; read -r nothing
    printf -- '-> recipient-stanza 0 stand-in
%s
' "$key"; read -r answer; read -r nothing
    ;;
--age-plugin=identity-v1)
    while read -r arrow command index tag rest; do
        read_body
        case "$command $tag" in
        "recipient-stanza stand-in") key=$body ;;
        "done "*) break ;;
        esac
    done
    printf -- '-> request-secret
UElO
'; read -r arrow answer; read -r pin
    if [ "$answer $pin" = "ok MTIzNA" ]; then
        printf -- '-> file-key 0
%s
' "$key"; read -r answer; read -r nothing
    else
        printf -- '-> error identity 0
d3JvbmcgUElO
'; read -r answer; read -r nothing
    fi
    ;;
esac
printf -- '-> done

'
"#;

#[cfg(unix)]
#[test]
fn a_plugin_works_with_its_keys_and_gets_no_others() {
    use std::os::unix::fs::PermissionsExt;

    use age_core::primitives::bech32_encode;
    use bech32::Hrp;

    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("age-plugin-standin");
    std::fs::write(&script, PLUGIN).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let log = folder.path().join("log");
    let search = format!("{}:/usr/bin:/bin", folder.path().display());
    let identity = bech32_encode(Hrp::parse("AGE-PLUGIN-STANDIN-").unwrap(), b"x").to_uppercase();
    let environment = environment(&[
        ("PATH", &search),
        ("STAND_IN_LOG", log.to_str().unwrap()),
        ("SOPS_AGE_KEY", &identity),
        ("OP_SERVICE_ACCOUNT_TOKEN", "token"),
        ("EGGTOOTH_PASSPHRASE", "passphrase"),
    ]);
    let text = bech32_encode(Hrp::parse("age1standin").unwrap(), b"x");
    let recipient = Recipient::parse_in(&text, &environment).unwrap();
    let sealed = seal(&[recipient], b"chirp").unwrap();
    let pin = |pin: &'static str| Passphrases::from_fn(move |_| Some(SecretString::from(pin.to_owned())));
    let opened = Identities::discover(&environment, pin("1234")).open(&sealed, None).unwrap();
    assert_eq!(opened, b"chirp".to_vec().into());
    let names = std::fs::read_to_string(&log).unwrap();
    assert!(names.contains("STAND_IN_LOG"), "{names}");
    for guarded in ["SOPS_", "OP_", "EGGTOOTH_"] {
        assert!(!names.contains(guarded), "{names}");
    }
    let error = Identities::discover(&environment, pin("0000")).open(&sealed, None).unwrap_err().to_string();
    assert!(error.contains("not used: SOPS_AGE_KEY: age-plugin-standin says: wrong PIN"), "{error}");
    let missing: ProcessEnvironment =
        [("PATH", "/nowhere"), ("SOPS_AGE_KEY", &identity)].into_iter().collect();
    let error = Identities::discover(&missing, Passphrases::default()).open(&sealed, None).unwrap_err();
    assert!(error.to_string().contains("there is no program age-plugin-standin"), "{error}");
    assert!("age1../../x1qqqqq".parse::<Recipient>().is_err());
}
