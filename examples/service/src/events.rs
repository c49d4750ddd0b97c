//! The values of a channel as server-sent events.

use std::task::Poll;

use serde::Serialize;
use smol::stream::{self, Stream, StreamExt};
use watch_channel::{Receiver, WatchStream};

use crate::server::Phase;

/// The current value as an event, then each value that is the latest when the client can take it. A slow client skips values;
/// nothing queues up for it. The stream ends when the channel of the values is closed and the last value has been sent.
pub(crate) fn values<T: Serialize + Clone>(values: Receiver<T>) -> impl Stream<Item = String> {
    WatchStream::new(values).map(|value| format!("data: {}\n\n", json(&value)))
}

/// Like [`values`], as events of the type `name`. `None` is no event.
pub(crate) fn named_values<T: Serialize + Clone>(
    name: &'static str,
    values: Receiver<Option<T>>,
) -> impl Stream<Item = String> {
    WatchStream::new(values).filter_map(move |value| Some(format!("event: {name}\ndata: {}\n\n", json(&value?))))
}

/// The events until the service stops.
pub(crate) fn until_stopping(
    mut events: impl Stream<Item = String> + Unpin,
    phase: Receiver<Phase>,
) -> impl Stream<Item = String> {
    // It starts with the current phase, so a stream that is opened during the shutdown ends at once.
    let mut phases = WatchStream::new(phase);
    stream::poll_fn(move |context| {
        while let Poll::Ready(phase) = phases.poll_next(context) {
            if phase != Some(Phase::Running) {
                return Poll::Ready(None);
            }
        }
        events.poll_next(context)
    })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("numbers, and structs of numbers and flags, are JSON")
}
