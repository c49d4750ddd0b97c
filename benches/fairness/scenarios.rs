//! The scenarios: a table that says what is measured and how good it must be, and a function for each scenario.

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::candidates::{Candidate, ParkingLot, ThisCrate, Tokio};
use Bar::{Max, MaxOfTokio, Min, MinOfTokio};
use Unit::{Count, Nanoseconds, PerSecond, Percent};

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// How many rounds each candidate has. A figure is the median of the candidate's rounds.
    pub(crate) rounds: usize,
    /// One round of each candidate, in the order of [`NAMES`](crate::candidates::NAMES).
    pub(crate) run: [Run; 3],
    /// What a round returns.
    pub(crate) figures: &'static [Figure],
}

pub(crate) type Run = fn() -> Round;

/// A number for each figure of the scenario.
pub(crate) type Round = Result<Vec<f64>, Missing>;

/// Why there is no number.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Missing {
    /// The candidate is known to deadlock, and is not run.
    Deadlock,
    /// The round has not ended within [`LONGEST_ROUND`].
    TimedOut,
    /// The platform has no clock for this, or an earlier round has not ended.
    NotMeasured,
}

pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
    /// What this crate must reach.
    pub(crate) must: &'static [Bar],
}

#[derive(Clone, Copy, Serialize)]
pub(crate) enum Unit {
    #[serde(rename = "")]
    Count,
    #[serde(rename = "ns")]
    Nanoseconds,
    #[serde(rename = "/s")]
    PerSecond,
    /// Of one core.
    #[serde(rename = "%")]
    Percent,
}

pub(crate) enum Bar {
    Min(f64),
    Max(f64),
    /// At least this part of tokio's figure in the same run.
    MinOfTokio(f64),
    /// At most this part of tokio's figure in the same run.
    MaxOfTokio(f64),
}

/// Microseconds and milliseconds, in nanoseconds.
const US: f64 = 1e3;
const MS: f64 = 1e6;

/// The same round for each candidate.
macro_rules! each {
    ($round:ident($($argument:expr),*)) => {
        [
            || $round::<ThisCrate>($($argument),*),
            || $round::<Tokio>($($argument),*),
            || $round::<ParkingLot>($($argument),*),
        ]
    };
}

const fn scenario(name: &'static str, rounds: usize, run: [Run; 3], figures: &'static [Figure]) -> Scenario {
    Scenario { name, rounds, run, figures }
}

const fn figure(name: &'static str, unit: Unit, must: &'static [Bar]) -> Figure {
    Figure { name, unit, must }
}

