//! Accepts connections, serves them, and stops.

use std::cell::RefCell;
use std::net::{TcpListener, TcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use smol::future::FutureExt;
use smol::{Async, Timer};
use smol_hyper::rt::{FuturesIo, SmolTimer};
use watch_channel::{Cached, Receiver, Sender};

use crate::config::Config;
use crate::jobs::Jobs;
use crate::limit::Window;
use crate::routes;

/// Pause after an `accept` that failed. If the process has no file descriptor left, the next one would fail at once as well.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Phase {
    Running,
    Stopping,
}

/// What all connections share. It has no receivers. Only connections, event streams and jobs have receivers of `phase`, so
/// `phase.closed()` waits for exactly these.
pub(crate) struct Service {
    pub(crate) config: Sender<Config>,
    pub(crate) phase: Sender<Phase>,
    pub(crate) requests: Window,
    pub(crate) jobs: Jobs,
}

impl Service {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            config: Sender::new(Config::default()),
            phase: Sender::new(Phase::Running),
            requests: Window::default(),
            jobs: Jobs::default(),
        })
    }
}

pub(crate) enum Ended {
    Clean,
    TimedOut,
}

/// Serves until the phase is [`Phase::Stopping`], then waits at most for `wait` until all connections have ended.
pub(crate) async fn run(listener: Async<TcpListener>, service: Arc<Service>, wait: Duration) -> Ended {
    let mut phase = service.phase.subscribe();
    loop {
        let stop = async {
            stopping(&mut phase).await;
            None
        };
        // `or` polls its left side first: a flood of connections cannot hold up the shutdown.
        match stop.or(async { Some(listener.accept().await) }).await {
            Some(Ok((stream, _))) => {
                let connection = serve(stream, Arc::clone(&service), service.phase.subscribe());
                smol::spawn(connection).detach();
            }
            Some(Err(error)) => {
                eprintln!("accept: {error}");
                Timer::after(ACCEPT_AGAIN).await;
            }
            None => break,
        }
    }
    drop((listener, phase));

    // A task that has ended has dropped its receiver: there is no list of connections, and no count to keep.
    let all_ended = async {
        service.phase.closed().await;
        Ended::Clean
    };
    let time_limit = async {
        Timer::after(wait).await;
        Ended::TimedOut
    };
    all_ended.or(time_limit).await
}

async fn serve(stream: Async<TcpStream>, service: Arc<Service>, mut phase: Receiver<Phase>) {
    // Each connection has its own copy, so a request reads its limits with one atomic load and without a lock.
    let config = RefCell::new(Cached::new(service.config.subscribe()));
    let respond = service_fn(move |request| {
        let config = *config.borrow_mut().get();
        routes::respond(Arc::clone(&service), config, request)
    });
    // The timer lets hyper close a connection whose request does not come.
    let connection = http1::Builder::new().timer(SmolTimer::new()).serve_connection(FuturesIo::new(stream), respond);
    let mut connection = pin!(connection);

    let ended = async { Some(connection.as_mut().await) };
    let stop = async {
        stopping(&mut phase).await;
        None
    };
    let result = match ended.or(stop).await {
        Some(result) => result,
        None => {
            // The current response is completed, and no further request is accepted.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // It is no error of the service if a client disconnects in the middle of a response.
    if let Err(error) = result {
        if !error.is_incomplete_message() && !error.is_body_write_aborted() && !error.is_timeout() {
            eprintln!("connection: {error}");
        }
    }
}

/// Waits for the shutdown. `wait_until` checks the current value first, so a connection that is accepted while the
/// service stops does not miss it.
async fn stopping(phase: &mut Receiver<Phase>) {
    let closed = phase.wait_until(|phase| *phase == Phase::Stopping).await;
    // `Service` has a sender, so the channel is open.
    debug_assert!(closed.is_ok());
}
