//! Signature Version 4, verified: whether a request was signed with the one key pair there is. Pure.
//!
//! Any region is accepted. Dates may be off by a minute more than AWS allows, because the AWS SDK for Rust signs up to
//! 30 s in the future after a long poll.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use chrono::{DateTime, NaiveDateTime};
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use sha2::{Digest, Sha256};

use super::super::refusal::Refusal;
use super::admin::same;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "swf";
const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// How far a signature's date may be off, as AWS says it, in milliseconds.
const WINDOW: i64 = 5 * 60 * 1_000;
/// And how much more is let pass.
const GRACE: i64 = 60 * 1_000;

/// The key pair that requests are to be signed with. The secret is not shown by `Debug`.
#[derive(Clone)]
pub struct Keys {
    /// Such as AKIDEXAMPLE.
    pub access_key: String,
    /// The secret.
    pub secret_key: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({}, ..)", self.access_key)
    }
}

impl Keys {
    /// Verifies a request to `POST /` at `now` (milliseconds since 1970).
    ///
    /// # Errors
    /// What AWS answers to a request that is not signed, or not with these keys, or at another time.
    pub fn verify(&self, now: i64, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
        let authorization = header(headers, AUTHORIZATION.as_str()).ok_or(Refusal::Unsigned)?;
        let date = header(headers, "x-amz-date");
        let claim = Claim::read(&authorization)?;
        let date =
            date.ok_or_else(|| Refusal::Incomplete(lacks("existence of either a 'X-Amz-Date' or a 'Date' header")))?;
        if claim.access_key != self.access_key {
            return Err(Refusal::UnknownKey);
        }
        let at = claim.check_scope(&date)?;
        check_date(&date, at, now)?;
        let expected = self.signature(&claim, &date, at, &canonical(&claim, headers, body)?);
        if same(&expected, claim.signature) { Ok(()) } else { Err(Refusal::Signature(MISMATCH.into())) }
    }

    fn signature(&self, claim: &Claim<'_>, date: &str, at: i64, canonical: &str) -> String {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(at.max(0) as u64);
        let key = generate_signing_key(&self.secret_key, at, claim.region, SERVICE);
        let text = format!("{ALGORITHM}\n{date}\n{}\n{}", claim.scope, hex(canonical.as_bytes()));
        calculate_signature(key, text.as_bytes())
    }
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";

/// What an `Authorization` header says.
struct Claim<'a> {
    access_key: &'a str,
    /// Date, region, service and `aws4_request`.
    scope: &'a str,
    region: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Claim<'a> {
    fn read(authorization: &'a str) -> Result<Self, Refusal> {
        let Some(parameters) = authorization.strip_prefix(ALGORITHM) else {
            return Err(Refusal::Incomplete(format!("Authorization must begin with '{ALGORITHM}'.")));
        };
        let parameter = |name: &str| {
            let found = parameters.split(',').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
            found.ok_or_else(|| Refusal::Incomplete(lacks(&format!("'{name}' parameter"))))
        };
        let credential = parameter("Credential")?;
        let signed_headers = parameter("SignedHeaders")?;
        let signature = parameter("Signature")?;
        let (access_key, scope) = credential.split_once('/').unwrap_or((credential, ""));
        let region = scope.split('/').nth(1).unwrap_or_default();
        Ok(Self { access_key, scope, region, signed_headers, signature })
    }

    /// Checks the credential's scope against the request's date; the date in milliseconds since 1970.
    fn check_scope(&self, date: &str) -> Result<i64, Refusal> {
        let at = NaiveDateTime::parse_from_str(date, DATE_FORMAT)
            .map_err(|_| Refusal::Incomplete("Date must be in ISO-8601 'basic format'.".into()))?;
        let refuse = |sentence: String| Err(Refusal::Signature(sentence));
        let [day, _, service, end] = self.scope.split('/').collect::<Vec<_>>()[..] else {
            return refuse("Credential must have exactly 5 slash-delimited elements.".into());
        };
        if service != SERVICE {
            return refuse(format!("Credential should be scoped to correct service: '{SERVICE}'."));
        }
        if end != "aws4_request" {
            return refuse("Credential should be scoped with a valid terminator: 'aws4_request'.".into());
        }
        if !date.starts_with(day) || day.len() != 8 {
            return refuse(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP".into(),
            );
        }
        Ok(at.and_utc().timestamp_millis())
    }
}

fn lacks(what: &str) -> String {
    format!("Authorization header requires {what}.")
}

fn check_date(date: &str, at: i64, now: i64) -> Result<(), Refusal> {
    let written = |millis| {
        let time = DateTime::from_timestamp_millis(millis).unwrap_or_default();
        time.format(DATE_FORMAT).to_string()
    };
    let (clock, earliest, latest) = (written(now), now - WINDOW, now + WINDOW);
    let sentence = if at < earliest - GRACE {
        format!("Signature expired: {date} is now earlier than {} ({clock} - 5 min.)", written(earliest))
    } else if at > latest + GRACE {
        format!("Signature not yet current: {date} is still later than {} ({clock} + 5 min.)", written(latest))
    } else {
        return Ok(());
    };
    Err(Refusal::Signature(sentence))
}

