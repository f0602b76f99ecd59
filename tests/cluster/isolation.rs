//! Namespaces of the binary's own, and the supervisor that stays outside of them.
//!
//! Three stages of the same binary: the **outside** one checks what is needed, builds the tools and supervises; it starts
//! the **entering** one, which asks the kernel to be killed with its parent and becomes `unshare`; that starts the
//! **inside** one as the first process of new network, mount and process namespaces. So addresses, bridges and ports never
//! collide, no packet leaves (there is no route out), and kill -9 of any stage takes everything along.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use tokio::net::{TcpListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Action;
use crate::cases;
use crate::run_folder::{self, RunFolder};
use crate::tools;

const STAGE: &str = "EGGTOOTH_CLUSTER_STAGE";

/// Tells the inside stage the port on which the outside one listens for it.
pub(crate) const FORWARDED_PORT: &str = "EGGTOOTH_CLUSTER_PORT";

/// The socket in the run's folder through which the outside stage reaches the API server.
pub(crate) const API_SOCKET: &str = "api.sock";

/// Where this process stands.
pub(crate) enum Stage {
    /// Started by a person or by cargo.
    Outside,
    /// About to become `unshare`.
    Entering,
    /// First process in the namespaces.
    Inside,
}

impl Stage {
    pub(crate) fn current() -> Self {
        match std::env::var(STAGE).as_deref() {
            Ok("entering") => Self::Entering,
            Ok("inside") => Self::Inside,
            _ => Self::Outside,
        }
    }
}

/// Runs the inside stage to its end and passes its exit code on.
pub(crate) fn supervise(action: &Action) -> ExitCode {
    if let Some(reason) = missing() {
        return skip(&reason, action);
    }
    let tools = match tools::build() {
        Ok(tools) => tools,
        Err(problem) => {
            eprintln!("error: build the tools of the test cluster: {problem}");
            return ExitCode::FAILURE;
        }
    };
    let folder = RunFolder::create();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(std::env::args_os().skip(1))
        .env(STAGE, "entering")
        .env(tools::VARIABLE, tools)
        .env(run_folder::VARIABLE, folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let code = runtime.block_on(wait_beside_forwarder(command, folder.path(), action));
    folder.close(code != Some(0) && !matches!(action, Action::Serve { .. }));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Becomes `unshare`, which starts the inside stage.
pub(crate) fn enter() -> ExitCode {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)).unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(std::env::args_os().skip(1))
        .env(STAGE, "inside");
    // Nothing outside can be reached, so a proxy would only be in the way.
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name);
    }
    let error = command.exec();
    eprintln!("error: start unshare: {error}");
    ExitCode::FAILURE
}

/// Makes the new namespaces habitable: loopback, and folders of `ip netns` that end with the run.
pub(crate) fn furnish() {
    let memory = run_folder::memory();
    for (folder, options) in
        [("/run/netns", "mode=755"), ("/etc/netns", "mode=755"), (memory.to_str().unwrap(), "mode=700")]
    {
        std::fs::create_dir_all(folder).unwrap();
        run("mount", &["-t", "tmpfs", "-o", options, "tmpfs", folder]);
    }
    run("ip", &["link", "set", "lo", "up"]);
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} {} failed: {status}", arguments.join(" "));
}

/// Waits for the inside stage; forwards connections of a served cluster, and ends everything when asked to.
async fn wait_beside_forwarder(mut command: Command, folder: &Path, action: &Action) -> Option<i32> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    command.env(FORWARDED_PORT, listener.local_addr().unwrap().port().to_string());
    let forwarded = matches!(action, Action::Serve { .. });
    // The child must come from the thread that stays: the kernel ends it with its parent's thread.
    let mut child = tokio::process::Command::from(command).spawn().unwrap();
    let mut interrupt = signal(SignalKind::interrupt()).unwrap();
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    loop {
        tokio::select! {
            status = child.wait() => return status.unwrap().code(),
            connection = listener.accept(), if forwarded => {
                if let Ok((outside, _)) = connection {
                    tokio::spawn(forward(outside, folder.join(API_SOCKET)));
                }
            }
            _ = interrupt.recv() => { child.kill().await.unwrap(); return Some(130) }
            _ = terminate.recv() => { child.kill().await.unwrap(); return Some(143) }
        }
    }
}

async fn forward(mut outside: tokio::net::TcpStream, socket: std::path::PathBuf) {
    if let Ok(mut inside) = UnixStream::connect(socket).await {
        let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
    }
}

/// Returns what this machine lacks, if anything.
fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("root is needed for network namespaces".to_owned());
    }
    for program in ["ip", "unshare", "mount"] {
        if Command::new(program).arg("--version").output().is_err()
            && Command::new(program).arg("-V").output().is_err()
        {
            return Some(format!("`{program}` is missing (iproute2, util-linux)"));
        }
    }
    tools::missing_go()
}

/// Says loudly that nothing was tested on a real cluster, and tests on rehearsals; where everything must be tested a skip
/// is a failure.
fn skip(reason: &str, action: &Action) -> ExitCode {
    let required = std::env::var("CI").is_ok_and(|value| value == "true");
    eprintln!("SKIPPED: the test cluster: {reason}");
    if required {
        eprintln!("error: with CI=true a skip is a failure");
        return ExitCode::FAILURE;
    }
    match action {
        Action::Test { .. } => cases::run_on_rehearsals(),
        Action::Serve { .. } | Action::Run { .. } => ExitCode::FAILURE,
    }
}
