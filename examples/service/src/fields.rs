//! Bodies of small requests: named values, as a JSON object or as a form. Errors say what to send instead.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

/// Reads a body that starts with `{` as JSON and any other as a form, whatever its content type, because
/// `curl --data` calls everything a form.
pub(crate) fn parse(body: &[u8]) -> Result<Map<String, Value>, String> {
    if body.trim_ascii_start().starts_with(b"{") {
        return serde_json::from_slice(body)
            .map_err(|error| format!("the body starts like JSON but is not valid: {error}"));
    }
    let fields = form_urlencoded::parse(body.trim_ascii()).map(|(name, text)| {
        // `true` and `20` mean the same as in JSON; the rest is text.
        let value = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(&*text));
        (name.into_owned(), value)
    });
    Ok(fields.collect())
}

pub(crate) fn flag(name: &str, value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{name} must be true or false, not {value}"))
}

pub(crate) fn number(name: &str, value: &Value, range: RangeInclusive<u64>) -> Result<u64, String> {
    value.as_u64().filter(|number| range.contains(number)).ok_or_else(|| {
        let (low, high) = range.into_inner();
        format!("{name} must be a whole number from {low} to {high}, not {value}")
    })
}
