//! Names of fields: `created_at` here is `createdAt` in the schema.

/// Whether a field of the schema is that of ours.
#[must_use]
pub fn is_named(ours: &str, schema: &str) -> bool {
    let mut asked = schema.bytes();
    let mut upper = false;
    for byte in ours.bytes() {
        if byte == b'_' {
            upper = true;
            continue;
        }
        let wanted = if upper { byte.to_ascii_uppercase() } else { byte };
        upper = false;
        if asked.next() != Some(wanted) {
            return false;
        }
    }
    asked.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn snake_case_is_camel_case_in_the_schema() {
        assert!(is_named("created_at", "createdAt"));
        assert!(is_named("id", "id"));
        assert!(is_named("has_next_page", "hasNextPage"));
        for other in ["created_at", "createdat", "createdA", "createdAtt", "", "CreatedAt"] {
            assert!(!is_named("created_at", other), "{other}");
        }
    }
}
