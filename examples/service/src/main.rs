//! A small HTTP service on smol whose limits, flags, progress and shutdown are watch channels.
//!
//! ```text
//! cargo run -p service
//! ```
//!
//! Open the address that it prints. The guide `service` says what to try, and where each channel is.

mod config;
mod events;
mod fields;
mod jobs;
mod limit;
mod routes;
mod server;

use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{self, ExitCode};
use std::str::FromStr;
use std::time::Duration;

use lexopt::ValueExt;
use smol::Async;

use crate::server::{Ended, Phase, Service};

const USAGE: &str = "\
usage: service [--port N] [--wait SECONDS]

  --port N         listen on 127.0.0.1:N; 0 takes any free port (8080)
  --wait SECONDS   how long a shutdown waits for open connections (5)";

struct Options {
    port: u16,
    wait: Duration,
}

fn main() -> ExitCode {
    let options = match Options::parse() {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("service: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(Ended::Clean) => println!("stopped: all connections are closed"),
        Ok(Ended::TimedOut) => println!("stopped: connections were still open after {:?}", options.wait),
        Err(error) => {
            eprintln!("service: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

impl Options {
    /// Returns `None` for `--help`.
    fn parse() -> Result<Option<Self>, lexopt::Error> {
        use lexopt::prelude::*;

        let mut options = Self { port: 8080, wait: Duration::from_secs(5) };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("port") => options.port = number(&mut arguments, "--port")?,
                Long("wait") => options.wait = Duration::from_secs(number(&mut arguments, "--wait")?),
                Short('h') | Long("help") => return Ok(None),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Some(options))
    }
}

fn number<T: FromStr<Err: Display>>(arguments: &mut lexopt::Parser, name: &str) -> Result<T, lexopt::Error> {
    let text = arguments.value()?.string()?;
    text.parse().map_err(|error| format!("{name} {text}: {error}").into())
}

fn run(options: &Options) -> Result<Ended, String> {
    // There is no login, so only this machine can connect.
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = Async::<TcpListener>::bind(address).map_err(|error| {
        format!("cannot listen on {address}: {error}; choose another port with --port N, or any free one with --port 0")
    })?;
    let address = listener.get_ref().local_addr().map_err(|error| error.to_string())?;

    let service = Service::new();
    let phase = service.phase.clone();
    // ctrlc calls this on a separate thread. A sender works on any thread and wakes the tasks that wait.
    let handler = move || {
        if phase.set_if_changed(Phase::Stopping).is_none() {
            // The second Ctrl-C does not wait for anything.
            process::exit(130);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| format!("cannot handle Ctrl-C: {error}"))?;

    println!("listening on http://{address}");
    Ok(smol::block_on(server::run(listener, service, options.wait)))
}
