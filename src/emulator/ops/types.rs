//! What activity and workflow types have in common: registered, listed, deprecated, undeprecated, deleted.

use std::borrow::Borrow;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::super::answer::Stamp;
use super::super::check::{Checks, NAME, PAGE_TOKEN, REGISTRATION_STATUS};
use super::super::fault::{Fault, Result};
use super::super::registry::{Domain, Registered, Status, TypeId, Types};
use super::super::service::Service;
use super::super::shapes::TypeShape;
use super::paging;

/// One of the two sorts of types, told apart by what they have defaults for.
pub trait Sort: Sized {
    /// How SWF names the sort in faults.
    const NAME: &'static str;
    /// The member that holds a type of this sort.
    const MEMBER: &'static str;
    /// The operation that lists them.
    const LIST: &'static str;

    /// A domain's types of this sort.
    fn of(domain: &Domain) -> &Types<Self>;
    /// The same, to change them.
    fn of_mut(domain: &mut Domain) -> &mut Types<Self>;
    /// The type of this sort that a request names.
    fn named(input: Named) -> Option<TypeShape>;
}

/// A request about one type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    pub domain: Option<String>,
    pub activity_type: Option<TypeShape>,
    pub workflow_type: Option<TypeShape>,
}

impl Named {
    /// Checks it: the domain's name and the type.
    fn check<S: Sort>(mut self) -> Result<(String, TypeId)> {
        let mut checks = Checks::default();
        let domain = checks.required("domain", self.domain.take(), &NAME);
        let (name, version) = checks.type_id(S::MEMBER, S::named(self));
        checks.done()?;
        Ok((domain, TypeId { name, version }))
    }
}

fn describe_name<S: Sort>(id: &TypeId) -> String {
    format!("{}={id}", S::NAME)
}

/// A type that must be registered, deprecated or not.
pub fn find<'a, S: Sort>(domain: &'a Domain, id: &TypeId) -> Result<&'a Registered<S>> {
    S::of(domain).get(id).ok_or_else(|| Fault::unknown_type(&describe_name::<S>(id)))
}

/// A type of which something new may be started.
pub fn usable<'a, S: Sort>(domain: &'a Domain, id: &TypeId) -> Result<&'a Registered<S>> {
    let registered = find::<S>(domain, id)?;
    let deprecated = registered.status == Status::Deprecated;
    if deprecated { Err(Fault::type_deprecated(describe_name::<S>(id))) } else { Ok(registered) }
}

fn find_mut<'a, S: Sort>(service: &'a mut Service, domain: &str, id: &TypeId) -> Result<&'a mut Registered<S>> {
    let types = S::of_mut(service.registry.domain_mut(domain)?);
    types.get_mut(id).ok_or_else(|| Fault::unknown_type(&describe_name::<S>(id)))
}

/// Adds a type; not to a deprecated domain.
pub fn add<S: Sort>(
    service: &mut Service,
    domain: &str,
    id: TypeId,
    description: Option<String>,
    defaults: S,
) -> Result<()> {
    let created = service.now;
    let domain = service.registry.domain_mut(domain)?;
    domain.usable()?;
    let types = S::of_mut(domain);
    if types.contains_key(&id) {
        return Err(Fault::type_exists(describe_name::<S>(&id)));
    }
    let id = Arc::new(id);
    let status = Status::Registered;
    types.insert(id.clone(), Registered { id, status, description, created, deprecated: None, defaults });
    Ok(())
}

/// From now on nothing new starts with the type.
pub fn deprecate<S: Sort>(service: &mut Service, input: Named) -> Result<()> {
    let (domain, id) = input.check::<S>()?;
    let now = service.now;
    let registered = find_mut::<S>(service, &domain, &id)?;
    if registered.status == Status::Deprecated {
        return Err(Fault::type_deprecated(describe_name::<S>(&id)));
    }
    registered.deprecate(now);
    Ok(())
}

