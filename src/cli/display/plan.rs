//! A plan as a tree: resources, the objects that a release stands for, the fields that differ.

use std::fmt::Write as _;

use super::Style;
use crate::engine::{Plan, Step};
use crate::resource::{Child, FieldChange, GroupKind, Operation, Urn};

/// Longer values are cut: a plan is to be read.
const LONGEST: usize = 80;

/// Returns the plan as text; resources that stay as they are are only counted.
pub(in crate::cli) fn plan(plan: &Plan, stack: &str, style: Style) -> String {
    let mut text = format!("{} {stack}\n", style.strong("stack"));
    let changed: Vec<&Step> =
        plan.steps.iter().filter(|step| step.change.operation != Operation::Same).collect();
    for (index, step) in changed.iter().enumerate() {
        add_step(&mut text, step, index + 1 == changed.len(), style);
    }
    for lost in plan.losses() {
        // Writing into a String does not fail.
        let _ = writeln!(text, "{} {} {} would go with it", style.bad("!"), lost.kind, lost.name);
    }
    text + &plan_counts(plan, style)
}

/// Returns what is left out of a plan because the cluster lacks its kind, a line each.
pub(in crate::cli) fn left_out(left_out: &[(Urn, GroupKind)], style: Style) -> String {
    let line = |(urn, kind): &(Urn, GroupKind)| {
        let why = style.faint(&format!("(the cluster has no kind {kind})"));
        format!("{} {} {} is left out  {why}\n", style.faint("○"), urn.kind(), urn.name())
    };
    left_out.iter().map(line).collect()
}

/// Returns the objects of a release that would change, and how.
pub(in crate::cli) fn objects(children: &[Child], style: Style) -> String {
    let mut text = String::new();
    let changed: Vec<&Child> = children.iter().filter(|it| it.operation != Operation::Same).collect();
    for (index, child) in changed.iter().enumerate() {
        add_child(&mut text, child, "", index + 1 == changed.len(), style);
    }
    let count = |operation| children.iter().filter(|child| child.operation == operation).count();
    let counted = [
        (count(Operation::Create), "to create"),
        (count(Operation::Update), "to change"),
        (count(Operation::Delete), "to delete"),
        (count(Operation::Same), "unchanged"),
    ];
    text + &counts(&counted, style)
}

fn add_step(text: &mut String, step: &Step, last: bool, style: Style) {
    let (branch, below) = if last { ("└─", "   ") } else { ("├─", "│  ") };
    let change = &step.change;
    let reason = change.reason.as_ref().map(|reason| format!("  ({reason})")).unwrap_or_default();
    let title = format!("{} {}", step.urn.kind(), step.urn.name());
    // Writing into a String does not fail.
    let _ = writeln!(text, "{branch} {} {title}{}", symbol(change.operation, style), style.faint(&reason));
    for field in &change.fields {
        add_field(text, field, below, style);
    }
    let changed: Vec<&Child> =
        change.children.iter().filter(|child| child.operation != Operation::Same).collect();
    for (index, child) in changed.iter().enumerate() {
        add_child(text, child, below, index + 1 == changed.len(), style);
    }
}

fn add_child(text: &mut String, child: &Child, indent: &str, last: bool, style: Style) {
    let (branch, below) = if last { ("└─", "   ") } else { ("├─", "│  ") };
    let _ =
        writeln!(text, "{indent}{branch} {} {} {}", symbol(child.operation, style), child.kind, child.name);
    // What a made object consists of is the chart's business; what differs in one that is there is ours.
    if child.operation == Operation::Update {
        for field in &child.fields {
            add_field(text, field, &format!("{indent}{below}"), style);
        }
    }
}

fn add_field(text: &mut String, field: &FieldChange, indent: &str, style: Style) {
    let shown = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), cut);
    let change = match (&field.before, &field.after) {
        (None, Some(_)) => shown(&field.after),
        _ => format!("{} → {}", shown(&field.before), shown(&field.after)),
    };
    let _ = writeln!(text, "{indent}    {} {change}", style.faint(&format!("{}:", field.path)));
}

fn cut(value: &str) -> String {
    let line = value.lines().next().unwrap_or_default();
    let short: String = line.chars().take(LONGEST).collect();
    if short.len() < value.len() { format!("{short}…") } else { short }
}

fn symbol(operation: Operation, style: Style) -> String {
    match operation {
        Operation::Same => style.faint("="),
        Operation::Create => style.good("+"),
        Operation::Update => style.change("~"),
        Operation::Replace => style.change("±"),
        Operation::Delete => style.bad("-"),
        Operation::Retain => style.faint("○"),
    }
}

fn plan_counts(plan: &Plan, style: Style) -> String {
    let summary = plan.summary();
    let counted = [
        (summary.create, "to create"),
        (summary.update, "to change"),
        (summary.replace, "to replace"),
        (summary.delete, "to delete"),
        (summary.retain, "to forget"),
        (summary.same, "unchanged"),
    ];
    counts(&counted, style)
}

fn counts(counted: &[(usize, &str)], style: Style) -> String {
    let parts: Vec<String> = counted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    format!(
        "{}\n",
        style.strong(&if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") })
    )
}
