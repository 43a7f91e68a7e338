//! The graph that every tool gets: groups of ten, so that references and fields per resource stay the same at any size.
//!
//! A group is a network, three subnets in it, a security group, a route table, and four instances, each in a subnet and the
//! security group.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub const GROUP_SIZE: usize = 10;

/// The `env` of a group's resources.
pub const ENVIRONMENTS: [&str; 3] = ["dev", "stage", "prod"];

/// One resource of a group, in the order in which they are written.
pub struct Member {
    pub name: &'static str,
    pub kind: &'static str,
    /// Names of members of the same group.
    pub references: &'static [&'static str],
}

pub const MEMBERS: [Member; GROUP_SIZE] = [
    Member { name: "vpc", kind: "vpc", references: &[] },
    Member { name: "subnet0", kind: "subnet", references: &["vpc"] },
    Member { name: "subnet1", kind: "subnet", references: &["vpc"] },
    Member { name: "subnet2", kind: "subnet", references: &["vpc"] },
    Member { name: "sg", kind: "sg", references: &["vpc"] },
    Member { name: "rtb", kind: "rtb", references: &["vpc"] },
    Member { name: "inst0", kind: "instance", references: &["subnet0", "sg"] },
    Member { name: "inst1", kind: "instance", references: &["subnet1", "sg"] },
    Member { name: "inst2", kind: "instance", references: &["subnet2", "sg"] },
    Member { name: "inst3", kind: "instance", references: &["subnet0", "sg"] },
];

/// The second and third byte of a group's addresses.
pub fn address_bytes(group: usize) -> (usize, usize) {
    (group / 256 % 256, group % 256)
}

/// Writes a file piece by piece.
pub fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write(&mut out)?;
    out.flush()
}
