//! What there is in an account, for somebody who has not said yet where to work: profiles, domains, task lists.
//!
//! Asked before there is a console, by the assistant of the first start; nothing here is part of a console's work.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_swf::types::RegistrationStatus;

use super::setup::{self, SetupError};
use super::{Service, Trace, attempt, decider};
use crate::task::ActivityType;
use crate::text::Foreign;
use crate::wire::Failure;

/// A page of domains or types.
const PAGE: i32 = 100;
/// More pages are not asked for: nobody reads such a list.
const PAGES: usize = 10;
/// So many types are asked for their task list, the newest first: SWF allows 6 such calls a second for long.
const TYPES: usize = 60;

/// A profile of the AWS config files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The region it names.
    pub region: Option<String>,
}

/// A task list that activity types name as their default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownList {
    /// The task list.
    pub name: Foreign,
    /// The types, the newest first.
    pub types: Vec<ActivityType>,
}

/// The profiles of the AWS config files, by name.
///
/// # Errors
/// [`SetupError::ConfigFiles`]: they cannot be read.
pub async fn profiles() -> Result<Vec<Profile>, SetupError> {
    let profiles = setup::profile_files(None).await?;
    let region = |name: &str| profiles.get_profile(name)?.get("region").map(str::to_owned);
    let mut all: Vec<_> =
        profiles.profiles().map(|name| Profile { name: name.to_owned(), region: region(name) }).collect();
    all.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

impl Service {
    /// The domains that are registered, at most a thousand; each call for at most `limit`.
    ///
    /// # Errors
    /// Why they cannot be listed.
    pub async fn domains(&self, limit: Duration) -> Result<Vec<Foreign>, Failure> {
        let mut domains = Vec::new();
        let mut next = None;
        for _ in 0..PAGES {
            let call = self.shared.client.list_domains().registration_status(RegistrationStatus::Registered);
            let send = call.maximum_page_size(PAGE).set_next_page_token(next).send();
            let page = attempt(Arc::new(Trace::default()), limit, None, send).await?;
            domains.extend(page.domain_infos.into_iter().map(|info| Foreign::from(info.name)));
            next = page.next_page_token.filter(|token| !token.is_empty());
            if next.is_none() {
                break;
            }
        }
        Ok(domains)
    }

    /// The default task lists of the newest activity types of a domain; SWF has no list of task lists. Each call for at
    /// most `limit`.
    ///
    /// # Errors
    /// Why the types cannot be listed, or one of them not be described.
    pub async fn task_lists(&self, domain: &Foreign, limit: Duration) -> Result<Vec<KnownList>, Failure> {
        let call = self.shared.client.list_activity_types().domain(domain.raw());
        let call = call.registration_status(RegistrationStatus::Registered);
        let send = call.maximum_page_size(PAGE).reverse_order(true).send();
        let page = attempt(Arc::new(Trace::default()), limit, None, send).await?;
        let mut infos = page.type_infos;
        infos.sort_by_key(|info| std::cmp::Reverse(info.creation_date));
        let mut lists: Vec<KnownList> = Vec::new();
        for info in infos.into_iter().take(TYPES) {
            let Some(name) = info.activity_type else { continue };
            let name = ActivityType { name: name.name.into(), version: name.version.into() };
            let call = self.shared.client.describe_activity_type().domain(domain.raw());
            let send = call.activity_type(decider::activity_type_of(&name)).send();
            let described = attempt(Arc::new(Trace::default()), limit, None, send).await?;
            let list = described.configuration.and_then(|it| it.default_task_list);
            let Some(list) = list.map(|list| Foreign::from(list.name)) else { continue };
            match lists.iter_mut().find(|known| known.name == list) {
                Some(known) => known.types.push(name),
                None => lists.push(KnownList { name: list, types: vec![name] }),
            }
        }
        Ok(lists)
    }
}
