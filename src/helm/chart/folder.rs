//! The files of a chart's folder, less those that `.helmignore` names.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::ignore::Rules;
use super::limits::{Budget, DEPTH};
use super::{ChartError, File};

/// Folders within folders; a loop of links ends here.
const FOLDERS: usize = 16 * DEPTH;

/// Reads the files below `folder`, in the order of their paths' parts.
pub(super) fn read(folder: &Path) -> Result<Vec<File>, ChartError> {
    let root = fs::canonicalize(folder).map_err(reading(folder))?;
    let ignore = root.join(".helmignore");
    let rules = match fs::read_to_string(&ignore) {
        Ok(text) => Rules::parse(&text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Rules::parse("")?,
        Err(source) => return Err(ChartError::Read { path: ignore, source }),
    };
    let mut walk = Walk { root, rules, budget: Budget::default(), files: Vec::new() };
    walk.folder("", 0)?;
    Ok(walk.files)
}

struct Walk {
    root: PathBuf,
    rules: Rules,
    budget: Budget,
    files: Vec<File>,
}

impl Walk {
    fn folder(&mut self, name: &str, depth: usize) -> Result<(), ChartError> {
        if depth > FOLDERS {
            return Err(ChartError::TooDeep { limit: FOLDERS });
        }
        let path = self.root.join(name);
        let mut children: Vec<String> = fs::read_dir(&path)
            .map_err(reading(&path))?
            .map(|entry| Ok(entry.map_err(reading(&path))?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<_, ChartError>>()?;
        children.sort();
        for child in children {
            let name = if name.is_empty() { child } else { format!("{name}/{child}") };
            self.entry(&name, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, name: &str, depth: usize) -> Result<(), ChartError> {
        let path = self.root.join(name);
        let metadata = fs::metadata(&path).map_err(reading(&path))?;
        if self.rules.ignore(name, metadata.is_dir()) {
            return Ok(());
        }
        let resolved = fs::canonicalize(&path).map_err(reading(&path))?;
        if !resolved.starts_with(&self.root) {
            return Err(ChartError::Link(name.to_owned()));
        }
        if metadata.is_dir() {
            return self.folder(name, depth + 1);
        }
        if !metadata.is_file() {
            return Err(ChartError::Irregular(name.to_owned()));
        }
        self.budget.spend(metadata.len())?;
        let data = fs::read(&path).map_err(reading(&path))?;
        self.budget.spend((data.len() as u64).saturating_sub(metadata.len()))?;
        let modified = metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
        self.files.push(File::new(name, &data, modified));
        Ok(())
    }
}

fn reading(path: &Path) -> impl Fn(std::io::Error) -> ChartError + '_ {
    move |source| ChartError::Read { path: path.to_owned(), source }
}
