//! The process environment as a value.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// The variables that the process was started with. `Debug` shows their names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProcessEnvironment(BTreeMap<String, String>);

/// Variables that no child gets unless it is the one they are meant for.
const GUARDED: [&str; 3] = ["SOPS_", "OP_", "EGGTOOTH_"];

impl ProcessEnvironment {
    /// Returns what this process was started with, for programs that are started on behalf of the library's caller.
    /// Variables that are no text are left out.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os();
        variables
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// Returns a variable's value; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the user's home folder.
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }

    /// Gives `command` this environment without the variables that may hold keys or tokens.
    ///
    /// Those whose name starts with one of `needs` stay.
    pub fn apply(&self, command: &mut Command, needs: &[&str]) {
        let allowed = |name: &str| {
            needs.iter().any(|prefix| name.starts_with(prefix))
                || !GUARDED.iter().any(|prefix| name.starts_with(prefix))
        };
        command.env_clear().envs(self.0.iter().filter(|(name, _)| allowed(name)));
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for ProcessEnvironment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for ProcessEnvironment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_gets_no_keys_unless_it_needs_that_very_one() {
        let environment: ProcessEnvironment =
            [("PATH", "/bin"), ("SOPS_AGE_KEY", "k"), ("OP_SESSION", "s"), ("EGGTOOTH_X", "x")]
                .into_iter()
                .collect();
        let names = |needs: &[&str]| {
            let mut command = Command::new("true");
            environment.apply(&mut command, needs);
            let names = command.get_envs().map(|(name, _)| name.to_string_lossy().into_owned());
            names.collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["PATH"]);
        assert_eq!(names(&["OP_"]), ["OP_SESSION", "PATH"]);
        assert!(!format!("{environment:?}").contains("/bin"));
    }
}
