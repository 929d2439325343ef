//! Who may call, and what.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use serde_json::json;
use swfbeat::clock;
use swfbeat::emulator::{Keys, Options};

use crate::client::{Emulator, Reply};

const BODY: &str = r#"{"registrationStatus":"REGISTERED"}"#;

fn guarded() -> Emulator {
    let keys = Keys { access_key: "AKIDEXAMPLE".into(), secret_key: "secret".into() };
    Emulator::with(Options { keys: Some(keys), ..Options::default() })
}

/// Sends ListDomains, signed with this secret so many milliseconds from now.
fn signed(emulator: &Emulator, secret: &str, skew: i64) -> Reply {
    let at = Duration::from_millis((clock::now().wall.0 + skew) as u64);
    let identity = Credentials::new("AKIDEXAMPLE", secret, None, None, "test").into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("swf")
        .time(SystemTime::UNIX_EPOCH + at)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let host = emulator.addr.to_string();
    let own = [("host", host.as_str()), ("x-amz-target", "SimpleWorkflowService.ListDomains")];
    let body = SignableBody::Bytes(BODY.as_bytes());
    let request = SignableRequest::new("POST", format!("http://{host}/"), own.into_iter(), body).unwrap();
    let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
    let headers = own.into_iter().chain(instructions.headers());
    let lines = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    let mut connection = emulator.connect();
    connection.send_raw(&format!("POST / HTTP/1.1\r\n{lines}"), BODY);
    connection.receive()
}

fn kind(reply: &Reply) -> String {
    reply.json()["__type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned()
}

#[test]
fn only_the_right_keys_are_let_in() {
    let emulator = guarded();
    let genuine = signed(&emulator, "secret", 0);
    assert_eq!(genuine.status, 200, "{}", genuine.body);
    assert_eq!(kind(&signed(&emulator, "guess", 0)), "InvalidSignatureException");
    let late = signed(&emulator, "secret", -3_600_000);
    assert_eq!(kind(&late), "InvalidSignatureException");
    assert!(late.json()["message"].as_str().unwrap().starts_with("Signature expired: "), "{}", late.body);
    let unsigned = emulator.connect().call("ListDomains", &json!({"registrationStatus": "REGISTERED"}));
    assert_eq!((unsigned.status, kind(&unsigned).as_str()), (400, "MissingAuthenticationTokenException"));
}

#[test]
fn a_denied_operation_is_answered_as_iam_does() {
    let deny = vec!["ListDomains".parse().unwrap()];
    let emulator = Emulator::with(Options { deny, ..Options::default() });
    let reply = emulator.connect().call("ListDomains", &json!({"registrationStatus": "REGISTERED"}));
    let expected = json!({
        "__type": "com.amazon.coral.service#AccessDeniedException",
        "Message": "User: arn:aws:iam::123456789012:user/emulator is not authorized to perform: swf:ListDomains on \
                    resource: arn:aws:swf:us-east-1:123456789012:/domain/*",
    });
    assert_eq!((reply.status, reply.json()), (400, expected));
    assert_eq!(emulator.connect().call("DescribeDomain", &json!({"name": "d"})).json()["message"], "Unknown domain: d");
}
