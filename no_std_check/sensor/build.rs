//! Passes its scripts to the linker: cortex-m-rt's `link.x`, and the `memory.x` of this folder.

fn main() {
    println!("cargo::rustc-link-search={}", std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    // Sections need not be aligned to the pages of an operating system.
    println!("cargo::rustc-link-arg-bins=--nmagic");
    println!("cargo::rerun-if-changed=memory.x");
}
