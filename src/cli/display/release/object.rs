//! A release as `helm get all --template` hands it to a Go template: helm's structs by their fields and methods.

use std::collections::BTreeMap;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json};

use super::time::read;
use crate::gotemplate::{Function, List, Map, Object, STRING_MAP, STRINGS, Value};
use crate::helm::chart::{Dependency, Metadata};
use crate::helm::hooks::{Hook, Policy};
use crate::helm::record::{Info, Record, RecordError, StoredChart};

/// A struct of helm's.
struct Struct {
    name: &'static str,
    fields: Vec<(&'static str, Value)>,
    /// What its methods return; none takes an argument.
    methods: Vec<(&'static str, Value)>,
}

impl Object for Struct {
    fn type_name(&self) -> &str {
        self.name
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.fields.clone()
    }

    fn field(&self, name: &[u8]) -> Option<Value> {
        lookup(&self.fields, name)
    }

    fn method(self: Rc<Self>, name: &[u8]) -> Option<Function> {
        let value = lookup(&self.methods, name)?;
        Some(Function::new(move || value.clone()))
    }
}

/// A nil pointer to a struct of that name.
struct NoPointer(&'static str);

impl Object for NoPointer {
    fn type_name(&self) -> &str {
        self.0
    }

    fn text(&self) -> Option<String> {
        Some("<nil>".to_owned())
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::Nil)
    }

    fn to_json(&self) -> Json {
        Json::Null
    }
}

fn lookup(entries: &[(&'static str, Value)], name: &[u8]) -> Option<Value> {
    entries.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, value)| value.clone())
}

fn plain(name: &'static str, fields: Vec<(&'static str, Value)>) -> Value {
    Value::object(Struct { name, fields, methods: Vec::new() })
}

/// Returns the release; `labels` are those of its record.
pub(in crate::cli) fn release_value(
    record: &Record,
    labels: &BTreeMap<String, String>,
) -> Result<Value, RecordError> {
    let fields = vec![
        ("Name", record.name().into()),
        ("Info", info(&record.info)),
        ("Chart", chart(record.chart())?),
        ("Config", Value::Map(record.config().clone().into())),
        ("Manifest", record.manifest().into()),
        ("Hooks", Value::List(record.hooks.iter().map(hook).collect())),
        ("Version", number(record.version())),
        ("Namespace", record.namespace().into()),
        (
            "Labels",
            Value::Map(Map::strings(labels.iter().map(|(key, label)| (key.as_str(), label.as_str())))),
        ),
        ("ApplyMethod", record.apply_method().into()),
    ];
    Ok(plain("*v1.Release", fields))
}

fn info(info: &Info) -> Value {
    let fields = vec![
        ("FirstDeployed", time(info.first_deployed.as_deref())),
        ("LastDeployed", time(info.last_deployed.as_deref())),
        ("Deleted", time(info.deleted.as_deref())),
        ("Description", info.description.as_str().into()),
        ("Status", info.status.as_str().into()),
        ("RollbackRevision", number(info.rollback_revision.unwrap_or_default())),
        ("Notes", info.notes.as_str().into()),
        ("Resources", Value::Map(Map::nil(&crate::gotemplate::MAP))),
    ];
    plain("*v1.Info", fields)
}

fn hook(hook: &Hook) -> Value {
    let run = vec![
        ("StartedAt", time(hook.last_run.started_at.as_deref())),
        ("CompletedAt", time(hook.last_run.completed_at.as_deref())),
        ("Phase", hook.last_run.phase.as_str().into()),
    ];
    let policies = |policies: &[Policy]| Value::List(List::strings(policies.iter().map(Policy::as_str)));
    let fields = vec![
        ("Name", hook.name.as_str().into()),
        ("Kind", hook.kind.as_str().into()),
        ("Path", hook.path.as_str().into()),
        ("Manifest", hook.manifest.as_str().into()),
        ("Events", Value::from(&serde_json::json!(hook.events))),
        ("LastRun", plain("v1.HookExecution", run)),
        ("Weight", Value::Int(isize::try_from(hook.weight).unwrap_or(isize::MAX))),
        ("DeletePolicies", policies(&hook.delete_policies)),
        ("OutputLogPolicies", policies(&hook.output_log_policies)),
    ];
    plain("*v1.Hook", fields)
}

const LOCK: &str = "*v2.Lock";

/// What a record holds of a chart beside its description.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Contents {
    lock: Option<Lock>,
    templates: Option<Vec<File>>,
    values: Option<JsonMap<String, Json>>,
    schema: Option<String>,
    schemamodtime: Option<String>,
    files: Option<Vec<File>>,
    modtime: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Lock {
    generated: Option<String>,
    digest: String,
    dependencies: Option<Vec<Dependency>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    name: String,
    data: Option<String>,
    modtime: Option<String>,
}

fn chart(chart: &StoredChart) -> Result<Value, RecordError> {
    let contents: Contents = serde_json::from_str(chart.json().get()).map_err(RecordError::Json)?;
    let about = &chart.metadata;
    let lock = contents.lock.map_or_else(|| Value::object(NoPointer(LOCK)), lock);
    let fields = vec![
        ("Raw", Value::List(List::new(Vec::new()))),
        ("Metadata", metadata(about)),
        ("Lock", lock),
        ("Templates", files(contents.templates)),
        ("Values", Value::Map(contents.values.unwrap_or_default().into())),
        ("Schema", bytes(contents.schema)),
        ("SchemaModTime", time(contents.schemamodtime.as_deref())),
        ("Files", files(contents.files)),
        ("ModTime", time(contents.modtime.as_deref())),
    ];
    // A record holds no subcharts, so the chart is always the root.
    let methods = vec![
        ("Name", about.name.as_str().into()),
        ("AppVersion", about.app_version.as_str().into()),
        ("ChartPath", about.name.as_str().into()),
        ("ChartFullPath", about.name.as_str().into()),
        ("IsRoot", true.into()),
        ("Dependencies", Value::List(List::new(Vec::new()))),
    ];
    Ok(Value::object(Struct { name: "*v2.Chart", fields, methods }))
}

fn lock(lock: Lock) -> Value {
    let fields = vec![
        ("Generated", time(lock.generated.as_deref())),
        ("Digest", lock.digest.into()),
        ("Dependencies", dependencies(&lock.dependencies.unwrap_or_default())),
    ];
    plain(LOCK, fields)
}

fn files(files: Option<Vec<File>>) -> Value {
    let file = |file: File| {
        let modified = ("ModTime", time(file.modtime.as_deref()));
        plain("*common.File", vec![("Name", file.name.into()), ("Data", bytes(file.data)), modified])
    };
    Value::List(files.unwrap_or_default().into_iter().map(file).collect())
}

fn metadata(about: &Metadata) -> Value {
    let maintainer = |name: &str, email: &str, url: &str| {
        plain("*v2.Maintainer", vec![("Name", name.into()), ("Email", email.into()), ("URL", url.into())])
    };
    let maintainers = about.maintainers.iter().map(|it| maintainer(&it.name, &it.email, &it.url));
    let annotations = match &about.annotations {
        Some(annotations) => {
            Map::strings(annotations.iter().map(|(key, text)| (key.as_str(), text.as_str())))
        }
        None => Map::nil(&STRING_MAP),
    };
    let fields = vec![
        ("Name", about.name.as_str().into()),
        ("Home", about.home.as_str().into()),
        ("Sources", texts(&about.sources)),
        ("Version", about.version.as_str().into()),
        ("Description", about.description.as_str().into()),
        ("Keywords", texts(&about.keywords)),
        ("Maintainers", Value::List(maintainers.collect())),
        ("Icon", about.icon.as_str().into()),
        ("APIVersion", about.api_version.as_str().into()),
        ("Condition", about.condition.as_str().into()),
        ("Tags", about.tags.as_str().into()),
        ("AppVersion", about.app_version.as_str().into()),
        ("Deprecated", about.deprecated.into()),
        ("Annotations", Value::Map(annotations)),
        ("KubeVersion", about.kube_version.as_str().into()),
        ("Dependencies", dependencies(&about.dependencies)),
        ("Type", about.kind.as_str().into()),
    ];
    plain("*v2.Metadata", fields)
}

fn dependencies(dependencies: &[Dependency]) -> Value {
    let dependency = |of: &Dependency| {
        let fields = vec![
            ("Name", of.name.as_str().into()),
            ("Version", of.version.as_str().into()),
            ("Repository", of.repository.as_str().into()),
            ("Condition", of.condition.as_str().into()),
            ("Tags", texts(&of.tags)),
            ("Enabled", of.enabled.into()),
            ("ImportValues", Value::List(of.import_values.clone().into())),
            ("Alias", of.alias.as_str().into()),
        ];
        plain("*v2.Dependency", fields)
    };
    Value::List(dependencies.iter().map(dependency).collect())
}

fn texts(texts: &[String]) -> Value {
    let list =
        if texts.is_empty() { List::nil(&STRINGS) } else { List::strings(texts.iter().map(String::as_str)) };
    Value::List(list)
}

fn bytes(base64: Option<String>) -> Value {
    Value::Bytes(BASE64.decode(base64.unwrap_or_default()).unwrap_or_default().into())
}

fn time(text: Option<&str>) -> Value {
    Value::object(read(text))
}

fn number(number: u64) -> Value {
    Value::Int(isize::try_from(number).unwrap_or(isize::MAX))
}
