//! Pages of results: tokens that continue only the query they came from, and only for 24 hours.

use std::hash::Hash;

use super::super::fault::{Fault, Result};
use super::super::mint::Ticket;
use super::super::service::Service;

/// How long a page token is good, in milliseconds.
const LIFETIME: i64 = 24 * 60 * 60 * 1_000;

/// Where a query goes on: `None` at its beginning. An empty token is none.
pub fn position(service: &Service, token: Option<&str>, query: impl Hash) -> Result<Option<u64>> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
    match service.mint.read(token) {
        Some(Ticket::Page { query: of, position, minted }) if of == service.mint.fingerprint(query) => {
            check_age(service, minted)?;
            Ok(Some(position))
        }
        _ => Err(Fault::invalid_token()),
    }
}

/// Refuses a page token that is too old.
pub fn check_age(service: &Service, minted: i64) -> Result<()> {
    if service.now - minted > LIFETIME { Err(Fault::old_page_token()) } else { Ok(()) }
}

/// The token for the page that starts at `position`.
pub fn token(service: &Service, query: impl Hash, position: u64) -> String {
    service.mint.token(Ticket::Page { query: service.mint.fingerprint(query), position, minted: service.now })
}

/// One page of a list in memory, and the token for the next.
pub fn slice<T>(
    service: &Service,
    items: impl DoubleEndedIterator<Item = T>,
    reverse: bool,
    size: usize,
    token_given: Option<&str>,
    query: impl Hash + Clone,
) -> Result<(Vec<T>, Option<String>)> {
    let skip = position(service, token_given, query.clone())?.unwrap_or(0);
    let mut items: Box<dyn Iterator<Item = T>> = if reverse { Box::new(items.rev()) } else { Box::new(items) };
    let mut items = items.by_ref().skip(skip as usize);
    let page: Vec<T> = items.by_ref().take(size).collect();
    let next = items.next().map(|_| token(service, query, skip + size as u64));
    Ok((page, next))
}
