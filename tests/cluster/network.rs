//! The bridge of one cluster, and a network namespace with an address for each pod.

use std::io::Write;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// The cluster's network: `10.(100 + number).0.0/16`, with the API server, the node and the DNS answerer at `.0.1`.
pub(crate) struct Network {
    number: u8,
    next: AtomicU16,
}

/// A pod's place in the network.
pub(crate) struct Place {
    pub(crate) namespace: String,
    pub(crate) address: Ipv4Addr,
}

impl Network {
    pub(crate) fn create(number: u8) -> Self {
        let network = Self { number, next: AtomicU16::new(256) };
        let (bridge, gateway, refusing) = (network.bridge(), network.gateway(), network.refusing());
        ip(
            &[],
            &format!(
                "link add {bridge} type bridge\naddr add {gateway}/16 dev {bridge}\naddr add {refusing}/16 dev {bridge}\nlink set {bridge} up\n"
            ),
        )
        .unwrap();
        network
    }

    pub(crate) fn gateway(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 100 + self.number, 0, 1)
    }

    /// An address of the host where nothing listens: what a Service without pods leads to.
    pub(crate) fn refusing(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 100 + self.number, 0, 2)
    }

    fn bridge(&self) -> String {
        format!("cluster{}", self.number)
    }

    /// Makes a namespace with an address that no pod of this cluster had before.
    pub(crate) fn add(&self, search: &str) -> Result<Place, String> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let [high, low] = index.to_be_bytes();
        let address = Ipv4Addr::new(10, 100 + self.number, high, low);
        let namespace = format!("c{}p{index}", self.number);
        let (bridge, gateway) = (self.bridge(), self.gateway());
        self.write_resolver(&namespace, search)?;
        ip(
            &[],
            &format!(
                "netns add {namespace}\nlink add {namespace} type veth peer name eth0 netns {namespace}\nlink set {namespace} master {bridge} up\n"
            ),
        )?;
        ip(
            &["-netns", &namespace],
            &format!(
                "link set lo up\naddr add {address}/16 dev eth0\nlink set eth0 up\nroute add default via {gateway}\n"
            ),
        )?;
        Ok(Place { namespace, address })
    }

    fn write_resolver(&self, namespace: &str, search: &str) -> Result<(), String> {
        let folder = resolver_folder(namespace);
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let text = format!("nameserver {}\nsearch {search}\noptions ndots:5\n", self.gateway());
        std::fs::write(folder.join("resolv.conf"), text).map_err(|error| error.to_string())
    }
}

impl Place {
    /// Ends the pod's namespace; the veth pair goes with it.
    pub(crate) fn remove(&self) {
        let _ = ip(&[], &format!("netns delete {}\n", self.namespace));
        let _ = std::fs::remove_dir_all(resolver_folder(&self.namespace));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = ip(&[], &format!("link delete {}\n", self.bridge()));
    }
}

/// `ip netns exec` mounts what lies here over `/etc`.
fn resolver_folder(namespace: &str) -> PathBuf {
    PathBuf::from("/etc/netns").join(namespace)
}

/// Runs a batch of `ip` commands as one process.
fn ip(options: &[&str], batch: &str) -> Result<(), String> {
    let mut child = Command::new("ip")
        .args(options)
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    child
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(batch.as_bytes())
        .map_err(|error| error.to_string())?;
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
