//! etcd, the API server, the controller manager and the scheduler.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use kube::Client;
use kube::config::Kubeconfig;

use crate::certificates::{self, Certificates};
use crate::kubeconfig::{self, Credential};
use crate::process::{Process, tail};
use crate::{tools, wait};

const TOKEN: &str = "administrator-of-the-test-cluster";
const READY_WITHIN: Duration = Duration::from_secs(90);

/// The running control plane; its processes end with it.
pub(crate) struct ControlPlane {
    folder: PathBuf,
    data: PathBuf,
    address: Ipv4Addr,
    pub(crate) certificates: Certificates,
    // In the order in which they end: clients before the server, the server before its store.
    clients: Vec<Process>,
    server: Process,
    store: Process,
}

impl ControlPlane {
    /// Starts etcd on `data` and the API server, and waits until it is ready.
    ///
    /// `folder` takes configuration and logs. Controllers are started apart, once the node has said what is still true.
    pub(crate) fn start(folder: &Path, data: &Path, address: Ipv4Addr) -> Self {
        std::fs::create_dir_all(data).unwrap();
        let certificates = Certificates::generate(address);
        write_keys(data, &certificates);
        let store = start_etcd(folder, data, address);
        let server = start_api_server(folder, data, address);
        let (folder, data) = (folder.to_owned(), data.to_owned());
        let mut control_plane =
            Self { folder, data, address, certificates, clients: Vec::new(), server, store };
        control_plane.wait_until_listening();
        control_plane
    }

    pub(crate) fn server_url(&self) -> String {
        format!("https://{}:443", self.address)
    }

    /// The administrator's kubeconfig for clients of `server`.
    pub(crate) fn kubeconfig(&self, server: &str) -> String {
        kubeconfig::write(server, &self.certificates.authority, &Credential::Token(TOKEN), "default")
    }

    pub(crate) fn client(&self) -> Client {
        let kubeconfig = Kubeconfig::from_yaml(&self.kubeconfig(&self.server_url())).unwrap();
        Client::try_from(kubeconfig).unwrap()
    }

    /// Waits until the API server has ended its own preparations (roles, priority classes).
    pub(crate) async fn ready(&self, client: &Client) {
        let ready = wait::until_async("the API server", READY_WITHIN, || async {
            client.request_text(http::Request::get("/readyz").body(Vec::new()).unwrap()).await
        });
        if let Err(reason) = ready.await {
            panic!("{reason}\n{}", self.log_tails());
        }
    }

    pub(crate) fn start_controllers(&mut self) {
        self.start_manager("*,-nodeipam,-cloud-node-lifecycle,-node-lifecycle-controller");
        self.start_client("kube-scheduler", &[]);
    }

    /// Starts the controller manager with the named controllers.
    pub(crate) fn start_manager(&mut self, controllers: &str) {
        let arguments = [
            format!("--service-account-private-key-file={}", self.data.join("sa.key").display()),
            format!("--root-ca-file={}", self.data.join("ca.crt").display()),
            "--use-service-account-credentials".to_owned(),
            format!("--controllers={controllers}"),
        ];
        self.start_client("kube-controller-manager", &arguments);
    }

    fn start_client(&mut self, name: &str, arguments: &[String]) {
        let kubeconfig = self.data.join("kubeconfig");
        std::fs::write(&kubeconfig, self.kubeconfig(&self.server_url())).unwrap();
        let mut command = tool(name);
        command.arg(format!("--kubeconfig={}", kubeconfig.display()));
        command.args(["--leader-elect=false", &format!("--bind-address={}", self.address)]).args(arguments);
        self.clients.push(Process::start(name, &mut command, &self.folder.join(format!("{name}.log"))));
    }

    /// Copies etcd's data and the keys that belong to it.
    ///
    /// etcd stands still meanwhile, so the copy is what a killed etcd leaves: it recovers from that by design.
    pub(crate) fn copy_data(&self, target: &Path) {
        std::fs::create_dir_all(target).unwrap();
        self.store.paused(|| {
            let mut copy = Command::new("cp");
            copy.args(["-r", "--sparse=always", "--reflink=auto"]).arg(self.data.join("etcd")).arg(target);
            assert!(copy.status().unwrap().success(), "copy etcd's data");
        });
        for key in ["sa.key", "sa.pub"] {
            std::fs::copy(self.data.join(key), target.join(key)).unwrap();
        }
    }

