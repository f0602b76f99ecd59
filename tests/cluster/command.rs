//! The developer's commands: `serve` and `run`.

use std::process::ExitCode;

use tokio::net::{TcpStream, UnixListener};

use crate::cluster::{self, Cluster, Options};
use crate::isolation::{API_SOCKET, FORWARDED_PORT};
use crate::node::Mode;
use crate::run_folder;

/// Starts a cluster and prints the path of a kubeconfig that works outside, until Ctrl-C.
pub(crate) fn serve(node: Mode) -> ExitCode {
    let cluster = Cluster::start(&Options { node });
    let port = std::env::var(FORWARDED_PORT).expect("the supervisor listens");
    let kubeconfig = run_folder::current().join("kubeconfig");
    std::fs::write(&kubeconfig, cluster.kubeconfig_for(&format!("https://127.0.0.1:{port}"))).unwrap();
    println!("{}", kubeconfig.display());
    eprintln!("export KUBECONFIG={}   # Ctrl-C ends the cluster", kubeconfig.display());
    let address = cluster.server_url().trim_start_matches("https://").to_owned();
    cluster.block_on(forward(address))
}

/// Runs a command beside a cluster and passes its exit code on.
pub(crate) fn run(node: Mode, words: &[String]) -> ExitCode {
    let cluster = Cluster::start(&Options { node });
    let kubeconfig = cluster.kubeconfig().to_owned();
    let mut command = std::process::Command::new(&words[0]);
    command.args(&words[1..]).env("KUBECONFIG", kubeconfig).env("PATH", crate::tools::search_path());
    let code = match command.status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
        Err(error) => {
            eprintln!("error: start `{}`: {error}", words[0]);
            127
        }
    };
    ExitCode::from(code)
}

/// Leads the supervisor's connections to the API server; ends only with the run.
async fn forward(address: String) -> ExitCode {
    let listener = UnixListener::bind(run_folder::current().join(API_SOCKET)).unwrap();
    loop {
        let Ok((mut outside, _)) = listener.accept().await else { continue };
        let address = address.clone();
        cluster::runtime().spawn(async move {
            if let Ok(mut inside) = TcpStream::connect(address).await {
                let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            }
        });
    }
}
