//! The address below which the API of a Jira lies, of what people write or paste.

use crate::domain::sync::port::ToolError;

/// What the hosts of Cloud end in.
const CLOUD: &str = ".atlassian.net";

/// The host behind which every site of Cloud lies too, for tokens with scopes.
const GATEWAY: &str = "api.atlassian.com";

/// First steps of the addresses of Jira's own pages: what stands before one is where that Jira lies on its host.
const PAGES: [&str; 10] = [
    "browse",
    "dashboard",
    "issues",
    "login.jsp",
    "plugins",
    "projects",
    "rest",
    "secure",
    "servicedesk",
    "si",
];

/// The address of what a person wrote, still to be checked: `acme`, `acme.atlassian.net` and any page of it are
/// `https://acme.atlassian.net`; any other host is taken as it stands, with the path before the first step of a page.
/// Which deployment it is, is not told here, so nothing hangs on that.
///
/// # Errors
/// [`ToolError::Refused`] when nothing was written, or the gateway without a site.
pub(super) fn read(told: Option<&str>) -> Result<String, ToolError> {
    let told = told.map(str::trim).filter(|told| !told.is_empty()).ok_or_else(|| {
        refused("Jira has no address of its own: write that of your site, such as https://acme.atlassian.net")
    })?;
    if told.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(format!("https://{}{CLOUD}", told.to_ascii_lowercase()));
    }
    let (scheme, rest) = told.split_once("://").unwrap_or(("https", told));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.to_lowercase();
    let name = host.strip_suffix(":443").unwrap_or(&host);
    // Cloud lies at the root of its host, whatever page was copied.
    if name.ends_with(CLOUD) {
        return Ok(format!("https://{name}"));
    }
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
    let kept = if name == GATEWAY {
        let site = steps.strip_prefix(&["ex", "jira"]).and_then(|rest| rest.first());
        let site = site.ok_or_else(|| {
            refused("behind api.atlassian.com a site has an id: write https://api.atlassian.com/ex/jira/ and the id")
        })?;
        vec!["ex", "jira", *site]
    } else {
        steps.into_iter().take_while(|step| !PAGES.contains(step)).collect()
    };
    let mut address = format!("{scheme}://{host}");
    for step in kept {
        address.push('/');
        address.push_str(step);
    }
    Ok(address)
}

/// Whether an address that was read is one of Cloud's own.
pub(super) fn is_of_cloud(address: &str) -> bool {
    address.ends_with(CLOUD)
}

/// Whether it is a site behind the gateway.
pub(super) fn is_of_gateway(address: &str) -> bool {
    address.split_once("://").is_some_and(|(_, rest)| rest.split('/').next() == Some(GATEWAY))
}

fn refused(message: &str) -> ToolError {
    ToolError::Refused(message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_leads_to_the_api() {
        for (told, address) in [
            ("acme", "https://acme.atlassian.net"),
            (" Acme ", "https://acme.atlassian.net"),
            ("acme.atlassian.net", "https://acme.atlassian.net"),
            ("http://Acme.Atlassian.net:443/", "https://acme.atlassian.net"),
            (
                "https://acme.atlassian.net/jira/software/projects/A/boards/1?selectedIssue=A-1#x",
                "https://acme.atlassian.net",
            ),
            ("https://acme.atlassian.net?x=1", "https://acme.atlassian.net"),
            ("https://api.atlassian.com/ex/jira/11-22/rest/api/3", "https://api.atlassian.com/ex/jira/11-22"),
            ("jira.acme.example", "https://jira.acme.example"),
            ("https://jira.acme.example/", "https://jira.acme.example"),
            ("https://jira.acme.example/browse/A-1", "https://jira.acme.example"),
            ("https://acme.example/jira/secure/RapidBoard.jspa?rapidView=1", "https://acme.example/jira"),
            ("https://acme.example/Tools/Jira", "https://acme.example/Tools/Jira"),
            ("http://jira:8080/jira/", "http://jira:8080/jira"),
            ("jira.acme.example:8443/rest/api/2/", "https://jira.acme.example:8443"),
        ] {
            assert_eq!(read(Some(told)).as_deref(), Ok(address), "{told}");
        }
    }

    #[test]
    fn what_names_no_site_is_refused() {
        for told in [
            None,
            Some(""),
            Some("  "),
            Some("https://api.atlassian.com"),
            Some("api.atlassian.com/ex/jira/"),
        ] {
            let Err(ToolError::Refused(message)) = read(told) else { panic!("{told:?}") };
            assert!(message.contains("https://"), "{message}");
        }
    }

    #[test]
    fn cloud_and_its_gateway_are_known() {
        assert!(is_of_cloud("https://acme.atlassian.net") && !is_of_cloud("https://jira.acme.example"));
        assert!(is_of_gateway("https://api.atlassian.com/ex/jira/11-22"));
        assert!(
            !is_of_gateway("https://acme.atlassian.net")
                && !is_of_gateway("https://acme.example/api.atlassian.com")
        );
    }
}
