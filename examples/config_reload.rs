//! Reloads a configuration file whenever it changes, and hands it to three smol tasks and a plain thread.
//!
//! ```text
//! cargo run --release --example config_reload              # edits a temporary file a few times, and ends
//! cargo run --release --example config_reload -- app.toml  # watches that file until Ctrl-C
//! ```
//!
//! What it shows:
//!
//! - `send_if_modified` publishes only a configuration that differs from the last one. A comment added to the file
//!   wakes nobody. A file that is broken, or gone, is reported with path, line and column, and the last good
//!   configuration stays.
//! - `changed` and `wait_for` need no runtime: the same receiver works in a task of any executor and, with
//!   `block_on`, in a thread. They are cancel safe, so a task can wait for news and for its timer at once.
//! - Dropping the only sender closes the channel, which is all it takes to end every listener.
//! - A second channel carries the progress of the program: what matters is how far it is, not each step, and
//!   `wait_for` with a deadline is how the demonstration waits until an edit was picked up.

use core::error::Error;
use core::fmt::Display;
use core::num::NonZeroU64;
use core::time::Duration;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Instant;
use std::{env, fs, thread};

use notify::{RecursiveMode, Watcher};
use serde::Deserialize;
use smol::Timer;
use smol::future::{self, FutureExt};
use watch_channel::{Receiver, Sender};

const USAGE: &str = "usage: config_reload [FILE]    (without FILE: a demonstration with a temporary file)";

const SAMPLE: &str = r#"[server]
port = 8080

[log]
level = "info"

[metrics]
interval_ms = 20
"#;

/// A save is several events, and in the middle of it the file may be empty: it is read when it was quiet this long.
const QUIET: Duration = Duration::from_millis(30);
/// A directory that is never quiet must not put off reading for ever.
const NOT_QUIET_AT_MOST: Duration = Duration::from_secs(1);
/// How long the demonstration waits for an edit to be picked up.
const DEADLINE: Duration = Duration::from_secs(2);
/// Three tasks and a thread.
const LISTENERS: usize = 4;

// A key that is missing is an error, too: half of a file must not pass for a whole one.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    server: Server,
    log: Log,
    metrics: Metrics,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    port: u16,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    level: Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metrics {
    interval_ms: NonZeroU64,
}

/// How far the program is.
struct Progress {
    /// What the last look at the file brought: its text, or why it could not be read.
    file: Result<String, String>,
    published: usize,
    unchanged: usize,
    rejected: usize,
    /// How often a listener took up a configuration, the first one included.
    picked_up: usize,
}

