// Runs the WebAssembly module in node: timers send, tasks wait, and calls that would wait forever must panic.
// Usage: node run.mjs MODULE
import { readFile } from "node:fs/promises";

const SENDS = 50;
const HANG = 200_000; // milliseconds
const DEADLOCK = "deadlock: this call waits for a `Ref` or a closure of the same watch channel";

const module = await WebAssembly.compile(await readFile(process.argv[2]));
const instantiate = async () => (await WebAssembly.instantiate(module)).exports;
const wasm = await instantiate();

const check = (what, found, expected) => {
    if (found !== expected) {
        console.error(`${what}: ${found}, and not ${expected}`);
        process.exit(1);
    }
};

// Each of these calls would wait forever. It panics instead, which ends its instance.
const deadlocks = ["set_while_a_ref_lives", "borrow_in_send_modify"];
for (const call of deadlocks) {
    const wasm = await instantiate();
    let trap = "none";
    try {
        wasm[call]();
    } catch (error) {
        trap = error instanceof WebAssembly.RuntimeError ? error.message : error;
    }
    check(`${call}: trap`, trap, "unreachable");
    const message = new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, wasm.message(), wasm.message_len()));
    check(`${call}: start of the message '${message}'`, message.slice(0, DEADLOCK.length), DEADLOCK);
}

const hang = setTimeout(() => {
    console.error(`it hangs: ${wasm.ended()} of ${wasm.tasks()} tasks ended, ${wasm.changes()} changes seen`);
    process.exit(2);
}, HANG);

wasm.start(SENDS);
check("tasks polled at first", wasm.run(), wasm.tasks());
check("polls while nothing is sent", wasm.run(), 0);

let value = 0;
const timer = setInterval(() => {
    value += 1;
    wasm.send(value, value === SENDS);
    wasm.run();
    if (value === SENDS) {
        clearInterval(timer);
        clearTimeout(hang);
        check("tasks that ended on the last value", wasm.ended(), wasm.tasks());
        check("changes seen", wasm.changes(), SENDS * wasm.watchers());
        check("polls after the end", wasm.run(), 0);
        console.log(`${wasm.ended()} tasks ended, ${wasm.changes()} changes seen, ${deadlocks.length} deadlocks reported`);
    }
}, 1);
