//! `--set` and its kin: `a.b[0].c=value,d={x,y}`.

use crate::gotemplate::{List, Map, Value};

/// Helm's own limit of an index.
const INDEX: usize = 65_536;
/// Helm's own limit of the parts of a key.
const DEPTH: usize = 30;

/// How the values of assignments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// `true`, `null` and `12` are what they look like.
    Typed,
    /// All values are strings.
    String,
    /// Values are JSON.
    Json,
    /// Values are paths of files whose text is meant.
    File,
}

/// Why assignments cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AssignmentError {
    /// There is no `=`, or nothing behind a comma.
    #[error("key {0:?} has no value")]
    NoValue(String),
    /// What stands between brackets is no index.
    #[error("error parsing index: {0:?}")]
    Index(String),
    /// The index is too large.
    #[error("index of {0} is greater than maximum supported index of {INDEX}")]
    IndexTooLarge(usize),
    /// The key has too many parts.
    #[error("value name nested level is greater than maximum supported nested level of {DEPTH}")]
    TooDeep,
    /// Something stands behind a bracket that has no place there.
    #[error("unexpected data at end of array index: {0:?}")]
    AfterIndex(String),
    /// A list has no end.
    #[error("list must terminate with '}}'")]
    OpenList,
    /// A part of the key is there already and is neither a map nor a list.
    #[error("unable to parse key: {0:?} is of another type")]
    Type(String),
    /// A value is no JSON.
    #[error("read a value as JSON")]
    Json(#[source] serde_json::Error),
    /// A file cannot be read.
    #[error("read `{path}`")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The values cannot be written to.
    #[error(transparent)]
    Write(#[from] crate::gotemplate::FunctionError),
}

/// Whether the text goes on behind an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    More,
    End,
}

