//! What tokens say besides the standard claims: roles, wherever the provider puts them.

use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Every claim that is no standard one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Claims(pub Map<String, Value>);

impl AdditionalClaims for Claims {}

impl Claims {
    /// The roles at a path such as `realm_access.roles`; `None` when nothing is there. A claim
    /// whose whole name has dots is found, too.
    pub fn roles(&self, path: &str) -> Option<Vec<String>> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let nested = || {
            let steps = rest.split('.').filter(|step| !step.is_empty());
            let mut steps = steps.map(str::to_owned);
            steps.try_fold(self.0.get(first)?, |value, step| value.get(step))
        };
        let roles = self.0.get(path).or_else(nested)?.as_array()?;
        let names = roles.iter().filter_map(Value::as_str);
        Some(names.map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use serde_json::json;

    #[test]
    fn roles_are_found_at_their_path() {
        let claims: Claims = serde_json::from_value(json!({
            "roles": ["user"],
            "realm_access": { "roles": ["auditor", 7] },
            "https://relevo.example/roles": ["operator"],
            "text": "user",
        }))
        .unwrap();
        let at = |path: &str| claims.roles(path);
        assert_eq!(at("roles"), Some(vec!["user".to_owned()]));
        assert_eq!(at("realm_access.roles"), Some(vec!["auditor".to_owned()]));
        let whole = at("https://relevo.example/roles");
        assert_eq!(whole, Some(vec!["operator".to_owned()]));
        for none in [
            "",
            "text",
            "nothing",
            "roles.x",
            "realm_access",
            "realm_access.x.y",
        ] {
            assert_eq!(at(none), None, "{none}");
        }
    }
}
