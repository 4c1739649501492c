//! The people of a site.

use serde_json::{Value, json};

use super::site::{Shape, Site};

/// Someone with an account.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) account_id: String,
    pub(super) name: String,
    /// None where the person hides it.
    pub(super) email: Option<String>,
}

impl Person {
    /// The name that Data Center knows someone by.
    fn user_name(&self) -> String {
        self.name.to_lowercase().replace(' ', ".")
    }
}

impl Site {
    /// Someone by account; null for nobody.
    pub(super) fn person_json(&self, account_id: Option<&str>, shape: Shape) -> Value {
        let found = self.people.iter().find(|person| Some(person.account_id.as_str()) == account_id);
        let Some(person) = found else { return Value::Null };
        let api = self.api(shape);
        let mut user = match shape {
            Shape::Cloud | Shape::Webhook => json!({
                "self": format!("{api}/user?accountId={}", person.account_id),
                "accountId": person.account_id, "accountType": "atlassian",
            }),
            Shape::DataCenter => json!({
                "self": format!("{api}/user?username={}", person.user_name()),
                "key": person.account_id, "name": person.user_name(),
            }),
        };
        user["displayName"] = json!(person.name);
        user["active"] = json!(true);
        user["timeZone"] = json!(self.zone.name());
        // What is sent on its own never tells addresses.
        if let Some(email) = person.email.as_ref().filter(|_| shape != Shape::Webhook) {
            user["emailAddress"] = json!(email);
        }
        user
    }
}
