//! Reloads a configuration file whenever it changes, for three smol tasks and a plain thread.
//!
//! ```text
//! cargo run -p config_reload              # edits a temporary file a few times, and ends
//! cargo run -p config_reload -- app.toml  # watches that file until Ctrl-C
//! ```
//!
//! What it shows:
//!
//! - `send_if_modified` publishes only what differs: a comment added to the file wakes no listener. A file that is broken
//!   or missing is reported, and the last good configuration stays.
//! - `changed` and `wait_for` need no runtime: they work in a task of any executor and, with `block_on`, in a thread.
//!   They are cancel safe: a task can wait for a new configuration and for its timer at once.
//! - Dropping the sender closes the channel. That alone ends every listener.
//! - A second channel carries the program's progress, of which only the latest state matters as well. With `wait_for` and a
//!   timer, the demonstration waits until an edit has been picked up, but only until a deadline.

use core::error::Error;
use core::num::NonZeroU64;
use core::time::Duration;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::{env, fs, thread};

use notify::{RecursiveMode, Watcher};
use serde::Deserialize;
use smol::Timer;
use smol::future::FutureExt;
use watch_channel::{Receiver, Sender};

const USAGE: &str = "usage: config_reload [FILE]    (without FILE: a demonstration with a temporary file)";
const SAMPLE: &str = "port = 8080\nlog_level = \"info\"\nmetrics_ms = 20\n";

/// A save causes several events, and in between the file may be empty. So it is read this long after the first event.
const SETTLE: Duration = Duration::from_millis(50);
/// How long the demonstration waits for an edit to be picked up.
const DEADLINE: Duration = Duration::from_secs(2);

// No key has a default, so half of a file is not taken for a whole one.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    port: u16,
    log_level: Level,
    metrics_ms: NonZeroU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

type Outcome = Result<(), Box<dyn Error>>;

struct Progress {
    /// The text of the file when it was last read, or why it could not be read.
    file: Result<String, String>,
    published: usize,
    unchanged: usize,
    rejected: usize,
    /// How often a listener has picked up a configuration, including the first one.
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
        (Some(path), None) if Path::new(&path).is_file() => run(Path::new(&path), |_| wait_for_ctrl_c()),
        (Some(path), None) => {
            let path = Path::new(&path).display();
            eprintln!("config_reload: there is no file {path}: create it first, for example with\n\n{SAMPLE}\n{USAGE}");
            return ExitCode::from(2);
        }
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

/// Reloads the file at `path` for all listeners for as long as `drive` runs.
fn run(path: &Path, drive: impl FnOnce(Receiver<Progress>) -> Outcome) -> Outcome {
    let (messages, inbox) = mpsc::channel();
    let changed = messages.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| match event {
        // Reading the file is an access too. Reading it again in response would never end.
        Ok(event) if event.kind.is_access() => {}
        // The event may be about any file in the directory: `path` may be a link to it, and reading is cheap.
        Ok(_) => _ = changed.send(Message::Changed),
        Err(error) => eprintln!("watcher: {error}"),
    })?;
    // Watches the directory and not the file, because editors replace the file by a new one. This begins before the first read,
    // so no edit is missed in between.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    watcher.watch(directory, RecursiveMode::NonRecursive)?;

    let text = read(path)?;
    let (config, mut rx) = watch_channel::channel(parse(path, &text)?);
    // The first configuration counts as seen. Mark it as unseen, so listeners pick it up like all later ones.
    rx.mark_changed();
    let (progress, progress_seen) =
        watch_channel::channel(Progress { file: Ok(text), published: 0, unchanged: 0, rejected: 0, picked_up: 0 });

    let tasks = [
        smol::spawn(server(rx.clone(), progress.clone())),
        smol::spawn(logger(rx.clone(), progress.clone())),
        smol::spawn(metrics(rx.clone(), progress.clone())),
    ];
    let result = thread::scope(|scope| {
        scope.spawn(|| plain_thread(rx, &progress));
        scope.spawn(|| reload(path, config, &progress, inbox));
        let result = drive(progress_seen);
        let _ = messages.send(Message::Stop);
        result
    });
    tasks.into_iter().for_each(smol::block_on);

    let Progress { published, unchanged, rejected, picked_up, .. } = &*progress.borrow();
    println!("summary   {published} published, {unchanged} unchanged, {rejected} rejected; {picked_up} pick-ups");
    result
}