/// All scenarios, in the order in which they are shown.
#[rustfmt::skip]
pub(crate) const SCENARIOS: &[Scenario] = &[
    scenario("a reader beside a sender that never pauses, 1 us each", 1, each!(reader_beside_a_sender(micros(1))), &[
        figure("reads in 3 s", Count, &[MinOfTokio(0.5)]),
        figure("worst read", Nanoseconds, &[Max(20.0 * MS)]),
    ]),
    scenario("a reader beside a sender that never pauses, 20 us each", 1, each!(reader_beside_a_sender(micros(20))), &[
        figure("reads in 3 s", Count, &[Min(1500.0), MinOfTokio(1.0)]),
        figure("worst read", Nanoseconds, &[Max(10.0 * MS)]),
    ]),
    scenario("a reader beside a sender that never pauses, 1 ms each", 1, each!(reader_beside_a_sender(millis(1))), &[
        figure("reads in 3 s", Count, &[Min(1000.0)]),
        figure("worst read", Nanoseconds, &[Max(10.0 * MS)]),
    ]),
    scenario("a second sender beside one that never pauses, 20 us each", 1, each!(second_sender(micros(20))), &[
        figure("worst send", Nanoseconds, &[Max(10.0 * MS)]),
    ]),
    scenario("a reader beside 2 senders that never pause, 2 us each", 1, each!(reader_beside_senders(2, micros(2))), &[
        figure("worst read", Nanoseconds, &[MaxOfTokio(1.0)]),
    ]),
    scenario("a reader beside 4 senders that never pause, 2 us each", 1, each!(reader_beside_senders(4, micros(2))), &[
        figure("worst read", Nanoseconds, &[MaxOfTokio(1.0)]),
    ]),
    scenario("a reader beside 16 senders that never pause, 2 us each", 1, each!(reader_beside_senders(16, micros(2))), &[
        figure("worst read", Nanoseconds, &[MaxOfTokio(1.0)]),
    ]),
    // The longest `Ref` and 5 ms.
    scenario("a sender beside 4 readers, 10 to 20 ms each", 1, each!(sender_beside_readers(4, millis(20))), &[
        figure("worst of 10 sends", Nanoseconds, &[Max(25.0 * MS)]),
    ]),
    scenario("a sender beside 32 readers, 17.5 to 35 ms each", 1, each!(sender_beside_readers(32, millis(35))), &[
        figure("worst of 10 sends", Nanoseconds, &[Max(40.0 * MS)]),
    ]),
    scenario("a sender beside 4 threads that attempt to read, 20 us each", 1, each!(beside_attempts(4, micros(20))), &[
        figure("worst of 20 sends", Nanoseconds, &[Max(100.0 * MS)]),
    ]),
    scenario("a sender beside 8 threads that attempt to read, 100 us each", 1, each!(beside_attempts(8, micros(100))), &[
        figure("worst of 20 sends", Nanoseconds, &[Max(100.0 * MS)]),
    ]),
    scenario("a sender beside 8 reads inside changes of other channels, 10 us each", 1, each!(beside_nested_reads(8, micros(10))), &[
        figure("worst of 20 sends", Nanoseconds, &[Max(100.0 * MS)]),
    ]),
    scenario("a sender beside 16 reads under Refs of other channels, 3 to 6 ms each", 1, each!(beside_reads_under_refs(16, millis(6))), &[
        figure("worst of 20 sends", Nanoseconds, &[Max(100.0 * MS)]),
    ]),
    scenario("two threads that read each other's channel, for which senders wait", 1, each!(crosswise()), &[
        figure("until all have ended", Nanoseconds, &[Max(100.0 * MS)]),
    ]),
    scenario("a send beside a first thread of low priority", 1, each!(low_priority()), &[
        figure("median of 20", Nanoseconds, &[Max(50.0 * US)]),
        figure("worst of 20", Nanoseconds, &[Max(100.0 * MS)]),
    ]),
    scenario("1 blocked sender", 1, each!(blocked_senders(1)), &[figure("CPU", Percent, &[Max(2.0)])]),
    scenario("64 blocked senders", 1, each!(blocked_senders(64)), &[figure("CPU", Percent, &[Max(2.0)])]),
    scenario("256 blocked senders", 1, each!(blocked_senders(256)), &[figure("CPU", Percent, &[Max(2.0)])]),
    scenario("1 blocked reader", 1, each!(blocked_readers(1)), &[figure("CPU", Percent, &[Max(2.0)])]),
    scenario("64 blocked readers", 1, each!(blocked_readers(64)), &[figure("CPU", Percent, &[Max(2.0)])]),
    scenario("256 blocked readers", 1, each!(blocked_readers(256)), &[figure("CPU", Percent, &[Max(2.0)])]),
    scenario("from the drop of a Ref to the return of a blocked send", 50, each!(wake_up()), &[
        figure("median of 50", Nanoseconds, &[Max(30.0 * US)]),
    ]),
    scenario("4 threads that read and send", 3, each!(mixed(4)), &[
        figure("operations", PerSecond, &[MinOfTokio(0.8)]),
    ]),
    scenario("16 threads that read and send", 3, each!(mixed(16)), &[
        figure("operations", PerSecond, &[MinOfTokio(0.8)]),
    ]),
    scenario("64 threads that read and send", 3, each!(mixed(64)), &[
        figure("operations", PerSecond, &[MinOfTokio(0.8)]),
    ]),
    scenario("borrow on one thread", 21, each!(borrow_alone()), &[figure("time", Nanoseconds, &[MaxOfTokio(1.0)])]),
    scenario("set on one thread", 21, each!(set_alone()), &[figure("time", Nanoseconds, &[MaxOfTokio(0.1)])]),
    // Last, because a thread that cannot borrow a second time keeps the others blocked.
    scenario("a second borrow while 1 sender is blocked", 1, each!(second_borrow(1)), &[
        figure("median of 25", Nanoseconds, &[Max(10.0 * US)]),
    ]),
    scenario("a second borrow while 64 senders are blocked", 1, each!(second_borrow(64)), &[
        figure("median of 25", Nanoseconds, &[Max(10.0 * US)]),
    ]),
    scenario("a second borrow while 256 senders are blocked", 1, each!(second_borrow(256)), &[
        figure("median of 25", Nanoseconds, &[Max(10.0 * US)]),
    ]),
];

