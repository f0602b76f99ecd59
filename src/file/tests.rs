//! Replacing files, with others at work on them.

use std::{
    fs::{self, File},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::Path,
};

use super::{FileError, Original, Privacy, create, replacement::Replacement, write};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_file_keeps_its_mode_and_a_link_still_leads_to_it() {
    let folder = folder();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("file", &link).unwrap();
    assert!(Original::read(&link).unwrap().replace(b"new").unwrap());
    assert_eq!(fs::read(&file).unwrap(), b"new");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(names(folder.path()), ["file", "link"]);
}

#[test]
fn a_file_keeps_its_owner() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "old").unwrap();
    // Only root can give a file away; for anybody else the owner is the same anyway.
    let _ = std::os::unix::fs::chown(&file, Some(12345), Some(12346));
    let before = fs::metadata(&file).unwrap();
    Original::read(&file).unwrap().replace(b"new").unwrap();
    let after = fs::metadata(&file).unwrap();
    assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    assert_ne!(after.ino(), before.ino());
}

#[test]
fn until_the_last_step_the_old_file_is_whole() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "old").unwrap();
    let replacement = Replacement::like(&file, &fs::metadata(&file).unwrap(), b"new").unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["file"], "what is new has no name yet");
    drop(replacement);
    assert_eq!((fs::read(&file).unwrap(), names(folder.path()).len()), (b"old".to_vec(), 1));
}

#[test]
fn the_second_of_two_writers_is_told_and_changes_nothing() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "old").unwrap();
    let [first, second] = [(); 2].map(|()| Original::read(&file).unwrap());
    first.replace(b"first").unwrap();
    assert!(matches!(second.replace(b"second"), Err(FileError::Changed { .. })));
    assert!(matches!(second.replace(b"old"), Err(FileError::Changed { .. })));
    assert_eq!(fs::read(&file).unwrap(), b"first");
    let third = Original::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert!(matches!(third.replace(b"third"), Err(FileError::Changed { .. })));
    assert!(!file.exists());
}

#[test]
fn a_writer_that_is_at_it_right_now_is_not_disturbed() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "old").unwrap();
    let original = Original::read(&file).unwrap();
    let other = File::open(&file).unwrap();
    other.lock().unwrap();
    assert!(matches!(original.replace(b"new"), Err(FileError::Busy { .. })));
    drop(other);
    assert!(original.replace(b"new").unwrap());
}

#[test]
fn the_same_content_is_not_written_again() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "same").unwrap();
    let before = fs::metadata(&file).unwrap().ino();
    assert!(!Original::read(&file).unwrap().replace(b"same").unwrap());
    assert_eq!(fs::metadata(&file).unwrap().ino(), before);
}

#[test]
fn a_new_file_never_takes_the_place_of_another() {
    let folder = folder();
    let file = folder.path().join("file");
    create(&file, b"first", Privacy::Private).unwrap();
    assert!(matches!(create(&file, b"second", Privacy::Usual), Err(FileError::Exists { .. })));
    assert_eq!(fs::read(&file).unwrap(), b"first");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn a_device_is_written_to_and_not_replaced() {
    write(Path::new("/dev/null"), b"gone", Privacy::Usual).unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    let folder = folder();
    let file = folder.path().join("file");
    write(&file, b"first", Privacy::Private).unwrap();
    write(&file, b"second", Privacy::Usual).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"second");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_a_killed_writer_left_is_swept_by_the_next_one() {
    let folder = folder();
    let file = folder.path().join("file");
    let kept = [".file.swp", ".file.eggtooth-notes", ".files.1f.eggtooth", ".file.my draft.eggtooth"];
    for name in ["file", ".file.0badc0de.eggtooth", ".file.aB3x9Z.eggtooth"].iter().chain(&kept) {
        fs::write(folder.path().join(name), "old").unwrap();
    }
    assert!(Original::read(&file).unwrap().replace(b"new").unwrap());
    let mut expected = kept.to_vec();
    expected.push("file");
    expected.sort_unstable();
    assert_eq!(names(folder.path()), expected);
}
