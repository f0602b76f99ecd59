//! Objects of built-in kinds in protobuf, which typed clients of Kubernetes send: helm, `kubectl create`.
//!
//! A body is the envelope `k8s.io/apimachinery/pkg/runtime.Unknown` behind four bytes of magic; it names version and
//! kind, and holds the object. The numbers of fields are in `kinds.txt`. Answers stay JSON: those clients take it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::{
    Schema,
    place::Place,
    shape::{MapShape, Rest, Scalar, Shape},
    table::named,
};

const MAGIC: &[u8] = b"k8s\0";

/// Why a body can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(in crate::rehearsal) enum ProtobufError {
    /// It does not begin as it must.
    #[error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    Magic,
    /// It ends within a field, or a field is none.
    #[error("unexpected EOF")]
    Malformed,
    /// Nobody knows the numbers of the kind's fields.
    #[error("no kind {kind:?} is registered for version {version:?}")]
    Unknown {
        /// The group and version.
        version: String,
        /// The kind.
        kind: String,
    },
}

/// Reads an enveloped object, with its version and kind.
pub(in crate::rehearsal) fn read(body: &[u8]) -> Result<Json, ProtobufError> {
    let (mut version, mut kind, mut raw) = (String::new(), String::new(), &body[..0]);
    for (number, value) in fields(body.strip_prefix(MAGIC).ok_or(ProtobufError::Magic)?)? {
        match (number, value) {
            (1, Value::Bytes(about)) => {
                for (number, value) in fields(about)? {
                    match number {
                        1 => version = value.text(),
                        2 => kind = value.text(),
                        _ => {}
                    }
                }
            }
            (2, Value::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    // How something is to be deleted is said alike in all groups.
    let schema;
    let place = if kind == "DeleteOptions" {
        let (nodes, id) = named("DeleteOptions");
        Place { nodes, id }
    } else {
        let (group, of) = version.rsplit_once('/').unwrap_or(("", &version));
        schema = Schema::builtin(group, of, &kind);
        schema.as_ref().ok_or_else(|| unknown(&version, &kind))?.root()
    };
    let shape = place.map().filter(|map| map.fields.values().any(|field| !field.number.is_empty()));
    let mut object = message(raw, place, shape.ok_or_else(|| unknown(&version, &kind))?, &[])?;
    object.insert("apiVersion".into(), version.into());
    object.insert("kind".into(), kind.into());
    Ok(Json::Object(object))
}

fn unknown(version: &str, kind: &str) -> ProtobufError {
    ProtobufError::Unknown { version: version.to_owned(), kind: kind.to_owned() }
}

/// A field's value as it stands.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Number(u64),
    Double(f64),
    Bytes(&'a [u8]),
}

impl Value<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Number(_) | Self::Double(_) => &[],
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// Negative numbers are written as their complement.
    fn number(&self) -> i64 {
        match self {
            Self::Number(number) => number.cast_signed(),
            Self::Double(_) | Self::Bytes(_) => 0,
        }
    }
}

/// Takes a message apart: the number and value of each field.
fn fields(mut bytes: &[u8]) -> Result<Vec<(u32, Value<'_>)>, ProtobufError> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut bytes)?),
            1 => {
                let eight = take(&mut bytes, 8)?.try_into().map_err(|_| ProtobufError::Malformed)?;
                Value::Double(f64::from_le_bytes(eight))
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).map_err(|_| ProtobufError::Malformed)?;
                Value::Bytes(take(&mut bytes, length)?)
            }
            _ => return Err(ProtobufError::Malformed),
        };
        found.push((u32::try_from(tag >> 3).map_err(|_| ProtobufError::Malformed)?, value));
    }
    Ok(found)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], ProtobufError> {
    let (head, rest) = bytes.split_at_checked(length).ok_or(ProtobufError::Malformed)?;
    *bytes = rest;
    Ok(head)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, ProtobufError> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(ProtobufError::Malformed)
}

/// Reads a message into the fields of a map. `within` are the numbers of the messages around it that JSON does not show.
fn message(
    bytes: &[u8],
    place: Place<'_>,
    map: &MapShape,
    within: &[u8],
) -> Result<Map<String, Json>, ProtobufError> {
    let mut read = Map::new();
    for (number, value) in fields(bytes)? {
        let Ok(number) = u8::try_from(number) else { continue };
        let path = [within, &[number]].concat();
        let Some((name, field)) = map.fields.iter().find(|(_, field)| field.number.starts_with(&path)) else {
            continue;
        };
        if field.number.len() > path.len() {
            read.extend(message(value.bytes(), place, map, &path)?);
            continue;
        }
        let place = place.at(field.id).resolved();
        let known = read.entry(&**name).or_insert(Json::Null);
        match &place.node().shape {
            Shape::List { items, .. } => {
                let item = single(value, place.at(*items).resolved())?;
                match known {
                    Json::Array(items) => items.push(item),
                    _ => *known = json!([item]),
                }
            }
            Shape::Map(MapShape { rest: Rest::Values(values), .. }) => {
                let (mut key, mut below) = (String::new(), Value::Bytes(&[]));
                for (number, value) in fields(value.bytes())? {
                    match number {
                        1 => key = value.text(),
                        _ => below = value,
                    }
                }
                known[key] = single(below, place.at(*values).resolved())?;
            }
            _ => *known = single(value, place)?,
        }
    }
    Ok(read)
}

