//! The configuration, which a watch channel carries to every connection, and changes to it.

use serde::Serialize;
use watch_channel::Sender;

use crate::fields;

/// `Copy`, because each connection has a copy. If yours is large, send an `Arc` of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Config {
    /// `POST /words` also counts letters.
    pub(crate) letters: bool,
    /// `POST /words` and `POST /jobs` are refused.
    pub(crate) maintenance: bool,
    /// For `POST /words` and `POST /jobs` together.
    pub(crate) requests_per_minute: u64,
    /// In bytes, for `POST /words`.
    pub(crate) max_body: u64,
    pub(crate) jobs_at_once: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { letters: false, maintenance: false, requests_per_minute: 60, max_body: 1000, jobs_at_once: 2 }
    }
}

/// Valid new values of some fields.
#[derive(Debug, PartialEq)]
pub(crate) struct Changes(Vec<Change>);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Letters(bool),
    Maintenance(bool),
    RequestsPerMinute(u64),
    MaxBody(u64),
    JobsAtOnce(u64),
}

impl Changes {
    /// Reads a JSON object or a form. If one field is invalid, returns no changes at all.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        let fields = fields::parse(body)?;
        if fields.is_empty() {
            return Err(r#"there is nothing to change; send for example letters=true or {"letters": true}"#.into());
        }
        let change = |(name, value): (&String, &_)| match name.as_str() {
            "letters" => fields::flag(name, value).map(Change::Letters),
            "maintenance" => fields::flag(name, value).map(Change::Maintenance),
            "requests_per_minute" => fields::number(name, value, 1..=10_000).map(Change::RequestsPerMinute),
            "max_body" => fields::number(name, value, 1..=65_536).map(Change::MaxBody),
            "jobs_at_once" => fields::number(name, value, 1..=8).map(Change::JobsAtOnce),
            _ => Err(format!(
                "there is no {name}; there are letters, maintenance, requests_per_minute, max_body and jobs_at_once"
            )),
        };
        fields.iter().map(change).collect::<Result<_, _>>().map(Self)
    }

    /// Sends the changed configuration, and returns `true` if it differs from the one before. Otherwise nothing is sent, and no
    /// connection is woken.
    ///
    /// The values are read and stored in one step. `get` and then `set_if_changed` would be two steps, and two changes at
    /// the same time could undo each other.
    pub(crate) fn send(&self, config: &Sender<Config>) -> bool {
        config.send_if_modified(|config| {
            let old = *config;
            self.0.iter().for_each(|change| change.apply(config));
            *config != old
        })
    }
}

impl Change {
    fn apply(self, config: &mut Config) {
        match self {
            Self::Letters(on) => config.letters = on,
            Self::Maintenance(on) => config.maintenance = on,
            Self::RequestsPerMinute(limit) => config.requests_per_minute = limit,
            Self::MaxBody(limit) => config.max_body = limit,
            Self::JobsAtOnce(limit) => config.jobs_at_once = limit,
        }
    }
}
