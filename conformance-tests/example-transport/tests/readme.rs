//! What the suite's README shows is what is compiled and run here.

use std::{fs, path::Path};

#[test]
fn the_readme_shows_this_code() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the suite's folder");
    let read = |path: &str| fs::read_to_string(suite.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let readme = read("README.md");
    let mut shown = 0;
    for block in readme.split("   ```rust\n").skip(1) {
        let (code, _) = block.split_once("\n   ```").expect("each block has an end");
        let code: Vec<&str> = code.lines().map(|line| line.strip_prefix("   ").unwrap_or(line)).collect();
        let (path, code) = code.split_first().expect("each block has lines");
        let path = path.strip_prefix("// ").expect("each block begins with the file that it is from");
        assert!(read(path).contains(&code.join("\n")), "{path} does not have this any more:\n{}", code.join("\n"));
        shown += 1;
    }
    assert_eq!(shown, 3);
}
