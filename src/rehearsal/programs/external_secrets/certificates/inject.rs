//! The authority's certificate, made known: in webhook configurations and in definitions that are converted.

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{ServiceReference, ValidatingWebhookConfiguration};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use crate::rehearsal::programs::external_secrets::{error::Failure, flags::CertificateFlags};

/// Tells of a configuration that it is the operator's.
pub(super) const COMPONENT: &str = "external-secrets.io/component";

/// Puts certificate and Service into the operator's webhooks; true where that changed anything.
pub(super) fn into_webhooks(
    configuration: &mut ValidatingWebhookConfiguration,
    flags: &CertificateFlags,
    authority: &[u8],
) -> bool {
    let (namespace, name) = &flags.service;
    let before = configuration.clone();
    for webhook in configuration.webhooks.iter_mut().flatten() {
        if !webhook.name.ends_with("external-secrets.io") {
            continue;
        }
        let service = webhook.client_config.service.get_or_insert_with(ServiceReference::default);
        service.name.clone_from(name);
        service.namespace.clone_from(namespace);
        webhook.client_config.ca_bundle = Some(ByteString(authority.to_vec()));
    }
    *configuration != before
}

/// Puts certificate and Service into a definition's conversion; without one there is nothing to do.
pub(super) fn into_definition(
    definition: &mut CustomResourceDefinition,
    flags: &CertificateFlags,
    authority: &[u8],
) -> Result<bool, Failure> {
    let Some(conversion) = &mut definition.spec.conversion else { return Ok(false) };
    if conversion.strategy == "None" {
        return Ok(false);
    }
    let unexpected = || Failure::said("unexpected crd conversion webhook config");
    let webhook = conversion.webhook.as_mut().ok_or_else(unexpected)?;
    let config = webhook.client_config.as_mut().ok_or_else(unexpected)?;
    let before = config.clone();
    let service = config.service.as_mut().ok_or_else(unexpected)?;
    service.namespace.clone_from(&flags.service.0);
    service.name.clone_from(&flags.service.1);
    config.ca_bundle = Some(ByteString(authority.to_vec()));
    Ok(*config != before)
}
