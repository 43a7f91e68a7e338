//! A canary in every place that a secret can come from, and a search for it in everything that the program says or keeps.

use std::fs;
use std::path::Path;

use crate::lw::Folder;

const CANARIES: [&str; 2] = ["canary-of-a-variable-7f3a91", "canary-of-a-file-c04d22"];

/// How their SHA-256 begin: who has a list of guesses would find them by that.
const DIGESTS: [&str; 2] = ["482502e1b0c8ebf1", "ea814e86519f678e"];

const SHOP: &str = r#"composition

import AWS.SecretsManager as SecretsManager
import AWS.RDS as RDS

password: Secret.env("SHOP_PASSWORD")

login: SecretsManager.Secret {
  name: "login",
  secretString: Secret.json({user: "shop", password: password, token: Secret.file("token.txt")}),
}
url: SecretsManager.Secret {
  name: "url",
  secretString: Secret.concat([Secret.text("postgres://shop:"), password, Secret.text("@db")]),
}
database: RDS.DBInstance {
  dbInstanceClass: "db.t4g.micro",
  allocatedStorage: "20",
  engine: "postgres",
  masterUsername: "shop",
  masterUserPassword: password,
}

validate named

@policy {id: "named"}
fun named(secret: SecretsManager.Secret) -> Validation: Validation.assert("a name", secret.name != None)

test "secrets are no test's business": named(login) == Validation.success

output address: database.endpoint.address
output secret: login.id
"#;

fn commands() -> Vec<Vec<&'static str>> {
    vec![
        vec!["check", "."],
        vec!["check", "--json", "."],
        vec!["check", "--format", "sarif", "."],
        vec!["test", "."],
        vec!["eval", "login", "main.lw"],
        vec!["eval", "password", "main.lw"],
        vec!["build", "main.lw"],
        vec!["build", "main.lw", "-o", "plan.json"],
        vec!["graph", "main.lw"],
        vec!["graph", "main.lw", "--format", "svg", "-o", "graph.svg"],
        vec!["preview", "--sim", "main.lw"],
        vec!["preview", "--sim", "--json", "main.lw"],
        vec!["preview", "--sim", "-o", "changes.json", "main.lw"],
        vec!["apply", "--sim", "--yes", "--json", "changes.json"],
        vec!["status"],
        vec!["status", "--json"],
        vec!["output", "project"],
        vec!["history", "project", "--verify"],
        vec!["drift", "project"],
        vec!["preview", "--sim", "--json", "main.lw"],
    ]
}

/// Every file below a folder that holds a canary.
fn holding(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            holding(&path, found);
            continue;
        }
        let bytes = fs::read(&path).expect("a readable file");
        if path.ends_with("token.txt") {
            continue;
        }
        let has = |canary: &str| bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
        found.extend(
            CANARIES
                .iter()
                .chain(&DIGESTS)
                .filter(|canary| has(canary))
                .map(|canary| format!("{}: {canary}", path.display())),
        );
    }
}

#[test]
fn no_output_and_no_file_holds_a_secret() {
    let mut folder = Folder::with(SHOP);
    folder.set("SHOP_PASSWORD", CANARIES[0]);
    folder.write("token.txt", CANARIES[1]);
    let mut said: Vec<String> = Vec::new();
    for arguments in commands() {
        let run = folder.lw(&arguments);
        // A secret alone is no value that could be shown; a preview with differences says so by its code.
        let one = arguments == ["eval", "password", "main.lw"] || arguments[0] == "preview";
        assert!(run.code == 0 || (one && run.code == 1), "lw {}: {}{}", arguments.join(" "), run.out, run.error);
        let text = run.out + &run.error;
        said.extend(
            CANARIES
                .iter()
                .filter(|canary| text.contains(*canary))
                .map(|canary| format!("lw {}: {canary}", arguments.join(" "))),
        );
    }
    // The secret turns over, a resource changes, and everything goes.
    folder.set("SHOP_PASSWORD", &format!("{}-new", CANARIES[0]));
    folder.write("main.lw", SHOP.replace("name: \"url\"", "name: \"address\""));
    for arguments in [
        vec!["apply", "--sim", "--yes", "--allow-delete", "5", "main.lw"],
        vec!["destroy", "--yes", "--allow-delete", "9", "project"],
        vec!["history", "project", "--json"],
    ] {
        let run = folder.lw(&arguments);
        assert_eq!(run.code, 0, "lw {}: {}{}", arguments.join(" "), run.out, run.error);
        let text = run.out + &run.error;
        said.extend(
            CANARIES
                .iter()
                .filter(|canary| text.contains(*canary))
                .map(|canary| format!("lw {}: {canary}", arguments.join(" "))),
        );
    }
    assert_eq!(said, [""; 0]);
    let mut kept = Vec::new();
    holding(folder.path(), &mut kept);
    assert_eq!(kept, [""; 0]);
    assert!(folder.exists(".linework/state.db"), "State was looked through");
    let key = fs::metadata(folder.path().join(".linework/secrets.key")).expect("the key of the installation");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
}

/// The search finds what is there: the same program with the canary in plain text.
#[test]
fn a_canary_in_plain_text_is_found() {
    let folder = Folder::with(
        &SHOP
            .replace("Secret.env(\"SHOP_PASSWORD\")", &format!("{:?}", CANARIES[0]))
            .replace("Secret.concat([Secret.text(\"postgres://shop:\"), password, Secret.text(\"@db\")])", "password"),
    );
    folder.write("token.txt", "x");
    folder.lw(&["build", "main.lw", "-o", "plan.json"]).expect(0);
    let mut kept = Vec::new();
    holding(folder.path(), &mut kept);
    assert!(kept.iter().any(|found| found.contains("plan.json")), "{kept:?}");
}
