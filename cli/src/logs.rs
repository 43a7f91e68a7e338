//! Logs of the daemon: lines for people, or one JSON object a line; on standard error.

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::arguments::LogFormat;
use crate::commands::Context;

/// From now on, what the Conductor does is logged.
#[expect(clippy::disallowed_methods, reason = "a log writes its own lines, for as long as the daemon runs")]
pub fn begin(context: &Context, format: LogFormat) {
    let level = match (context.voice.quiet, context.voice.verbose) {
        (true, _) => LevelFilter::WARN,
        (false, true) => LevelFilter::DEBUG,
        (false, false) => LevelFilter::INFO,
    };
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let registry = tracing_subscriber::registry().with(level);
    // A second subscriber in one process would be our own mistake, and is no reason not to conduct.
    let _ = match format {
        LogFormat::Text => registry.with(lines.with_ansi(context.voice.color_error)).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
}
