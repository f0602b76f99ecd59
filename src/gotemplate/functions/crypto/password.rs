//! `bcrypt`, `htpasswd` and `derivePassword`.

use std::rc::Rc;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::gotemplate::functions::Host;
use crate::gotemplate::{Functions, GoString};

pub(super) fn add(functions: &mut Functions, host: &Rc<Host>) {
    let source = Rc::clone(host);
    functions.add("bcrypt", move |password: GoString| bcrypt(&source, &password));
    let source = Rc::clone(host);
    functions.add("htpasswd", move |user: GoString, password: GoString| {
        if user.contains(&b':') {
            return format!("invalid username: {user}").into();
        }
        GoString::from([&*user, b":", bcrypt(&source, &password).as_bytes()].concat())
    });
    functions.add(
        "derivePassword",
        |counter: u64, kind: GoString, password: GoString, user: GoString, site: GoString| {
            derived(counter as u32, &kind, &password, &user, &site)
        },
    );
}

/// Hashes with Go's default cost. An error takes the hash's place.
fn bcrypt(host: &Host, password: &[u8]) -> String {
    const COST: u32 = 10;
    const LONGEST: usize = 72;
    if password.len() > LONGEST {
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_owned();
    }
    let mut salt = [0; 16];
    host.with_random(|random| random.fill_bytes(&mut salt));
    match bcrypt::hash_with_salt(password, COST, salt) {
        Ok(hash) => hash.format_for_version(bcrypt::Version::TwoA),
        Err(error) => format!("failed to encrypt string with bcrypt: {error}"),
    }
}

/// What the Master Password algorithm salts with.
const SEED: &[u8] = b"com.lyndir.masterpassword";

/// Derives a site's password from a master password: scrypt of the user's key, then a template filled by the
/// site's seed. Errors take the password's place.
fn derived(counter: u32, kind: &GoString, password: &[u8], user: &[u8], site: &[u8]) -> String {
    let Some(templates) = templates(kind) else { return format!("cannot find password template {kind}") };
    let Ok(parameters) = scrypt::Params::new(15, 8, 2, 64) else {
        return "failed to derive password".to_owned();
    };
    let salt = [SEED, &(user.len() as u32).to_be_bytes(), user].concat();
    let mut key = [0; 64];
    if let Err(error) = scrypt::scrypt(password, &salt, &parameters, &mut key) {
        return format!("failed to derive password: {error}");
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
        return "failed to derive password".to_owned();
    };
    mac.update(&[SEED, &(site.len() as u32).to_be_bytes(), site, &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let template = templates[usize::from(seed[0]) % templates.len()];
    let filled = template.bytes().zip(&seed[1..]).map(|(class, byte)| {
        let characters = characters(class).as_bytes();
        char::from(characters[usize::from(*byte) % characters.len()])
    });
    filled.collect()
}

fn templates(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

/// Returns the characters of a template's class: vowels, consonants, letters, numbers, others, anything.
fn characters(class: u8) -> &'static str {
    match class {
        b'V' => "AEIOU",
        b'C' => "BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => "aeiou",
        b'c' => "bcdfghjklmnpqrstvwxyz",
        b'a' => "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => "0123456789",
        b'o' => "@&%?,=[]_:-+*$#!'^~;()/.",
        _ => "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}
