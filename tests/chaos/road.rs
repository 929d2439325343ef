//! The road from the consoles to the service, and what can happen on it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What happens to all that is on the road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Fair,
    /// Everything is on its way this much longer, milliseconds.
    Slow(u64),
    /// What is under way is torn, what comes is turned away.
    Cut,
    /// Nothing arrives, and nobody is told.
    Hole,
    /// Requests arrive, and instead of the answer comes the end of the connection.
    Torn,
}

/// A port that leads to the service.
#[derive(Debug, Clone)]
pub struct Road {
    addr: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    weather: Weather,
    under_way: Vec<TcpStream>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

impl Road {
    pub fn to(endpoint: &str) -> Self {
        let service: SocketAddr = endpoint.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = State { weather: Weather::Fair, under_way: Vec::new() };
        let road = Self { addr: listener.local_addr().unwrap(), state: Arc::new(Mutex::new(state)) };
        let here = road.clone();
        // Ends with the test's process.
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                here.carry(near, service);
            }
        });
        road
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn turns(&self, weather: Weather) {
        let mut state = self.state.lock().unwrap();
        state.weather = weather;
        if weather == Weather::Cut {
            for stream in state.under_way.drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }

    fn weather(&self) -> Weather {
        self.state.lock().unwrap().weather
    }

    fn carry(&self, near: TcpStream, service: SocketAddr) {
        // Held over the look at the weather, so that a cut misses none.
        let mut state = self.state.lock().unwrap();
        if state.weather == Weather::Cut {
            return;
        }
        let Ok(far) = TcpStream::connect(service) else { return };
        let ends = [near.try_clone().unwrap(), far.try_clone().unwrap()];
        state.under_way.retain(|stream| stream.peer_addr().is_ok());
        state.under_way.extend(ends);
        drop(state);
        self.pump(near.try_clone().unwrap(), far.try_clone().unwrap(), Way::There);
        self.pump(far, near, Way::Back);
    }

    /// Moves bytes one way until either end is gone.
    fn pump(&self, mut from: TcpStream, mut to: TcpStream, way: Way) {
        let road = self.clone();
        thread::spawn(move || {
            let mut bytes = [0; 16_384];
            while let Ok(read @ 1..) = from.read(&mut bytes) {
                match (road.weather(), way) {
                    // What is swallowed is missed by its end, who never says anything on this connection again.
                    (Weather::Hole, _) => continue,
                    (Weather::Torn, Way::Back) => break,
                    (Weather::Slow(ms), _) => thread::sleep(Duration::from_millis(ms)),
                    _ => {}
                }
                if to.write_all(&bytes[..read]).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
        });
    }
}
