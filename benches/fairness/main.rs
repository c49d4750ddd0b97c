//! How fair the lock around a channel's value is, and how well blocked threads sleep: this crate, tokio's watch, and the
//! bare lock of parking_lot, in one process.
//!
//! `cargo bench -p benches --bench fairness` takes about two minutes, prints a table, and writes it to `benches/fairness.json` and
//! `benches/fairness.md`. `cargo bench -p benches --bench fairness -- "part of a name"` runs only the scenarios with this text in their
//! names, and writes nothing.

mod candidates;
#[path = "../workloads/machine.rs"]
mod machine;
mod report;
mod scenarios;

use std::process::exit;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use crate::candidates::NAMES;
use crate::report::{Cell, Row};
use crate::scenarios::{LONGEST_ROUND, Missing, Round, Run, SCENARIOS, Scenario, median};

fn main() {
    let (bench, args): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg == "--bench");
    if bench.is_empty() {
        println!("nothing is measured without `cargo bench`");
        return;
    }
    let (part, whole) = match args.as_slice() {
        [] => ("", true),
        [part] if !part.starts_with('-') => (part.as_str(), false),
        _ => {
            eprintln!("usage: cargo bench -p benches --bench fairness [-- \"part of a scenario's name\"]");
            exit(2);
        }
    };
    let rows = measure(&select(part));
    let machine = machine::machine();
    println!("{}\n\nmeasured with {machine}", report::table(&rows));
    if whole {
        report::write(&machine, &rows);
    }
}

/// Returns the scenarios with `part` in their names. Ends the program if there is none.
fn select(part: &str) -> Vec<&'static Scenario> {
    let selected: Vec<_> = SCENARIOS.iter().filter(|scenario| scenario.name.contains(part)).collect();
    if selected.is_empty() {
        let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        eprintln!("no scenario has \"{part}\" in its name; there are:\n{}", names.join("\n"));
        exit(2);
    }
    selected
}

fn measure(scenarios: &[&Scenario]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut runner = Runner { timed_out: false };
    for (done, scenario) in scenarios.iter().enumerate() {
        let candidates = runner.take_turns(scenario, &format!("{}/{}", done + 1, scenarios.len()));
        for (i, figure) in scenario.figures.iter().enumerate() {
            rows.push(Row::new(scenario.name, figure, candidates.each_ref().map(|rounds| cell(rounds, i))));
        }
    }
    rows
}

struct Runner {
    /// A round has not ended. Its threads still run and would distort later measurements.
    timed_out: bool,
}

impl Runner {
    /// Runs all rounds of a scenario, for each candidate.
    fn take_turns(&mut self, scenario: &Scenario, step: &str) -> [Vec<Round>; 3] {
        let mut candidates = [const { Vec::new() }; 3];
        for round in 0..scenario.rounds {
            // This crate comes last. If its round does not end, the others have been measured already.
            for ((run, name), rounds) in scenario.run.into_iter().zip(NAMES).zip(&mut candidates).rev() {
                if round == 0 {
                    eprintln!("{step} {}, {name} ...", scenario.name);
                }
                rounds.push(self.round(run));
            }
        }
        candidates
    }

    /// Runs a round on a new thread, which it leaves behind if the round does not end.
    fn round(&mut self, run: Run) -> Round {
        if self.timed_out {
            return Err(Missing::NotMeasured);
        }
        let (done, result) = mpsc::channel();
        thread::spawn(move || done.send(run()));
        match result.recv_timeout(LONGEST_ROUND) {
            Ok(round) => round,
            Err(RecvTimeoutError::Timeout) => {
                eprintln!("this does not end; nothing more is measured, because its threads still run");
                self.timed_out = true;
                Err(Missing::TimedOut)
            }
            Err(RecvTimeoutError::Disconnected) => panic!("a round has panicked"),
        }
    }
}

/// The median of one figure.
fn cell(rounds: &[Round], figure: usize) -> Cell {
    let numbers: Result<Vec<_>, _> = rounds.iter().map(|round| round.as_ref().map(|numbers| numbers[figure])).collect();
    match numbers {
        Ok(numbers) => Cell::Measured(median(numbers)),
        Err(&missing) => Cell::Missing(missing),
    }
}
