//! One HTTP request: what is accepted, and how an answer looks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use thiserror::Error;
use tokio::time::timeout;

use super::super::fault::Fault;
use super::super::faults::{Fate, Treatment};
use super::super::service::{Answer, RequestId};
use super::admin;
use super::line::Breaker;
use super::log::Note;
use super::shared::{Reply, Shared};

/// SWF's own limit for a request: 1 MB.
const MAX_BODY: usize = 1 << 20;
/// A larger body is read on up to here, so that its sender gets to read the refusal.
const MAX_DISCARDED: usize = 16 << 20;
/// For the body to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

const TARGET: &str = "x-amz-target";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const AWS_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// Who calls, and on what connection.
#[derive(Debug, Clone)]
pub struct Caller {
    pub peer: SocketAddr,
    pub breaker: Breaker,
}

/// The connection is to be reset in place of an answer.
#[derive(Debug, Error)]
#[error("reset on demand")]
pub struct Reset;

/// Answers one request; returns only once the whole answer is known.
pub async fn respond(
    shared: Arc<Shared>,
    caller: Caller,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Reset> {
    if request.uri().path().starts_with(admin::ROOT) {
        return Ok(admin::respond(&shared, caller.peer, request).await);
    }
    let mut note = Note::begin(&shared);
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(fault) => return Ok(refusal(&shared, &mut note, &fault)),
    };
    let treatment = shared.treat(&call.operation);
    note.call(&call.operation, &treatment.fate);
    let response = call.treated(&shared, &treatment, &mut note).await;
    if response.is_err() {
        caller.breaker.pull();
    }
    response
}

/// A request for an operation.
struct Call {
    operation: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call {
    /// Reads a request up to its end.
    async fn read(request: Request<Incoming>) -> Result<Self, Fault> {
        if request.method() != Method::POST || request.uri().path() != "/" {
            return Err(Fault::not_found());
        }
        let (head, body) = request.into_parts();
        let target = head.headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default();
        // `SimpleWorkflowService.X`, or the older `com.amazonaws.swf.service.model.SimpleWorkflowService.X`.
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        Ok(Self { operation, headers: head.headers, body: read(body).await? })
    }

    /// Answers it, with everything that is to go wrong on the way.
    async fn treated(
        &self,
        shared: &Shared,
        treatment: &Treatment,
        note: &mut Note,
    ) -> Result<Response<Full<Bytes>>, Reset> {
        sleep(Duration::from_millis(treatment.request_after)).await;
        let answer = match &treatment.fate {
            Fate::RequestReset => return Err(Reset),
            Fate::RequestLost => return lost(shared).await,
            Fate::Refused(refusal) => shared.refuse(refusal),
            Fate::Answered | Fate::AnswerLost | Fate::AnswerReset => {
                match self.served(shared, treatment.history_lag).await {
                    Ok(answer) => answer,
                    Err(fault) => return Ok(refusal(shared, note, &fault)),
                }
            }
        };
        sleep(Duration::from_millis(treatment.answer_after)).await;
        match treatment.fate {
            Fate::AnswerReset => Err(Reset),
            Fate::AnswerLost => lost(shared).await,
            _ => {
                shared.answered(&answer);
                note.answered(answer.status, &answer.body);
                Ok(response(shared, answer.status, &answer.request_id, answer.body, treatment.date_offset))
            }
        }
    }

    /// The service's own answer.
    async fn served(&self, shared: &Shared, history_lag: i64) -> Result<Answer, Fault> {
        if let Some(answer) = shared.turn_away(&self.operation, &self.headers, &self.body) {
            return Ok(answer);
        }
        match shared.handle(&self.operation, &self.body, history_lag) {
            Reply::Now(answer) => Ok(answer),
            Reply::Later(request, answer) => {
                let mut poll = HeldPoll { shared, request: Some(request) };
                let answer = answer.await;
                poll.request = None;
                answer.map_err(|_| Fault::internal())
            }
        }
    }
}

/// Nothing comes back for as long as the client waits.
async fn lost<T>(shared: &Shared) -> Result<T, Reset> {
    shared.stopped().await;
    Err(Reset)
}

/// A pause; none at all does not even yield.
async fn sleep(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// Reads the body, up to the limit.
pub async fn read(mut body: Incoming) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::with_capacity(body.size_hint().lower().min(MAX_BODY as u64) as usize);
    let mut size = 0;
    let all = async {
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Fault::unread_body())?.into_data() else { continue };
            size += data.len();
            if size > MAX_DISCARDED {
                break;
            }
            if size <= MAX_BODY {
                bytes.extend_from_slice(&data);
            }
        }
        Ok::<(), Fault>(())
    };
    timeout(BODY_TIMEOUT, all).await.map_err(|_| Fault::unread_body())??;
    if size > MAX_BODY { Err(Fault::too_large(MAX_BODY)) } else { Ok(bytes) }
}

/// A held poll. Dropped with its request still set when the connection closes: then the poll is forgotten.
struct HeldPoll<'a> {
    shared: &'a Shared,
    request: Option<RequestId>,
}

impl Drop for HeldPoll<'_> {
    fn drop(&mut self) {
        if let Some(request) = self.request {
            self.shared.forget(request);
        }
    }
}

fn response(shared: &Shared, status: u16, request_id: &str, body: Vec<u8>, date_offset: i64) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(CONTENT_TYPE, AWS_JSON);
    if let Some(date) = shared.date(date_offset) {
        headers.insert(DATE, date);
    }
    response
}

/// An answer to something that never reached the service; the connection is not used again.
fn refusal(shared: &Shared, note: &mut Note, fault: &Fault) -> Response<Full<Bytes>> {
    let body = fault.body();
    note.answered(fault.status, &body);
    let mut response = response(shared, fault.status, &shared.request_id(), body, 0);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
