//! With the target feature `atomics`, the module's memory is shared, and `workers.mjs` finds what it needs to set up a worker.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let features = std::env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    if features.split(',').any(|feature| feature == "atomics") {
        for argument in ["shared-memory", "import-memory", "max-memory=16777216"] {
            println!("cargo::rustc-link-arg=--{argument}");
        }
        for symbol in ["__wasm_init_tls", "__tls_size", "__stack_pointer"] {
            println!("cargo::rustc-link-arg=--export={symbol}");
        }
    }
}
