//! Serves a cluster in memory on a loopback port, for kubectl and helm, until it is killed:
//! `cargo run --example serve_rehearsal -- KUBECONFIG`.
#![expect(clippy::print_stderr, reason = "an example says what it does")]

use std::error::Error;

use eggtooth::rehearsal::Cluster;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name the file that the kubeconfig is written to")?;
    let cluster = Cluster::builder().build()?;
    let serving = cluster.serve(TcpListener::bind("127.0.0.1:0").await?)?;
    std::fs::write(&path, serving.kubeconfig())?;
    eprintln!("serving at http://{}; KUBECONFIG={path}", serving.address());
    std::future::pending().await
}
