//! The `.proto` files that are derived from our traits: the real compiler accepts them, and makes the descriptors of them that
//! servers show in reflection.

use std::{collections::BTreeMap, fs, path::Path};

use foreign_peers::{python, samples};
use interfaces::{node, wallet};
use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorSet};
use transport_grpc::proto::Protos;

/// What `protoc` makes of the files of a folder.
fn compiled(folder: &Path) -> FileDescriptorSet {
    let dir = tempfile::tempdir().unwrap();
    let set = dir.path().join("set");
    let options = [format!("--descriptor_set_out={}", set.display()), "--include_imports".into()];
    python::protoc(&[folder], &options, &python::protos_below(folder));
    FileDescriptorSet::decode(&fs::read(set).unwrap()[..]).unwrap()
}

/// The files by their names. The compiler adds what JSON calls each field, which follows from the field's name.
fn by_name(set: FileDescriptorSet) -> BTreeMap<String, prost_types::FileDescriptorProto> {
    let files = set.file.into_iter().map(|mut file| {
        file.message_type.iter_mut().for_each(forget_json_names);
        (file.name().to_owned(), file)
    });
    files.collect()
}

fn forget_json_names(message: &mut DescriptorProto) {
    message.field.iter_mut().for_each(|field| field.json_name = None);
    message.nested_type.iter_mut().for_each(forget_json_names);
}

/// Both have the same files, but for protobuf's own, and each is the same.
fn check(theirs: FileDescriptorSet, ours: FileDescriptorSet) {
    let (theirs, ours) = (by_name(theirs), by_name(ours));
    for (name, file) in ours.iter().filter(|(name, _)| !name.starts_with("google/")) {
        assert_eq!(theirs.get(name), Some(file), "{name}");
    }
    assert_eq!(theirs.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
}

#[test]
fn the_compiler_accepts_the_committed_files_and_sees_in_them_what_reflection_shows() {
    let protos = Protos::new().interface::<dyn node::Init>().interface::<dyn wallet::WalletInit>();
    let theirs = compiled(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../interfaces/proto"));
    assert!(theirs.file.len() > 15, "{:?}", theirs.file);
    check(theirs, protos.descriptors().unwrap());
}

#[test]
fn the_same_for_interfaces_that_use_everything() {
    let protos = Protos::new().interface::<dyn samples::Root>();
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in protos.texts().unwrap() {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    check(compiled(dir.path()), protos.descriptors().unwrap());
}

#[test]
fn the_session_compiles() {
    let set = compiled(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../transport-grpc/proto"));
    assert_eq!(set.file[0].service[0].name(), "Session");
}
