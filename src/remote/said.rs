//! What a service says in an answer that is no success.

use serde::Deserialize;

/// The forms that the services' answers have: `message` of Connect and of Pulumi, with `diagnostics` of the latter where
/// an environment has errors, and `errors` of Vault.
#[derive(Deserialize)]
struct Answer {
    message: Option<String>,
    #[serde(default)]
    errors: Vec<String>,
    #[serde(default)]
    diagnostics: Vec<Diagnosed>,
}

#[derive(Deserialize)]
struct Diagnosed {
    summary: String,
    #[serde(default)]
    detail: String,
    range: Option<Range>,
}

#[derive(Deserialize)]
struct Range {
    #[serde(default)]
    environment: String,
    begin: Place,
}

#[derive(Deserialize)]
struct Place {
    line: u32,
    column: u32,
}

/// Returns what the body of an answer says; nothing when it is of another form, or says nothing.
pub(super) fn said(body: &[u8]) -> Option<String> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let message = answer.message.into_iter().chain(answer.errors);
    let parts: Vec<String> = message.chain(answer.diagnostics.iter().map(Diagnosed::text)).collect();
    let parts: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

impl Diagnosed {
    fn text(&self) -> String {
        let place = self
            .range
            .as_ref()
            .map(|Range { environment, begin }| format!("{environment}:{}:{}: ", begin.line, begin.column));
        let detail = if self.detail.is_empty() { String::new() } else { format!(" ({})", self.detail) };
        format!("{}{}{detail}", place.unwrap_or_default(), self.summary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_services_form_is_read_and_nothing_else() {
        let text = |body: &str| said(body.as_bytes());
        assert_eq!(text(r#"{"status":401,"message":"Invalid token"}"#).as_deref(), Some("Invalid token"));
        assert_eq!(text(r#"{"errors":["one","two"]}"#).as_deref(), Some("one; two"));
        let pulumi = r#"{"code":400,"message":"has errors","diagnostics":[
            {"range":{"environment":"o/p/e","begin":{"line":3,"column":9,"byte":0}},"summary":"unknown x","detail":"why"},
            {"summary":"stopped"}]}"#;
        assert_eq!(text(pulumi).as_deref(), Some("has errors; o/p/e:3:9: unknown x (why); stopped"));
        for other in ["", "<html>", "[]", "{}", r#"{"message":" "}"#, r#"{"message":1}"#] {
            assert_eq!(text(other), None, "{other}");
        }
    }
}
