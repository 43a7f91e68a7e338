//! `conductor.toml`: how a daemon is told what it needs to know.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use lw_plan::{Class, Enforcement};
use serde::{Deserialize, Deserializer};

use super::settings::DaemonSettings;
use crate::api::ApiSettings;
use crate::notify::{Form, Target};
use crate::{Exit, Problem, Problems};

/// The file as it is written; everything may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    /// `127.0.0.1:7117`.
    listen: Option<SocketAddr>,
    /// The shortest and the longest time between two looks.
    interval: Option<Milliseconds>,
    longest_interval: Option<Milliseconds>,
    sweep: Option<Milliseconds>,
    verify: Option<Milliseconds>,
    /// Calls a second and at once that the cloud takes, and our share of them.
    rate: Option<f64>,
    burst: Option<f64>,
    share: Option<f64>,
    /// How long what came back after a correction is left.
    contest: Option<Milliseconds>,
    tls: Option<Tls>,
    /// By class or wire type.
    enforcement: BTreeMap<String, Enforcement>,
    brake: Option<BrakeTable>,
    notify: Vec<Notify>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct BrakeTable {
    destructive: Option<u64>,
    destructive_percent: Option<u64>,
    corrections: Option<u64>,
    corrections_percent: Option<u64>,
    window: Option<Milliseconds>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notify {
    name: String,
    url: String,
    #[serde(default)]
    form: Form,
    /// The environment variable that holds the secret which deliveries are signed with.
    secret_env: Option<String>,
}

/// A duration as the language writes it.
#[derive(Clone, Copy, Debug)]
struct Milliseconds(u64);

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Milliseconds, D::Error> {
        let text = String::deserialize(deserializer)?;
        let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
        let read = units.iter().find_map(|(unit, length)| {
            let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
            number.checked_mul(*length).filter(|ms| *ms > 0)
        });
        let wrong = || serde::de::Error::custom(format!("`{text}` is no duration such as \"30s\", \"10m\" or \"2h\""));
        read.map(Milliseconds).ok_or_else(wrong)
    }
}

/// Settings, and where they came from.
#[derive(Clone, Debug)]
pub struct Configured {
    pub settings: DaemonSettings,
}

