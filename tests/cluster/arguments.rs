//! What the command line asks for.

use crate::node::Mode;

/// What this start of the binary is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Run tests; the arguments are libtest's.
    Test {
        /// Only names are asked for, so that neither tools nor privileges are needed.
        list: bool,
    },
    /// Keep one cluster for a developer.
    Serve { node: Mode },
    /// Run a command beside a cluster.
    Run { node: Mode, command: Vec<String> },
}

impl Action {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        match arguments.first().map(String::as_str) {
            Some("serve") => Self::parse_serve(&arguments[1..]),
            Some("run") => Self::parse_run(&arguments[1..]),
            _ => Ok(Self::Test { list: arguments.iter().any(|argument| argument == "--list") }),
        }
    }

    pub(crate) fn needs_no_cluster(&self) -> bool {
        matches!(self, Self::Test { list: true })
    }

    fn parse_serve(arguments: &[String]) -> Result<Self, String> {
        match arguments {
            [] => Ok(Self::Serve { node: Mode::from_environment()? }),
            [flag] if flag == "--kubelet" => Ok(Self::Serve { node: Mode::KubeletLike }),
            _ => Err("usage: serve [--kubelet]".to_owned()),
        }
    }

    fn parse_run(arguments: &[String]) -> Result<Self, String> {
        let (node, rest) = match arguments.split_first() {
            Some((flag, rest)) if flag == "--kubelet" => (Mode::KubeletLike, rest),
            _ => (Mode::from_environment()?, arguments),
        };
        let command = rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest).to_vec();
        if command.is_empty() {
            return Err("usage: run [--kubelet] -- COMMAND…".to_owned());
        }
        Ok(Self::Run { node, command })
    }
}
