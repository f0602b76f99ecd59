//! Whether two environments of one cluster are apart: whether a namespace could be in both.
//!
//! The conditions of a store name namespaces, match them by a regular expression, or look at labels. Names and
//! expressions are decided for good, by automata: either no name of a namespace is in both, or one is shown. What
//! stands in the way of a proof is an error, too, for what can't be proven can't be relied on.

use std::collections::{BTreeMap, HashMap, VecDeque};

use regex_automata::{
    Anchored,
    dfa::{Automaton, StartKind, dense},
    nfa::thompson,
    util::{primitives::StateID, start, syntax},
};

use super::{Condition, store::anchor};

/// What keeps two sets of conditions from being apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeparationError {
    /// A name that is in both.
    #[error("the namespace `{name}` would be in both: `{left}` and `{right}`")]
    Shared {
        /// The shortest such name.
        name: String,
        /// What it matches of the one.
        left: String,
        /// What it matches of the other.
        right: String,
    },
    /// Labels that a namespace can have at once.
    #[error("a namespace can be in both: {left} and {right} do not exclude each other")]
    Unproven {
        /// A condition of the one.
        left: String,
        /// A condition of the other.
        right: String,
    },
    /// An expression that can't be decided.
    #[error("the regular expression `{regex}` can't be compared: {cause}")]
    Regex {
        /// The expression.
        regex: String,
        /// Why.
        cause: String,
    },
}

/// The longest name of a namespace.
const LONGEST: usize = 63;
/// What names of namespaces consist of.
const NAME: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-";
/// How large an automaton may become, in bytes.
const LIMIT: usize = 1 << 20;

type Dfa = dense::DFA<Vec<u32>>;

/// One way into an environment; any one is enough.
enum Way<'a> {
    Pattern { shown: &'a str, regex: String },
    Labels(&'a BTreeMap<String, String>),
}

/// Proves that no namespace fits both sets of conditions.
///
/// # Errors
/// A namespace that would fit both, or what keeps the proof from being made.
pub fn apart(left: &[Condition], right: &[Condition]) -> Result<(), SeparationError> {
    let right: Vec<Way<'_>> = right.iter().flat_map(ways).collect();
    for ours in left.iter().flat_map(ways) {
        for theirs in &right {
            compare(&ours, theirs)?;
        }
    }
    Ok(())
}

/// Says whether a namespace with these labels fits one of the conditions; what is no expression fits nothing.
pub fn admits(conditions: &[Condition], name: &str, labels: &BTreeMap<String, String>) -> bool {
    conditions.iter().flat_map(ways).any(|way| match way {
        Way::Pattern { regex, .. } => regex::Regex::new(&regex).is_ok_and(|regex| regex.is_match(name)),
        Way::Labels(wanted) => wanted.iter().all(|(key, value)| labels.get(key) == Some(value)),
    })
}

fn ways(condition: &Condition) -> impl Iterator<Item = Way<'_>> {
    let names = condition
        .namespaces
        .iter()
        .map(|name| Way::Pattern { shown: name, regex: format!("^{}$", regex::escape(name)) });
    let regexes =
        condition.namespace_regexes.iter().map(|regex| Way::Pattern { shown: regex, regex: anchor(regex) });
    let labels = (!condition.match_labels.is_empty()).then_some(Way::Labels(&condition.match_labels));
    names.chain(regexes).chain(labels)
}

fn compare(left: &Way<'_>, right: &Way<'_>) -> Result<(), SeparationError> {
    match (left, right) {
        (Way::Pattern { shown: ours, regex: a }, Way::Pattern { shown: theirs, regex: b }) => {
            match shared(&automaton(a)?, &automaton(b)?) {
                None => Ok(()),
                Some(name) => Err(SeparationError::Shared {
                    name,
                    left: (*ours).to_owned(),
                    right: (*theirs).to_owned(),
                }),
            }
        }
        // A label has one value.
        (Way::Labels(a), Way::Labels(b))
            if a.iter().any(|(key, value)| b.get(key).is_some_and(|other| other != value)) =>
        {
            Ok(())
        }
        (left, right) => Err(SeparationError::Unproven { left: told(left), right: told(right) }),
    }
}

fn told(way: &Way<'_>) -> String {
    match way {
        Way::Pattern { shown, .. } => format!("the name `{shown}`"),
        Way::Labels(labels) => {
            let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("the label `{}`", pairs.join(","))
        }
    }
}

fn automaton(regex: &str) -> Result<Dfa, SeparationError> {
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .dfa_size_limit(Some(LIMIT))
        .determinize_size_limit(Some(4 * LIMIT));
    dense::Builder::new()
        .configure(config)
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(thompson::Config::new().utf8(false))
        .build(regex)
        .map_err(|error| SeparationError::Regex { regex: regex.to_owned(), cause: error.to_string() })
}

