use super::*;

fn chart(files: &[(&str, &str)]) -> Result<Chart, ChartError> {
    let files = files.iter().map(|(name, text)| File::new(*name, text.as_bytes(), None)).collect();
    load::load(files, 0)
}

const METADATA: (&str, &str) =
    ("Chart.yaml", "apiVersion: v2\nname: nest\nversion: 1.2.3\nappVersion: 1.10\n");

#[test]
fn files_find_their_places() {
    let chart = chart(&[
        METADATA,
        ("values.yaml", "a: 1\n---\nb: {c: 2}\n"),
        ("templates/a.yaml", "a"),
        ("crds/a.yaml", "b"),
        ("charts/egg/Chart.yaml", "name: egg\nversion: 0.1.0\n"),
        ("charts/egg/templates/x.yaml", "x"),
        ("charts/README.md", "no chart"),
        ("charts/_hidden/Chart.yaml", "broken: ["),
    ]);
    // A lone file in `charts/` is a chart without `Chart.yaml` for Helm, too.
    assert!(matches!(chart, Err(ChartError::Within { .. })));
}

#[test]
fn a_subchart_of_a_folder_is_loaded() {
    let chart = chart(&[
        METADATA,
        ("values.yaml", "a: 1\n---\nb: {c: 2}\n"),
        ("templates/a.yaml", "a"),
        ("crds/a.yaml", "b"),
        ("charts/egg/Chart.yaml", "name: egg\nversion: 0.1.0\n"),
        ("charts/egg/templates/x.yaml", "x"),
        ("charts/_hidden/Chart.yaml", "broken: ["),
    ])
    .unwrap();
    assert_eq!(chart.metadata.app_version, "1.1");
    assert_eq!(chart.templates.len(), 1);
    assert_eq!(chart.files[0].name, "crds/a.yaml");
    assert_eq!(serde_json::to_string(&chart.values).unwrap(), r#"{"a":1,"b":{"c":2}}"#);
    assert_eq!((chart.subcharts[0].name(), chart.subcharts[0].templates.len()), ("egg", 1));
    assert_eq!(chart.subcharts[0].metadata.api_version, "v1");
}

#[test]
fn a_description_that_helm_refuses_is_refused() {
    for (text, problem) in [
        ("name: a/b\nversion: 1.0.0", "is invalid"),
        ("name: a", "version is required"),
        ("name: a\nversion: one", "version"),
        ("name: a\nversion: 1.0.0\ntype: egg", "application or library"),
        ("name: a\nversion: 1.0.0\ndependencies: [{name: b}, {name: c, alias: b}]", "more than one"),
        ("name: a\nversion: 1.0.0\ndependencies: [{name: b, alias: a.b}]", "disallowed"),
    ] {
        let error = chart(&[("Chart.yaml", text)]).unwrap_err();
        assert!(error.to_string().contains(problem), "{text}: {error}");
    }
}
