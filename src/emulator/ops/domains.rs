//! Domains: RegisterDomain, DescribeDomain, ListDomains, DeprecateDomain, UndeprecateDomain.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::check::{Checks, DAYS, DESCRIPTION, NAME, PAGE_TOKEN, REGISTRATION_STATUS};
use super::super::fault::{Fault, Result};
use super::super::registry::{Domain, Status};
use super::super::service::Service;
use super::super::visibility::Visible;
use super::paging;
use super::tags::{self, TagShape, Tags};

/// `RegisterDomain`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Register {
    name: Option<String>,
    description: Option<String>,
    workflow_execution_retention_period_in_days: Option<String>,
    tags: Option<Vec<TagShape>>,
}

/// Adds a domain.
pub fn register(service: &mut Service, input: Register) -> Result<()> {
    let mut checks = Checks::default();
    let name: Arc<str> = checks.required("name", input.name, &NAME).into();
    let description = checks.optional("description", input.description, &DESCRIPTION);
    let days = input.workflow_execution_retention_period_in_days;
    let retention = checks.required("workflowExecutionRetentionPeriodInDays", days, &DAYS);
    let new_tags = tags::check(&mut checks, input.tags.unwrap_or_default());
    checks.done()?;
    if service.registry.domains.contains_key(&name) {
        return Err(Fault::domain_exists(&name));
    }
    let mut tags = Tags::new();
    tags::merge(&mut tags, new_tags)?;
    let domain = Domain {
        name: name.clone(),
        status: Status::Registered,
        description,
        retention,
        tags,
        activity_types: BTreeMap::new(),
        workflow_types: BTreeMap::new(),
        executions: Visible::default(),
    };
    service.registry.domains.insert(name, domain);
    Ok(())
}

#[derive(Serialize)]
struct Info<'a> {
    name: &'a str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    arn: String,
}

fn info<'a>(service: &Service, domain: &'a Domain) -> Info<'a> {
    let (name, description) = (&*domain.name, domain.description.as_deref());
    Info { name, status: domain.status, description, arn: tags::arn(service, name) }
}

/// `DescribeDomain`, `DeprecateDomain` and `UndeprecateDomain`.
#[derive(Deserialize)]
pub struct Named {
    name: Option<String>,
}

impl Named {
    fn check(self) -> Result<String> {
        let mut checks = Checks::default();
        let name = checks.required("name", self.name, &NAME);
        checks.done()?;
        Ok(name)
    }
}

/// From now on nothing new is registered or started in the domain; what runs goes on.
pub fn deprecate(service: &mut Service, input: Named) -> Result<()> {
    let now = service.now;
    let domain = service.registry.domain_mut(&input.check()?)?;
    domain.usable()?;
    domain.deprecate(now);
    Ok(())
}

/// Takes the domain's deprecation back; its types stay deprecated.
pub fn undeprecate(service: &mut Service, input: Named) -> Result<()> {
    let domain = service.registry.domain_mut(&input.check()?)?;
    if domain.status == Status::Registered {
        return Err(Fault::domain_exists(&domain.name));
    }
    domain.status = Status::Registered;
    Ok(())
}

/// What `DescribeDomain` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description<'a> {
    domain_info: Info<'a>,
    configuration: Configuration<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Configuration<'a> {
    workflow_execution_retention_period_in_days: &'a str,
}

/// Tells all about a domain.
pub fn describe(service: &Service, input: Named) -> Result<Description<'_>> {
    let domain = service.registry.domain(&input.check()?)?;
    let configuration = Configuration { workflow_execution_retention_period_in_days: &domain.retention };
    Ok(Description { domain_info: info(service, domain), configuration })
}

/// `ListDomains`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    registration_status: Option<String>,
    next_page_token: Option<String>,
    maximum_page_size: Option<i64>,
    reverse_order: Option<bool>,
}

/// Its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed<'a> {
    domain_infos: Vec<Info<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// Domains in alphabetical order.
pub fn list(service: &Service, input: List) -> Result<Listed<'_>> {
    let mut checks = Checks::default();
    let status = checks.required("registrationStatus", input.registration_status, &REGISTRATION_STATUS);
    let page = checks.optional("nextPageToken", input.next_page_token, &PAGE_TOKEN);
    let size = checks.page_size(input.maximum_page_size);
    checks.done()?;
    let status = Status::read(&status);
    let reverse = input.reverse_order.unwrap_or(false);
    let domains = service.registry.domains.values().filter(|domain| domain.status == status);
    let query = ("ListDomains", status == Status::Registered, reverse);
    let (domains, next_page_token) = paging::slice(service, domains, reverse, size, page.as_deref(), query)?;
    Ok(Listed { domain_infos: domains.into_iter().map(|domain| info(service, domain)).collect(), next_page_token })
}
