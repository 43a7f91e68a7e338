//! Conditions that are open: what a policy says while nobody knows a parameter's value holds for every value that it may get.
//!
//! Random templates, from a seed that is printed by whatever fails; every template is judged with its parameters open, and once for
//! each way of giving them values.

use std::collections::{BTreeMap, BTreeSet};

use crate::lw::Folder;

const RULES: &str = r#"import AWS.EC2 as EC2
import AWS.S3 as S3

validate versioned
validate closed
validate few
validate one

fun versioned(bucket: S3.Bucket) -> Validation:
  case bucket.versioningConfiguration of
    | Optional versioning -> Validation.assert("versions are not kept", versioning.status == "Enabled")
    | None -> Validation.failure("versions are not kept")

fun closed(group: EC2.SecurityGroup) -> Validation:
  Validation.assert("open", !List.any(isOpen, group.securityGroupIngress ?| []))

fun isOpen(rule: EC2.SecurityGroup.Ingress) -> Bool:
  (rule.cidrIp ?| "") == "0.0.0.0/0" && (rule.fromPort ?| 0) <= 22

fun few(group: EC2.SecurityGroup) -> Validation:
  Validation.assert("many", List.length(group.securityGroupIngress ?| []) <= 1)

fun one(buckets: List<S3.Bucket>) -> Validation: Validation.assert("several", List.length(buckets) <= 1)
"#;

/// Knuth's MMIX generator: the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// A condition over the parameters and the conditions before it.
    fn condition(&mut self, before: u64, depth: u64) -> String {
        match self.below(if depth == 0 { 2 } else { 5 }) {
            0 if before > 0 => format!("!Condition C{}", self.below(before)),
            0 | 1 => {
                let parameter = ["A", "B", "D"][self.below(3) as usize];
                format!("!Equals [!Ref {parameter}, {}]", ["x", "y"][self.below(2) as usize])
            }
            2 => format!("!Not [{}]", self.condition(before, depth - 1)),
            3 => format!("!And [{}, {}]", self.condition(before, depth - 1), self.condition(before, depth - 1)),
            _ => format!("!Or [{}, {}]", self.condition(before, depth - 1), self.condition(before, depth - 1)),
        }
    }

    /// One of some values, by conditions.
    fn choice(&mut self, values: &[&str], depth: u64) -> String {
        if depth == 0 || self.below(3) == 0 {
            return values[self.below(values.len() as u64) as usize].to_string();
        }
        let condition = self.below(4);
        format!("!If [C{condition}, {}, {}]", self.choice(values, depth - 1), self.choice(values, depth - 1))
    }

    fn template(&mut self) -> String {
        let mut out = "Parameters:
  A: {Type: String, AllowedValues: [x, y]}
  B: {Type: String, AllowedValues: [x, y]}
  D: {Type: String}
Conditions:
"
        .to_string();
        for number in 0..4 {
            out.push_str(&format!("  C{number}: {}\n", self.condition(number, 2)));
        }
        out.push_str("Resources:\n");
        for number in 0..3 {
            out.push_str(&format!("  Bucket{number}:\n    Type: AWS::S3::Bucket\n"));
            if self.below(2) == 0 {
                out.push_str(&format!("    Condition: C{}\n", self.below(4)));
            }
            let versioning =
                self.choice(&["{Status: Enabled}", "{Status: Suspended}", "!Ref AWS::NoValue", "{Status: Enabled}"], 2);
            out.push_str(&format!("    Properties: {{VersioningConfiguration: {versioning}}}\n"));
        }
        out.push_str("  Group:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: web\n");
        out.push_str("      SecurityGroupIngress:\n");
        for _ in 0..3 {
            let range = self.choice(&["10.0.0.0/8", "0.0.0.0/0"], 2);
            let rule = format!("{{IpProtocol: tcp, CidrIp: {range}, FromPort: 22}}");
            out.push_str(&format!("        - {}\n", self.choice(&[&rule, "!Ref AWS::NoValue", &rule], 2)));
        }
        out
    }
}

/// By file, policy and path.
type Verdicts = BTreeMap<(String, String, String), String>;

fn verdicts(folder: &Folder, files: &[String], settings: &[String]) -> Verdicts {
    let mut arguments = vec!["check", "--policy", "Rules", "--json"];
    arguments.extend(files.iter().map(String::as_str));
    for setting in settings {
        arguments.extend(["--set", setting]);
    }
    let report = folder.lw(&arguments).json();
    let mut found = Verdicts::new();
    for policy in report["policies"].as_array().expect("policies") {
        for one in policy["resources"].as_array().expect("resources") {
            let text = |key: &str| one[key].as_str().unwrap_or("-").to_string();
            // A property at fault is no part of who was asked.
            let path = text("path").split('.').next().unwrap_or_default().to_string();
            let key = (text("file"), policy["id"].as_str().expect("an id").to_string(), path);
            found.insert(key, text("verdict"));
        }
    }
    found
}

#[test]
fn a_verdict_holds_whatever_parameters_turn_out_to_be() {
    const SEED: u64 = 20_261_122;
    const TEMPLATES: usize = 60;
    let folder = Folder::new();
    folder.write("Rules.lw", RULES);
    let mut random = Random(SEED);
    let files: Vec<String> = (0..TEMPLATES).map(|number| format!("template{number}.yaml")).collect();
    let texts: Vec<String> = files.iter().map(|_| random.template()).collect();
    for (file, text) in files.iter().zip(&texts) {
        folder.write(file, text);
    }
    let open = verdicts(&folder, &files, &[]);
    let mut concrete: Vec<Verdicts> = Vec::new();
    for first in ["x", "y"] {
        for second in ["x", "y"] {
            // The last may be anything: also what no condition asks for.
            for third in ["x", "y", "z"] {
                let settings = [format!("A={first}"), format!("B={second}"), format!("D={third}")];
                concrete.push(verdicts(&folder, &files, &settings));
            }
        }
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, verdict) in &open {
        *counts.entry(verdict).or_default() += 1;
        let text = || &texts[files.iter().position(|file| *file == key.0).expect("a file of ours")];
        // Where a resource does not exist, nothing is said of it.
        let said: BTreeSet<&String> = concrete.iter().filter_map(|world| world.get(key)).collect();
        match verdict.as_str() {
            "PASS" | "FAIL" => assert!(
                said.iter().all(|found| *found == verdict),
                "seed {SEED}: {key:?} is {verdict} while open, and then {said:?}\n{}",
                text()
            ),
            // Its conditions exclude each other.
            "SKIP" => assert!(said.is_empty(), "seed {SEED}: {key:?} never exists, and then {said:?}\n{}", text()),
            _ => assert!(said.len() > 1, "seed {SEED}: {key:?} is {verdict} while open, and then {said:?}\n{}", text()),
        }
    }
    for verdict in ["PASS", "FAIL", "UNDECIDED"] {
        assert!(counts.get(verdict).is_some_and(|count| *count > 20), "each is met often: {counts:?}");
    }
}
