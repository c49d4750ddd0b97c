//! A page in which a slider drives a channel, and two views follow it.
//!
//! ```text
//! examples/wasm/build.sh serve   # builds it, and serves it until Ctrl-C
//! ```
//!
//! - The number is updated by a task that waits for the next value. It does nothing while the slider rests.
//! - The meter moves a little towards the value in each frame. It needs the value 60 times a second, whether that has changed or
//!   not, so it reads a local copy ([`Cached`]), which costs one atomic load if there is no new value.

use futures_lite::StreamExt;
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use watch_channel::{Cached, Sender, WatchStream, channel};
use web_sys::{Document, HtmlInputElement, HtmlMeterElement, HtmlOutputElement, Window};

/// The browser calls it once the module is loaded.
#[wasm_bindgen(start)]
fn start() {
    let document = window().document().expect("a page has a document");
    let slider: HtmlInputElement = element(&document, "slider");
    let (level, level_seen) = channel(slider.value_as_number());

    spawn_local(show_number(level_seen.clone().into_stream(), element(&document, "number")));
    spawn_local(move_meter(level_seen.into(), element(&document, "meter")));
    send_input(slider, level);
}

/// Makes the slider own the only sender.
fn send_input(slider: HtmlInputElement, level: Sender<f64>) {
    let input = slider.clone();
    let send = Closure::<dyn Fn()>::new(move || level.set(input.value_as_number()));
    slider.set_oninput(Some(send.as_ref().unchecked_ref()));
    // The slider calls the closure from now on, so it must not be dropped here.
    send.forget();
}

async fn show_number(mut levels: WatchStream<f64>, number: HtmlOutputElement) {
    // The first item is the current value. A slider that is dragged sends faster than tasks run, and they see only the latest value.
    while let Some(level) = levels.next().await {
        number.set_text_content(Some(&format!("{level:.0}")));
    }
}

async fn move_meter(mut level: Cached<f64>, meter: HtmlMeterElement) {
    loop {
        next_frame().await;
        let rest = level.get() - meter.value();
        // The last step goes all the way, otherwise the meter would never reach the value.
        meter.set_value(meter.value() + if rest.abs() < 0.5 { rest } else { rest * 0.2 });
    }
}

/// Waits until the browser is about to draw.
async fn next_frame() {
    let frame = Promise::new(&mut |drawn, _| {
        window().request_animation_frame(&drawn).expect("it takes any function");
    });
    JsFuture::from(frame).await.expect("this promise is never rejected");
}

fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

/// Returns the element with this `id` of index.html.
fn element<T: JsCast>(document: &Document, id: &str) -> T {
    let element = document.get_element_by_id(id).unwrap_or_else(|| panic!("the page has no element {id}"));
    element.dyn_into().unwrap_or_else(|_| panic!("the element {id} is of another type"))
}
