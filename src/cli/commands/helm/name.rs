//! The name of a release that is made, by Helm's rules.

use std::path::Path;

use jiff::Timestamp;

use super::HelmCommandError;
use crate::cli::args::helm::NameFlags;
use crate::helm;

/// Returns the name. `otherwise` stands in where neither the user nor a flag says one.
pub(super) fn name(
    given: Option<&str>,
    chart: &str,
    flags: &NameFlags,
    otherwise: Option<&str>,
    now: Timestamp,
) -> Result<String, HelmCommandError> {
    match (given, &flags.name_template, flags.generate_name) {
        (Some(_), Some(_), _) => Err(HelmCommandError::TwoNames("--name-template")),
        (Some(_), None, true) => Err(HelmCommandError::TwoNames("--generate-name")),
        (Some(name), None, false) => Ok(name.to_owned()),
        (None, Some(template), _) => Ok(helm::name_of(template)?),
        (None, None, _) => match otherwise {
            Some(name) => Ok(name.to_owned()),
            None if flags.generate_name => Ok(generated(chart, now)),
            None => Err(HelmCommandError::NoName),
        },
    }
}

/// Makes a name up: what the chart is called up to the first point, and the time in seconds.
fn generated(chart: &str, now: Timestamp) -> String {
    let file = Path::new(chart).file_name().and_then(|file| file.to_str()).unwrap_or("chart");
    let base = file.split('.').next().unwrap_or(file);
    format!("{base}-{}", now.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    #[test]
    fn a_generated_name_is_the_charts_and_the_time() {
        let flags = NameFlags { generate_name: true, name_template: None };
        for (chart, expected) in [
            ("./charts/podinfo-6.14.1.tgz", "podinfo-6-12"),
            ("repository/podinfo", "podinfo-12"),
            ("charts/egg/", "egg-12"),
            (".", "chart-12"),
        ] {
            assert_eq!(name(None, chart, &flags, None, at(12)).ok().as_deref(), Some(expected), "{chart}");
        }
    }

    #[test]
    fn a_name_is_said_once() {
        let generate = NameFlags { generate_name: true, name_template: None };
        let template =
            NameFlags { generate_name: false, name_template: Some("{{ \"EGG\" | lower }}".into()) };
        assert!(matches!(name(Some("a"), "c", &generate, None, at(0)), Err(HelmCommandError::TwoNames(_))));
        assert!(matches!(name(Some("a"), "c", &template, None, at(0)), Err(HelmCommandError::TwoNames(_))));
        assert!(matches!(name(None, "c", &NameFlags::default(), None, at(0)), Err(HelmCommandError::NoName)));
        assert_eq!(name(None, "c", &template, None, at(0)).ok().as_deref(), Some("egg"));
        assert_eq!(
            name(None, "c", &NameFlags::default(), Some("release-name"), at(0)).ok().as_deref(),
            Some("release-name")
        );
    }
}
