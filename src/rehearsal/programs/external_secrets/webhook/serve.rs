//! The webhook's process: it waits for its certificate, serves, and ends when the certificate does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use tokio::time::Instant;

use super::answer::answer;
use crate::clock::Clock;
use crate::rehearsal::{
    network::Handler,
    programs::{
        Exit, Mounts, Process,
        external_secrets::{
            certificates::{CertificateFiles, Unfit},
            flags::WebhookFlags,
            health,
            journal::Journal,
        },
    },
};

/// The pause between two looks at the certificate, and how long it is waited for in all.
const PAUSE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_mins(2);
/// A certificate that ends sooner than this does not do.
const REMAINDER: Duration = Duration::from_hours(1);

/// Runs until the process ends.
pub(crate) async fn run(process: Process) -> Exit {
    let flags = WebhookFlags::read(&process);
    let journal = Journal::new(process.log.clone(), process.clock.clone());
    let certificate = Certificate {
        mounts: process.mounts.clone(),
        clock: process.clock.clone(),
        folder: flags.certificates.clone(),
        name: flags.dns_name.clone(),
    };
    let asked = process.termination.requested();
    let served = async {
        if !wait(&certificate, &journal).await {
            return Exit::FAILURE;
        }
        serve(&process, &flags, certificate, &journal).await
    };
    tokio::select! {
        exit = served => exit,
        () = asked => Exit::SUCCESS,
    }
}

#[derive(Clone)]
struct Certificate {
    mounts: Mounts,
    clock: Clock,
    folder: String,
    name: String,
}

impl Certificate {
    /// Returns the files if they will do for so long.
    fn fit_for(&self, remainder: Duration) -> Result<CertificateFiles, Unfit> {
        let files = CertificateFiles::read(&self.mounts, &self.folder)?;
        files.check(&self.name, self.clock.now() + remainder)?;
        Ok(files)
    }
}

/// It looks at once and then every ten seconds: whoever is late by a moment is late by ten seconds.
async fn wait(certificate: &Certificate, journal: &Journal) -> bool {
    let start = Instant::now();
    loop {
        journal.info("setup", "validating certs");
        let Err(unfit) = certificate.fit_for(REMAINDER) else { return true };
        journal.error("setup", "invalid certs. retrying...", &certificate.name, &unfit.to_string());
        tokio::time::sleep(PAUSE).await;
        if start.elapsed() >= PATIENCE {
            let error = "context deadline exceeded";
            journal.error("setup", "unable to validate certificates", &certificate.name, error);
            return false;
        }
    }
}

async fn serve(process: &Process, flags: &WebhookFlags, certificate: Certificate, journal: &Journal) -> Exit {
    let health: Arc<dyn Handler> = Arc::new(Health(certificate.clone()));
    let _health = flags.health_port.map(|port| process.listen(port, health));
    journal.info("setup", "starting manager");
    let handler: Arc<dyn Handler> = Arc::new(|request: Request<Bytes>| {
        let response = answer(&request);
        Box::pin(async move { response }) as BoxFuture<'static, Response<Bytes>>
    });
    let read = || certificate.fit_for(Duration::ZERO).map(|files| files.certificate);
    let mut chain = read().unwrap_or_default();
    let mut listening = process.listen_tls(flags.port, &chain, Arc::clone(&handler));
    let mut look = tokio::time::interval(PAUSE);
    let mut check = tokio::time::interval(flags.check_interval.max(PAUSE));
    check.tick().await;
    loop {
        tokio::select! {
            // A renewed certificate is taken up while serving.
            _ = look.tick() => if let Ok(renewed) = read() && renewed != chain {
                chain = renewed;
                drop(listening);
                listening = process.listen_tls(flags.port, &chain, Arc::clone(&handler));
            },
            _ = check.tick() => if let Err(unfit) = certificate.fit_for(flags.lookahead) {
                let message = "certs are not valid at now + lookahead, triggering shutdown";
                journal.error("setup", message, &certificate.name, &unfit.to_string());
                return Exit::SUCCESS;
            },
        }
    }
}

struct Health(Certificate);

impl Handler for Health {
    fn handle(&self, request: Request<Bytes>) -> BoxFuture<'_, Response<Bytes>> {
        let unready = match request.uri().path() {
            "/readyz" => self.0.fit_for(REMAINDER).err().map(|unfit| unfit.to_string()),
            _ => None,
        };
        Box::pin(async move { health::answer(&request, unready) })
    }
}
