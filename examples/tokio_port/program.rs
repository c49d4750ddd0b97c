// A program for tokio. main.rs includes it twice: `watch` is `tokio::sync::watch` or this crate.
//
// Three workers follow a limit until they are told to stop. The first channel carries the limit, the second one the request
// to stop, and the third one counts how often a worker has applied a limit.

use tokio::task::JoinSet;

const WORKERS: u32 = 3;

struct Worker {
    limit: watch::Receiver<u32>,
    stop: watch::Receiver<bool>,
    applied: watch::Sender<u32>,
}

impl Worker {
    async fn run(mut self) -> Vec<String> {
        let mut log = vec![];
        loop {
            tokio::select! {
                Ok(()) = self.limit.changed() => {
                    log.push(format!("applies limit {}", *self.limit.borrow_and_update()));
                    self.applied.send_modify(|applied| *applied += 1);
                }
                _ = self.stop.wait_for(|stop| *stop) => break,
            }
        }
        log.push("stops".into());
        log
    }
}

/// Returns the output of the program and its workers.
pub(crate) async fn run() -> Vec<String> {
    let (limit, limit_seen) = watch::channel(0);
    let (stop, stop_seen) = watch::channel(false);
    let (applied, mut applied_seen) = watch::channel(0);

    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let worker = Worker { limit: limit_seen.clone(), stop: stop_seen.clone(), applied: applied.clone() };
        workers.spawn(worker.run());
    }
    // From here on, only the workers keep these two channels open.
    drop((limit_seen, stop_seen));

    let mut log = vec![];
    let mut expected = 0;
    for next in [10, 20, 20, 30] {
        let is_new = limit.send_if_modified(|limit| std::mem::replace(limit, next) != next);
        log.push(format!("limit {next} is {}", if is_new { "new" } else { "what it was" }));
        if is_new {
            expected += WORKERS;
            applied_seen.wait_for(|applied| *applied == expected).await.expect("this function has a sender");
        }
    }

    stop.send(true).expect("the workers still run");
    stop.closed().await;
    log.push(format!("all have stopped; one more limit: {}", limit.send(40).unwrap_err()));
    for worker in workers.join_all().await {
        log.push(format!("a worker {}", worker.join(", ")));
    }
    log
}
