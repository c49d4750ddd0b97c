//! The service as a process, and a small HTTP client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A wait that takes longer than this is a hang.
const HANG: Duration = Duration::from_secs(60);

pub(crate) struct Service {
    process: Child,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Service {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
        command.args(["--port", "0"]).args(arguments).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the service starts");
        let mut stdout = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("the service prints its address");
        let address = line.trim().strip_prefix("listening on http://").expect("the first line is the address");
        let address = address.parse().expect("it is an address and a port");
        Self { process, stdout, address }
    }

    pub(crate) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).expect("the service accepts connections");
        stream.set_read_timeout(Some(HANG)).expect("the time limit is not zero");
        Connection(BufReader::new(stream))
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.connect().request("GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Reply {
        self.connect().request("POST", path, body)
    }

    pub(crate) fn events(&self, path: &str) -> Events {
        let mut connection = self.connect();
        connection.send("GET", path, "");
        let head = connection.head();
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        Events(connection)
    }

    /// Interrupts the process as Ctrl-C does.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        let status = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits until the process has ended, and returns what it has printed since the start.
    pub(crate) fn ended(&mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        let status = loop {
            match self.process.try_wait().expect("it is a child of this process") {
                Some(status) => break status,
                None if start.elapsed() > HANG => panic!("the service does not end"),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let mut printed = String::new();
        self.stdout.read_to_string(&mut printed).expect("it prints text");
        (status, printed)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection that is kept alive from one request to the next.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn request(&mut self, method: &str, path: &str, body: &str) -> Reply {
        self.send(method, path, body);
        self.reply()
    }

    pub(crate) fn reply(&mut self) -> Reply {
        let head = self.head();
        let status = head[9..12].parse().expect("a status follows the version");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("the length is known");
        let mut body = vec![0; length.parse().expect("it is a number")];
        self.0.read_exact(&mut body).expect("the body is as long as the head says");
        Reply { status, head, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) {
        self.send_text(&format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ));
    }

    pub(crate) fn send_text(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).expect("the service reads");
    }

    /// Returns what comes before the body.
    fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).expect("a response comes"), 0, "the connection ends after {head:?}");
        }
        head
    }

    /// Returns `true` if the service has closed the connection, and waits until it does or sends something.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.0.fill_buf().expect("the connection ends or something comes").is_empty()
    }
}

/// The data of server-sent events.
pub(crate) struct Events(Connection);

impl Iterator for Events {
    type Item = Value;

    /// Waits for the next event. Returns `None` if the stream has ended as it should, by an empty chunk.
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.0.0.read_line(&mut line).expect("an event comes"), 0, "the stream breaks off");
            if line == "0\r\n" {
                return None;
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(data).expect("the data is JSON"));
            }
        }
    }
}
