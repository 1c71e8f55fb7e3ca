//! Manual calls of `load_balance` with their answers.

use super::samples::milliseconds;
use serde_json::Value;

/// What the client got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Whether it was done.
    pub(crate) is_success: bool,
    /// Milvus's code.
    pub(crate) code: i64,
    /// Milvus's text.
    pub(crate) text: String,
}

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// What it tried.
    pub(crate) label: String,
    /// When it was made.
    pub(crate) at_ms: u64,
    /// How long the client waited.
    pub(crate) took_ms: u64,
    /// The collection.
    pub(crate) collection: String,
    /// The source.
    pub(crate) source: i64,
    /// The targets, in the order given.
    pub(crate) targets: Value,
    /// The segments, in the order given.
    pub(crate) segments: Value,
    /// The answer; `None` when the connection broke and the server's own answer is not known.
    pub(crate) answer: Option<Answer>,
}

/// What a client sees when its connection broke, whatever the server did.
const BROKEN_CONNECTION: &str = "rpc error: code = Canceled desc = context canceled";

/// The old error codes by name, for answers that carry no number.
const OLD_CODES: &[(&str, i64)] =
    &[("Success", 0), ("UnexpectedError", UNEXPECTED), ("CollectionNotExists", 4)];

/// The old code of every error that has none of its own.
const UNEXPECTED: i64 = 1;

/// Reads `load_balance.jsonl`. A line is written some while after the answer, always the same while; most
/// calls follow the line before at once, so that the least gap tells it.
pub(crate) fn read(text: &str) -> Result<Vec<Call>, String> {
    let mut calls = Vec::new();
    let mut gaps = Vec::new();
    let mut before_ms = None;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: &str| format!("load_balance.jsonl:{}: {what}", number + 1);
        let value: Value = serde_json::from_str(line).map_err(|error| wrong(&error.to_string()))?;
        let written_ms = milliseconds(&value["t"]).ok_or_else(|| wrong("no time"))?;
        let took_ms = milliseconds(&value["elapsed_s"]).ok_or_else(|| wrong("no elapsed_s"))?;
        if let Some(before_ms) = before_ms.replace(written_ms) {
            gaps.push(written_ms.saturating_sub(before_ms + took_ms));
        }
        let request = &value["request"];
        if value["status"].is_null() && value["rpc_error"].is_null() {
            return Err(wrong("neither a status nor an rpc_error"));
        }
        calls.push(Call {
            label: value["label"].as_str().unwrap_or_default().to_owned(),
            at_ms: written_ms.saturating_sub(took_ms),
            took_ms,
            collection: request["collection"].as_str().unwrap_or_default().to_owned(),
            source: request["src"].as_i64().ok_or_else(|| wrong("no source"))?,
            targets: request["dst"].clone(),
            segments: request["segments"].clone(),
            answer: answer(&value["status"]),
        });
    }
    let gap_ms = gaps.into_iter().min().unwrap_or(0);
    for call in &mut calls {
        call.at_ms = call.at_ms.saturating_sub(gap_ms);
    }
    Ok(calls)
}

impl Answer {
    /// Whether a run gives this recorded answer. An answer without a number shows as code 0 or by the old code
    /// of its name, depending on the client.
    pub(crate) fn is_given_by(&self, run: &Answer) -> bool {
        let is_code = self.code == run.code || (self.code == UNEXPECTED && run.code == 0);
        self.is_success == run.is_success && self.text == run.text && is_code
    }
}

fn answer(status: &Value) -> Option<Answer> {
    let text = status["reason"].as_str()?;
    let old = status["error_code"].as_str();
    let old = old.and_then(|name| OLD_CODES.iter().find(|(known, _)| *known == name));
    let code = status["code"].as_i64().filter(|code| *code != 0).or(old.map(|(_, code)| *code))?;
    (!text.contains(BROKEN_CONNECTION)).then(|| Answer {
        is_success: old.is_some_and(|(name, _)| *name == "Success"),
        code,
        text: text.to_owned(),
    })
}

#[test]
fn a_call_is_made_before_its_line_is_written() {
    let line = |t: f64, elapsed: f64| {
        format!(
            "{{\"label\":\"x\",\"t\":{t},\"elapsed_s\":{elapsed},\"request\":{{\"collection\":\"c\",\"src\":7,\
             \"dst\":null,\"segments\":[1]}},\"status\":{{\"error_code\":\"UnexpectedError\",\"code\":0,\
             \"reason\":\"no\"}}}}"
        )
    };
    let text = [line(10.0, 1.0), line(13.5, 0.5), line(20.0, 0.25)].join("\n");
    let calls = read(&text).expect("calls");
    let times: Vec<u64> = calls.iter().map(|call| call.at_ms).collect();
    assert_eq!(times, [6000, 10_000, 16_750]);
    assert_eq!(calls[0].answer, Some(Answer { is_success: false, code: 1, text: "no".to_owned() }));
}
