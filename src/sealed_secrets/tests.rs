//! What is sealed can be opened where its scope allows, and broken key pairs are told.

use std::sync::OnceLock;

use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce, aead::Aead as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use rsa::Oaep;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{KeyPair, Scope, SealedSecretsError, Sealer, Sealing, seal_manifest};
use crate::secret::Secret;

fn now() -> Timestamp {
    "2026-11-22T10:11:12Z".parse().unwrap()
}

/// Keys take long to make: one pair, and the key of another.
fn pairs() -> &'static [KeyPair; 2] {
    static PAIRS: OnceLock<[KeyPair; 2]> = OnceLock::new();
    PAIRS.get_or_init(|| [(); 2].map(|()| KeyPair::generate(2048, now()).unwrap()))
}

/// Opens a value as the controller does.
fn open(sealed: &Value, label: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(sealed.as_str()?).ok()?;
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (key, value) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let session = pairs()[0].private().ok()?.decrypt(Oaep::new_with_label::<Sha256, _>(label), key).ok()?;
    Aes256Gcm::new_from_slice(&session).ok()?.decrypt(&Nonce::default(), value).ok()
}

fn sealed(secret: Value, sealing: &Sealing) -> Result<Value, SealedSecretsError> {
    let certificate = pairs()[0].check(now()).unwrap();
    seal_manifest(secret, sealing, &Sealer::new(&certificate))
}

fn egg() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": true,
        "metadata": {
            "name": "egg", "namespace": "nest", "uid": "u", "resourceVersion": "1", "creationTimestamp": null,
            "labels": { "a": "b" }, "managedFields": [], "ownerReferences": [{}],
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "chirp", "c": "d" },
        },
        "data": { "yolk": "Y2hpcnA=", "both": "b2xk" },
        "stringData": { "white": "\u{1f95a}", "both": "new" },
    })
}

#[test]
fn each_scope_opens_where_it_may_and_nowhere_else() {
    let labels = ["nest/egg", "nest", ""];
    for (index, scope) in Scope::ALL.into_iter().enumerate() {
        let sealed = sealed(egg(), &Sealing { scope, ..Sealing::default() }).unwrap();
        let data = &sealed["spec"]["encryptedData"];
        for (other, label) in labels.iter().enumerate() {
            let opened = open(&data["yolk"], label);
            assert_eq!(opened, (other == index).then(|| b"chirp".to_vec()), "{scope} with {label}");
        }
        assert_eq!(open(&data["white"], labels[index]).unwrap(), "\u{1f95a}".as_bytes());
        assert_eq!(open(&data["both"], labels[index]).unwrap(), b"new");
        let annotations = &sealed["metadata"]["annotations"];
        assert_eq!(
            scope.annotation().map(|name| annotations[name].clone()),
            scope.annotation().map(|_| json!("true"))
        );
        assert!(!sealed.to_string().contains("chirp"));
    }
}

#[test]
fn a_sealed_secret_keeps_what_is_the_users() {
    let mut sealed = sealed(egg(), &Sealing::default()).unwrap();
    sealed["spec"]["encryptedData"] = Value::Null;
    let template = json!({
        "metadata": { "name": "egg", "namespace": "nest", "labels": { "a": "b" }, "annotations": { "c": "d" } },
        "type": "Opaque", "immutable": true,
    });
    assert_eq!(
        sealed,
        json!({
            "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
            "metadata": { "name": "egg", "namespace": "nest" },
            "spec": { "encryptedData": null, "template": template },
        })
    );
}

#[test]
fn the_manifests_own_scope_counts_and_a_wider_one_replaces_it() {
    let mut secret = egg();
    secret["metadata"]["annotations"] = json!({ "sealedsecrets.bitnami.com/namespace-wide": "true" });
    let own = sealed(secret.clone(), &Sealing::default()).unwrap();
    assert_eq!(open(&own["spec"]["encryptedData"]["yolk"], "nest").unwrap(), b"chirp");
    let wider = sealed(secret, &Sealing { scope: Scope::ClusterWide, ..Sealing::default() }).unwrap();
    let annotation = json!({ "sealedsecrets.bitnami.com/cluster-wide": "true" });
    assert_eq!(wider["spec"]["template"]["metadata"]["annotations"], annotation);
    assert_eq!(wider["metadata"]["annotations"], annotation);
}

#[test]
fn what_cannot_be_sealed_is_told_by_name_and_without_its_value() {
    let told = |change: fn(&mut Value), sealing: &Sealing, text: &str| {
        let mut secret = egg();
        change(&mut secret);
        let error = sealed(secret, sealing).unwrap_err().to_string();
        assert!(error.contains(text) && !error.contains("chirp"), "{error}");
    };
    let plain = Sealing::default();
    let elsewhere = Sealing { namespace: Some("other".to_owned()), ..Sealing::default() };
    told(|secret| secret["kind"] = "ConfigMap".into(), &plain, "the ConfigMap of `v1` is no Secret");
    told(|secret| secret["metadata"]["name"] = "".into(), &plain, "no name");
    told(|secret| secret["metadata"]["namespace"] = "".into(), &plain, "`egg` has no namespace");
    told(|_| (), &elsewhere, "in the namespace `nest`, not in `other`");
    told(
        |secret| secret["data"]["yolk"] = "chirp!".into(),
        &plain,
        "`yolk` of the Secret `egg` is no base64",
    );
    told(|secret| secret["stringData"]["white"] = 1.into(), &plain, "`white` of the Secret `egg` is no text");
    told(
        |secret| (secret["data"], secret["stringData"]) = (Value::Null, Value::Null),
        &plain,
        "`egg` has no data",
    );
}

#[test]
fn a_broken_pair_is_told_before_a_controller_sees_it() {
    let [pair, other] = pairs();
    let certificate = pair.check(now()).unwrap();
    assert_eq!((certificate.not_before, certificate.fingerprint().len()), (now(), 64));
    assert_eq!(certificate.not_after.to_string(), "2036-11-22T10:11:12Z");
    let check = |certificate: &str, key: &Secret<String>, now| {
        let pair = KeyPair { certificate: certificate.to_owned(), key: key.clone() };
        pair.check(now).unwrap_err()
    };
    let error = check(&pair.certificate, &other.key, now());
    assert!(matches!(error, SealedSecretsError::Mismatch), "{error}");
    let error = check(&pair.certificate, &pair.key, now() - SignedDuration::from_secs(1));
    assert!(matches!(error, SealedSecretsError::NotYet(_)), "{error}");
    let error = check("chirp", &pair.key, now());
    assert!(matches!(error, SealedSecretsError::CertificatePem), "{error}");
    let error = check(&pair.certificate, &Secret::new("chirp".to_owned()), now());
    assert!(matches!(error, SealedSecretsError::Key), "{error}");
    let elliptic = rcgen::KeyPair::generate().unwrap();
    let error = check(&pair.certificate, &Secret::new(elliptic.serialize_pem()), now());
    assert!(matches!(error, SealedSecretsError::KeyKind), "{error}");
    let certificate =
        rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&elliptic).unwrap().pem();
    let error = check(&certificate, &pair.key, now());
    assert!(matches!(error, SealedSecretsError::CertificateKind), "{error}");
}
