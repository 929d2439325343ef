//! `swfbeat emulator`: the embedded SWF alone, for any SWF client.

mod arguments;
mod state;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::ExitCode;
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use serde_json::json;

pub use arguments::Arguments;
use state::{Keeper, StateFile};

use super::console::cannot_start;
use super::failure::{Failure, Kind};
use super::outlet;
use crate::emulator::{AdminToken, Control, Log, Server, StartError};
use crate::tui::Signals;

/// As many connections as there may be, if the system lets us: each held poll needs one of its own.
const CONNECTIONS: u64 = 10_000;
/// Files besides connections.
const OTHER_FILES: u64 = 64;

/// Serves until SIGINT, SIGTERM or SIGHUP.
///
/// # Errors
/// The port is taken, or the network could use the service without anybody having said that it may.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.is_open_unawares() {
        return Err(Failure::new(Kind::Usage, OPEN));
    }
    let signals = Signals::install().map_err(|error| cannot_start(&error))?;
    let mut options = arguments.options().map_err(|error| cannot_start(&error))?;
    options.max_connections = raise_file_limit();
    options.log = arguments.json.then(|| Log::new(|entry| print_line(&json!(entry))));
    let admin = options.admin.clone();
    let mut file = None;
    if let Some(path) = &arguments.state {
        let (opened, text) = StateFile::open(path)?;
        (file, options.state) = (Some(opened), text);
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| cannot_start(&error))?;
    runtime.block_on(async {
        let server = Server::bind(options).await.map_err(|error| match (error, &arguments.state) {
            (StartError::State(error), Some(path)) => StateFile::refuse(path, &error),
            (error, _) => error.into(),
        })?;
        let keeper = file.map(|file| Keeper::start(file, server.control())).transpose()?;
        greet(arguments, &server, admin.as_ref())?;
        let control = server.control();
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || wait(&signals, &control))
            .map_err(|error| cannot_start(&error))?;
        server.run().await;
        keeper.map_or(Ok(()), Keeper::finish)?;
        Ok(ExitCode::SUCCESS)
    })
}

const OPEN: &str = "--bind with an address that is not a loopback address lets everybody who can reach it use, read and \
                    end what runs here, without encryption; if that is what you want, add \
                    --i-know-this-is-open-to-the-network";

/// Lets as many files be open as [`CONNECTIONS`] need, or says what stands against it; the connections there may be.
fn raise_file_limit() -> usize {
    let wanted = CONNECTIONS + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let possible = wanted.min(maximum.unwrap_or(wanted));
    let mut files = current.unwrap_or(wanted);
    if files < possible && setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum }).is_ok() {
        files = possible;
    }
    if files < wanted {
        outlet::say(format_args!(
            "swfbeat: no more than {files} files may be open (ulimit -Hn), so no more than {} connections are served at \
             a time",
            files.saturating_sub(OTHER_FILES).max(1)
        ));
    }
    files.saturating_sub(OTHER_FILES).clamp(1, CONNECTIONS) as usize
}

fn print_line(value: &serde_json::Value) {
    // Nobody reads the log any more, which is no reason to stop serving.
    let _ = outlet::print(&format!("{value}\n"));
}

/// Says where it listens: the endpoint on a line of its own, for scripts; then what a shell needs to use it.
fn greet(arguments: &Arguments, server: &Server, admin: Option<&AdminToken>) -> Result<(), Failure> {
    let mut addr = server.addr();
    if addr.ip().is_unspecified() {
        // Every address of this machine; this is one that works here.
        addr.set_ip(if addr.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    let endpoint = format!("http://{addr}");
    let text = if arguments.json {
        format!("{}\n", json!({ "endpoint": endpoint, "adminToken": admin.map(AdminToken::reveal) }))
    } else {
        greeting(&endpoint, arguments.access_key.as_deref(), admin)
    };
    outlet::print(&text)
        .map_err(|error| Failure::new(Kind::Failed, format_args!("nobody can read the endpoint: {error}")))
}

fn greeting(endpoint: &str, access_key: Option<&str>, admin: Option<&AdminToken>) -> String {
    let keys = access_key.map_or_else(
        || "export AWS_ACCESS_KEY_ID=emulator AWS_SECRET_ACCESS_KEY=emulator".to_owned(),
        |key| format!("export AWS_ACCESS_KEY_ID={key} # and AWS_SECRET_ACCESS_KEY, as given"),
    );
    let admin = admin.map_or_else(String::new, |token| format!("export SWFBEAT_ADMIN_TOKEN={}\n", token.reveal()));
    format!(
        "{endpoint}\n\
         export AWS_ENDPOINT_URL_SWF={endpoint}\n\
         export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n\
         {keys}\n\
         {admin}"
    )
}

/// Stops the server when a signal says so.
fn wait(signals: &Signals, control: &Control) {
    let ends = [Signal::INT, Signal::TERM, Signal::HUP].map(Signal::as_raw);
    loop {
        let _ = poll(&mut [PollFd::from_borrowed_fd(signals.fd(), PollFlags::IN)], None);
        if signals.drain().iter().any(|signal| ends.contains(signal)) {
            control.stop();
            return;
        }
    }
}
