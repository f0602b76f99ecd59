//! `genCA`, `genSelfSignedCert`, `genSignedCert`, their `WithKey` twins, and `buildCustomCert`.

use std::net::IpAddr;
use std::rc::Rc;

use super::certificate::{Issuer, Request, create, read};
use super::key::{Key, KeyError};
use super::pem;
use crate::gotemplate::format::print;
use crate::gotemplate::functions::Host;
use crate::gotemplate::functions::encoding::decode_base64;
use crate::gotemplate::{
    Argument, FunctionError, Functions, GoString, List, Object, Parameter, Value, downcast,
};

/// The name under `%T`.
const TYPE: &str = "sprig.certificate";

/// A certificate and its key, both PEM.
#[derive(Clone, Debug)]
struct Certificate {
    cert: GoString,
    key: GoString,
}

impl Object for Certificate {
    fn type_name(&self) -> &'static str {
        TYPE
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Cert", self.cert.clone().into()), ("Key", self.key.clone().into())]
    }
}

impl Argument for Certificate {
    fn parameter() -> Parameter {
        Parameter::Object(TYPE)
    }

    fn from_value(value: Value) -> Option<Self> {
        if let Value::Object(object) = value { downcast::<Self>(&object).cloned() } else { None }
    }
}

type Made = Result<Value, FunctionError>;

pub(super) fn add(functions: &mut Functions, host: &Rc<Host>) {
    functions.add("buildCustomCert", |cert: GoString, key: GoString| built(&cert, &key));
    add_authorities(functions, host);
    add_certificates(functions, host);
}

fn add_authorities(functions: &mut Functions, host: &Rc<Host>) {
    let source = Rc::clone(host);
    functions
        .add("genCA", move |name: GoString, days: isize| authority(&source, &name, days, &new_key(&source)?));
    let source = Rc::clone(host);
    functions.add("genCAWithKey", move |name: GoString, days: isize, key: GoString| {
        authority(&source, &name, days, &given_key(&key)?)
    });
}

fn add_certificates(functions: &mut Functions, host: &Rc<Host>) {
    let source = Rc::clone(host);
    functions.add("genSelfSignedCert", move |name: GoString, ips: List, names: List, days: isize| {
        let key = new_key(&source)?;
        issued(&source, &name, [&ips, &names], days, &key, None)
    });
    let source = Rc::clone(host);
    functions.add(
        "genSelfSignedCertWithKey",
        move |name: GoString, ips: List, names: List, days: isize, key: GoString| {
            let key = given_key(&key)?;
            issued(&source, &name, [&ips, &names], days, &key, None)
        },
    );
    let source = Rc::clone(host);
    functions.add(
        "genSignedCert",
        move |name: GoString, ips: List, names: List, days: isize, authority: Certificate| {
            let key = new_key(&source)?;
            issued(&source, &name, [&ips, &names], days, &key, Some(&authority))
        },
    );
    let source = Rc::clone(host);
    functions.add(
        "genSignedCertWithKey",
        move |name: GoString, ips: List, names: List, days: isize, authority: Certificate, key: GoString| {
            let key = given_key(&key)?;
            issued(&source, &name, [&ips, &names], days, &key, Some(&authority))
        },
    );
}

fn new_key(host: &Host) -> Result<Key, FunctionError> {
    Key::for_certificate(host).map_err(FunctionError::from_cause)
}

fn given_key(text: &GoString) -> Result<Key, FunctionError> {
    read_key(text).map_err(|error| FunctionError::from_cause(error).within("parsing private key"))
}

fn read_key(text: &GoString) -> Result<Key, KeyError> {
    Key::from_pem(&text.to_text())
}

fn authority(host: &Host, name: &GoString, days: isize, key: &Key) -> Made {
    let common_name = &name.to_text();
    let request =
        Request { common_name, addresses: Vec::new(), names: Vec::new(), days: days as i64, authority: true };
    made(host, &request, key, None)
}

fn issued(
    host: &Host,
    name: &GoString,
    [ips, names]: [&List; 2],
    days: isize,
    key: &Key,
    authority: Option<&Certificate>,
) -> Made {
    let common_name = &name.to_text();
    let Some(authority) = authority else {
        let request = request(common_name, ips, names, days)?;
        return made(host, &request, key, None);
    };
    let block = pem::decode(&authority.cert.to_text()).ok_or("unable to decode certificate")?;
    let (issuer_name, identifier) = read(&block.bytes).map_err(|error| {
        FunctionError::from_cause(error).within("error parsing certificate: decodedSignerCert.Bytes")
    })?;
    let issuer_key = read_key(&authority.key)
        .map_err(|error| FunctionError::from_cause(error).within("error parsing private key"))?;
    let request = request(common_name, ips, names, days)?;
    made(host, &request, key, Some(&Issuer { name: issuer_name, identifier, key: &issuer_key }))
}

fn request<'a>(
    common_name: &'a str,
    ips: &List,
    names: &List,
    days: isize,
) -> Result<Request<'a>, FunctionError> {
    let addresses = ips.iter().map(address).collect::<Result<_, _>>()?;
    let names = names.iter().map(dns_name).collect::<Result<_, _>>()?;
    Ok(Request { common_name, addresses, names, days: days as i64, authority: false })
}

fn address(value: &Value) -> Result<IpAddr, FunctionError> {
    let Some(text) = value.as_string() else {
        return Err(not_a_string("error parsing ip", value));
    };
    text.to_text().parse().map_err(|_| FunctionError::new(format!("error parsing ip: {text}")))
}

fn dns_name(value: &Value) -> Result<String, FunctionError> {
    match value.as_string() {
        Some(text) => Ok(text.to_string()),
        None => Err(not_a_string("error processing alternate dns name", value)),
    }
}

fn not_a_string(act: &str, value: &Value) -> FunctionError {
    let printed = GoString::from(print(std::slice::from_ref(value)));
    FunctionError::new(format!("{act}: {printed} is not a string"))
}

fn made(host: &Host, request: &Request<'_>, key: &Key, issuer: Option<&Issuer<'_>>) -> Made {
    let der = create(host, request, key, issuer).map_err(FunctionError::from_cause)?;
    let key = key.to_pem().map_err(FunctionError::from_cause)?;
    Ok(Value::object(Certificate { cert: pem::encode("CERTIFICATE", &der).into(), key: key.into() }))
}

/// Takes both from base64, after looking whether they are what they should be.
fn built(cert: &GoString, key: &GoString) -> Made {
    let cert = decode_base64(cert).map_err(|_| "unable to decode base64 certificate")?;
    let key = decode_base64(key).map_err(|_| "unable to decode base64 private key")?;
    let block = pem::decode(&cert.to_text()).ok_or("unable to decode certificate")?;
    read(&block.bytes).map_err(|error| {
        FunctionError::from_cause(error).within("error parsing certificate: decodedCert.Bytes")
    })?;
    read_key(&key).map_err(|error| FunctionError::from_cause(error).within("error parsing private key"))?;
    Ok(Value::object(Certificate { cert, key }))
}
