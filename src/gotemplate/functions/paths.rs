//! Slash-separated paths. The `os…` twins are the same, for helm's renderers run on Unix.

use crate::gotemplate::{Functions, GoString};

pub(super) fn add(functions: &mut Functions) {
    for name in ["base", "osBase"] {
        functions.add(name, |path: GoString| base(&path));
    }
    for name in ["dir", "osDir"] {
        functions.add(name, |path: GoString| clean(&path[..after_last_slash(&path)]));
    }
    for name in ["clean", "osClean"] {
        functions.add(name, |path: GoString| clean(&path));
    }
    for name in ["ext", "osExt"] {
        functions.add(name, |path: GoString| extension(&path));
    }
    for name in ["isAbs", "osIsAbs"] {
        functions.add(name, |path: GoString| path.starts_with(b"/"));
    }
}

fn after_last_slash(path: &[u8]) -> usize {
    path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1)
}

fn base(path: &[u8]) -> GoString {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    match &path[..end] {
        [] if path.is_empty() => ".".into(),
        [] => "/".into(),
        path => path[after_last_slash(path)..].into(),
    }
}

fn extension(path: &[u8]) -> GoString {
    let name = &path[after_last_slash(path)..];
    name.iter().rposition(|byte| *byte == b'.').map_or_else(GoString::default, |dot| name[dot..].into())
}

/// Returns the shortest path that means the same, by its letters alone.
fn clean(path: &[u8]) -> GoString {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(last) if *last != b".." => _ = parts.pop(),
                _ if rooted => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", &*joined].concat().into(),
        (false, true) => ".".into(),
        (false, false) => joined.into(),
    }
}