enum Message {
    Changed,
    Stop,
}

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    let result = match (args.next(), args.next()) {
        (None, _) => demonstrate(),
        (Some(arg), None) if arg == "--help" || arg == "-h" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        (Some(path), None) if !Path::new(&path).is_file() => {
            let path = Path::new(&path).display();
            eprintln!("config_reload: there is no file {path}: create it first, for example with\n\n{SAMPLE}\n{USAGE}");
            return ExitCode::from(2);
        }
        (Some(path), None) => run(Path::new(&path), |_, stop| {
            // A failed send means that the program is ending already.
            ctrlc::set_handler(move || drop(stop.send(Message::Stop)))?;
            println!("watching; edit the file, or end with Ctrl-C");
            Ok(())
        }),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("config_reload: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Watches the file at `path`, with all listeners, until something sends [`Message::Stop`]; `drive` sees to that.
fn run(
    path: &Path,
    drive: impl FnOnce(Receiver<Progress>, mpsc::Sender<Message>) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let (messages, inbox) = mpsc::channel();

    // The directory, not the file: editors put a new file in its place. And before the file is read for the first
    // time, so that no edit falls between the two.
    let changed = messages.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| match event {
        // Reading the file is such an event; to react to it by reading would never end.
        Ok(event) if event.kind.is_access() => {}
        // Other files are not filtered out: the file may be a link to one of them, and looking costs little.
        Ok(_) => drop(changed.send(Message::Changed)),
        Err(error) => eprintln!("watcher: {error}"),
    })?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    watcher.watch(directory, RecursiveMode::NonRecursive)?;

    let text = read(path)?;
    let (config, mut news) = watch_channel::channel(parse(path, &text)?);
    // The first configuration counts as seen; like this, the listeners take it up in the same way as all others.
    news.mark_changed();
    let (progress, progress_seen) =
        watch_channel::channel(Progress { file: Ok(text), published: 0, unchanged: 0, rejected: 0, picked_up: 0 });

    let tasks = [
        smol::spawn(server(news.clone(), progress.clone())),
        smol::spawn(logger(news.clone(), progress.clone())),
        smol::spawn(metrics(news.clone(), progress.clone())),
    ];
    let driven = thread::scope(|scope| {
        let of_thread = progress.clone();
        scope.spawn(move || plain_thread(news, &of_thread));
        let of_reloader = &progress;
        scope.spawn(move || reload(path, config, of_reloader, &inbox));

        let driven = drive(progress_seen, messages.clone());
        if driven.is_err() {
            drop(messages.send(Message::Stop));
        }
        driven
    });
    for task in tasks {
        smol::block_on(task);
    }

    let Progress { published, unchanged, rejected, picked_up, .. } = &*progress.borrow();
    println!(
        "summary   {published} published, {unchanged} without a change, {rejected} rejected; \
         {picked_up} pick-ups; all {LISTENERS} listeners ended"
    );
    driven
}

/// Looks at the file after each change. It owns the only sender: when it returns, the channel is closed.
fn reload(path: &Path, config: Sender<Config>, progress: &Sender<Progress>, inbox: &mpsc::Receiver<Message>) {
    while wait_for_change(inbox) {
        let file = read(path);
        // One save may well bring several changes, and a broken file is to be reported once.
        if file == progress.borrow().file {
            continue;
        }
        let parsed = file.as_deref().map_err(String::clone).and_then(|text| parse(path, text));
        let published = parsed.map(|new| {
            config.send_if_modified(|current| {
                let differs = *current != new;
                *current = new;
                differs
            })
        });
        match &published {
            Ok(true) => println!("reloader  published"),
            Ok(false) => println!("reloader  equal values, nothing to publish"),
            Err(error) => eprintln!("{error}\nreloader  the last good configuration stays"),
        }
        progress.send_modify(|progress| {
            progress.file = file;
            match published {
                Ok(true) => progress.published += 1,
                Ok(false) => progress.unchanged += 1,
                Err(_) => progress.rejected += 1,
            }
        });
    }
}

/// Waits for a change and then for quiet; `false` means stop.
fn wait_for_change(inbox: &mpsc::Receiver<Message>) -> bool {
    let Ok(Message::Changed) = inbox.recv() else { return false };
    let first = Instant::now();
    while first.elapsed() < NOT_QUIET_AT_MOST {
        match inbox.recv_timeout(QUIET) {
            Ok(Message::Changed) => {}
            Err(RecvTimeoutError::Timeout) => break,
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    true
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: cannot be read: {error}", path.display()))
}

fn parse(path: &Path, text: &str) -> Result<Config, String> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        format!("{}:{line}:{column}: {}", path.display(), error.message())
    })
}

fn pick_up(progress: &Sender<Progress>, line: impl Display) {
    println!("{line}");
    progress.send_modify(|progress| progress.picked_up += 1);
}

async fn server(mut news: Receiver<Config>, progress: Sender<Progress>) {
    while news.changed().await.is_ok() {
        // Copied out: senders wait while the value is borrowed, and printing can take long.
        let port = news.borrow_and_update().server.port;
        pick_up(&progress, format_args!("server    listens on port {port}"));
    }
    println!("server    closed");
}