/// Takes a deprecation back.
pub fn undeprecate<S: Sort>(service: &mut Service, input: Named) -> Result<()> {
    let (domain, id) = input.check::<S>()?;
    let registered = find_mut::<S>(service, &domain, &id)?;
    if registered.status == Status::Registered {
        return Err(Fault::type_exists(describe_name::<S>(&id)));
    }
    (registered.status, registered.deprecated) = (Status::Registered, None);
    Ok(())
}

/// Removes a type that is deprecated. Its name and version may be registered anew.
pub fn delete<S: Sort>(service: &mut Service, input: Named) -> Result<()> {
    let (domain, id) = input.check::<S>()?;
    if find_mut::<S>(service, &domain, &id)?.status == Status::Registered {
        return Err(Fault::type_not_deprecated());
    }
    S::of_mut(service.registry.domain_mut(&domain)?).remove::<TypeId>(id.borrow());
    Ok(())
}

/// `ActivityTypeInfo` and `WorkflowTypeInfo`.
pub struct Info<'a, S>(&'a Registered<S>);

impl<S: Sort> Serialize for Info<'_, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> std::result::Result<Z::Ok, Z::Error> {
        let Registered { id, status, description, created, deprecated, .. } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(S::MEMBER, &**id)?;
        map.serialize_entry("status", status)?;
        if let Some(description) = description {
            map.serialize_entry("description", description)?;
        }
        map.serialize_entry("creationDate", &Stamp(*created))?;
        if let Some(deprecated) = deprecated {
            map.serialize_entry("deprecationDate", &Stamp(*deprecated))?;
        }
        map.end()
    }
}

/// What `Describe…Type` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[serde(bound = "S: Sort, Configuration: Serialize")]
pub struct Described<'a, S, Configuration> {
    type_info: Info<'a, S>,
    configuration: Configuration,
}

/// Tells all about a type.
pub fn describe<'a, S: Sort, Configuration: From<&'a S>>(
    service: &'a Service,
    input: Named,
) -> Result<Described<'a, S, Configuration>> {
    let (domain, id) = input.check::<S>()?;
    let registered = find::<S>(service.registry.domain(&domain)?, &id)?;
    Ok(Described { type_info: Info(registered), configuration: Configuration::from(&registered.defaults) })
}

/// `ListActivityTypes` and `ListWorkflowTypes`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    domain: Option<String>,
    name: Option<String>,
    registration_status: Option<String>,
    next_page_token: Option<String>,
    maximum_page_size: Option<i64>,
    reverse_order: Option<bool>,
}

/// Their answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[serde(bound = "S: Sort")]
pub struct Listed<'a, S> {
    type_infos: Vec<Info<'a, S>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// Types in alphabetical order, all or those of one name.
pub fn list<S: Sort>(service: &Service, input: List) -> Result<Listed<'_, S>> {
    let mut checks = Checks::default();
    let domain = checks.required("domain", input.domain, &NAME);
    let name = checks.optional("name", input.name, &NAME);
    let status = checks.required("registrationStatus", input.registration_status, &REGISTRATION_STATUS);
    let page = checks.optional("nextPageToken", input.next_page_token, &PAGE_TOKEN);
    let size = checks.page_size(input.maximum_page_size);
    checks.done()?;
    let status = Status::read(&status);
    let types = S::of(service.registry.domain(&domain)?).values();
    let types = types.filter(|registered| registered.status == status);
    let types = types.filter(|registered| name.as_ref().is_none_or(|name| *name == registered.id.name));
    let reverse = input.reverse_order.unwrap_or(false);
    let query = (S::LIST, &domain, &name, status == Status::Registered, reverse);
    let (types, next_page_token) = paging::slice(service, types, reverse, size, page.as_deref(), query)?;
    Ok(Listed { type_infos: types.into_iter().map(Info).collect(), next_page_token })
}