/// Returns the shortest name of a namespace that both automata accept: they walk in step, with a third that knows what
/// a name is.
fn shared(left: &Dfa, right: &Dfa) -> Option<String> {
    let name = automaton(&format!("^{NAME}$")).expect("the expression is ours");
    let all = [left, right, &name];
    let anchored = start::Config::new().anchored(Anchored::Yes);
    let begin = all.map(|dfa| dfa.start_state(&anchored).ok());
    let [Some(a), Some(b), Some(c)] = begin else { return None };
    let begin = [a, b, c];
    let accepts = |states: &[StateID; 3]| {
        all.iter().zip(states).all(|(dfa, &state)| dfa.is_match_state(dfa.next_eoi_state(state)))
    };
    let mut before: HashMap<[StateID; 3], Option<([StateID; 3], u8)>> = HashMap::from([(begin, None)]);
    let mut queue = VecDeque::from([(begin, 0)]);
    while let Some((states, length)) = queue.pop_front() {
        if accepts(&states) {
            return Some(way_to(states, &before));
        }
        if length == LONGEST {
            continue;
        }
        for &letter in LETTERS {
            let mut next = states;
            for (dfa, state) in all.iter().zip(&mut next) {
                *state = dfa.next_state(*state, letter);
            }
            let dead = all.iter().zip(next).any(|(dfa, state)| dfa.is_dead_state(state));
            if !dead && !before.contains_key(&next) {
                before.insert(next, Some((states, letter)));
                queue.push_back((next, length + 1));
            }
        }
    }
    None
}

fn way_to(end: [StateID; 3], before: &HashMap<[StateID; 3], Option<([StateID; 3], u8)>>) -> String {
    let mut letters = Vec::new();
    let mut at = end;
    while let Some(Some((previous, letter))) = before.get(&at) {
        letters.push(char::from(*letter));
        at = *previous;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(regex: &str) -> Vec<Condition> {
        vec![Condition { namespace_regexes: vec![regex.to_owned()], ..Condition::default() }]
    }

    fn named(name: &str) -> Vec<Condition> {
        vec![Condition { namespaces: vec![name.to_owned()], ..Condition::default() }]
    }

    fn label(key: &str, value: &str) -> Vec<Condition> {
        vec![Condition { match_labels: [(key.to_owned(), value.to_owned())].into(), ..Condition::default() }]
    }

    fn common(left: &[Condition], right: &[Condition]) -> Option<String> {
        match apart(left, right) {
            Ok(()) => None,
            Err(SeparationError::Shared { name, .. }) => Some(name),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_shortest_name_that_both_take_is_shown() {
        let cases = [
            ("prod-.*", "nonprod-.*", None),
            ("prod-.*", "(dev|staging)-.*", None),
            ("prod.*", ".*prod", Some("prod")),
            ("prod-.*", ".*-dev", Some("prod-dev")),
            ("[a-z]+", "[0-9]+", None),
            ("^prod$|dev", "dev", Some("dev")),
            // No namespace ends with a hyphen, and none is longer than 63 letters.
            ("a-+", "a-.*-", None),
            ("a{64}", "a+", None),
            ("a{63}", "a+", Some(&"a".repeat(63))),
            (".*", "[A-Z]+", None),
        ];
        for (left, right, name) in cases {
            assert_eq!(common(&regex(left), &regex(right)).as_deref(), name, "{left} {right}");
            assert_eq!(common(&regex(right), &regex(left)).as_deref(), name, "{right} {left}");
        }
        assert_eq!(common(&named("prod-eu"), &regex("prod-.*")).as_deref(), Some("prod-eu"));
        assert_eq!(common(&named("prod"), &named("nonprod")), None);
    }

    #[test]
    fn labels_are_apart_by_two_values_of_one_key_only() {
        assert_eq!(apart(&label("tier", "prod"), &label("tier", "dev")), Ok(()));
        for right in [label("team", "a"), label("tier", "prod"), regex("dev-.*")] {
            let error = apart(&label("tier", "prod"), &right).unwrap_err();
            assert!(matches!(error, SeparationError::Unproven { .. }), "{error}");
        }
    }

    #[test]
    fn an_expression_that_is_none_is_no_proof() {
        assert!(matches!(apart(&regex("("), &regex("a")), Err(SeparationError::Regex { .. })));
        assert!(matches!(apart(&regex("(a|b)*a(a|b){20}"), &regex("a")), Err(SeparationError::Regex { .. })));
    }

    #[test]
    fn a_namespace_fits_by_its_whole_name_or_its_labels() {
        let none = BTreeMap::new();
        assert!(admits(&regex("prod"), "prod", &none) && !admits(&regex("prod"), "nonprod", &none));
        let labels = [("tier".to_owned(), "prod".to_owned())].into();
        assert!(admits(&label("tier", "prod"), "x", &labels) && !admits(&label("tier", "prod"), "x", &none));
        assert!(!admits(&[], "x", &none));
    }
}
