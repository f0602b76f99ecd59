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
