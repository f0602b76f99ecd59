//! `helm dependency`.

use std::fmt::Write as _;
use std::path::Path;

use super::HelmCommandError;
use super::find::finder;
use super::session::Session;
use crate::cli::{args::helm::Dependency, exit::Exit};
use crate::helm::dependencies::{Changed, Listing, Signatures, Updater, list};

pub(super) async fn run(session: &Session, command: &Dependency) -> Result<Exit, HelmCommandError> {
    let (arguments, anew) = match command {
        Dependency::List { chart, max_col_width } => {
            session.terminal.print(&table(chart, &list(chart)?, *max_col_width));
            return Ok(Exit::Done);
        }
        Dependency::Build(arguments) => (arguments, false),
        Dependency::Update(arguments) => (arguments, true),
    };
    let finder = finder(session, &arguments.connection);
    let signatures = match (arguments.verify, anew) {
        (false, _) => Signatures::Unseen,
        (true, false) => Signatures::WhereThere(session.ring(arguments.keyring.as_deref())?),
        (true, true) => Signatures::Wanted(session.ring(arguments.keyring.as_deref())?),
    };
    let updater = Updater { folder: &arguments.chart, finder: &finder, signatures };
    let now = session.clock.now();
    let changed = if anew { updater.update(now).await } else { updater.build(now).await };
    let changed = changed.map_err(|source| HelmCommandError::Update {
        path: arguments.chart.clone(),
        source: Box::new(source),
    })?;
    for name in &changed.unsigned {
        session.terminal.say(&format!("WARNING: nobody signed {name}: it is taken as it is"));
    }
    session.terminal.print(&told(&changed));
    Ok(Exit::Done)
}

/// Returns what helm prints of it.
pub(super) fn told(changed: &Changed) -> String {
    let mut text = String::new();
    if changed.dependencies > 0 {
        let _ = writeln!(text, "Saving {} charts", changed.dependencies);
    }
    for (name, repository) in &changed.downloaded {
        let _ = writeln!(text, "Downloading {name} from repo {repository}");
    }
    if changed.dependencies > 0 {
        text.push_str("Deleting outdated charts\n");
    }
    text
}

fn table(chart: &Path, listing: &Listing, widest: usize) -> String {
    if listing.dependencies.is_empty() {
        return format!("WARNING: no dependencies at {}\n", chart.join("charts").display());
    }
    let head = ["NAME", "VERSION", "REPOSITORY", "STATUS"].map(str::to_owned);
    let rows = listing.dependencies.iter().map(|listed| {
        [&listed.name, &listed.version, &listed.repository, listed.status.as_str()]
            .map(|cell| shortened(cell, widest))
    });
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..4).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("\t"));
    }
    text.push('\n');
    for path in &listing.strange {
        let _ = writeln!(text, "WARNING: {:?} is not a chart.", path.display().to_string());
    }
    for path in &listing.unnamed {
        let path = path.display().to_string();
        let _ = writeln!(text, "WARNING: {path:?} is not in Chart.yaml.");
    }
    text
}

fn shortened(cell: &str, widest: usize) -> String {
    if cell.chars().count() <= widest {
        return cell.to_owned();
    }
    cell.chars().take(widest.saturating_sub(3)).chain("...".chars()).collect()
}
