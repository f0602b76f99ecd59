//! Regular expressions with RE2's syntax and Go's way of going through a text.

mod class;
mod error;
mod pattern;
mod syntax;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::gotemplate::{FunctionError, Functions, GoString, List, STRINGS};

use error::SyntaxError;
use pattern::Pattern;

/// How many compiled patterns are kept: charts use few, but use them in loops.
const KEPT: usize = 128;

#[derive(Default)]
struct Cache(RefCell<HashMap<GoString, Rc<Pattern>>>);

impl Cache {
    fn pattern(&self, text: &GoString) -> Result<Rc<Pattern>, SyntaxError> {
        if let Some(pattern) = self.0.borrow().get(text) {
            return Ok(Rc::clone(pattern));
        }
        let pattern = Rc::new(Pattern::new(text)?);
        let mut kept = self.0.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(text.clone(), Rc::clone(&pattern));
        Ok(pattern)
    }

    fn required(&self, text: &GoString) -> Result<Rc<Pattern>, FunctionError> {
        self.pattern(text).map_err(FunctionError::from_cause)
    }

    /// As `regexp.MustCompile`, whose panic says more.
    fn must_compile(&self, text: &GoString) -> Result<Rc<Pattern>, FunctionError> {
        self.required(text).map_err(|error| {
            error.within(&format!("regexp: Compile({})", error::back_quoted(&text.to_text())))
        })
    }
}

type Compile = fn(&Cache, &GoString) -> Result<Rc<Pattern>, FunctionError>;

pub(super) fn add(functions: &mut Functions) {
    let cache = Rc::new(Cache::default());
    add_match(functions, &cache);
    for (must, compile) in [(false, Cache::must_compile as Compile), (true, Cache::required)] {
        add_searching(functions, &cache, must, compile);
        add_replacing(functions, &cache, must, compile);
    }
    functions.add("regexQuoteMeta", |text: GoString| quote_meta(&text));
}

fn named(must: bool, name: &str) -> String {
    if must { format!("mustR{}", &name[1..]) } else { name.to_owned() }
}

fn add_match(functions: &mut Functions, cache: &Rc<Cache>) {
    let patterns = Rc::clone(cache);
    functions.add("regexMatch", move |pattern: GoString, text: GoString| {
        patterns.pattern(&pattern).is_ok_and(|pattern| pattern.is_match(&text))
    });
    let patterns = Rc::clone(cache);
    functions.add("mustRegexMatch", move |pattern: GoString, text: GoString| {
        patterns.required(&pattern).map(|pattern| pattern.is_match(&text))
    });
}

fn add_searching(functions: &mut Functions, cache: &Rc<Cache>, must: bool, compile: Compile) {
    let patterns = Rc::clone(cache);
    functions.add(&named(must, "regexFind"), move |pattern: GoString, text: GoString| {
        compile(&patterns, &pattern).map(|pattern| pattern.find(&text))
    });
    let patterns = Rc::clone(cache);
    functions.add(&named(must, "regexFindAll"), move |pattern: GoString, text: GoString, limit: isize| {
        compile(&patterns, &pattern).map(|pattern| list(pattern.find_all(&text, limit)))
    });
    let patterns = Rc::clone(cache);
    functions.add(&named(must, "regexSplit"), move |pattern: GoString, text: GoString, limit: isize| {
        compile(&patterns, &pattern).map(|pattern| match limit {
            0 => List::nil(&STRINGS),
            _ => List::strings(pattern.split(&text, limit)),
        })
    });
}

fn add_replacing(functions: &mut Functions, cache: &Rc<Cache>, must: bool, compile: Compile) {
    let patterns = Rc::clone(cache);
    functions.add(
        &named(must, "regexReplaceAll"),
        move |pattern: GoString, text: GoString, replacement: GoString| {
            compile(&patterns, &pattern).map(|pattern| pattern.replace_all(&text, &replacement))
        },
    );
    let patterns = Rc::clone(cache);
    functions.add(
        &named(must, "regexReplaceAllLiteral"),
        move |pattern: GoString, text: GoString, replacement: GoString| {
            compile(&patterns, &pattern).map(|pattern| pattern.replace_all_literal(&text, &replacement))
        },
    );
}

/// Without a match there is no list.
fn list(found: Vec<GoString>) -> List {
    if found.is_empty() { List::nil(&STRINGS) } else { List::strings(found) }
}

fn quote_meta(text: &[u8]) -> GoString {
    let escape = |byte: &u8| b"\\.+*?()|[]{}^$".contains(byte).then_some(b'\\').into_iter().chain([*byte]);
    text.iter().flat_map(escape).collect::<Vec<u8>>().into()
}
