//! The values of a channel as server-sent events.

use std::task::Poll;

use serde::Serialize;
use smol::stream::{self, Stream, StreamExt};
use watch_channel::{Receiver, WatchStream};

use crate::server::Phase;

/// The current value as an event, then each value that is the latest when the client can take it. A slow client skips values;
/// nothing queues up for it.
///
/// The stream ends when the channel of the values is closed and the last value has been sent, or when the service stops.
pub(crate) fn events<T>(values: Receiver<T>, phase: Receiver<Phase>) -> impl Stream<Item = String>
where
    T: Serialize + Clone,
{
    let mut values = WatchStream::new(values).map(|value| event(&value));
    // It starts with the current phase, so a stream that is opened during the shutdown ends at once.
    let mut phases = WatchStream::new(phase);
    stream::poll_fn(move |context| {
        while let Poll::Ready(phase) = phases.poll_next(context) {
            if phase != Some(Phase::Running) {
                return Poll::Ready(None);
            }
        }
        values.poll_next(context)
    })
}

fn event(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("structs of numbers and flags are JSON");
    format!("data: {json}\n\n")
}
