//! The world as the editor sees it: open texts in place of what the disk has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use lw_check::{ModuleSource, Modules};
use lw_compiler::{Date, Entry, Project, ProjectModules, ReadError, World};

use crate::Host;

#[derive(Clone)]
pub struct Overlay {
    pub host: Arc<dyn Host>,
    pub texts: Arc<BTreeMap<PathBuf, Arc<str>>>,
}

impl World for Overlay {
    fn read(&self, path: &Path, size_max: u64) -> Result<Vec<u8>, ReadError> {
        match self.texts.get(path) {
            Some(text) if text.len() as u64 > size_max => Err(ReadError::TooLarge),
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.host.read(path, size_max),
        }
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, ReadError> {
        let listed = self.host.list(folder);
        // Texts that were never saved.
        let unsaved = self.texts.range(folder.to_path_buf()..).take_while(|(path, _)| path.starts_with(folder));
        let names: Vec<String> = unsaved
            .filter(|(path, _)| path.parent() == Some(folder))
            .filter_map(|(path, _)| Some(path.file_name()?.to_str()?.to_string()))
            .collect();
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) if names.is_empty() => return Err(error),
            Err(_) => Vec::new(),
        };
        for name in names {
            if !entries.iter().any(|entry| entry.name == name) {
                entries.push(Entry { name, is_folder: false });
            }
        }
        entries.sort();
        Ok(entries)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.host.variable(name)
    }

    fn today(&self) -> Date {
        self.host.today()
    }
}

/// The modules of a project, for a check that stays open.
pub struct OpenModules {
    pub overlay: Overlay,
    pub project: Rc<Project>,
}

impl Modules for OpenModules {
    fn module(&self, name: &str) -> Option<ModuleSource> {
        ProjectModules::new(&self.overlay, &self.project).module(name)
    }

    fn names(&self) -> Vec<String> {
        ProjectModules::new(&self.overlay, &self.project).names()
    }

    fn cloud_rules(&self, name: &str) -> Vec<&'static str> {
        ProjectModules::new(&self.overlay, &self.project).cloud_rules(name)
    }
}
