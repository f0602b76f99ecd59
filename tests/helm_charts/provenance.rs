//! Signed charts: `helm verify`, `--verify` and `--keyring`, beside helm.

use std::fs;

use pgp::composed::{
    ArmorOptions, CleartextSignedMessage, KeyType, SecretKeyParamsBuilder, SignedPublicKey, SignedSecretKey,
};
use pgp::ser::Serialize as _;
use pgp::types::Password;

use super::{Home, chart, done, oracle, sha256, stderr, stdout};

const ADA: &str = "Ada <ada@egg.example>";

fn key(name: &str) -> SignedSecretKey {
    let params = SecretKeyParamsBuilder::default()
        .key_type(KeyType::Ed25519Legacy)
        .can_certify(true)
        .can_sign(true)
        .primary_user_id(name.to_owned())
        .passphrase(None)
        .build()
        .unwrap();
    params.generate(rand::thread_rng()).unwrap()
}

/// Signs the digest of a file as `helm package --sign` does.
fn sign(key: &SignedSecretKey, file: &str, digest: &str) -> String {
    let text = format!("apiVersion: v2\nname: egg\nversion: 1.0.0\n\n...\nfiles:\n  {file}: {digest}\n");
    let signed =
        CleartextSignedMessage::sign(rand::thread_rng(), &text, &key.primary_key, &Password::empty());
    signed.unwrap().to_armored_string(ArmorOptions::default()).unwrap()
}

const FILE: &str = "egg-1.0.0.tgz";

/// A signed chart, and rings: of Ada alone, in three forms, and of somebody else.
fn home() -> (Home, SignedSecretKey) {
    let (home, ada, other) = (Home::new(), key(ADA), key("Eve <eve@egg.example>"));
    let archive = chart("egg", "1.0.0");
    fs::write(home.path().join(FILE), &archive).unwrap();
    home.write("egg-1.0.0.tgz.prov", &sign(&ada, FILE, &sha256(&archive)));
    let public = SignedPublicKey::from(ada.clone());
    let stranger = SignedPublicKey::from(other);
    let armoured = |key: &SignedPublicKey| key.to_armored_string(ArmorOptions::default()).unwrap();
    fs::write(home.path().join("ada.gpg"), public.to_bytes().unwrap()).unwrap();
    home.write("ada.asc", &armoured(&public));
    home.write("both.asc", &format!("{}{}", armoured(&stranger), armoured(&public)));
    home.write("eve.asc", &armoured(&stranger));
    (home, ada)
}

#[test]
fn a_signed_chart_is_verified_as_helm_does() {
    let (home, _) = home();
    for ring in ["ada.gpg", "ada.asc", "both.asc"] {
        let words = ["verify", FILE, "--keyring", ring];
        let ours = done(home.eggtooth(&words));
        assert!(
            stdout(&ours).starts_with(&format!("Signed by: {ADA}\nUsing Key With Fingerprint: ")),
            "{}",
            stdout(&ours)
        );
        if let Some(helm) = oracle() {
            assert_eq!(stdout(&ours), stdout(&done(home.helm(&helm, &words))), "{ring}");
        }
    }
    done(home.eggtooth(&["template", "r", FILE, "--verify", "--keyring", "ada.asc"]));
    // Without a word the ring of GnuPG counts.
    let none = home.eggtooth(&["verify", FILE]);
    assert!(
        stderr(&none).contains(".gnupg/pubring.gpg") && stderr(&none).contains("--keyring"),
        "{}",
        stderr(&none)
    );
    fs::create_dir(home.path().join(".gnupg")).unwrap();
    fs::copy(home.path().join("ada.gpg"), home.path().join(".gnupg/pubring.gpg")).unwrap();
    done(home.eggtooth(&["verify", FILE]));
}

#[test]
fn what_is_not_as_it_was_signed_is_refused_as_helm_refuses_it() {
    type Spoil = fn(&Home, &SignedSecretKey);
    let cases: [(&str, &str, Spoil); 6] = [
        ("nobody whose key", "eve.asc", |_, _| {}),
        ("and sha256:", "ada.asc", |home, _| {
            fs::write(home.path().join(FILE), chart("egg", "1.0.1")).unwrap();
        }),
        ("nobody whose key", "ada.asc", |home, _| {
            let text = fs::read_to_string(home.path().join("egg-1.0.0.tgz.prov")).unwrap();
            home.write("egg-1.0.0.tgz.prov", &text.replace("version: 1.0.0", "version: 6.6.6"));
        }),
        ("no digest of", "ada.asc", |home, ada| {
            let archive = fs::read(home.path().join(FILE)).unwrap();
            home.write("egg-1.0.0.tgz.prov", &sign(ada, "other-1.0.0.tgz", &sha256(&archive)));
        }),
        ("holds no signature", "ada.asc", |home, _| home.write("egg-1.0.0.tgz.prov", "chirp\n")),
        ("egg-1.0.0.tgz.prov", "ada.asc", |home, _| {
            fs::remove_file(home.path().join("egg-1.0.0.tgz.prov")).unwrap();
        }),
    ];
    for (expected, ring, spoil) in cases {
        let (home, ada) = home();
        spoil(&home, &ada);
        for words in [
            &["verify", FILE, "--keyring", ring][..],
            &["template", "r", FILE, "--verify", "--keyring", ring],
        ] {
            let output = home.eggtooth(words);
            assert_eq!(output.status.code(), Some(1), "{words:?}");
            assert!(stderr(&output).contains(expected) && output.stdout.is_empty(), "{}", stderr(&output));
            if let Some(helm) = oracle() {
                assert!(!home.helm(&helm, words).status.success(), "{expected}");
            }
        }
    }
}

#[test]
fn a_folder_is_not_verified() {
    let (home, _) = home();
    home.write("egg/Chart.yaml", "apiVersion: v2\nname: egg\nversion: 1.0.0\n");
    let output = home.eggtooth(&["template", "r", "egg", "--verify", "--keyring", "ada.asc"]);
    assert!(stderr(&output).contains("only archives can be verified"), "{}", stderr(&output));
}

#[test]
fn what_helm_signs_we_verify() {
    let Some(helm) = oracle() else { return };
    let (home, ada) = home();
    home.write("nest/Chart.yaml", "apiVersion: v2\nname: nest\nversion: 2.0.0\n");
    fs::write(home.path().join("secret.gpg"), ada.to_bytes().unwrap()).unwrap();
    done(home.helm(&helm, &["package", "nest", "--sign", "--key", "Ada", "--keyring", "secret.gpg"]));
    done(home.eggtooth(&["verify", "nest-2.0.0.tgz", "--keyring", "ada.asc"]));
}