fn single(value: Value<'_>, place: Place<'_>) -> Result<Json, ProtobufError> {
    Ok(match &place.node().shape {
        Shape::Scalar(scalar) => single_scalar(value, *scalar)?,
        Shape::Map(map) if map.native => Json::Object(message(value.bytes(), place, map, &[])?),
        // What has no fields of its own travels as JSON in a message around it.
        Shape::Any | Shape::Map(_) | Shape::Atomic(_) | Shape::List { .. } => {
            let inner = fields(value.bytes())?.first().map(|(_, value)| *value);
            inner.and_then(|inner| serde_json::from_slice(inner.bytes()).ok()).unwrap_or_default()
        }
    })
}

fn single_scalar(value: Value<'_>, scalar: Scalar) -> Result<Json, ProtobufError> {
    let inner = |number: u32| -> Result<Option<Value<'_>>, ProtobufError> {
        let Value::Bytes(bytes) = value else { return Err(ProtobufError::Malformed) };
        Ok(fields(bytes)?.into_iter().find(|(one, _)| *one == number).map(|(_, value)| value))
    };
    let at = |number| inner(number).map(|value| value.map_or(0, |value| value.number()));
    Ok(match scalar {
        Scalar::Text => value.text().into(),
        Scalar::Bytes => STANDARD.encode(value.bytes()).into(),
        Scalar::Bool => (value.number() != 0).into(),
        Scalar::Int32 | Scalar::Int64 => value.number().into(),
        Scalar::Number => match value {
            Value::Double(number) => number.into(),
            Value::Number(_) | Value::Bytes(_) => value.number().into(),
        },
        Scalar::Quantity => inner(1)?.map(|value| value.text()).unwrap_or_default().into(),
        Scalar::IntOrText if at(1)? == 0 => at(2)?.into(),
        Scalar::IntOrText => inner(3)?.map(|value| value.text()).unwrap_or_default().into(),
        Scalar::Time | Scalar::MicroTime => {
            let (seconds, nanos) = (at(1)?, i32::try_from(at(2)?).unwrap_or_default());
            match Timestamp::new(seconds, nanos) {
                Ok(time) if (seconds, nanos) != (0, 0) => time.to_string().into(),
                // No time at all is written as an empty one.
                _ => Json::Null,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, value: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2, u8::try_from(value.len()).unwrap()];
        bytes.extend(value);
        bytes
    }

    fn enveloped(version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let about = [field(1, version.as_bytes()), field(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), field(1, &about), field(2, raw)].concat()
    }

    #[test]
    fn a_secret_of_helms_is_read() {
        let label = field(11, &[field(1, b"owner"), field(2, b"helm")].concat());
        let metadata = field(1, &[field(1, b"sh.helm.release.v1.web.v1"), label, field(8, b"")].concat());
        let data = field(2, &[field(1, b"release"), field(2, b"H4s")].concat());
        let raw = [metadata, data, field(3, b"helm.sh/release.v1"), vec![5 << 3, 1]].concat();
        let secret = read(&enveloped("v1", "Secret", &raw)).unwrap();
        let wanted = json!({"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1", "immutable": true,
            "metadata": {"name": "sh.helm.release.v1.web.v1", "labels": {"owner": "helm"}, "creationTimestamp": null},
            "data": {"release": "SDRz"}});
        assert_eq!(secret, wanted);
    }

    #[test]
    fn what_json_does_not_show_is_taken_apart() {
        // A volume's source is a message of its own here, and so is a port that may be a name.
        let source = field(2, &field(6, &field(1, b"credentials")));
        let volume = field(1, &[field(1, b"v"), source].concat());
        let port = field(2, &[vec![1 << 3, 1], field(3, b"http")].concat());
        let probe = field(11, &[field(1, &field(2, &port)), vec![6 << 3, 4]].concat());
        let container = field(2, &[field(1, b"c"), probe].concat());
        let pod = read(&enveloped("v1", "Pod", &field(2, &[volume, container].concat()))).unwrap();
        assert_eq!(pod["spec"]["volumes"], json!([{"name": "v", "secret": {"secretName": "credentials"}}]));
        let probe = json!({"httpGet": {"port": "http"}, "failureThreshold": 4});
        assert_eq!(pod["spec"]["containers"], json!([{"name": "c", "readinessProbe": probe}]));
    }

    #[test]
    fn a_body_that_is_none_is_told() {
        assert_eq!(read(b"{}").unwrap_err(), ProtobufError::Magic);
        assert_eq!(read(b"k8s\0\x0a\x7f").unwrap_err(), ProtobufError::Malformed);
        let error = read(&enveloped("example.com/v1", "Egg", b"")).unwrap_err();
        assert_eq!(error.to_string(), "no kind \"Egg\" is registered for version \"example.com/v1\"");
    }
}