/// How long a scenario with background threads lasts.
const WINDOW: Duration = Duration::from_secs(3);
/// How long a thread pauses between two calls while background threads run.
const PAUSE: Duration = micros(100);
/// How long new threads may take to start and to block.
const START: Duration = millis(50);
/// The longest wait that is measured. A longer one is shown as longer than this.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long a round may last. It is much longer than the longest wait that is measured.
pub(crate) const LONGEST_ROUND: Duration = Duration::from_secs(20);

/// One thread sends without a pause, and each `closure` takes that long. Another thread borrows every 100 us for 3 s.
/// Returns how often it borrows, and how long the slowest borrow takes.
fn reader_beside_a_sender<C: Candidate>(closure: Duration) -> Round {
    let (reads, worst) = beside_senders(1, closure, C::read);
    Ok(vec![reads as f64, nanoseconds(worst)])
}

/// Threads send without a pause, and each `closure` takes that long. Another thread borrows every 100 us for 3 s. Returns
/// how long the slowest borrow takes.
fn reader_beside_senders<C: Candidate>(senders: usize, closure: Duration) -> Round {
    let (_, worst) = beside_senders(senders, closure, C::read);
    Ok(vec![nanoseconds(worst)])
}

/// One thread sends without a pause, and each `closure` takes that long. Another thread sends every 100 us for 3 s.
/// Returns how long its slowest send takes.
fn second_sender<C: Candidate>(closure: Duration) -> Round {
    let (_, worst) = beside_senders(1, closure, |candidate: &C| candidate.set(1));
    Ok(vec![nanoseconds(worst)])
}

/// Threads read without a pause, and hold each `Ref` for `longest` or down to half of that. Another thread sends ten
/// times. Returns how long the slowest send takes.
fn sender_beside_readers<C: Candidate>(readers: usize, longest: Duration) -> Round {
    let candidate = C::new();
    let worst = beside(
        readers,
        |random| candidate.hold(|| thread::sleep(random.between(longest / 2, longest))),
        || {
            // The readers no longer start together.
            thread::sleep(5 * longest);
            worst_send(&candidate, 10)
        },
    );
    Ok(vec![nanoseconds(worst)])
}

/// Sends every 5 ms, and returns how long the slowest send takes. A slow send is enough.
fn worst_send<C: Candidate>(candidate: &C, sends: usize) -> Duration {
    let mut worst = Duration::ZERO;
    for _ in 0..sends {
        thread::sleep(millis(5));
        worst = worst.max(time(|| candidate.set(1)));
        if worst > LONGEST_WAIT {
            break;
        }
    }
    worst
}

/// Threads try to read without a pause, and each look at the value takes that long. Another thread sends 20 times. Returns how
/// long the slowest send takes.
fn beside_attempts<C: Candidate>(threads: usize, look: Duration) -> Round {
    let candidate = C::new();
    let worst = beside(threads, |_| candidate.attempt(|| spin(look)), || worst_send(&candidate, 20));
    Ok(vec![nanoseconds(worst)])
}

/// Threads read one channel inside a change of another one, each of its own. Another thread sends 20 times. Returns how long the
/// slowest send takes.
fn beside_nested_reads<C: Candidate>(threads: usize, look: Duration) -> Round {
    let candidate = C::new();
    let nested = |_: &mut Random| C::new().modify(|| candidate.hold(|| spin(look)));
    let worst = beside(threads, nested, || worst_send(&candidate, 20));
    Ok(vec![nanoseconds(worst)])
}

/// Threads hold a `Ref` for `longest` or down to half of that, each under a `Ref` of another channel. Another thread sends 20
/// times. Returns how long the slowest send takes.
fn beside_reads_under_refs<C: Candidate>(threads: usize, longest: Duration) -> Round {
    let candidate = C::new();
    let nested = |random: &mut Random| {
        C::new().hold(|| candidate.hold(|| thread::sleep(random.between(longest / 2, longest))));
    };
    let worst = beside(threads, nested, || worst_send(&candidate, 20));
    Ok(vec![nanoseconds(worst)])
}

/// Two threads hold a `Ref` of a channel each, a sender waits for each, and then each thread reads the other one's channel. Returns
/// how long it takes until all four have ended.
fn crosswise<C: Candidate>() -> Round {
    if C::SECOND_READ_DEADLOCKS {
        return Err(Missing::Deadlock);
    }
    let channels = [C::new(), C::new()];
    let blocked = Barrier::new(2);
    let start = thread::scope(|scope| {
        let readers = [(0, 1), (1, 0)].map(|(mine, theirs)| {
            let (channels, blocked) = (&channels, &blocked);
            scope.spawn(move || {
                channels[mine].hold(|| {
                    blocked.wait();
                    scope.spawn(move || channels[mine].set(1));
                    thread::sleep(START);
                    let start = Instant::now();
                    channels[theirs].read_again();
                    start
                })
            })
        });
        readers.map(|reader| reader.join().unwrap()).into_iter().min()
    });
    Ok(vec![start.map_or(0.0, |start| nanoseconds(start.elapsed()))])
}

