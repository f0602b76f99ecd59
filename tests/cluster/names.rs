//! The cluster's DNS: Services as the addresses of their ready pods, and a real "no such host" for everything else.
//!
//! There is no kube-proxy, so a Service's port must be its pods' port.

use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::UdpSocket;

use crate::network::Network;
use crate::node::Objects;

const TYPE_A: u16 = 1;
const NO_ERROR: u8 = 0;
const NO_SUCH_NAME: u8 = 3;

/// Answers on the gateway's port 53 for as long as it is polled.
pub(crate) async fn answer(network: Arc<Network>, objects: Objects) {
    let socket = UdpSocket::bind((network.gateway(), 53)).await.unwrap();
    let mut buffer = [0_u8; 512];
    loop {
        let Ok((length, client)) = socket.recv_from(&mut buffer).await else { continue };
        let Some(question) = Question::parse(&buffer[..length]) else { continue };
        let response = question.respond(resolve(&question.name, &network, &objects));
        let _ = socket.send_to(&response, client).await;
    }
}

/// `None` when the name does not exist.
fn resolve(name: &str, network: &Network, objects: &Objects) -> Option<Vec<Ipv4Addr>> {
    let name = name.to_ascii_lowercase();
    let (service, namespace) = name.strip_suffix(".svc.cluster.local")?.split_once('.')?;
    if (service, namespace) == ("kubernetes", "default") {
        return Some(vec![network.gateway()]);
    }
    let addresses = objects.service_addresses(namespace, service)?;
    // A Service without pods has an address, where connections are refused.
    Some(if addresses.is_empty() { vec![network.refusing()] } else { addresses })
}

/// The one question of a query.
struct Question {
    id: [u8; 2],
    name: String,
    kind: u16,
    /// The question as it was sent; the answer repeats it.
    raw: Vec<u8>,
}

impl Question {
    fn parse(packet: &[u8]) -> Option<Self> {
        let id = [*packet.first()?, *packet.get(1)?];
        let mut labels = Vec::new();
        let mut at = 12;
        loop {
            let length = usize::from(*packet.get(at)?);
            at += 1;
            if length == 0 {
                break;
            }
            labels.push(String::from_utf8(packet.get(at..at + length)?.to_vec()).ok()?);
            at += length;
        }
        let kind = u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]);
        let raw = packet.get(12..at + 4)?.to_vec();
        Some(Self { id, name: labels.join("."), kind, raw })
    }

    fn respond(&self, addresses: Option<Vec<Ipv4Addr>>) -> Vec<u8> {
        let code = if addresses.is_some() { NO_ERROR } else { NO_SUCH_NAME };
        let answers = if self.kind == TYPE_A { addresses.unwrap_or_default() } else { Vec::new() };
        let count = u16::try_from(answers.len()).unwrap_or(0);
        let mut packet = self.id.to_vec();
        // Response, authoritative, recursion desired and available; one question.
        packet.extend([0x85, 0x80 | code, 0, 1]);
        packet.extend(count.to_be_bytes());
        packet.extend([0, 0, 0, 0]);
        packet.extend(&self.raw);
        for address in answers {
            // Pointer to the question's name, type A, class IN, no time to live, four bytes.
            packet.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
            packet.extend(address.octets());
        }
        packet
    }
}
