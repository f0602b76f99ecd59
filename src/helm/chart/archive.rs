//! The files of a `.tgz`, with nothing taken on trust.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use tar::EntryType;

use super::limits::Budget;
use super::{ChartError, File};

const GZIP: &[u8] = b"\x1F\x8B\x08";

/// Reads the files below the archive's top folder.
pub(super) fn read(archive: &[u8], budget: &mut Budget) -> Result<Vec<File>, ChartError> {
    if !archive.starts_with(GZIP) {
        return Err(ChartError::NotAnArchive);
    }
    let mut files = Vec::new();
    let mut entries = tar::Archive::new(MultiGzDecoder::new(archive));
    for entry in entries.entries().map_err(ChartError::Archive)? {
        let mut entry = entry.map_err(ChartError::Archive)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {}
            EntryType::Directory
            | EntryType::XGlobalHeader
            | EntryType::XHeader
            | EntryType::GNULongName
            | EntryType::GNULongLink => continue,
            EntryType::Link | EntryType::Symlink => return Err(ChartError::Link(path)),
            _ => return Err(ChartError::Irregular(path)),
        }
        let name = name(&path)?;
        budget.spend(entry.size())?;
        let mut data = Vec::new();
        // A sparse entry may hold more than its header says.
        let limit = budget.bytes() + entry.size();
        let length = entry.by_ref().take(limit + 1).read_to_end(&mut data).map_err(ChartError::Archive)?;
        budget.spend((length as u64).saturating_sub(entry.size()))?;
        let modified = entry.header().mtime().ok().and_then(timestamp);
        files.push(File::new(name, &data, modified));
    }
    if files.is_empty() { Err(ChartError::NoMetadata) } else { Ok(files) }
}

fn timestamp(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok().filter(|_| seconds > 0)
}

/// Returns the path inside the chart: without the top folder, with `/`, and not leading out.
fn name(path: &str) -> Result<String, ChartError> {
    let escapes = || ChartError::Escapes(path.to_owned());
    // Archives made on Windows separate with backslashes.
    let separator = if path.contains('\\') { '\\' } else { '/' };
    let (_, inner) = path.split_once(separator).ok_or_else(escapes)?;
    if inner.starts_with(separator) || path.starts_with(separator) {
        return Err(escapes());
    }
    let mut parts = Vec::new();
    for part in inner.split(['/', separator]) {
        match part {
            "" | "." => {}
            ".." => return Err(escapes()),
            part if part.contains('\0') => return Err(escapes()),
            part => parts.push(part),
        }
    }
    match parts.first() {
        None => Err(escapes()),
        Some(drive) if drive.len() == 2 && drive.ends_with(':') => Err(escapes()),
        Some(_) => Ok(parts.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_that_below_the_top_folder() {
        assert_eq!(name("chart/templates/a.yaml").unwrap(), "templates/a.yaml");
        assert_eq!(name("chart\\templates\\a.yaml").unwrap(), "templates/a.yaml");
        assert_eq!(name("chart/./a//b").unwrap(), "a/b");
    }

    #[test]
    fn a_path_that_leads_out_is_refused() {
        for path in
            ["a.yaml", "chart/../../etc/passwd", "/etc/passwd", "chart//etc/passwd", "chart/c:/x", "chart/"]
        {
            assert!(matches!(name(path), Err(ChartError::Escapes(_))), "{path}");
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_fills_the_memory() {
        let mut builder =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best()));
        let mut header = tar::Header::new_gnu();
        header.set_size(101 * 1024 * 1024);
        header.set_cksum();
        let zeros = std::io::repeat(0).take(101 * 1024 * 1024);
        builder.append_data(&mut header, "chart/zeros", zeros).unwrap();
        let archive = builder.into_inner().unwrap().finish().unwrap();
        let error = read(&archive, &mut Budget::default()).unwrap_err();
        assert!(matches!(error, ChartError::TooLarge { .. }), "{error}");
    }

    #[test]
    fn a_link_is_refused() {
        let mut builder =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, "chart/values.yaml", "/etc/passwd").unwrap();
        let archive = builder.into_inner().unwrap().finish().unwrap();
        let error = read(&archive, &mut Budget::default()).unwrap_err();
        assert!(matches!(error, ChartError::Link(_)), "{error}");
    }
}
