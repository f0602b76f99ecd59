//! A table as helm prints it: cells padded to their column's width, a tab between them.

/// Returns the rows as lines; an empty table is an empty line.
pub(in crate::cli) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            let lines = cell.split('\n').map(|line| line.chars().count());
            *width = lines.max().unwrap_or_default().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let height = row.iter().map(|cell| cell.split('\n').count()).max().unwrap_or_default();
        for line in 0..height {
            let padded: Vec<String> = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{:width$}", cell.split('\n').nth(line).unwrap_or_default()))
                .collect();
            text.push_str(&padded.join("\t"));
            text.push('\n');
        }
    }
    if rows.is_empty() { "\n".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_as_wide_as_its_column_also_the_last() {
        let rows = [["A", "LONG"], ["word", "b"], ["c", "x\ny"]].map(|row| row.map(str::to_owned));
        assert_eq!(columns(&rows), "A   \tLONG\nword\tb   \nc   \tx   \n    \ty   \n");
    }
}
