// Runs two workers that share the WebAssembly module's memory, each with its own stack and thread-local values.
// Usage: node workers.mjs MODULE
import { readFile } from "node:fs/promises";
import { Worker, isMainThread, workerData } from "node:worker_threads";

const SENDS = 20_000;
const STACK = 1 << 16; // bytes
const HANG = 100_000; // milliseconds

if (isMainThread) {
    const module = await WebAssembly.compile(await readFile(process.argv[2]));
    const memory = new WebAssembly.Memory({ initial: 32, maximum: 256, shared: true });
    // The first instance initializes the memory, and has the module's own stack.
    const { exports: wasm } = await WebAssembly.instantiate(module, { env: { memory } });
    setTimeout(() => {
        console.error("it hangs: a worker sleeps forever");
        process.exit(2);
    }, HANG).unref();
    for (const entry of ["first", "second"]) {
        const stack = wasm.allocate(STACK) + STACK;
        const locals = wasm.allocate(wasm.__tls_size.value);
        new Worker(new URL(import.meta.url), { workerData: { module, memory, entry, stack, locals } }).on("error", (error) => {
            console.error(`${entry}: ${error.stack}`);
            process.exit(1);
        });
    }
    process.on("exit", (status) => status || console.log(`2 workers ended, ${SENDS} requests answered`));
} else {
    const { module, memory, entry, stack, locals } = workerData;
    const { exports: wasm } = new WebAssembly.Instance(module, { env: { memory } });
    wasm.__stack_pointer.value = stack;
    wasm.__wasm_init_tls(locals);
    wasm[entry](SENDS);
}