impl Assignment {
    /// Puts the assignments of `text` into `values`.
    pub fn apply(self, text: &str, values: &Map) -> Result<(), AssignmentError> {
        let mut parser = Parser { text, position: 0, values: self };
        while parser.key(values, 0)? == Flow::More {}
        Ok(())
    }
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
    values: Assignment,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.position..]
    }

    fn next(&mut self) -> Option<char> {
        let char = self.rest().chars().next()?;
        self.position += char.len_utf8();
        Some(char)
    }

    /// Reads up to one of `stops` and over it; a backslash takes the next character as it is.
    fn until(&mut self, stops: &str) -> (String, Option<char>) {
        let mut text = String::new();
        loop {
            match self.next() {
                None => return (text, None),
                Some(stop) if stops.contains(stop) => return (text, Some(stop)),
                Some('\\') => match self.next() {
                    None => return (text, None),
                    Some(char) => text.push(char),
                },
                Some(char) => text.push(char),
            }
        }
    }

    fn key(&mut self, values: &Map, depth: usize) -> Result<Flow, AssignmentError> {
        let (key, stop) = self.until("=[,.");
        match stop {
            None if key.is_empty() => Ok(Flow::End),
            None => Err(AssignmentError::NoValue(key)),
            Some('[') => {
                let index = self.index()?;
                let list = match values.get(&key) {
                    None => Vec::new(),
                    Some(Value::List(list)) => list.to_vec(),
                    Some(_) => return Err(AssignmentError::Type(key)),
                };
                let (list, flow) = self.item(list, index, depth)?;
                put(values, key, Value::List(List::new(list)))?;
                Ok(flow)
            }
            Some('=') => {
                let (value, flow) = self.value()?;
                put(values, key, value)?;
                Ok(flow)
            }
            Some('.') => {
                if depth == DEPTH {
                    return Err(AssignmentError::TooDeep);
                }
                let inner = match values.get(&key) {
                    None => Map::new(),
                    Some(Value::Map(map)) => map,
                    Some(_) => return Err(AssignmentError::Type(key)),
                };
                let flow = self.key(&inner, depth + 1)?;
                if !inner.is_empty() {
                    put(values, key, Value::Map(inner))?;
                } else if flow == Flow::More {
                    return Err(AssignmentError::NoValue(key));
                }
                Ok(flow)
            }
            Some(_) => Err(AssignmentError::NoValue(key)),
        }
    }

    /// Reads what follows `=`.
    fn value(&mut self) -> Result<(Value, Flow), AssignmentError> {
        if self.values == Assignment::Json {
            return Ok((self.json()?, Flow::More));
        }
        match self.rest().chars().next() {
            None => Ok((Value::from(""), Flow::End)),
            Some('{') => {
                self.next();
                Ok((self.list()?, Flow::More))
            }
            Some(_) => {
                let (text, _) = self.until(",");
                Ok((self.read(text)?, Flow::More))
            }
        }
    }

    fn list(&mut self) -> Result<Value, AssignmentError> {
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.until(",}");
            let Some(stop) = stop else { return Err(AssignmentError::OpenList) };
            items.push(self.read(text)?);
            if stop == '}' {
                if self.rest().starts_with(',') {
                    self.next();
                }
                return Ok(Value::List(List::new(items)));
            }
        }
    }

    fn json(&mut self) -> Result<Value, AssignmentError> {
        if self.empty() {
            return Ok(Value::Nil);
        }
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<serde_json::Value>();
        let value = values.next().transpose().map_err(AssignmentError::Json)?;
        let length = values.byte_offset();
        self.position += length;
        self.empty();
        Ok(value.as_ref().map_or(Value::Nil, Value::from))
    }

    /// Skips blanks and a comma; says whether nothing else stood there.
    fn empty(&mut self) -> bool {
        loop {
            match self.rest().chars().next() {
                None => return true,
                Some(',') => {
                    self.next();
                    return true;
                }
                Some(char) if char.is_whitespace() => {
                    self.next();
                }
                Some(_) => return false,
            }
        }
    }

    fn index(&mut self) -> Result<usize, AssignmentError> {
        let (text, stop) = self.until("]");
        let index: usize =
            text.parse().ok().filter(|_| stop.is_some()).ok_or(AssignmentError::Index(text))?;
        if index > INDEX { Err(AssignmentError::IndexTooLarge(index)) } else { Ok(index) }
    }

    /// Reads what follows an index, and puts it into the list.
    fn item(
        &mut self,
        mut list: Vec<Value>,
        index: usize,
        depth: usize,
    ) -> Result<(Vec<Value>, Flow), AssignmentError> {
        let (text, stop) = self.until("[.=");
        if !text.is_empty() {
            return Err(AssignmentError::AfterIndex(text));
        }
        let present = list.get(index).cloned().unwrap_or(Value::Nil);
        let value = match stop {
            None => return Ok((list, Flow::End)),
            Some('=') => self.value()?.0,
            Some('[') => {
                let next = self.index()?;
                let inner = match present {
                    Value::Nil => Vec::new(),
                    Value::List(inner) => inner.to_vec(),
                    _ => return Err(AssignmentError::Type(format!("[{index}]"))),
                };
                let (inner, flow) = self.item(inner, next, depth)?;
                if flow == Flow::End {
                    return Ok((list, flow));
                }
                Value::List(List::new(inner))
            }
            Some(_) => {
                let inner = if let Value::Map(inner) = present { inner } else { Map::new() };
                if self.key(&inner, depth)? == Flow::End {
                    return Ok((list, Flow::End));
                }
                Value::Map(inner)
            }
        };
        if list.len() <= index {
            list.resize(index + 1, Value::Nil);
        }
        list[index] = value;
        Ok((list, Flow::More))
    }

    fn read(&self, text: String) -> Result<Value, AssignmentError> {
        match self.values {
            Assignment::Typed => Ok(typed(text)),
            Assignment::String | Assignment::Json => Ok(Value::from(text)),
            Assignment::File => match std::fs::read(&text) {
                Ok(bytes) => Ok(Value::String(bytes.into())),
                Err(source) => Err(AssignmentError::File { path: text, source }),
            },
        }
    }
}

/// An empty key sets nothing.
fn put(values: &Map, key: String, value: Value) -> Result<(), AssignmentError> {
    if key.is_empty() { Ok(()) } else { Ok(values.insert(key, value)?) }
}

fn typed(text: String) -> Value {
    match text.to_ascii_lowercase().as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Nil,
        "0" => Value::Int64(0),
        _ if text.starts_with('0') => Value::from(text),
        _ => text.parse().map_or_else(|_| Value::from(text), Value::Int64),
    }
}
