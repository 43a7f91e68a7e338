//! `lw check --fix` where a policy says what to write: literals are replaced and added, in programs and templates; what is computed,
//! shared or made by a macro is left to people, with the reason.

use crate::lw::Folder;

const PACKS: [&str; 6] =
    ["--policy", "Policy.AWS.Config.KMS", "--policy", "Policy.AWS.Config.EFS", "--policy", "Policy.AWS.Config.EC2"];

fn fixed(name: &str, text: &str) -> (String, String) {
    let folder = Folder::new();
    folder.write(name, text);
    let arguments: Vec<&str> = ["check", name, "--fix"].into_iter().chain(PACKS).collect();
    let said = folder.lw(&arguments).out;
    (folder.read(name), said)
}

fn program(resources: &str) -> String {
    format!("composition\n\nimport AWS.KMS as KMS\n\n{resources}")
}

#[test]
fn literals_of_a_program_are_replaced_and_added() {
    for (before, after) in [
        (
            "a: KMS.Key {keyPolicy: {}, enableKeyRotation: False}\n",
            "a: KMS.Key {keyPolicy: {}, enableKeyRotation: True}\n",
        ),
        ("a: KMS.Key {keyPolicy: {}}\n", "a: KMS.Key {keyPolicy: {}, enableKeyRotation: True}\n"),
        ("a: KMS.Key {}\n", "a: KMS.Key {enableKeyRotation: True}\n"),
        (
            "a: KMS.Key {\n  description: \"é\",\n  keyPolicy: {},\n}\n",
            "a: KMS.Key {\n  description: \"é\",\n  keyPolicy: {},\n  enableKeyRotation: True,\n}\n",
        ),
        (
            "a: KMS.Key {enableKeyRotation: True}\n\nb: a with {enableKeyRotation: False}\n",
            "a: KMS.Key {enableKeyRotation: True}\n\nb: a with {enableKeyRotation: True}\n",
        ),
    ] {
        let (text, said) = fixed("main.lw", &program(before));
        assert_eq!(text, program(after), "{said}");
        assert!(said.contains("all fine"), "{said}");
    }
}

#[test]
fn what_a_program_computes_is_left_to_people() {
    let source = program(
        "fun make(rotates: Bool) -> KMS.Key: KMS.Key {keyPolicy: {}, enableKeyRotation: rotates}\n\na: make(False)\n",
    );
    let (text, said) = fixed("main.lw", &source);
    assert_eq!(text, source);
    assert!(said.contains("write `True`, by hand: the value of `enableKeyRotation` is computed"), "{said}");
}

#[test]
fn policies_that_contradict_each_other_end() {
    let source = "composition\n\nimport AWS.SQS as SQS\n\nvalidate on\n\nvalidate off\n\nq: SQS.Queue {delaySeconds: 1}\n\n\
        fun on(queue: SQS.Queue) -> Validation: wants(2, queue)\n\nfun off(queue: SQS.Queue) -> Validation: wants(3, queue)\n\n\
        fun wants(seconds: Int, queue: SQS.Queue) -> Validation:\n  if (queue.delaySeconds ?| 0) == seconds then\n    Validation.success\n  \
        else\n    Validation.failureAt {property: \"delaySeconds\", message: \"other\", edit: \"\\(seconds)\"}\n";
    let (text, said) = fixed("main.lw", source);
    assert!(text.contains("delaySeconds: 2") || text.contains("delaySeconds: 3"), "{text}");
    assert!(said.contains("1 error"), "{said}");
}

#[test]
fn literals_of_a_template_are_replaced_and_added() {
    let block = |properties: &str| format!("Resources:\n  A:\n    Type: AWS::KMS::Key\n    Properties:\n{properties}");
    for (name, before, after) in [
        (
            "t.yaml",
            block("      EnableKeyRotation: 'false' # why\n      KeyPolicy: {}\n"),
            block("      EnableKeyRotation: true # why\n      KeyPolicy: {}\n"),
        ),
        (
            "t.yaml",
            block("      KeyPolicy: {}\n"),
            block("      EnableKeyRotation: true\n      KeyPolicy: {}\n"),
        ),
        (
            "t.yaml",
            "Resources: {A: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {}}}}\n".to_string(),
            "Resources: {A: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: true, KeyPolicy: {}}}}\n".to_string(),
        ),
        (
            "t.json",
            "{\"Resources\": {\"A\": {\"Type\": \"AWS::KMS::Key\", \"Properties\": {\n  \"KeyPolicy\": {}\n}}}}\n".to_string(),
            "{\"Resources\": {\"A\": {\"Type\": \"AWS::KMS::Key\", \"Properties\": {\n  \"EnableKeyRotation\": true,\n  \"KeyPolicy\": {}\n}}}}\n"
                .to_string(),
        ),
    ] {
        let (text, said) = fixed(name, &before);
        assert_eq!(text, after, "{said}");
        assert!(said.contains("all fine"), "{said}");
    }
}

#[test]
fn what_is_not_one_resources_literal_stays_in_a_template() {
    let key = |properties: &str| format!("Resources:\n  A:\n    Type: AWS::KMS::Key\n{properties}");
    for (source, reason) in [
        (
            key("    Properties: {EnableKeyRotation: !Ref P, KeyPolicy: {}}\nParameters: {P: {Type: String, Default: 'false'}}\n"),
            "its value is given by `Ref`",
        ),
        (
            key("    Properties: {EnableKeyRotation: !If [C, false, false], KeyPolicy: {}}\nParameters: {P: {Type: String}}\n\
                 Conditions: {C: !Equals [!Ref P, x]}\n"),
            "its value is given by `Fn::If`",
        ),
        (
            "Metadata: {keys: &shared {EnableKeyRotation: false, KeyPolicy: {}}}\nResources:\n  B: {Type: AWS::KMS::Key, Properties: *shared}\n"
                .to_string(),
            "what is written there is shared by an anchor",
        ),
        (
            "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Keys:\n    - Name\n    - [One, Two]\n    - ${Name}:\n        \
             Type: AWS::KMS::Key\n        Properties: {EnableKeyRotation: false, KeyPolicy: {}}\n"
                .to_string(),
            "the resource is made by a macro or a loop",
        ),
        ("Resources: {A: {Type: AWS::EFS::FileSystem}}\n".to_string(), "the resource has no `Properties` yet"),
    ] {
        let (text, said) = fixed("t.yaml", &source);
        assert!(said.contains(&format!("by hand: {reason}")), "{reason}: {said}\n{text}");
    }
}

/// What `--fix` would do, reports offer.
#[test]
fn reports_carry_the_edit() {
    let folder = Folder::with(&program("a: KMS.Key {keyPolicy: {}}\n"));
    let report = folder.lw(&["check", "main.lw", "--policy", "Policy.AWS.Config.KMS", "--json"]).expect(1).json();
    let fix = &report["diagnostics"][0]["fix"][0];
    assert_eq!(fix["text"], ", enableKeyRotation: True");
    assert_eq!(fix["start"], fix["end"]);
}