/// The settings that a file holds; its relative paths start from its folder. `variable` reads the environment.
pub fn configure(path: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Result<Configured, Problems> {
    let unusable = |reason: String, help: &str| -> Problems {
        Problem::new("LW0594", Exit::Usage, format!("`{}` cannot be used: {reason}", path.display())).help(help).into()
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| unusable(error.to_string(), "name a file that can be read with `--config`"))?;
    let file: File = toml::from_str(&text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        unusable(format!("{place}{}", error.message()), "docs/operating.md lists what may stand there")
    })?;
    let mut settings = DaemonSettings::default();
    let base = path.parent().unwrap_or(Path::new(""));
    if let Some(listen) = file.listen {
        let tls = file.tls.map(|tls| (base.join(tls.certificate), base.join(tls.key)));
        settings.api = Some(ApiSettings { listen, tls });
    }
    let ms = |given: Option<Milliseconds>, known: u64| given.map_or(known, |given| given.0);
    settings.cadence.shortest_ms = ms(file.interval, settings.cadence.shortest_ms);
    settings.cadence.longest_ms =
        ms(file.longest_interval, settings.cadence.longest_ms).max(settings.cadence.shortest_ms);
    settings.sweep_ms = ms(file.sweep, settings.sweep_ms);
    settings.judge_ms = ms(file.verify, settings.judge_ms);
    settings.enforcement.contest_ms = ms(file.contest, settings.enforcement.contest_ms);
    let positive = |given: Option<f64>, known: f64, name: &str, most: f64| match given {
        Some(given) if given > 0.0 && given <= most => Ok(given),
        Some(_) => Err(unusable(format!("`{name}` is a number above 0, at most {most}"), "correct it")),
        None => Ok(known),
    };
    settings.rate = positive(file.rate, settings.rate, "rate", 100_000.0)?;
    settings.burst = positive(file.burst, settings.burst, "burst", 1_000_000.0)?;
    settings.share = positive(file.share, settings.share, "share", 1.0)?;
    for (name, enforcement) in file.enforcement {
        let class = match name.as_str() {
            "compute" => Some(Class::Compute),
            "configuration" => Some(Class::Configuration),
            "data" => Some(Class::Data),
            _ => None,
        };
        match class {
            Some(class) => drop(settings.rules.by_class.insert(class, enforcement)),
            None if name.contains("::") => drop(settings.rules.by_type.insert(name, enforcement)),
            None => {
                let reason = format!("`{name}` is neither a class nor a type");
                return Err(unusable(
                    reason,
                    "write `compute`, `configuration`, `data` or a type such as `AWS::S3::Bucket`",
                ));
            }
        }
    }
    if let Some(brake) = file.brake {
        let own = &mut settings.enforcement.brake;
        own.destructive_free = brake.destructive.unwrap_or(own.destructive_free);
        own.destructive_percent = brake.destructive_percent.unwrap_or(own.destructive_percent);
        own.corrections_free = brake.corrections.unwrap_or(own.corrections_free);
        own.corrections_percent = brake.corrections_percent.unwrap_or(own.corrections_percent);
        own.window_ms = ms(brake.window, own.window_ms);
    }
    for notify in file.notify {
        let secret = match &notify.secret_env {
            None => None,
            Some(name) => Some(variable(name).ok_or_else(|| {
                unusable(format!("the environment variable `{name}` is not set"), "set it, or leave `secret_env` out")
            })?),
        };
        if settings.targets.iter().any(|known| known.name == notify.name) {
            return Err(unusable(format!("two are called `{}`", notify.name), "give each a name of its own"));
        }
        let Notify { name, url, form, .. } = notify;
        settings.targets.push(Target { name, url, form, secret });
    }
    Ok(Configured { settings })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(text: &str) -> Result<DaemonSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("conductor.toml");
        std::fs::write(&path, text).unwrap();
        let variable = |name: &str| (name == "SECRET").then(|| "s3cret".to_string());
        configure(&path, &variable).map(|configured| configured.settings).map_err(|problems| problems.to_string())
    }

    #[test]
    fn a_file_says_what_differs() {
        let settings = configured(
            "listen = \"127.0.0.1:7117\"\ninterval = \"5s\"\nshare = 0.25\ncontest = \"1h\"\n\
             [enforcement]\ndata = \"Alert\"\n\"AWS::SNS::Topic\" = \"Absorb\"\n\
             [brake]\ndestructive = 1\n\
             [[notify]]\nname = \"ops\"\nurl = \"https://example.org/hook\"\nsecret_env = \"SECRET\"\n",
        )
        .unwrap();
        assert_eq!(settings.cadence.shortest_ms, 5_000);
        assert_eq!(settings.enforcement.contest_ms, 3_600_000);
        assert_eq!(settings.enforcement.brake.destructive_free, 1);
        assert_eq!(settings.rules.by_class[&Class::Data], Enforcement::Alert);
        assert_eq!(settings.targets[0].secret.as_deref(), Some("s3cret"));
        assert!(settings.api.unwrap().tls.is_none());
        assert_eq!(configured("").unwrap().cadence, DaemonSettings::default().cadence);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, expected) in [
            ("\ninterval = \"soon\"\n", "line 2: `soon` is no duration"),
            ("speed = 3\n", "unknown field `speed`"),
            ("share = 2\n", "`share` is a number above 0, at most 1"),
            ("[enforcement]\ncomputer = \"Alert\"\n", "`computer` is neither a class nor a type"),
            ("[[notify]]\nname = \"a\"\nurl = \"http://a\"\nsecret_env = \"NONE\"\n", "`NONE` is not set"),
        ] {
            let problem = configured(text).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
