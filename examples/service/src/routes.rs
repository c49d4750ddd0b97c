//! From a request to its response.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};
use serde_json::json;
use smol::stream::{self, Stream, StreamExt};

use crate::config::{Changes, Config};
use crate::events::{named_values, until_stopping, values};
use crate::jobs;
use crate::server::{Phase, Service};

const PAGE: &str = include_str!("page.html");
/// In bytes, for the bodies of all requests whose limit is not configured.
const SMALL_BODY: u64 = 4096;

type Body = UnsyncBoxBody<Bytes, Infallible>;
type Response = hyper::Response<Body>;

/// Answers one request. `config` is the one that was the latest when the request came.
pub(crate) async fn respond(
    service: Arc<Service>,
    config: Config,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    Ok(route(&service, config, request).await.unwrap_or_else(Refusal::into_response))
}

async fn route(service: &Service, config: Config, request: Request<Incoming>) -> Result<Response, Refusal> {
    refuse_other_sites(&request)?;
    let path = request.uri().path().to_owned();
    let segments: Vec<_> = path.split('/').skip(1).collect();
    let handled = match (request.method().as_str(), &*segments) {
        ("GET", [""]) => text("text/html; charset=utf-8", PAGE),
        ("GET", ["events"]) => {
            // One stream for both: a browser opens six connections to a site, and a page that follows a job has two.
            let events = stream::or(values(service.config.subscribe()), named_values("job", service.jobs.newest()));
            event_stream(until_stopping(events, service.phase.subscribe()))
        }
        ("GET", ["admin", "flags"]) => json(&config),
        ("POST", ["admin", "flags"]) => change(service, request).await?,
        ("POST", ["admin", "shutdown"]) => {
            service.phase.set_if_changed(Phase::Stopping);
            json(&json!({ "stopping": true }))
        }
        ("POST", ["words"]) => words(service, config, request).await?,
        ("POST", ["jobs"]) => start_job(service, config, request).await?,
        ("GET", ["jobs", id]) => {
            let progress = find_job(service, id)?;
            // The order matters: no value comes after the close, so a job that is not running is shown with its last value.
            let running = !progress.is_closed();
            let now = progress.get();
            json(&json!({ "running": running, "done": now.done, "total": now.total, "primes": now.primes }))
        }
        ("GET", ["jobs", id, "events"]) => {
            event_stream(until_stopping(values(find_job(service, id)?), service.phase.subscribe()))
        }
        (_, ["" | "events"] | ["jobs", _] | ["jobs", _, "events"]) => return Err(Refusal::method("GET")),
        (_, ["words" | "jobs"] | ["admin", "shutdown"]) => return Err(Refusal::method("POST")),
        (_, ["admin", "flags"]) => return Err(Refusal::method("GET, POST")),
        _ => return Err(Refusal::new(StatusCode::NOT_FOUND, format!("there is nothing at {path}; the page is at /"))),
    };
    Ok(handled)
}

/// There is no login, and a browser lets any web page send forms to this machine. This header shows such requests.
fn refuse_other_sites(request: &Request<Incoming>) -> Result<(), Refusal> {
    let other_site = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if other_site && request.method() != Method::GET {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "pages of other sites can change nothing here".into()));
    }
    Ok(())
}

async fn change(service: &Service, request: Request<Incoming>) -> Result<Response, Refusal> {
    let changes = Changes::parse(&read(request, SMALL_BODY).await?).map_err(Refusal::bad_request)?;
    let sent = changes.send(&service.config);
    Ok(json(&json!({ "sent": sent, "config": service.config.get() })))
}

/// The service proper: counts words.
async fn words(service: &Service, config: Config, request: Request<Incoming>) -> Result<Response, Refusal> {
    admit(service, config)?;
    let body = read(request, config.max_body).await?;
    let text = String::from_utf8_lossy(&body);
    let mut counts = json!({ "words": text.split_whitespace().count() });
    if config.letters {
        counts["letters"] = text.chars().filter(|c| c.is_alphabetic()).count().into();
    }
    Ok(json(&counts))
}

async fn start_job(service: &Service, config: Config, request: Request<Incoming>) -> Result<Response, Refusal> {
    admit(service, config)?;
    let up_to = jobs::parse(&read(request, SMALL_BODY).await?).map_err(Refusal::bad_request)?;
    let limit = config.jobs_at_once;
    let id = service.jobs.start(up_to, limit, service.phase.subscribe()).ok_or_else(|| {
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("as many jobs are running as may at once ({limit}); try again when one has ended"),
        )
    })?;
    let mut response = json(&json!({ "job": id }));
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(LOCATION, header(&format!("/jobs/{id}")));
    Ok(response)
}

fn find_job(service: &Service, id: &str) -> Result<watch_channel::Receiver<jobs::Progress>, Refusal> {
    let found = id.parse().ok().and_then(|id| service.jobs.progress(id));
    found.ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            format!("there is no job {id}; POST /jobs starts one and returns its number"),
        )
    })
}

/// Checks the limits for requests that cost something.
fn admit(service: &Service, config: Config) -> Result<(), Refusal> {
    if config.maintenance {
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "closed for maintenance".into()));
    }
    let limit = config.requests_per_minute;
    service.requests.pass(limit).map_err(|wait| {
        let seconds = wait.as_secs() + 1;
        let message = format!("{limit} requests a minute have passed, which is the limit; try again in {seconds} s");
        Refusal {
            retry_after: Some(Duration::from_secs(seconds)),
            ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, message)
        }
    })
}

async fn read(request: Request<Incoming>, limit: u64) -> Result<Bytes, Refusal> {
    let limited = Limited::new(request.into_body(), usize::try_from(limit).unwrap_or(usize::MAX));
    let body = limited.collect().await.map_err(|error| match error.downcast::<LengthLimitError>() {
        Ok(_) => {
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is longer than {limit} bytes, the limit"))
        }
        Err(error) => Refusal::bad_request(format!("the body cannot be read: {error}")),
    })?;
    Ok(body.to_bytes())
}

/// The response to a request that is refused: a status, and a text that says what to do instead.
struct Refusal {
    status: StatusCode,
    message: String,
    retry_after: Option<Duration>,
    allow: Option<&'static str>,
}

impl Refusal {
    fn new(status: StatusCode, message: String) -> Self {
        Self { status, message, retry_after: None, allow: None }
    }

    fn bad_request(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    fn method(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("use {allow} here")) }
    }

    fn into_response(self) -> Response {
        let mut response = json(&json!({ "error": self.message }));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, wait.as_secs().into());
        }
        response
    }
}

fn json(value: &impl serde::Serialize) -> Response {
    let json = serde_json::to_string(value).expect("numbers, flags and texts are JSON");
    text("application/json", json + "\n")
}

fn text(content_type: &'static str, text: impl Into<Bytes>) -> Response {
    response(content_type, Full::new(text.into()).boxed_unsync())
}

fn event_stream(events: impl Stream<Item = String> + Send + 'static) -> Response {
    let frames = events.map(|event| Ok(Frame::data(event.into())));
    response("text/event-stream", StreamBody::new(frames).boxed_unsync())
}

fn response(content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // The answer may be out of date in a second.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn header(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("digits and slashes can be in a header")
}
