//! The table of listeners, pods and Services, and the way of a request through it.

use std::{
    collections::BTreeMap,
    fmt,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use tokio::sync::watch;

use crate::clock::Clock;

use super::{Handler, NetworkError, Service, Trust, names};

/// The network of a rehearsal, as seen by a pod of some namespace; cheap to clone.
#[derive(Clone)]
pub struct Network {
    table: Arc<Mutex<Table>>,
    clock: Clock,
    /// Where names without a dot are looked up.
    namespace: Arc<str>,
}

#[derive(Default)]
struct Table {
    /// By address in text, or by a name outside of the cluster.
    listeners: BTreeMap<(String, u16), Listener>,
    pods: BTreeMap<(String, String), Ipv4Addr>,
    services: BTreeMap<(String, String), Service>,
    /// Counts the addresses given away.
    addresses: u16,
    /// Counts the listeners there ever were.
    serial: u64,
    /// Counts the connections, to take the pods of a Service in turn.
    connections: usize,
}

#[derive(Clone)]
struct Listener {
    serial: u64,
    handler: Arc<dyn Handler>,
    /// The chain in PEM of a server that speaks TLS.
    certificate: Option<Arc<[u8]>>,
    /// Its sender goes with the guard.
    open: watch::Receiver<()>,
}

/// A server that listens until this is dropped. Requests that it has not answered by then fail.
pub struct Listening {
    table: Arc<Mutex<Table>>,
    place: (String, u16),
    serial: u64,
    _open: watch::Sender<()>,
}

impl fmt::Debug for Listening {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Listening({}:{})", self.place.0, self.place.1)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
        if table.listeners.get(&self.place).is_some_and(|listener| listener.serial == self.serial) {
            table.listeners.remove(&self.place);
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Network(from {})", self.namespace)
    }
}

impl Network {
    /// Returns an empty network; the clock judges certificates.
    pub fn new(clock: Clock) -> Self {
        Self { table: Arc::default(), clock, namespace: "default".into() }
    }

    /// Returns the same network as a pod of this namespace sees it.
    #[must_use]
    pub fn within(&self, namespace: &str) -> Self {
        Self { namespace: namespace.into(), ..self.clone() }
    }

    /// Gives a pod its address, 10.244.0.1 and up; it keeps the one that it has.
    pub fn attach(&self, namespace: &str, pod: &str) -> Ipv4Addr {
        let mut table = lock(&self.table);
        if let Some(address) = table.pods.get(&key(namespace, pod)) {
            return *address;
        }
        table.addresses += 1;
        let [high, low] = table.addresses.to_be_bytes();
        let address = Ipv4Addr::new(10, 244, high, low);
        table.pods.insert(key(namespace, pod), address);
        address
    }

    /// Takes a pod's address back.
    pub fn detach(&self, namespace: &str, pod: &str) {
        lock(&self.table).pods.remove(&key(namespace, pod));
    }

    /// Makes `handler` answer plain HTTP at a port of a pod. A pod that has no address yet gets one.
    pub fn listen(&self, namespace: &str, pod: &str, port: u16, handler: Arc<dyn Handler>) -> Listening {
        let address = self.attach(namespace, pod);
        self.open((address.to_string(), port), handler, None)
    }

    /// Makes `handler` answer HTTPS at a port of a pod, with the certificate chain given in PEM.
    pub fn listen_tls(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
        chain: &[u8],
        handler: Arc<dyn Handler>,
    ) -> Listening {
        let address = self.attach(namespace, pod);
        self.open((address.to_string(), port), handler, Some(chain.into()))
    }

    /// Makes `handler` answer at a host outside of the cluster, whose certificate nobody doubts.
    pub fn listen_outside(&self, host: &str, port: u16, handler: Arc<dyn Handler>) -> Listening {
        self.open((host.to_owned(), port), handler, None)
    }

    /// Replaces what is known of Services, by namespace and name.
    pub fn set_services(&self, services: BTreeMap<(String, String), Service>) {
        lock(&self.table).services = services;
    }

    /// Sends a request to the URL in it and returns the answer, as a pod that trusts only public authorities.
    ///
    /// There is no time limit; where there should be one, `tokio::time::timeout` and [`NetworkError::Deadline`] do it.
    pub async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, NetworkError> {
        self.call_trusting(request, &Trust::System).await
    }

    /// Sends a request to the URL in it, as a client that trusts these certificates.
    pub async fn call_trusting(
        &self,
        request: Request<Bytes>,
        trust: &Trust,
    ) -> Result<Response<Bytes>, NetworkError> {
        let (host, port, _) = target(request.uri())?;
        let (listener, outside) = self.connect(host, port)?;
        if outside {
            return listener.answer(request).await;
        }
        self.exchange(&listener, request, trust).await
    }

    /// Sends a request to a Service as the API server calls webhooks: straight to a ready pod. The URL in the request
    /// is `https://NAME.NAMESPACE.svc:PORT/…`.
    pub async fn call_service(
        &self,
        namespace: &str,
        name: &str,
        request: Request<Bytes>,
        trust: &Trust,
    ) -> Result<Response<Bytes>, NetworkError> {
        let (_, port, _) = target(request.uri())?;
        let listener = {
            let mut table = lock(&self.table);
            let Some(service) = table.services.get(&key(namespace, name)) else {
                return Err(NetworkError::NoSuchService(name.to_owned()));
            };
            let endpoints = service.endpoints(port);
            let (address, port) =
                table.in_turn(&endpoints).ok_or_else(|| NetworkError::NoEndpoints(name.to_owned()))?;
            table.dial(address, port)?
        };
        self.exchange(&listener, request, trust).await
    }

    /// Connects to a pod's port without saying anything, as a TCP probe does.
    pub fn reach(&self, host: &str, port: u16) -> Result<(), NetworkError> {
        self.connect(host, port).map(drop)
    }

    /// Finds who listens at a name or address; true when that is outside of the cluster.
    fn connect(&self, host: &str, port: u16) -> Result<(Listener, bool), NetworkError> {
        let mut table = lock(&self.table);
        let (address, port) = if let Ok(address) = host.parse::<Ipv4Addr>() {
            table.behind(address, port)?
        } else if let Some(listener) = table.listeners.get(&(host.to_owned(), port)) {
            return Ok((listener.clone(), true));
        } else {
            let no_such_host = || NetworkError::NoSuchHost(host.to_owned());
            let (namespace, name) = names::service(host, &self.namespace).ok_or_else(no_such_host)?;
            let service = table.services.get(&key(namespace, name)).ok_or_else(no_such_host)?;
            match service.address {
                Some(address) => table.behind(address, port)?,
                None => (service.addresses().next().ok_or_else(no_such_host)?, port),
            }
        };
        Ok((table.dial(address, port)?, false))
    }

    async fn exchange(
        &self,
        listener: &Listener,
        request: Request<Bytes>,
        trust: &Trust,
    ) -> Result<Response<Bytes>, NetworkError> {
        let (host, _, tls) = target(request.uri())?;
        match (&listener.certificate, tls) {
            (Some(chain), true) => trust.verify(chain, host, self.clock.now())?,
            (None, true) => return Err(NetworkError::NotTls),
            (Some(_), false) => {
                let mut refused =
                    Response::new(Bytes::from_static(b"Client sent an HTTP request to an HTTPS server.\n"));
                *refused.status_mut() = StatusCode::BAD_REQUEST;
                return Ok(refused);
            }
            (None, false) => {}
        }
        listener.answer(request).await
    }

    fn open(
        &self,
        place: (String, u16),
        handler: Arc<dyn Handler>,
        certificate: Option<Arc<[u8]>>,
    ) -> Listening {
        let (guard, open) = watch::channel(());
        let mut table = lock(&self.table);
        table.serial += 1;
        let serial = table.serial;
        table.listeners.insert(place.clone(), Listener { serial, handler, certificate, open });
        Listening { table: Arc::clone(&self.table), place, serial, _open: guard }
    }
}

impl Listener {
    async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, NetworkError> {
        let mut open = self.open.clone();
        tokio::select! {
            biased;
            response = self.handler.handle(request) => Ok(response),
            _ = open.changed() => Err(NetworkError::Closed),
        }
    }
}

impl Table {
    /// Leads a Service's address to one of its pods; any other address stays what it is.
    fn behind(&mut self, address: Ipv4Addr, port: u16) -> Result<(Ipv4Addr, u16), NetworkError> {
        let Some(service) = self.services.values().find(|service| service.address == Some(address)) else {
            return Ok((address, port));
        };
        let endpoints = service.endpoints(port);
        // kube-proxy rejects connections to a Service that has nobody behind it.
        self.in_turn(&endpoints).ok_or(NetworkError::Refused { address, port })
    }

    fn in_turn(&mut self, endpoints: &[(Ipv4Addr, u16)]) -> Option<(Ipv4Addr, u16)> {
        self.connections = self.connections.wrapping_add(1);
        endpoints.get(self.connections.checked_rem(endpoints.len())?).copied()
    }

    fn dial(&self, address: Ipv4Addr, port: u16) -> Result<Listener, NetworkError> {
        if let Some(listener) = self.listeners.get(&(address.to_string(), port)) {
            return Ok(listener.clone());
        }
        if self.pods.values().any(|pod| *pod == address) {
            return Err(NetworkError::Refused { address, port });
        }
        Err(NetworkError::NoRoute { address, port })
    }
}

/// Returns host, port, and whether TLS is spoken.
fn target(url: &Uri) -> Result<(&str, u16, bool), NetworkError> {
    let scheme = url.scheme_str().unwrap_or_default();
    let (default, tls) = match scheme {
        "http" => (80, false),
        "https" => (443, true),
        other => return Err(NetworkError::Scheme(other.to_owned())),
    };
    let host = url.host().ok_or_else(|| NetworkError::Scheme(scheme.to_owned()))?;
    Ok((host, url.port_u16().unwrap_or(default), tls))
}

fn key(namespace: &str, name: &str) -> (String, String) {
    (namespace.to_owned(), name.to_owned())
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}
