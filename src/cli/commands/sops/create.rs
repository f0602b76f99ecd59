//! How a new document is encrypted: by the command line first, by its creation rule then, by sops's defaults else.

use std::path::Path;

use super::{Session, SopsCommandError};
use crate::cli::args::sops::{Keys, Selectors};
use crate::keys::{self, Recipient};
use crate::sops::rules::{Configuration, CreationRule};
use crate::sops::{EncryptOptions, Format, KeyGroup, Selector};

/// The variables with which sops is told of keys of services.
const SERVICE_VARIABLES: [&str; 6] = [
    "SOPS_PGP_FP",
    "SOPS_KMS_ARN",
    "SOPS_GCP_KMS_IDS",
    "SOPS_HUAWEICLOUD_KMS_IDS",
    "SOPS_AZURE_KEYVAULT_URLS",
    "SOPS_VAULT_URIS",
];

fn service_variable(session: &Session<'_>) -> Option<&'static str> {
    SERVICE_VARIABLES.into_iter().find(|name| session.environment.get(name).is_some())
}

/// Decides how the file `name` is encrypted that is read and written in these formats.
pub(super) fn options(
    session: &Session<'_>,
    name: &Path,
    (input, output): (Format, Format),
    keys: &Keys,
    selectors: &Selectors,
) -> Result<EncryptOptions, SopsCommandError> {
    if let Some(name) = keys.services.flag().or_else(|| service_variable(session)) {
        return Err(SopsCommandError::Foreign(name));
    }
    let configuration = session.configuration(name)?;
    let rule = match &configuration {
        Some(configuration) => configuration.rule_for(name)?,
        None => None,
    };
    let groups = groups(name, keys, rule)?;
    let rule_threshold = rule.map(|rule| rule.shamir_threshold).unwrap_or_default();
    let given_threshold = keys.shamir_secret_sharing_threshold.filter(|number| *number > 0);
    let selector = selector(selectors, rule)?;
    // A binary is one value, which is always encrypted.
    let (selector, mac_only_encrypted) = if input == Format::Binary {
        (Selector::default(), false)
    } else {
        let rule = rule.is_some_and(|rule| rule.mac_only_encrypted);
        (selector, session.options.mac_only_encrypted || rule)
    };
    Ok(EncryptOptions {
        groups,
        shamir_threshold: given_threshold.unwrap_or(rule_threshold),
        selector,
        mac_only_encrypted,
        indent: indent(session, configuration.as_ref(), output),
    })
}

fn groups(name: &Path, keys: &Keys, rule: Option<&CreationRule>) -> Result<Vec<KeyGroup>, SopsCommandError> {
    let given = recipients(keys.age.as_deref().unwrap_or_default())?;
    let groups = match rule {
        _ if !given.is_empty() => vec![KeyGroup::of(given)],
        Some(rule) => rule.groups.clone(),
        None => Vec::new(),
    };
    if groups.is_empty() || groups.iter().any(KeyGroup::is_empty) {
        return Err(SopsCommandError::NoKeys(name.to_owned()));
    }
    Ok(groups)
}

/// Reads recipients with commas between them.
pub(super) fn recipients(text: &str) -> Result<Vec<Recipient>, keys::Error> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::parse).collect()
}

/// A selector of the command line does not replace one of another kind in the rule: sops refuses the two.
fn selector(given: &Selectors, rule: Option<&CreationRule>) -> Result<Selector, SopsCommandError> {
    let flags = [
        ("unencrypted_suffix", &given.unencrypted_suffix),
        ("encrypted_suffix", &given.encrypted_suffix),
        ("unencrypted_regex", &given.unencrypted_regex),
        ("encrypted_regex", &given.encrypted_regex),
        ("unencrypted_comment_regex", &given.unencrypted_comment_regex),
        ("encrypted_comment_regex", &given.encrypted_comment_regex),
    ];
    let given = flags.into_iter().filter_map(|(field, text)| {
        let text = text.as_deref().filter(|text| !text.is_empty())?;
        Some((field, text))
    });
    let mut found: Option<(&str, Selector)> = None;
    for (field, text) in given {
        let selector =
            Selector::of_field(field, text).map_err(|error| SopsCommandError::Selector(field, error))?;
        if let Some((first, _)) = found.replace((field, selector)) {
            return Err(SopsCommandError::Selectors(first, field));
        }
    }
    let rule = rule.and_then(|rule| rule.selector.clone());
    match (found, rule) {
        (Some((field, _)), Some(rule)) if rule.field().0 != field => {
            Err(SopsCommandError::Selectors(field, rule.field().0))
        }
        (Some((_, selector)), _) => Ok(selector),
        (None, Some(selector)) => Ok(selector),
        (None, None) => Ok(Selector::default()),
    }
}

/// Returns the spaces of one level; none is the format's usual form.
pub(super) fn indent(
    session: &Session<'_>,
    configuration: Option<&Configuration>,
    format: Format,
) -> Option<usize> {
    let indents = configuration.map(Configuration::indents).unwrap_or_default();
    session.options.indent.or_else(|| match format {
        Format::Yaml => indents.yaml,
        Format::Json => indents.json.and_then(|indent| usize::try_from(indent).ok()),
        Format::Binary => indents.json_binary.and_then(|indent| usize::try_from(indent).ok()),
        Format::Dotenv | Format::Ini => None,
    })
}