/// A thread of the lowest priority waits for a `Ref`, and eight threads are busy. The `Ref` is dropped, and a thread of normal
/// priority sends. Returns the median and the longest of 20 such sends.
#[cfg(target_os = "linux")]
fn low_priority<C: Candidate>() -> Round {
    let send = || {
        let candidate = C::new();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            candidate.hold(|| {
                scope.spawn(|| {
                    let this = rustix::thread::gettid();
                    rustix::process::setpriority_process(Some(this), 19).expect("a priority can be lowered");
                    candidate.set(1);
                });
                thread::sleep(START);
                for _ in 0..8 {
                    scope.spawn(|| {
                        while !stop.load(Ordering::Relaxed) {
                            spin_loop()
                        }
                    });
                }
                thread::sleep(millis(10));
            });
            let took = time(|| candidate.set(2));
            stop.store(true, Ordering::Relaxed);
            nanoseconds(took)
        })
    };
    let times: Vec<_> = (0..20).map(|_| send()).collect();
    let worst = times.iter().copied().fold(0.0, f64::max);
    Ok(vec![median(times), worst])
}

#[cfg(not(target_os = "linux"))]
fn low_priority<C: Candidate>() -> Round {
    Err(Missing::NotMeasured)
}

/// A thread holds a `Ref` that blocks senders, and borrows 25 more times. Returns the median of these times.
fn second_borrow<C: Candidate>(senders: usize) -> Round {
    if C::SECOND_READ_DEADLOCKS {
        return Err(Missing::Deadlock);
    }
    let times = with_blocked_senders(senders, |candidate: &C| {
        let borrow = || time(|| candidate.read_again());
        (0..25).map(|_| nanoseconds(borrow())).collect()
    });
    Ok(vec![median(times)])
}

/// A thread holds a `Ref` that blocks senders. Returns the CPU time that they use.
fn blocked_senders<C: Candidate>(senders: usize) -> Round {
    let idle = cpu_use()?;
    let blocked = with_blocked_senders(senders, |_: &C| cpu_use())?;
    Ok(vec![(blocked - idle).max(0.0)])
}

/// A closure of `send_modify` blocks readers. Returns the CPU time that they use.
fn blocked_readers<C: Candidate>(readers: usize) -> Round {
    let idle = cpu_use()?;
    let blocked = with_blocked_readers::<C, _>(readers, cpu_use)?;
    Ok(vec![(blocked - idle).max(0.0)])
}

/// A thread holds a `Ref` for 8 ms. Another thread sends 2 ms after it is taken. Returns how long the send takes from
/// the moment at which the first thread begins to drop the `Ref`.
fn wake_up<C: Candidate>() -> Round {
    let candidate = C::new();
    let taken = Barrier::new(2);
    let (dropped, sent) = thread::scope(|scope| {
        let holder = scope.spawn(|| {
            candidate.hold(|| {
                taken.wait();
                thread::sleep(millis(8));
                Instant::now()
            })
        });
        taken.wait();
        thread::sleep(millis(2));
        candidate.set(1);
        let sent = Instant::now();
        (holder.join().unwrap(), sent)
    });
    Ok(vec![nanoseconds(sent - dropped)])
}

/// Threads read nine times out of ten and send once, with 50 spins in between, for 0.8 s. Returns how many operations they
/// do in a second in total.
fn mixed<C: Candidate>(threads: usize) -> Round {
    let candidate = C::new();
    let stop = AtomicBool::new(false);
    let work = |seed| {
        let mut random = Random(seed);
        let mut operations = 0;
        while !stop.load(Ordering::Relaxed) {
            if random.below(10) == 0 {
                candidate.set(operations);
            } else {
                black_box(candidate.read());
            }
            operations += 1;
            (0..50).for_each(|_| spin_loop());
        }
        operations
    };
    let start = Instant::now();
    let operations: u64 = thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = (0..threads).map(|seed| scope.spawn(move || work(seed as u64))).collect();
        thread::sleep(millis(800));
        stop.store(true, Ordering::Relaxed);
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    Ok(vec![operations as f64 / start.elapsed().as_secs_f64()])
}