    pub(crate) fn log_tails(&self) -> String {
        let processes = self.clients.iter().chain([&self.server, &self.store]);
        processes.map(|process| tail(process.log(), 15)).collect()
    }

    fn wait_until_listening(&mut self) {
        let address = SocketAddr::from((self.address, 443));
        let listening = wait::until("the API server to listen", READY_WITHIN, || {
            self.server.expect_running();
            self.store.expect_running();
            TcpStream::connect(address)
        });
        if let Err(reason) = listening {
            panic!("{reason}\n{}", self.log_tails());
        }
    }
}

/// Keys of a snapshot stay: tokens in its Secrets were signed with them.
fn write_keys(data: &Path, certificates: &Certificates) {
    std::fs::write(data.join("ca.crt"), &certificates.authority).unwrap();
    std::fs::write(data.join("apiserver.crt"), &certificates.certificate).unwrap();
    std::fs::write(data.join("apiserver.key"), &certificates.key).unwrap();
    std::fs::write(data.join("tokens.csv"), format!("{TOKEN},admin,admin,\"system:masters\"\n")).unwrap();
    if !data.join("sa.key").exists() {
        let (private, public) = certificates::service_account_key();
        std::fs::write(data.join("sa.key"), private).unwrap();
        std::fs::write(data.join("sa.pub"), public).unwrap();
    }
}

fn start_etcd(folder: &Path, data: &Path, address: Ipv4Addr) -> Process {
    let clients = format!("http://{address}:2379");
    let peers = format!("http://{address}:2380");
    let mut command = tool("etcd");
    command.args(["--name", "default", "--unsafe-no-fsync", "--log-level", "error"]);
    command.arg("--data-dir").arg(data.join("etcd"));
    command.args(["--listen-client-urls", &clients, "--advertise-client-urls", &clients]);
    command.args(["--listen-peer-urls", &peers, "--initial-advertise-peer-urls", &peers]);
    command.args(["--initial-cluster", &format!("default={peers}")]);
    let mut process = Process::start("etcd", &mut command, &folder.join("etcd.log"));
    wait::until("etcd to listen", READY_WITHIN, || {
        process.expect_running();
        TcpStream::connect((address, 2379))
    })
    .unwrap();
    process
}

fn start_api_server(folder: &Path, data: &Path, address: Ipv4Addr) -> Process {
    let file = |name: &str| data.join(name).display().to_string();
    let mut command = tool("kube-apiserver");
    command.args([
        format!("--etcd-servers=http://{address}:2379"),
        format!("--cert-dir={}", data.display()),
        format!("--tls-cert-file={}", file("apiserver.crt")),
        format!("--tls-private-key-file={}", file("apiserver.key")),
        format!("--bind-address={address}"),
        format!("--advertise-address={address}"),
        "--secure-port=443".to_owned(),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--service-account-key-file={}", file("sa.pub")),
        format!("--service-account-signing-key-file={}", file("sa.key")),
        format!("--token-auth-file={}", file("tokens.csv")),
        "--authorization-mode=Node,RBAC".to_owned(),
        "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
        "--allow-privileged=true".to_owned(),
        "--endpoint-reconciler-type=none".to_owned(),
        // Webhook Services resolve straight to their pods, so that no kube-proxy is needed.
        "--enable-aggregator-routing=true".to_owned(),
        // The node's name is nothing that a resolver knows.
        "--kubelet-preferred-address-types=InternalIP".to_owned(),
    ]);
    Process::start("kube-apiserver", &mut command, &folder.join("kube-apiserver.log"))
}

/// A tool with an empty environment.
fn tool(name: &str) -> Command {
    let mut command = Command::new(tools::path(name));
    command.env_clear();
    command
}