/// Cares about one key: `wait_for` lets all other changes pass.
async fn logger(mut news: Receiver<Config>, progress: Sender<Progress>) {
    let mut level = None;
    while let Ok(new) = news.wait_for(|config| level != Some(config.log.level)).await.map(|config| config.log.level) {
        pick_up(&progress, format_args!("logger    logs at level {new:?}"));
        level = Some(new);
    }
    println!("logger    closed");
}

/// Has other work to do while it waits.
async fn metrics(mut news: Receiver<Config>, progress: Sender<Progress>) {
    enum Next {
        News,
        Tick,
        Closed,
    }
    let mut ticks = 0;
    let mut interval = Duration::ZERO;
    loop {
        let change = async { if news.changed().await.is_ok() { Next::News } else { Next::Closed } };
        let tick = async {
            Timer::after(interval).await;
            Next::Tick
        };
        match future::or(change, tick).await {
            Next::News => {
                interval = Duration::from_millis(news.borrow_and_update().metrics.interval_ms.get());
                pick_up(&progress, format_args!("metrics   are taken every {interval:?}"));
            }
            Next::Tick => ticks += 1,
            Next::Closed => break,
        }
    }
    println!("metrics   closed, taken {ticks} times");
}

fn plain_thread(mut news: Receiver<Config>, progress: &Sender<Progress>) {
    while smol::block_on(news.changed()).is_ok() {
        let summary = format!("{:?}", *news.borrow_and_update());
        pick_up(progress, format_args!("thread    has {summary}"));
    }
    println!("thread    closed");
}

struct Edit {
    what: &'static str,
    from: &'static str,
    to: &'static str,
    by_rename: bool,
    /// How many listeners take it up. The logger only cares about its level.
    listeners: usize,
}

#[rustfmt::skip]
const EDITS: [Edit; 5] = [
    Edit { what: "a new port", from: "8080", to: "9090", by_rename: false, listeners: LISTENERS - 1 },
    Edit { what: "a comment", from: "[log]", to: "[log] # to stderr", by_rename: false, listeners: 0 },
    Edit { what: "a new level, by rename", from: "\"info\"", to: "\"debug\"", by_rename: true, listeners: LISTENERS },
    Edit { what: "a lost quote", from: "debug\"", to: "debug", by_rename: false, listeners: 0 },
    Edit { what: "its repair", from: "\"debug", to: "\"warn\"", by_rename: false, listeners: LISTENERS },
];

fn demonstrate() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("app.toml");
    fs::write(&path, SAMPLE)?;
    run(&path, |progress, stop| {
        edit(&path, progress)?;
        Ok(stop.send(Message::Stop)?)
    })
}

/// Makes one edit after the other, as soon as the one before was judged and all that it concerns have taken it up.
fn edit(path: &Path, mut progress: Receiver<Progress>) -> Result<(), Box<dyn Error>> {
    let mut text = SAMPLE.to_owned();
    let mut picked_up = LISTENERS;
    wait_until_picked_up(&mut progress, &text, picked_up, "the first configuration")?;
    for edit in EDITS {
        println!("\nedit      {}", edit.what);
        text = text.replace(edit.from, edit.to);
        picked_up += edit.listeners;
        if edit.by_rename {
            let new = path.with_extension("new");
            fs::write(&new, &text)?;
            fs::rename(&new, path)?;
        } else {
            fs::write(path, &text)?;
        }
        wait_until_picked_up(&mut progress, &text, picked_up, edit.what)?;
    }
    println!("\nedit      no more");
    Ok(())
}

fn wait_until_picked_up(
    progress: &mut Receiver<Progress>,
    text: &str,
    picked_up: usize,
    what: &str,
) -> Result<(), String> {
    let there = |now: &Progress| now.file.as_deref() == Ok(text) && now.picked_up >= picked_up;
    let noticed = async { progress.wait_for(there).await.is_ok() };
    let too_late = async {
        Timer::after(DEADLINE).await;
        false
    };
    if smol::block_on(noticed.or(too_late)) {
        Ok(())
    } else {
        Err(format!("{what}: not picked up within {DEADLINE:?}"))
    }
}
