//! A chart's folder as an archive.

use flate2::{Compression, write::GzEncoder};

use crate::helm::chart::File;

/// Packs a chart's files under its name.
pub(super) fn pack(name: &str, files: &[File]) -> std::io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.data.len() as u64);
        header.set_mode(0o644);
        let modified = file.modified.map_or(0, jiff::Timestamp::as_second);
        header.set_mtime(u64::try_from(modified).unwrap_or_default());
        builder.append_data(&mut header, format!("{name}/{}", file.name), &*file.data)?;
    }
    builder.into_inner()?.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::chart::Chart;

    #[test]
    fn what_is_packed_is_the_same_chart_again() {
        let files = [
            File::new("Chart.yaml", b"apiVersion: v2\nname: egg\nversion: 1.0.0\n", None),
            File::new("templates/a.yaml", b"a: 1\n", None),
        ];
        let archive = pack("egg", &files).unwrap();
        let chart = Chart::from_archive(&archive).unwrap();
        assert_eq!(chart.name(), "egg");
        assert_eq!(chart.templates[0].data, files[1].data);
    }
}
