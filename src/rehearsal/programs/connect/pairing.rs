//! Whether a token goes with a server's credentials.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::credentials::{Credentials, decode};
use super::vaults::{Account, Vaults};

/// When our own test kit says that its tokens were issued.
const TEST_KIT: i64 = 1_700_000_000;

/// Why a token is refused; the texts are the server's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Signature,
    Expired,
}

/// What an accepted token allows: the vaults with these ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    vaults: Vec<String>,
}

impl Grant {
    pub(super) fn allows(&self, account: &Account, vault: &str) -> bool {
        self.vaults.iter().any(|allowed| allowed == vault)
            || account.placeholders.iter().any(|placeholder| placeholder == vault)
    }
}

/// Judges a token at the time `now`, and remembers which server the credentials belong to.
pub(super) fn verify(
    credentials: &Credentials,
    token: &str,
    vaults: &Vaults,
    now: Timestamp,
) -> Result<Grant, Refusal> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Signature)?;
    let (header, claims) = signed.split_once('.').ok_or(Refusal::Signature)?;
    let json = |part| -> Option<Json> { serde_json::from_slice(&decode(part)?).ok() };
    let header = json(header).ok_or(Refusal::Signature)?;
    let claims = json(claims).ok_or(Refusal::Signature)?;
    // A signature of ES256 is two numbers of 32 bytes.
    let signature = decode(signature).filter(|signature| signature.len() == 64).ok_or(Refusal::Signature)?;
    let audience = "com.1password.connect";
    let for_connect = claims["aud"] == audience
        || claims["aud"].as_array().is_some_and(|all| all.iter().any(|one| one == audience));
    if header["alg"] != "ES256" || !for_connect {
        return Err(Refusal::Signature);
    }
    let of_test_kit = claims["iat"] == TEST_KIT && claims["nbf"] == TEST_KIT;
    if of_test_kit {
        if signature != credentials.sign(signed.as_bytes()) {
            return Err(Refusal::Signature);
        }
    } else {
        let server = claims["sub"].as_str().ok_or(Refusal::Signature)?;
        let mut account = vaults.account();
        let known = account.servers.entry(credentials.digest()).or_insert_with(|| server.to_owned());
        if known != server {
            return Err(Refusal::Signature);
        }
    }
    let time = |key: &str| claims[key].as_i64();
    if time("exp").is_some_and(|end| end <= now.as_second()) {
        return Err(Refusal::Expired);
    }
    let scope = claims["1password.com/vts"].as_array().into_iter().flatten();
    // Tokens may write ids in upper case.
    Ok(Grant { vaults: scope.filter_map(|vault| vault["u"].as_str()).map(str::to_lowercase).collect() })
}
