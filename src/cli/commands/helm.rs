//! `helm template`.

use crate::cli::{
    args::{Helm, Template},
    display,
    exit::Exit,
    terminal::Terminal,
};
use crate::helm::{self, values::Overrides};

pub(super) fn run(command: &Helm, terminal: &Terminal) -> Exit {
    let Helm::Template(arguments) = command;
    match helm::template(&options(arguments)) {
        Ok(text) => {
            Terminal::data(text.as_bytes());
            Exit::Done
        }
        Err(error) => {
            terminal.say(&display::error(&error, None, terminal.style));
            Exit::Failed
        }
    }
}

fn options(arguments: &Template) -> helm::Template {
    helm::Template {
        name: arguments.name.clone(),
        chart: arguments.chart.clone(),
        namespace: arguments.namespace.clone(),
        values: Overrides {
            base: serde_json::Map::new(),
            files: arguments.values.clone(),
            json: arguments.set_json.clone(),
            set: arguments.set.clone(),
            strings: arguments.set_string.clone(),
            from_files: arguments.set_file.clone(),
            literals: arguments.set_literal.clone(),
        },
        include_crds: arguments.include_crds,
        kube_version: arguments.kube_version.clone(),
        api_versions: arguments.api_versions.clone(),
        is_upgrade: arguments.is_upgrade,
        show_only: arguments.show_only.clone(),
        skip_tests: false,
        no_hooks: arguments.no_hooks,
    }
}
