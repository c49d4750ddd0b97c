//! Each test starts the service as a process, on its own port.

mod client;

use serde_json::{Value, json};

use crate::client::Service;

/// A job that does not end while a test runs.
const LONG_JOB: &str = "up_to=100000000";

#[test]
fn a_changed_flag_holds_for_the_next_request_of_an_open_connection() {
    let service = Service::start();
    let mut open = service.connect();
    assert_eq!(open.request("POST", "/words", "one two").body, json!({ "words": 2 }));
    service.post("/admin/flags", "letters=true");
    assert_eq!(open.request("POST", "/words", "one two").body, json!({ "words": 2, "letters": 6 }));
    service.post("/admin/flags", r#"{"letters": false}"#);
    assert_eq!(open.request("POST", "/words", "one two").body, json!({ "words": 2 }));
}

#[test]
fn a_lower_limit_refuses_a_longer_body_with_413() {
    let service = Service::start();
    let text = "0123456789a";
    assert_eq!(service.post("/words", text).status, 200);
    service.post("/admin/flags", "max_body=10");
    let refused = service.post("/words", text);
    assert_eq!(refused.status, 413);
    assert_eq!(refused.body, json!({ "error": "the body is longer than 10 bytes, the limit" }));
    assert_eq!(service.post("/words", &text[..10]).status, 200);
    service.post("/admin/flags", "max_body=11");
    assert_eq!(service.post("/words", text).status, 200);
}

#[test]
fn a_lower_limit_refuses_more_requests_with_429_until_it_is_raised() {
    let service = Service::start();
    let mut open = service.connect();
    let mut status = || open.request("POST", "/words", "").status;
    assert_eq!(status(), 200);
    service.post("/admin/flags", "requests_per_minute=2");
    assert_eq!(status(), 200);
    assert_eq!(status(), 429);
    service.post("/admin/flags", "requests_per_minute=3");
    assert_eq!(status(), 200);
    assert_eq!(status(), 429);
    let refused = service.post("/words", "");
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    let error = refused.body["error"].as_str().unwrap();
    assert!(error.starts_with("3 requests a minute have passed, which is the limit; try again in "), "{error}");
    // Otherwise the limit could not be raised again.
    assert_eq!(service.get("/admin/flags").status, 200);
}

#[test]
fn maintenance_refuses_requests_but_not_those_of_the_administrator() {
    let service = Service::start();
    service.post("/admin/flags", "maintenance=true");
    assert_eq!(service.post("/words", "").status, 503);
    assert_eq!(service.post("/jobs", "").status, 503);
    service.post("/admin/flags", "maintenance=false");
    assert_eq!(service.post("/words", "").status, 200);
}

#[test]
fn events_begin_with_the_current_configuration_and_show_each_change() {
    let service = Service::start();
    service.post("/admin/flags", "max_body=500");
    let mut events = [service.events("/events"), service.events("/events")];
    for events in &mut events {
        assert_eq!(events.next().unwrap()["max_body"], 500);
    }
    for limit in [600, 700] {
        service.post("/admin/flags", &format!("max_body={limit}"));
        for events in &mut events {
            assert_eq!(events.next().unwrap(), service.get("/admin/flags").body);
        }
    }
}

#[test]
fn events_name_the_newest_job_to_all_clients() {
    let service = Service::start();
    let mut early = service.events("/events");
    assert_eq!(early.next().unwrap()["max_body"], 1000);
    service.post("/jobs", "up_to=1");
    assert_eq!(early.next().unwrap(), 1);
    service.post("/jobs", "up_to=1");
    assert_eq!(early.next().unwrap(), 2);
    let mut late = service.events("/events");
    assert_eq!(late.next().unwrap()["max_body"], 1000);
    assert_eq!(late.next().unwrap(), 2);
}

#[test]
fn an_unchanged_value_sends_nothing() {
    let service = Service::start();
    let mut events = service.events("/events");
    let before = events.next().unwrap();
    for _ in 0..3 {
        let reply = service.post("/admin/flags", "max_body=1000&letters=false");
        assert_eq!(reply.body, json!({ "sent": false, "config": before }));
    }
    let changed = service.post("/admin/flags", "max_body=1001").body;
    assert_eq!(changed["sent"], true);
    // Events come in order. If one of the other changes had been sent, the next event would show it.
    assert_eq!(events.next().unwrap(), changed["config"]);
    assert_ne!(before, changed["config"]);
}

#[test]
fn bad_input_changes_nothing_and_names_the_fix() {
    let service = Service::start();
    let before = service.get("/admin/flags").body;
    for (body, error) in [
        ("", r#"there is nothing to change; send for example letters=true or {"letters": true}"#),
        ("letters=yes", r#"letters must be true or false, not "yes""#),
        (r#"{"maintenance": 1}"#, "maintenance must be true or false, not 1"),
        ("requests_per_minute=0", "requests_per_minute must be a whole number from 1 to 10000, not 0"),
        ("max_body=many", r#"max_body must be a whole number from 1 to 65536, not "many""#),
        (r#"{"max_body": 65537}"#, "max_body must be a whole number from 1 to 65536, not 65537"),
        (r#"{"jobs_at_once": 1.5}"#, "jobs_at_once must be a whole number from 1 to 8, not 1.5"),
        (r#"{"jobs_at_once": null}"#, "jobs_at_once must be a whole number from 1 to 8, not null"),
        (
            "letters=true&max_bodi=1",
            "there is no max_bodi; there are letters, maintenance, requests_per_minute, max_body and jobs_at_once",
        ),
        (
            r#"{"letters": tru"#,
            "the body starts like JSON but is not valid: EOF while parsing a value at line 1 column 15",
        ),
    ] {
        let reply = service.post("/admin/flags", body);
        assert_eq!((reply.status, reply.body), (400, json!({ "error": error })), "{body}");
    }
    assert_eq!(service.post("/admin/flags", &"x".repeat(4097)).status, 413);
    assert_eq!(service.get("/admin/flags").body, before);
}

#[test]
fn a_job_reports_its_progress_until_its_end() {
    let service = Service::start();
    let reply = service.post("/jobs", r#"{"up_to": 300000}"#);
    assert_eq!((reply.status, reply.body), (201, json!({ "job": 1 })));
    assert!(reply.head.contains("location: /jobs/1\r\n"), "{}", reply.head);

    // The stream ends by itself: the job drops its sender.
    let events: Vec<_> = service.events("/jobs/1/events").collect();
    let done = |progress: &Value| progress["done"].as_u64().unwrap();
    assert!(events.is_sorted_by(|a, b| done(a) < done(b)), "{events:?}");
    assert_eq!(events.last(), Some(&json!({ "done": 300000, "total": 300000, "primes": 25997 })));

    let last = service.get("/jobs/1").body;
    assert_eq!(last, json!({ "running": false, "done": 300000, "total": 300000, "primes": 25997 }));
    // A client that comes late still gets the last value.
    assert_eq!(service.events("/jobs/1/events").count(), 1);
}

#[test]
fn a_running_job_can_be_watched_and_counts_against_the_limit() {
    let service = Service::start();
    service.post("/admin/flags", "jobs_at_once=1");
    assert_eq!(service.post("/jobs", LONG_JOB).status, 201);
    let mut events = service.events("/jobs/1/events");
    let first = events.next().unwrap()["done"].as_u64();
    assert!(events.next().unwrap()["done"].as_u64() > first);
    assert_eq!(service.get("/jobs/1").body["running"], true);

    let refused = service.post("/jobs", "up_to=1");
    assert_eq!(
        (refused.status, refused.body),
        (429, json!({ "error": "as many jobs are running as may at once (1); try again when one has ended" }))
    );
    service.post("/admin/flags", "jobs_at_once=2");
    assert_eq!(service.post("/jobs", "up_to=1").status, 201);
}

#[test]
fn refused_requests_say_what_to_use_instead() {
    let service = Service::start();
    for (method, path, body, status, error) in [
        ("GET", "/flags", "", 404, "there is nothing at /flags; the page is at /"),
        ("GET", "/jobs/7", "", 404, "there is no job 7; POST /jobs starts one and returns its number"),
        ("GET", "/jobs/x/events", "", 404, "there is no job x; POST /jobs starts one and returns its number"),
        ("GET", "/words", "", 405, "use POST here"),
        ("POST", "/events", "", 405, "use GET here"),
        ("PUT", "/admin/flags", "", 405, "use GET, POST here"),
        ("POST", "/jobs", "upto=5", 400, "there is no upto; send up_to, for example up_to=1000000, or nothing"),
        ("POST", "/jobs", "up_to=0", 400, "up_to must be a whole number from 1 to 100000000, not 0"),
    ] {
        let reply = service.connect().request(method, path, body);
        assert_eq!((reply.status, reply.body), (status, json!({ "error": error })), "{method} {path}");
    }
}

#[test]
fn a_page_of_another_site_changes_nothing() {
    let service = Service::start();
    let mut browser = service.connect();
    browser.send_text(
        "POST /admin/shutdown HTTP/1.1\r\nhost: x\r\nsec-fetch-site: cross-site\r\ncontent-length: 0\r\n\r\n",
    );
    assert_eq!(browser.reply().status, 403);
    assert_eq!(service.get("/admin/flags").status, 200);
}

/// The connections that a service has when it stops.
fn a_shutdown_ends_them(stop: impl FnOnce(&Service)) {
    let mut service = Service::start();
    let mut unused = service.connect();
    let mut idle = service.connect();
    idle.request("GET", "/admin/flags", "");
    let mut config = service.events("/events");
    config.next().unwrap();
    service.post("/jobs", LONG_JOB);
    let mut progress = service.events("/jobs/1/events");
    progress.next().unwrap();
    assert_eq!(config.next().unwrap(), 1, "the number of the job");

    stop(&service);
    assert_eq!(config.next(), None);
    let last = progress.last();
    assert!(last.is_none_or(|last| last["done"].as_u64() < last["total"].as_u64()));
    assert!(idle.is_closed());
    assert!(unused.is_closed());
    let (status, printed) = service.ended();
    assert_eq!(printed, "stopped: all connections are closed\n");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_shutdown_ends_event_streams_jobs_and_idle_connections() {
    a_shutdown_ends_them(|service| assert_eq!(service.post("/admin/shutdown", "").body, json!({ "stopping": true })));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_event_streams_jobs_and_idle_connections() {
    a_shutdown_ends_them(Service::interrupt);
}

#[test]
fn a_shutdown_does_not_wait_forever_for_a_client() {
    let mut service = Service::start_with(&["--wait", "1"]);
    let mut slow = service.connect();
    slow.send_text("GET / HTTP/1.1\r\n");
    // Once this request is served, hyper has read the other one, and that connection is neither unused nor idle.
    service.get("/admin/flags");
    service.post("/admin/shutdown", "");
    let (status, printed) = service.ended();
    assert_eq!(printed, "stopped: connections were still open after 1s\n");
    assert_eq!(status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_does_not_wait() {
    let mut service = Service::start_with(&["--wait", "3600"]);
    let mut slow = service.connect();
    slow.send_text("GET / HTTP/1.1\r\n");
    service.get("/admin/flags");
    let mut events = service.events("/events");
    events.next().unwrap();
    service.interrupt();
    // The first Ctrl-C has taken effect.
    assert_eq!(events.next(), None);
    service.interrupt();
    let (status, printed) = service.ended();
    assert_eq!((status.code(), &*printed), (Some(130), ""));
}
