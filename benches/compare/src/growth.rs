//! How cost grows with receivers, channels and senders: this crate and tokio.

use std::pin::pin;
use std::task::Context;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::heap::bytes;
use crate::measure::part;
use crate::workloads::channel::Watch;
use crate::workloads::ours::Ours;
use crate::workloads::timing::{at_once, time};
use crate::workloads::tokio::Tokio;
use crate::workloads::waker::task_waker;

const ROUNDS: usize = 5;

/// One chart: what each of `counts` costs.
#[derive(Serialize, Deserialize)]
pub(crate) struct Chart {
    pub(crate) name: String,
    /// The names of the two axes: what is counted, and what is measured.
    pub(crate) axes: [String; 2],
    pub(crate) counts: Vec<usize>,
    pub(crate) ours: Vec<f64>,
    pub(crate) tokio: Vec<f64>,
}

/// With `count` tasks that wait on one channel: the nanoseconds for each task of a send, which wakes all, and their next polls;
/// and the bytes on the heap for each task with its receiver and its wait. `meet` says whether other threads have waited on the
/// channel before.
fn receivers<W: Watch>(count: usize, meet: bool) -> [f64; 2] {
    let (tx, rx) = W::channel(0u64);
    if meet {
        threads_meet::<W>(&rx);
    }
    let waker = task_waker();
    let mut cx = Context::from_waker(&waker);
    let mut tasks = Vec::with_capacity(count);
    let ((), bytes) = bytes(|| {
        for _ in 0..count {
            let mut rx = W::another(&rx);
            let mut task = Box::pin(async move { while W::changed(&mut rx).await.is_ok() {} });
            assert!(task.as_mut().poll(&mut cx).is_pending());
            tasks.push(task);
        }
    });
    let mut wake_all = |n: usize| {
        time(|| {
            for i in 0..n {
                W::send(&tx, i as u64);
                for task in &mut tasks {
                    assert!(task.as_mut().poll(&mut cx).is_pending());
                }
            }
        })
    };
    wake_all(1);
    let n = (100_000 / count).max(1);
    [nanoseconds(wake_all(n), n * count), bytes / count as f64]
}

/// Threads wait on the channel at once, so this crate's channel makes its other lists.
fn threads_meet<W: Watch>(rx: &W::Receiver<u64>) {
    at_once(4, || {
        let waker = task_waker();
        let mut rx = W::another(rx);
        for _ in 0..20_000 {
            assert!(pin!(W::changed(&mut rx)).poll(&mut Context::from_waker(&waker)).is_pending());
        }
    });
}

/// The bytes on the heap for each of `count` idle channels.
fn channels<W: Watch>(count: usize) -> f64 {
    let mut channels = Vec::with_capacity(count);
    bytes(|| channels.extend((0..count).map(|_| W::channel(0u32)))).1 / count as f64
}

/// The nanoseconds for each send, when `count` threads send at once.
fn senders<W: Watch<Sender<usize>: Sync>>(count: usize) -> f64 {
    const SENDS: usize = 1_000_000;
    let (tx, _rx) = W::channel(0usize);
    let elapsed = at_once(count, || {
        for i in 0..SENDS / count {
            W::send(&tx, i);
        }
    });
    nanoseconds(elapsed, SENDS)
}

fn nanoseconds(elapsed: Duration, operations: usize) -> f64 {
    elapsed.as_secs_f64() * 1e9 / operations as f64
}

/// The medians of what the two functions measure, called alternately.
fn medians<const N: usize>(ours: impl Fn() -> [f64; N], tokio: impl Fn() -> [f64; N]) -> [[f64; 2]; N] {
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (ours(), tokio())).collect();
    std::array::from_fn(|value| {
        [part(rounds.iter().map(|(ours, _)| ours[value]), 0.5), part(rounds.iter().map(|(_, tokio)| tokio[value]), 0.5)]
    })
}

fn chart(name: &'static str, axes: [&'static str; 2], counts: &[usize], values: Vec<[f64; 2]>) -> Chart {
    let (ours, tokio) = values.into_iter().map(Into::into).unzip();
    Chart { name: name.into(), axes: axes.map(Into::into), counts: counts.to_vec(), ours, tokio }
}

/// All charts.
pub(crate) fn charts() -> Vec<Chart> {
    let up_to_a_million: Vec<usize> = (0..=6).map(|power| 10usize.pow(power)).collect();
    let (times, bytes) = up_to_a_million
        .iter()
        .map(|&count| medians(|| receivers::<Ours>(count, false), || receivers::<Tokio>(count, false)))
        .map(Into::<([f64; 2], [f64; 2])>::into)
        .unzip();
    let after_threads_met = up_to_a_million
        .iter()
        .map(|&count| medians(|| receivers::<Ours>(count, true), || receivers::<Tokio>(count, true))[0])
        .collect();
    let channels = up_to_a_million.iter().map(|&count| [channels::<Ours>(count), channels::<Tokio>(count)]).collect();
    let threads = [1, 2, 4, 8, 16];
    let senders =
        threads.iter().flat_map(|&count| medians(|| [senders::<Ours>(count)], || [senders::<Tokio>(count)])).collect();
    vec![
        chart("a send to waiting receivers", ["receivers", "ns each"], &up_to_a_million, times),
        chart(
            "a send to waiting receivers, after threads have met on the channel",
            ["receivers", "ns each"],
            &up_to_a_million,
            after_threads_met,
        ),
        chart("waiting receivers on one channel", ["receivers", "heap bytes each"], &up_to_a_million, bytes),
        chart("idle channels", ["channels", "heap bytes each"], &up_to_a_million, channels),
        chart("senders at once", ["threads", "ns a send"], &threads, senders),
    ]
}
