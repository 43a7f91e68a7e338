//! A program of five hundred resources that was a template.

use std::fmt::Write;
use std::time::Instant;

use serde_json::json;

use super::Client;
use crate::lw::Folder;

const RESOURCES: usize = 500;

/// Queues with dead letters, alarms and topics that refer to each other, as somebody would have written them.
fn template() -> String {
    let mut text = String::from(
        "Parameters:\n  Stage: {Type: String, Default: dev}\nConditions:\n  IsProd: !Equals [!Ref Stage, prod]\nResources:\n",
    );
    for number in 0..RESOURCES / 4 {
        _ = write!(
            text,
            "  # Orders {number}
  Dead{number}:
    Type: AWS::SQS::Queue
    Properties: {{MessageRetentionPeriod: 1209600}}
  Queue{number}:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub '${{Stage}}-orders-{number}'
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt Dead{number}.Arn
        maxReceiveCount: 3
      Tags:
        - {{Key: Stage, Value: !Ref Stage}}
  Topic{number}:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: !If [IsProd, Orders, !Sub 'Orders of ${{Stage}}']
  Alarm{number}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      ComparisonOperator: GreaterThanThreshold
      EvaluationPeriods: 1
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Period: 60
      Statistic: Sum
      Threshold: 1
      AlarmActions: [!Ref Topic{number}]
      Dimensions:
        - {{Name: QueueName, Value: !GetAtt Queue{number}.QueueName}}
"
        );
    }
    text
}

#[test]
#[expect(clippy::print_stdout, reason = "how long it takes is for people: what holds is counted")]
fn a_large_template_opens_formats_and_is_checked_as_a_program() {
    let folder = Folder::new();
    folder.write("template.yaml", template());
    folder.lw(&["import", "cloudformation", "template.yaml", "-o", "main.lw"]).expect(0);
    let text = folder.read("main.lw");
    let summary = folder.lw(&["check", "main.lw", "--json"]).expect(0).json();
    assert_eq!(summary["summary"]["resources"], json!(RESOURCES));

    let mut client = Client::start(&folder);
    let begun = Instant::now();
    client.open("main.lw", &text);
    assert!(client.diagnostics("main.lw").is_empty());
    let opened = begun.elapsed();

    let begun = Instant::now();
    let edits = client.ask(
        "textDocument/formatting",
        json!({"textDocument": {"uri": client.uri("main.lw")}, "options": {"tabSize": 2, "insertSpaces": true}}),
    );
    let formatted = begun.elapsed();
    assert!(edits.as_array().is_none_or(|edits| edits.is_empty()), "an import is laid out: {edits}");

    let begun = Instant::now();
    client.replace("main.lw", &text.replacen("maxReceiveCount\": 3", "maxReceiveCount\": thre", 1));
    let found = client.diagnostics("main.lw");
    let edited = begun.elapsed();
    assert_eq!((found.len(), &found[0]["code"]), (1, &json!("LW0201")), "{found:?}");

    let begun = Instant::now();
    client.replace("main.lw", &text);
    assert!(client.diagnostics("main.lw").is_empty());
    println!(
        "{RESOURCES} resources, {} lines: opened after {opened:?}, formatted after {formatted:?}, an edit checked after {edited:?}, and evaluated after {:?}",
        text.lines().count(),
        begun.elapsed()
    );
    assert_eq!(client.stop(), Some(0));
}