/// The request as it is signed: method, path, no query, the signed headers, the hash of the body.
fn canonical(claim: &Claim<'_>, headers: &HeaderMap, body: &[u8]) -> Result<String, Refusal> {
    let names: Vec<&str> = claim.signed_headers.split(';').collect();
    if !names.contains(&"host") {
        return Err(Refusal::Signature("'Host' must be a 'SignedHeader' in the AWS Authorization.".into()));
    }
    let mut lines = String::new();
    for name in names {
        let value = header(headers, name).unwrap_or_default();
        lines.extend([name, ":", &value, "\n"]);
    }
    Ok(format!("POST\n/\n\n{lines}\n{}\n{}", claim.signed_headers, hex(body)))
}

/// A header's values as they are signed: spaces once, values joined with commas.
fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).split_ascii_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    /// 2026-11-23 12:13:12 UTC.
    const NOW: i64 = 1_795_435_992_000;
    const DATE: &str = "20261123T121312Z";
    const BODY: &[u8] = b"{\"name\": \"d\"}";

    fn keys() -> Keys {
        Keys { access_key: "AKID".into(), secret_key: "a secret".into() }
    }

    /// What a request signed with these keys looks like, made by the SDK's own signer.
    fn signed(keys: &Keys, at: i64, service: &str) -> HeaderMap {
        use aws_credential_types::Credentials;
        use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
        use aws_sigv4::sign::v4::SigningParams;

        let identity = Credentials::new(&keys.access_key, &keys.secret_key, None, None, "test").into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name(service)
            .time(SystemTime::UNIX_EPOCH + Duration::from_millis(at as u64))
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let own = [("host", "localhost:8080"), ("x-amz-target", "SimpleWorkflowService.DescribeDomain")];
        let request =
            SignableRequest::new("POST", "http://localhost:8080/", own.into_iter(), SignableBody::Bytes(BODY)).unwrap();
        let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
        let added: Vec<_> = instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let pair = |(name, value): (String, String)| -> (HeaderName, HeaderValue) {
            (name.to_lowercase().parse().unwrap(), value.parse().unwrap())
        };
        own.into_iter().chain(added).map(pair).collect()
    }

    fn verify(headers: &HeaderMap) -> Result<(), Refusal> {
        keys().verify(NOW, headers, BODY)
    }

    #[test]
    fn a_request_signed_by_the_sdk_is_genuine() {
        let headers = signed(&keys(), NOW, "swf");
        assert_eq!(headers["x-amz-date"], DATE);
        assert_eq!(verify(&headers), Ok(()));
    }

    #[test]
    fn anything_changed_after_signing_is_noticed() {
        let mismatch = Err(Refusal::Signature(MISMATCH.into()));
        let genuine = signed(&keys(), NOW, "swf");
        assert_eq!(keys().verify(NOW, &genuine, b"{}"), mismatch);
        for (name, value) in [("host", "elsewhere"), ("x-amz-target", "SimpleWorkflowService.DeprecateDomain")] {
            let mut headers = genuine.clone();
            headers.insert(name, HeaderValue::from_static(value));
            assert_eq!(verify(&headers), mismatch, "{name}");
        }
        let forger = Keys { secret_key: "another".into(), ..keys() };
        assert_eq!(verify(&signed(&forger, NOW, "swf")), mismatch);
    }

    #[test]
    fn other_keys_and_no_keys() {
        assert_eq!(verify(&HeaderMap::new()), Err(Refusal::Unsigned));
        let stranger = Keys { access_key: "OTHER".into(), ..keys() };
        assert_eq!(verify(&signed(&stranger, NOW, "swf")), Err(Refusal::UnknownKey));
        for incomplete in ["Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=AKID/a/b/swf/aws4_request"] {
            let mut headers = signed(&keys(), NOW, "swf");
            headers.insert(AUTHORIZATION, HeaderValue::from_static(incomplete));
            assert!(matches!(verify(&headers), Err(Refusal::Incomplete(_))), "{incomplete}");
        }
        let mut headers = signed(&keys(), NOW, "swf");
        headers.remove("x-amz-date");
        assert!(matches!(verify(&headers), Err(Refusal::Incomplete(_))));
        assert!(matches!(verify(&signed(&keys(), NOW, "s3")), Err(Refusal::Signature(text)) if text.contains("'swf'")));
    }

    #[test]
    fn only_within_five_minutes_and_one() {
        for (skew, word) in [(-360_000, None), (-361_000, Some("expired")), (360_000, None), (361_000, Some("not yet"))]
        {
            match (verify(&signed(&keys(), NOW + skew, "swf")), word) {
                (Ok(()), None) => {}
                (Err(Refusal::Signature(text)), Some(word)) => assert!(text.contains(word), "{text}"),
                (result, _) => panic!("{skew}: {result:?}"),
            }
        }
        let Err(Refusal::Signature(text)) = verify(&signed(&keys(), NOW - 3_600_000, "swf")) else { panic!("too old") };
        let expected =
            "Signature expired: 20261123T111312Z is now earlier than 20261123T120812Z (20261123T121312Z - 5 min.)";
        assert_eq!(text, expected);
    }
}
