//! Requests on their way to the service, and answers on their way back: delayed, lost, refused.

use swfbeat::clock::Boot;
use swfbeat::console::{CallId, Event, Timing};
use swfbeat::emulator::{Answer, Handled, RequestId};
use swfbeat::wire::{self, Failure, Phase, Request};

use super::translate;
use super::world::{Call, Happening, World};

/// What the network does at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weather {
    Fair,
    /// Requests and answers get lost, this many in a thousand.
    Lossy(u64),
    /// Nothing gets through.
    Outage,
    /// "Rate exceeded", this many in a thousand.
    Throttling(u64),
}

impl World {
    pub fn send(&mut self, console: CallId, request: Request, limit: i64) {
        self.last_call += 1;
        let id = self.last_call;
        if let Err(broken) = self.checks.sent(self.at, &request, &self.disk) {
            self.fail(broken);
        }
        let delay = self.chance.between(2, 90);
        match self.weather {
            Weather::Outage if self.chance.in_thousand(500) => self.plan(delay, Happening::Refused(id)),
            Weather::Outage => {}
            Weather::Lossy(n) if self.chance.in_thousand(n) => {}
            Weather::Throttling(n) if self.chance.in_thousand(n) => {
                let body = br#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#.to_vec();
                let call = Call {
                    console,
                    request,
                    sent: self.at,
                    answer: Some((400, body, self.host.clock(self.at))),
                    dropped: false,
                };
                self.calls.insert(id, call);
                self.plan(2 * delay, Happening::Return(id));
                return;
            }
            _ => self.plan(delay, Happening::Arrive(id)),
        }
        self.calls.insert(id, Call { console, request, sent: self.at, answer: None, dropped: false });
        self.plan(limit, Happening::GiveUp(id));
    }

    pub fn arrive(&mut self, id: u64) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.dropped && matches!(call.request, Request::Poll { .. }) && self.chance.in_thousand(500) {
            return;
        }
        let (operation, body) = (call.request.operation(), translate::body(&call.request));
        let heartbeat = matches!(call.request, Request::Heartbeat { .. });
        let arrived = self.checks.arrived(self.at, call.sent, &call.request);
        if let Err(broken) = arrived {
            self.fail(broken);
        }
        self.totals.beats += u64::from(heartbeat);
        let handled = self.host.service.handle(self.host.clock(self.at), RequestId(id), operation, &body);
        if let Handled::Answer(answer) = handled {
            self.answered(id, answer);
        }
        self.serve();
    }

    /// The service has answered; whether the answer gets through is another matter.
    pub fn answered(&mut self, id: u64, answer: Answer) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_poll = matches!(call.request, Request::Poll { .. });
        let task = is_poll.then(|| translate::answer(&call.request, answer.status, &answer.body));
        if let Some(Ok(wire::Answer::Polled(Some(task)))) = task {
            self.totals.claims += 1;
            self.checks.handed_out(self.at, &task);
        }
        if answer.status == 200 && call.request.operation().starts_with("Respond") {
            self.totals.closes += 1;
        }
        call.answer = Some((answer.status, answer.body, self.host.clock(self.at)));
        let lost = match self.weather {
            Weather::Outage => true,
            Weather::Lossy(n) => self.chance.in_thousand(n),
            _ => false,
        };
        if lost {
            self.totals.unanswered += 1;
        } else {
            let delay = self.chance.between(2, 90);
            self.plan(delay, Happening::Return(id));
        }
    }

    pub fn serve(&mut self) {
        self.touched = true;
        for (id, answer) in self.host.advance(self.at) {
            self.answered(id, answer);
        }
        if let Some(next) = self.host.service.next_wake() {
            let at = self.host.local(next).max(self.at);
            if self.service_at.is_none_or(|planned| at < planned) {
                self.service_at = Some(at);
                self.plan(at - self.at, Happening::Service);
            }
        }
    }

    pub fn give_back(&mut self, id: u64) {
        let Some(call) = self.calls.remove(&id).filter(|call| !call.dropped) else { return };
        let Some((status, body, service_at)) = call.answer else { return };
        let mut result = translate::answer(&call.request, status, &body);
        if let Ok(wire::Answer::History(page)) = &mut result
            && self.chance.in_thousand(100)
        {
            // Eventually consistent: the newest events are not to be seen yet.
            page.events.retain(|event| event.at < service_at - 1_500);
        }
        if let Ok(answer) = &result {
            self.checks.read(&call.request, answer);
        }
        let date = (self.date_header && !matches!(call.request, Request::Poll { .. }))
            .then_some(service_at.div_euclid(1_000) * 1_000);
        let timing = Timing { sent: Boot(call.sent), received: Boot(self.at), date };
        self.event(Event::Answered { call: call.console, timing, result });
    }

    pub fn no_answer(&mut self, id: u64, phase: Phase) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if std::mem::replace(&mut call.dropped, true) {
            return;
        }
        let (console, sent) = (call.console, call.sent);
        if matches!(call.request, Request::Poll { .. }) {
            self.host.service.forget(RequestId(id));
        }
        let failure = Failure::new(None, None, "the network failed", phase);
        let timing = Timing { sent: Boot(sent), received: Boot(self.at), date: None };
        self.event(Event::Answered { call: console, timing, result: Err(failure) });
    }
}