/// Owns the only sender of the configuration: when it returns, the channel is closed.
fn reload(path: &Path, config: Sender<Config>, progress: &Sender<Progress>, inbox: mpsc::Receiver<Message>) {
    while let Ok(Message::Changed) = inbox.recv() {
        thread::sleep(SETTLE);
        if inbox.try_iter().any(|message| matches!(message, Message::Stop)) {
            return;
        }
        let file = read(path);
        // Not every event changes the file, and a broken file is reported only once.
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
            Ok(false) => println!("reloader  nothing to publish: equal values"),
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

fn pick_up(progress: &Sender<Progress>, line: &str) {
    println!("{line}");
    progress.send_modify(|progress| progress.picked_up += 1);
}

async fn server(mut rx: Receiver<Config>, progress: Sender<Progress>) {
    while rx.changed().await.is_ok() {
        // The port is copied, because a sender waits while the value is borrowed, and printing can take long.
        let port = rx.borrow_and_update().port;
        pick_up(&progress, &format!("server    listens on port {port}"));
    }
    println!("server    closed");
}

/// Uses only one key: `wait_for` skips all other changes.
async fn logger(mut rx: Receiver<Config>, progress: Sender<Progress>) {
    let mut level = None;
    while let Ok(new) = rx.wait_for(|config| level != Some(config.log_level)).await.map(|config| config.log_level) {
        pick_up(&progress, &format!("logger    logs at level {new:?}"));
        level = Some(new);
    }
    println!("logger    closed");
}

/// Has other work to do while it waits.
async fn metrics(mut rx: Receiver<Config>, progress: Sender<Progress>) {
    let mut taken = 0;
    let mut interval = Duration::MAX;
    loop {
        let tick = async {
            Timer::after(interval).await;
            None
        };
        match async { Some(rx.changed().await) }.or(tick).await {
            Some(Ok(())) => {
                interval = Duration::from_millis(rx.borrow_and_update().metrics_ms.get());
                pick_up(&progress, &format!("metrics   are taken every {interval:?}"));
            }
            Some(Err(_)) => break,
            None => taken += 1,
        }
    }
    println!("metrics   closed, taken {taken} times");
}

fn plain_thread(mut rx: Receiver<Config>, progress: &Sender<Progress>) {
    while smol::block_on(rx.changed()).is_ok() {
        let config = format!("{:?}", *rx.borrow_and_update());
        pick_up(progress, &format!("thread    has {config}"));
    }
    println!("thread    closed");
}

fn wait_for_ctrl_c() -> Outcome {
    let (pressed, press) = mpsc::channel();
    ctrlc::set_handler(move || _ = pressed.send(()))?;
    println!("watching: edit the file, or end with Ctrl-C");
    Ok(press.recv()?)
}

fn demonstrate() -> Outcome {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("app.toml");
    fs::write(&path, SAMPLE)?;
    run(&path, |progress| edit(&path, progress))
}

/// Makes one edit after the other. Each waits until the one before has been read, and picked up by all listeners that it concerns.
fn edit(path: &Path, mut progress: Receiver<Progress>) -> Outcome {
    // What, from, to, by rename, and how many listeners it concerns: the logger uses only its level.
    let edits = [
        ("a new port", "8080", "9090", false, 3),
        ("a comment", "log_level", "# To stderr:\nlog_level", false, 0),
        ("a new level, by rename", "\"info\"", "\"debug\"", true, 4),
        ("a lost quote", "debug\"", "debug", false, 0),
        ("its repair", "\"debug", "\"warn\"", false, 4),
    ];
    let mut text = SAMPLE.to_owned();
    let mut listeners = 4;
    wait_until_picked_up(&mut progress, &text, listeners)?;
    for (what, from, to, by_rename, concerned) in edits {
        println!("\nedit      {what}");
        text = text.replace(from, to);
        listeners += concerned;
        if by_rename {
            let new = path.with_extension("new");
            fs::write(&new, &text)?;
            fs::rename(&new, path)?;
        } else {
            fs::write(path, &text)?;
        }
        wait_until_picked_up(&mut progress, &text, listeners).map_err(|error| format!("{what}: {error}"))?;
    }
    println!("\nedit      no more");
    Ok(())
}

fn wait_until_picked_up(progress: &mut Receiver<Progress>, text: &str, picked_up: usize) -> Result<(), String> {
    let picked_up = progress.wait_for(|now| now.file.as_deref() == Ok(text) && now.picked_up >= picked_up);
    let too_late = async {
        Timer::after(DEADLINE).await;
        false
    };
    match smol::block_on(async { picked_up.await.is_ok() }.or(too_late)) {
        true => Ok(()),
        false => Err(format!("not picked up within {DEADLINE:?}")),
    }
}
