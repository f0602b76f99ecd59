use super::*;

fn record(manifest: &str) -> Record {
    let metadata = Metadata { name: "podinfo".into(), version: "1.0.0".into(), ..Metadata::default() };
    let chart = Chart {
        metadata: metadata.clone(),
        lock: None,
        templates: vec![File::new("templates/a.yaml", b"kind: {{ .x }}", None)],
        values: Map::new(),
        schema: None,
        files: Vec::new(),
        subcharts: Vec::new(),
    };
    Record::new(NewRecord {
        name: "egg".into(),
        namespace: "nest".into(),
        version: 3,
        chart: StoredChart::new(&chart, metadata, &Map::new()).unwrap(),
        config: Map::from_iter([("a".to_owned(), json!(1))]),
        manifest: manifest.into(),
        hooks: Vec::new(),
        info: Info { status: Status::PendingUpgrade, ..Info::default() },
        method: ApplyMethod::ServerSide,
    })
}

/// Returns a text that does not compress.
fn noise(length: usize) -> String {
    let mut state = 1_u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + (state >> 33) as u8 % 90)
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn a_record_survives_being_written_and_changed() {
    let mut record = record("kind: Secret\n");
    let pending = record.encode().unwrap();
    record.set_status(Status::Deployed, "Upgrade complete");
    let deployed = record.encode().unwrap();
    assert_ne!(pending, deployed);
    let read = Record::decode(deployed.as_bytes()).unwrap();
    assert_eq!((read.name(), read.namespace(), read.version()), ("egg", "nest", 3));
    assert_eq!(read.chart().metadata.version, "1.0.0");
    assert_eq!(read.config()["a"], json!(1));
    assert_eq!((read.manifest(), read.info.status), ("kind: Secret\n", Status::Deployed));
    assert_eq!(read.encode().unwrap(), deployed);
}

#[test]
fn a_record_that_does_not_fit_names_what_is_large() {
    let error = record(&noise(1_300_000)).encode().unwrap_err().to_string();
    assert!(error.contains("the manifest (1300000 bytes)"), "{error}");
}

#[test]
fn records_without_compression_and_with_unknown_words_are_read() {
    let json =
        json!({"name": "old", "info": {"status": "strange", "deleted": ""}, "hooks": null, "chart": null});
    let read = Record::decode(BASE64.encode(json.to_string()).as_bytes()).unwrap();
    assert_eq!((read.name(), read.info.status), ("old", Status::Unknown));
}

#[test]
fn status_words_are_helms() {
    for status in [Status::Deployed, Status::PendingInstall, Status::PendingRollback, Status::Uninstalling] {
        assert_eq!(Status::parse(status.as_str()), status);
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
}
