//! Which addresses are taken when they are saved.

use super::{Outbound, OutboundError, ToolError, outbound};

fn refusal(outbound: &Outbound, address: &str) -> String {
    match outbound.check_address(address) {
        Err(ToolError::Unsafe(message)) => message,
        other => panic!("{address}: {other:?}"),
    }
}

#[test]
fn addresses_that_are_never_called_are_refused_when_they_are_saved() {
    let outbound = outbound(&[]);
    let ip = "not by an IP address";
    for (address, why) in [
        ("https://127.0.0.1", ip),
        ("https://[::1]", ip),
        ("https://0.0.0.0", ip),
        ("https://169.254.169.254/latest/meta-data", ip),
        ("https://10.0.0.1", ip),
        ("https://172.16.0.1", ip),
        ("https://192.168.1.1", ip),
        ("https://100.64.0.1", ip),
        ("https://[fd00::1]", ip),
        ("https://[fe80::1]", ip),
        ("https://[::ffff:127.0.0.1]", ip),
        ("https://[::127.0.0.1]", ip),
        ("https://[64:ff9b::127.0.0.1]", ip),
        ("https://224.0.0.1", ip),
        ("https://192.0.2.1", ip),
        ("https://2130706433", ip),
        ("https://0x7f.1", ip),
        ("https://0x7f000001", ip),
        ("https://0177.0.0.1", ip),
        ("https://127.1", ip),
        ("https://127.0.0.1.", ip),
        ("https://%31%32%37.0.0.1", ip),
        ("https://１２７.0.0.1", ip),
        ("https://a@127.0.0.1", "user or password"),
        ("https://acme.atlassian.net@127.0.0.1", "user or password"),
        ("https://a:b@acme.atlassian.net", "user or password"),
        ("https://localhost", "no name of the internet"),
        ("https://LOCALHOST.", "no name of the internet"),
        ("https://a.localhost", "no name of the internet"),
        ("https://jira", "no name of the internet"),
        ("https://nas.local", "no name of the internet"),
        ("https://metadata.google.internal", "no name of the internet"),
        ("http://acme.atlassian.net", "only https is spoken"),
        ("https://acme.atlassian.net:5432", "no port is called but 443"),
        ("https://acme.atlassian.net:80", "no port is called but 443"),
        ("file:///etc/passwd", "begin with https://"),
        ("gopher://acme.atlassian.net", "begin with https://"),
        ("ftp://acme.atlassian.net", "begin with https://"),
        ("javascript:alert(1)", "begin with https://"),
        ("https://acme.\natlassian.net", "not the address of a tool"),
        ("https://acme.atlassian.net\r\nHost: a", "not the address of a tool"),
        ("https://acme.atlassian.net\n", "not the address of a tool"),
        ("https://acme.\tatlassian.net", "not the address of a tool"),
        ("https://acme.atlassian.net\0", "not the address of a tool"),
        ("https://acme.atlassian.net\\@127.0.0.1", "not the address of a tool"),
        ("https://acme .atlassian.net", "not the address of a tool"),
        ("https://1.2.3.4.5", "not the address of a tool"),
        ("https://", "not the address of a tool"),
        ("acme.atlassian.net", "not the address of a tool"),
        ("", "not the address of a tool"),
        ("https://acme.atlassian.net/?a=1", "leave out what follows"),
        ("https://acme.atlassian.net/#a", "leave out what follows"),
    ] {
        let refused = refusal(&outbound, address);
        assert!(refused.contains(why), "{address}: {refused}");
    }
    refusal(&outbound, &format!("https://acme.atlassian.net/{}", "a".repeat(1_000)));
}

#[test]
fn an_address_is_brought_into_its_one_form() {
    for (written, address, site) in [
        ("https://acme.atlassian.net", "https://acme.atlassian.net", "acme.atlassian.net"),
        (" https://ACME.atlassian.net:443// ", "https://acme.atlassian.net", "acme.atlassian.net"),
        ("https://jira.example.com/jira/", "https://jira.example.com/jira", "jira.example.com"),
        ("https://jira.example.com/a/../b", "https://jira.example.com/b", "jira.example.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
    ] {
        let read = outbound(&[]).check_address(written).unwrap();
        assert_eq!((read.as_str(), read.site()), (address, site));
        assert_eq!(outbound(&[]).check_address(read.as_str()).unwrap(), read);
    }
}

#[test]
fn the_operator_admits_a_host_or_one_of_its_ports() {
    let outbound = outbound(&["jira", "10.0.0.7:8080", "[fd00::7]", "Jira.Corp.example:8443"]);
    for address in [
        "http://jira",
        "https://jira:8443",
        "http://10.0.0.7:8080",
        "https://[fd00::7]:9000",
        "https://jira.corp.example:8443/jira",
    ] {
        assert_eq!(outbound.check_address(address).unwrap().as_str(), address);
    }
    for address in [
        "http://10.0.0.7",
        "http://10.0.0.7:8081",
        "http://10.0.0.8:8080",
        "http://a@jira",
        "https://jira.corp.example:8444",
        "http://jira.corp.example",
        "ftp://jira",
    ] {
        refusal(&outbound, address);
    }
}

#[test]
fn what_is_admitted_has_to_be_a_host() {
    for entry in ["", "http://a", "u:canary@a", "u@a:80", "a:0x50", "a:99999", "a:+80", "a:", "a/b", "::1"] {
        let error = Outbound::new(&["jira".to_owned(), entry.to_owned()]).unwrap_err();
        assert!(matches!(error, OutboundError::Host { number: 2 }), "{entry}: {error}");
        assert!(!error.to_string().contains("canary"));
    }
}
