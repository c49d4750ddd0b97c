// Runs the WebAssembly module in node: timers send, tasks wait. Usage: node run.mjs MODULE
import { readFile } from "node:fs/promises";

const SENDS = 50;
const HANG = 20_000; // milliseconds

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]));
const wasm = instance.exports;

const check = (what, found, expected) => {
    if (found !== expected) {
        console.error(`${what}: ${found}, and not ${expected}`);
        process.exit(1);
    }
};

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
        console.log(`${wasm.ended()} tasks ended, ${wasm.changes()} changes seen`);
    }
}, 1);