/// One thread borrows again and again. Returns the time of one borrow.
fn borrow_alone<C: Candidate>() -> Round {
    let candidate = C::new();
    Ok(vec![time_of_one(|_| candidate.read())])
}

/// One thread sends again and again, and no thread waits for the values. Returns the time of one send.
fn set_alone<C: Candidate>() -> Round {
    let candidate = C::new();
    Ok(vec![time_of_one(|value| candidate.set(value))])
}

/// Runs senders that never pause in the background, and `call` every 100 us for 3 s. Returns how often it is called,
/// and how long the slowest call takes.
fn beside_senders<C: Candidate, R>(
    senders: usize,
    closure: Duration,
    call: impl Fn(&C) -> R + Sync,
) -> (usize, Duration) {
    let candidate = C::new();
    beside(
        senders,
        |_| candidate.modify(|| spin(closure)),
        || {
            let start = Instant::now();
            let (mut calls, mut worst) = (0, Duration::ZERO);
            while start.elapsed() < WINDOW {
                worst = worst.max(time(|| call(&candidate)));
                calls += 1;
                thread::sleep(PAUSE);
            }
            (calls, worst)
        },
    )
}

/// Repeats `background` on a number of threads until `foreground` returns. If `foreground` does not return in time because it
/// is blocked, the background ends first.
fn beside<R: Send>(
    threads: usize,
    background: impl Fn(&mut Random) + Sync,
    foreground: impl FnOnce() -> R + Send,
) -> R {
    let stop = AtomicBool::new(false);
    let repeat = |seed| {
        let mut random = Random(seed);
        while !stop.load(Ordering::Relaxed) {
            background(&mut random);
        }
    };
    thread::scope(|scope| {
        let repeat = &repeat;
        for seed in 0..threads {
            scope.spawn(move || repeat(seed as u64));
        }
        let (running, returned) = mpsc::channel::<()>();
        let foreground = scope.spawn(move || {
            let _running = running;
            foreground()
        });
        // This is an error in any case: the foreground has dropped its end, or the time is over.
        let _ = returned.recv_timeout(WINDOW + LONGEST_WAIT);
        stop.store(true, Ordering::Relaxed);
        foreground.join().unwrap()
    })
}

/// Holds a `Ref` while a number of threads want to send, and calls `measure` when they are blocked.
fn with_blocked_senders<C: Candidate, R>(senders: usize, measure: impl FnOnce(&C) -> R) -> R {
    let candidate = C::new();
    thread::scope(|scope| {
        candidate.hold(|| {
            for _ in 0..senders {
                scope.spawn(|| candidate.set(1));
            }
            thread::sleep(START);
            measure(&candidate)
        })
    })
}

/// Stays in a closure of `send_modify` while a number of threads want to read, and calls `measure` when they are blocked.
fn with_blocked_readers<C: Candidate, R>(readers: usize, measure: impl FnOnce() -> R) -> R {
    let candidate = C::new();
    thread::scope(|scope| {
        candidate.modify(|| {
            for _ in 0..readers {
                scope.spawn(|| candidate.read());
            }
            thread::sleep(START);
            measure()
        })
    })
}

/// Sleeps for 300 ms, and returns the CPU time that this process uses in that time, in percent of one core.
fn cpu_use() -> Result<f64, Missing> {
    let (start, used) = (Instant::now(), cpu_time()?);
    thread::sleep(millis(300));
    Ok((cpu_time()? - used).as_secs_f64() / start.elapsed().as_secs_f64() * 100.0)
}

/// The CPU time that this process has used.
#[cfg(unix)]
fn cpu_time() -> Result<Duration, Missing> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Ok(time.try_into().expect("CPU time is not negative"))
}

#[cfg(not(unix))]
fn cpu_time() -> Result<Duration, Missing> {
    Err(Missing::NotMeasured)
}

/// The time of one call of many, in nanoseconds.
fn time_of_one<R>(call: impl Fn(u64) -> R) -> f64 {
    const CALLS: u64 = 200_000;
    let repeat = || {
        for i in 0..CALLS {
            black_box(call(i));
        }
    };
    nanoseconds(time(repeat)) / CALLS as f64
}

/// Takes that long without sleeping.
fn spin(duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {}
}

fn time<R>(work: impl FnOnce() -> R) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

const fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % limit
    }

    fn between(&mut self, shortest: Duration, longest: Duration) -> Duration {
        shortest + micros(self.below((longest - shortest).as_micros() as u64 + 1))
    }
}
