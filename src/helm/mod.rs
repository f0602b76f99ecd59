//! Helm: charts, values, rendering, release records and repositories; the provider of `helm:Release`.
//!
//! What it renders is byte for byte what `helm` 4.3.1 renders, and the releases that it makes are Helm's own:
//! either takes over what the other made.

pub mod action;
pub mod chart;
pub mod charts_lock;
pub mod dependencies;
pub mod hooks;
pub mod lint;
pub mod provenance;
pub mod record;
pub mod render;
pub mod template;
pub mod release;
pub mod repository;
mod show;
pub mod values;
pub mod version;

pub use charts_lock::{ChartsLock, PinnedChart, pin};
pub use show::{Show, show};
pub use template::{Template, TemplateError, Templated, name_of, template, template_of};
