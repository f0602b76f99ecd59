//! Go's words for a regular expression that is none.

use std::rc::Rc;

use crate::gotemplate::functions::{Host, library};
use crate::gotemplate::{Context, MissingKey, Set, Value};

/// Returns what Go's `regexp` says of the text, if it is no expression.
pub(super) fn error_of(text: &str) -> Option<String> {
    if regex::Regex::new(text).is_ok() {
        return None;
    }
    // The function for templates speaks as Go does.
    let functions = library(&Rc::new(Host::system()));
    let matching = functions.get("mustRegexMatch")?.clone();
    let context = Context::new(Rc::new(Set::new("", Rc::new(functions), MissingKey::Invalid)));
    let arguments = vec![Value::String(text.into()), Value::String("".into())];
    matching.call(&context, arguments).err().map(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_that_is_none_is_told_in_gos_words() {
        assert_eq!(error_of("^prod-.*$"), None);
        assert_eq!(error_of("[a").as_deref(), Some("error parsing regexp: missing closing ]: `[a`"));
    }
}
