//! `bindgen MODULE DIRECTORY`: writes the JavaScript module for a WebAssembly module that was built with wasm-bindgen.

use std::env;
use std::error::Error;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<_> = env::args_os().skip(1).collect();
    let [module, directory] = &*args else { return Err("usage: bindgen MODULE DIRECTORY".into()) };
    Ok(Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .generate(directory)?)
}
