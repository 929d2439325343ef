//! What goes wrong on demand, and what is over the quota.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use serde_json::json;
use swfbeat::clock;
use swfbeat::emulator::{Faults, Options, Quotas, Rate};

use crate::client::Emulator;

#[test]
fn requests_over_the_quota_are_throttled() {
    let mut quotas = Quotas::none();
    quotas.set("ListDomains".parse().unwrap(), Rate { bucket: 2, refill: 0 });
    let emulator = Emulator::with(Options { quotas, ..Options::default() });
    let mut connection = emulator.connect();
    let list = json!({"registrationStatus": "REGISTERED"});
    let statuses: Vec<u16> = (0..2).map(|_| connection.call("ListDomains", &list).status).collect();
    assert_eq!(statuses, [200, 200]);
    let reply = connection.call("ListDomains", &list);
    let throttled = "com.amazon.coral.availability#ThrottlingException";
    assert_eq!((reply.status, reply.json()), (400, json!({"__type": throttled, "message": "Rate exceeded"})));
    assert_eq!(connection.call("DescribeDomain", &json!({"name": "d"})).json()["message"], "Unknown domain: d");
}

/// An emulator with faults and with what [`Emulator::register`] registers.
fn faulty(faults: &[impl AsRef<str>]) -> Emulator {
    let faults = Faults::new(0, faults.iter().map(|fault| fault.as_ref().parse().unwrap()).collect());
    let emulator = Emulator::with(Options { faults, ..Options::default() });
    emulator.register();
    emulator
}

#[test]
fn a_lost_answer_leaves_the_client_waiting_and_the_effect_done() {
    let emulator = faulty(&["DeprecateDomain=lost-answer"]);
    let mut connection = emulator.connect();
    connection.send("DeprecateDomain", "{\"name\": \"d\"}");
    connection.assert_silent(Duration::from_millis(200));
    assert_eq!(emulator.call("DescribeDomain", &json!({"name": "d"}))["domainInfo"]["status"], "DEPRECATED");
}

#[test]
fn a_lost_request_has_no_effect() {
    let emulator = faulty(&["DeprecateDomain=lost-request"]);
    let mut connection = emulator.connect();
    connection.send("DeprecateDomain", "{\"name\": \"d\"}");
    connection.assert_silent(Duration::from_millis(200));
    assert_eq!(emulator.call("DescribeDomain", &json!({"name": "d"}))["domainInfo"]["status"], "REGISTERED");
}

#[test]
fn connections_are_reset_before_or_after_the_effect() {
    for (fault, status) in [("reset-request", "REGISTERED"), ("reset-answer", "DEPRECATED")] {
        let emulator = faulty(&[format!("DeprecateDomain={fault}")]);
        let mut connection = emulator.connect();
        connection.send("DeprecateDomain", "{\"name\": \"d\"}");
        let error = connection.stream.read(&mut [0]).expect_err("a reset, no orderly end");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let described = emulator.call("DescribeDomain", &json!({"name": "d"}));
        assert_eq!(described["domainInfo"]["status"], status, "{fault}");
    }
}

#[test]
fn refusals_on_demand_are_those_of_aws() {
    let emulator =
        faulty(&["throttle", "error:500", "error:503", "expired"].map(|kind| format!("DescribeDomain={kind}x1")));
    let mut connection = emulator.connect();
    let kinds: Vec<(u16, String)> = (0..5)
        .map(|_| connection.call("DescribeDomain", &json!({"name": "d"})))
        .map(|reply| (reply.status, reply.json()["__type"].as_str().unwrap_or_default().to_owned()))
        .collect();
    let expected = [
        (400, "com.amazon.coral.availability#ThrottlingException"),
        (500, "com.amazon.coral.service#InternalFailure"),
        (503, "com.amazon.coral.service#ServiceUnavailableException"),
        (400, "com.amazon.coral.service#ExpiredTokenException"),
        (200, ""),
    ];
    assert_eq!(kinds, expected.map(|(status, kind)| (status, kind.to_owned())));
}

#[test]
fn latency_delays_and_an_offset_falsifies_the_date() {
    let emulator = faulty(&["DescribeDomain=latency:300ms", "DescribeDomain=late-answer:200ms", "*=date:-1h"]);
    let sent = clock::now();
    let reply = emulator.connect().call("DescribeDomain", &json!({"name": "d"}));
    let took = clock::now().boot - sent.boot;
    assert!((500..3_000).contains(&took), "{took} ms");
    let date = chrono::DateTime::parse_from_rfc2822(reply.header("date").unwrap()).unwrap();
    let behind = sent.wall.0 - date.timestamp_millis();
    assert!((3_595_000..3_605_000).contains(&behind), "{behind} ms");
}
