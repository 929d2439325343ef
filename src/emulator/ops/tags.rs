//! Tags of domains: TagResource, UntagResource, ListTagsForResource.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::check::{Checks, RESOURCE_ARN, TAG_KEY, TAG_VALUE};
use super::super::fault::{Fault, Result};
use super::super::registry::Domain;
use super::super::service::Service;

/// The most tags a domain has (developer guide, quotas).
const MAX_TAGS: usize = 50;

/// Tags by their keys.
pub type Tags = BTreeMap<String, Option<String>>;

/// `ResourceTag`.
#[derive(Deserialize)]
pub struct TagShape {
    key: Option<String>,
    value: Option<String>,
}

/// Checks the tags of a request; of a key that comes twice the last value counts.
pub fn check(checks: &mut Checks, tags: Vec<TagShape>) -> Tags {
    let numbered = tags.into_iter().enumerate();
    let read = numbered.map(|(n, tag)| {
        let key = checks.required(&format!("tags.{}.member.key", n + 1), tag.key, &TAG_KEY);
        (key, checks.optional(&format!("tags.{}.member.value", n + 1), tag.value, &TAG_VALUE))
    });
    read.collect()
}

/// Adds tags to a domain's; the new value of a key counts.
///
/// # Errors
/// TooManyTagsFault, and nothing is added.
pub fn merge(old: &mut Tags, new: Tags) -> Result<()> {
    let more = new.keys().filter(|key| !old.contains_key(*key)).count();
    if old.len() + more > MAX_TAGS {
        return Err(Fault::too_many_tags(MAX_TAGS));
    }
    old.extend(new);
    Ok(())
}

/// A domain's ARN.
pub fn arn(service: &Service, domain: &str) -> String {
    let (region, account) = (&service.config.region, &service.config.account);
    format!("arn:aws:swf:{region}:{account}:/domain/{domain}")
}

/// The domain of an ARN.
fn domain_of<'a>(service: &'a Service, arn: &str) -> Result<&'a Domain> {
    let domain = arn.strip_prefix(&self::arn(service, "")).and_then(|name| service.registry.domain(name).ok());
    domain.ok_or_else(|| Fault::unknown_resource(arn))
}

fn domain_of_mut<'a>(service: &'a mut Service, arn: &str) -> Result<&'a mut Domain> {
    let name = domain_of(service, arn)?.name.clone();
    service.registry.domain_mut(&name)
}

/// `TagResource`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    resource_arn: Option<String>,
    tags: Option<Vec<TagShape>>,
}

/// Adds tags to a domain.
pub fn tag(service: &mut Service, input: Tag) -> Result<()> {
    let mut checks = Checks::default();
    let arn = checks.required("resourceArn", input.resource_arn, &RESOURCE_ARN);
    let tags = checks.present("tags", input.tags).unwrap_or_default();
    let tags = check(&mut checks, tags);
    checks.done()?;
    merge(&mut domain_of_mut(service, &arn)?.tags, tags)
}

/// `UntagResource`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Untag {
    resource_arn: Option<String>,
    tag_keys: Option<Vec<String>>,
}

/// Takes tags from a domain; one it does not have is no error.
pub fn untag(service: &mut Service, input: Untag) -> Result<()> {
    let mut checks = Checks::default();
    let arn = checks.required("resourceArn", input.resource_arn, &RESOURCE_ARN);
    let keys = checks.present("tagKeys", input.tag_keys).unwrap_or_default();
    let at = |n| format!("tagKeys.{}.member", n + 1);
    let keys: Vec<String> =
        keys.into_iter().enumerate().map(|(n, key)| checks.required(&at(n), Some(key), &TAG_KEY)).collect();
    checks.done()?;
    let domain = domain_of_mut(service, &arn)?;
    domain.tags.retain(|key, _| !keys.contains(key));
    Ok(())
}

/// `ListTagsForResource`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    resource_arn: Option<String>,
}

/// Its answer.
#[derive(Serialize)]
pub struct Listed<'a> {
    tags: Vec<Listing<'a>>,
}

#[derive(Serialize)]
struct Listing<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
}

/// A domain's tags.
pub fn list(service: &Service, input: List) -> Result<Listed<'_>> {
    let mut checks = Checks::default();
    let arn = checks.required("resourceArn", input.resource_arn, &RESOURCE_ARN);
    checks.done()?;
    let tags = domain_of(service, &arn)?.tags.iter();
    Ok(Listed { tags: tags.map(|(key, value)| Listing { key, value: value.as_deref() }).collect() })
}
