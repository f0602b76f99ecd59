//! The file by which SSH clients know a server.

use ssh_key::known_hosts::Entry;

use super::SshError;

/// Checks that each line of a `known_hosts` file is a host's key, and that there is one.
///
/// # Errors
/// The first line that is none.
pub fn check_known_hosts(text: &str) -> Result<(), SshError> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let mut hosts = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).peekable();
    if hosts.peek().is_none() {
        return Err(SshError::NoHost);
    }
    for (line, text) in hosts {
        text.parse::<Entry>().map_err(|error| SshError::Host { line, cause: error.to_string() })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str =
        "git.test ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPGXxugidOWSoUOHOuNmMGD7UP9QfiFBWRKS577L9/Pa";

    #[test]
    fn a_line_that_is_no_host_is_named() {
        assert_eq!(check_known_hosts(&format!("# ours\n\n{HOST}\n")), Ok(()));
        assert_eq!(check_known_hosts("# ours\n"), Err(SshError::NoHost));
        let broken = check_known_hosts(&format!("{HOST}\ngit.test ssh-ed25519\n")).unwrap_err();
        assert!(matches!(broken, SshError::Host { line: 2, .. }), "{broken:?}");
    }
}
