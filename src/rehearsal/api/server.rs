//! The server: its state, and the way of a request through it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use jiff::Timestamp;
use rand::{SeedableRng, rngs::StdRng};
use tokio::sync::mpsc;

use super::{
    access::{self, TokenKey, User},
    admission::Webhooks,
    chore::Chore,
    discovery,
    kind::Kind,
    openapi,
    refusal::Refusal,
    registry::Registry,
    reply::{Body, Reply},
    request::{Request, Target},
    storage::Storage,
    version::Version,
};
use crate::clock::Clock;
use crate::rehearsal::faults::{Asked, Effect, Faults};

/// A Kubernetes API server.
pub(in crate::rehearsal) struct Server {
    state: Mutex<State>,
    pub(super) clock: Clock,
    pub(super) version: Version,
    pub(super) webhooks: Webhooks,
    pub(in crate::rehearsal) faults: Faults,
    pub(super) tokens: TokenKey,
    /// The certificate that each namespace is told to trust.
    pub(super) authority: String,
}

/// Everything that requests change.
pub(super) struct State {
    pub(super) storage: Storage,
    pub(super) registry: Registry,
    pub(super) random: StdRng,
    chores: mpsc::UnboundedSender<Chore>,
}

impl Server {
    /// Returns a server without any object, and what it leaves to be done.
    pub(super) fn new(
        clock: Clock,
        version: Version,
        seed: u64,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Chore>) {
        let (chores, todo) = mpsc::unbounded_channel();
        let state = State {
            storage: Storage::default(),
            registry: Registry::new(),
            random: StdRng::seed_from_u64(seed),
            chores,
        };
        let state = Mutex::new(state);
        (
            Arc::new(Self {
                state,
                clock,
                version,
                webhooks: Webhooks::default(),
                faults: Faults::default(),
                tokens: TokenKey::drawn(seed),
                authority: String::new(),
            }),
            todo,
        )
    }

    pub(in crate::rehearsal) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the time as objects have it: whole seconds.
    pub(super) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// Answers a request of whoever has the connection; nothing when the connection ends instead.
    pub(in crate::rehearsal) async fn answer(
        self: &Arc<Self>,
        request: http::Request<Bytes>,
        user: &Arc<User>,
    ) -> Option<Response<Body>> {
        let mut request = Request::new(request, user);
        let target = Target::read(&request.path);
        if let Err(refusal) = self.admit_user(&mut request, target.as_ref()) {
            return Some(Reply::from(refusal).into_response());
        }
        let reply = match target {
            Some(target) => match self.strike(&request, &target) {
                None => self.resource(&request, &target).await,
                Some(Effect::Delay(duration)) => {
                    self.clock.sleep(duration).await;
                    self.resource(&request, &target).await
                }
                Some(Effect::Hang) => {
                    self.faults.over().await;
                    return None;
                }
                Some(Effect::Drop) => return None,
                Some(Effect::LoseAnswer) => {
                    // Nobody hears what came of it.
                    let _ = self.resource(&request, &target).await;
                    return None;
                }
                Some(Effect::TooManyRequests(seconds)) => Err(Refusal::too_many(seconds)),
                Some(Effect::InternalError) => Err(Refusal::internal("a fault of the rehearsal")),
                Some(Effect::Unavailable) => Err(Refusal::unavailable()),
                Some(Effect::Conflict) => Err(self.refused(&target, Refusal::stale)),
                Some(Effect::Forbidden) => Err(self.refused(&target, |kind, name| {
                    Refusal::forbidden(kind, name, "a fault of the rehearsal")
                })),
            },
            None => self.page_at(&request),
        };
        Some(reply.unwrap_or_else(Reply::from).into_response())
    }

    fn strike(&self, request: &Request, target: &Target) -> Option<Effect> {
        self.faults.strike(&Asked {
            verb: request.verb(target),
            resource: &target.plural,
            namespace: target.namespace.as_deref().unwrap_or_default(),
            name: target.name.as_deref().unwrap_or_default(),
        })
    }

    fn refused(&self, target: &Target, refusal: impl Fn(&Kind, &str) -> Refusal) -> Refusal {
        let name = target.name.as_deref().unwrap_or_default();
        let state = self.state();
        let kind = state.registry.find(&target.group, &target.version, &target.plural);
        kind.map_or_else(Refusal::no_page, |kind| refusal(kind, name))
    }

    async fn resource(self: &Arc<Self>, request: &Request, target: &Target) -> Result<Reply, Refusal> {
        let kind = {
            let state = self.state();
            let found = state.registry.find(&target.group, &target.version, &target.plural).cloned();
            match found {
                Some(kind) => kind,
                None if state.registry.serves_group(&target.group) => {
                    return Err(Refusal::no_page());
                }
                None => return Ok(Reply::nowhere()),
            }
        };
        let collection_of_all = kind.namespaced && target.namespace.is_none();
        if !kind.namespaced && target.namespace.is_some() || collection_of_all && target.name.is_some() {
            return Err(Refusal::no_page());
        }
        if let Some(subresource) = &target.subresource {
            return self.subresource(request, target, &kind, subresource).await;
        }
        let verb = request.verb(target);
        if !kind.verbs().contains(&verb) {
            return Err(Refusal::method_not_allowed());
        }
        match verb {
            "create" if kind.traits.review => access::answer(self, request, target, &kind),
            "update" | "patch" if target.name.is_none() => Err(Refusal::method_not_allowed()),
            "create" if collection_of_all || target.name.is_some() => Err(Refusal::method_not_allowed()),
            "create" => self.create(request, target, &kind).await,
            "update" => self.update(request, target, &kind, None).await,
            "patch" => self.patch(request, target, &kind, None).await,
            "delete" => self.delete(request, target, &kind).await,
            "deletecollection" => self.delete_collection(request, target, &kind).await,
            "watch" => self.watch(request, target, &kind),
            "get" => self.get(request, target, &kind),
            _ => self.list(request, target, &kind),
        }
    }

    async fn subresource(
        self: &Arc<Self>,
        request: &Request,
        target: &Target,
        kind: &Kind,
        name: &str,
    ) -> Result<Reply, Refusal> {
        let subresources = kind.subresources();
        let Some(subresource) = subresources.iter().find(|one| one.name == name) else {
            return Err(Refusal::no_page());
        };
        let verb = request.verb(target);
        if !subresource.verbs.contains(&verb) {
            return Err(Refusal::method_not_allowed());
        }
        match (name, verb) {
            ("status", "get") => self.get(request, target, kind),
            ("status" | "finalize", "update") => self.update(request, target, kind, Some(name)).await,
            ("status", _) => self.patch(request, target, kind, Some(name)).await,
            ("scale", _) => self.scale(request, target, kind, verb).await,
            ("token", _) => self.token(request, target, kind),
            ("binding", _) => self.bind(request, target, kind).await,
            ("eviction", _) => self.delete(request, target, kind).await,
            _ => Err(Refusal::no_page()),
        }
    }

    /// Answers what is about no object: discovery, version, health.
    fn page_at(&self, request: &Request) -> Result<Reply, Refusal> {
        if request.method != Method::GET && request.method != Method::HEAD {
            return Err(Refusal::method_not_allowed());
        }
        let state = self.state();
        let registry = &state.registry;
        let accept = request.header(header::ACCEPT);
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let json = match segments.as_slice() {
            ["api" | "apis"] if accept.contains("as=APIGroupDiscoveryList") => {
                // The form that the client names first and that is known.
                let v2 = accept
                    .find("v=v2;")
                    .is_some_and(|v2| accept.find("v=v2beta1").is_none_or(|beta| v2 < beta));
                let (version, content_type) = if v2 {
                    ("v2", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
                } else {
                    ("v2beta1", "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList")
                };
                let body = discovery::aggregated(registry, segments[0] == "api", version);
                let body = serde_json::to_vec(&body).unwrap_or_default();
                return Ok(Reply::bytes(StatusCode::OK, content_type, body));
            }
            ["api"] => discovery::versions("10.96.0.1:443"),
            ["apis"] => discovery::group_list(registry),
            ["api", version] => {
                discovery::resource_list(registry, "", version).ok_or_else(Refusal::no_page)?
            }
            ["apis", group, ..] if segments.len() < 4 && !registry.serves_group(group) => {
                return Ok(Reply::nowhere());
            }
            ["apis", group] => discovery::group(registry, group).ok_or_else(Refusal::no_page)?,
            ["apis", group, version] => {
                discovery::resource_list(registry, group, version).ok_or_else(Refusal::no_page)?
            }
            ["version"] => self.version.json(),
            ["openapi", "v3"] => openapi::index(registry),
            ["openapi", "v3", "api", version] => {
                openapi::document(registry, "", version, self.version.text()).ok_or_else(Refusal::no_page)?
            }
            ["openapi", "v3", "apis", group, version] => {
                openapi::document(registry, group, version, self.version.text())
                    .ok_or_else(Refusal::no_page)?
            }
            ["healthz" | "livez" | "readyz", ..] => {
                return Ok(Reply::bytes(StatusCode::OK, "text/plain; charset=utf-8", "ok"));
            }
            _ => return Ok(Reply::nowhere()),
        };
        Ok(Reply::json(StatusCode::OK, &json))
    }
}

impl Server {
    /// Forgets the changes so far: who watches from before them is told to read anew.
    pub(in crate::rehearsal) fn compact(&self) {
        self.state().storage.compact();
    }
}

impl State {
    /// Leaves something to be done after the answer.
    pub(super) fn leave(&self, chore: Chore) {
        // Nobody takes it when the cluster is going away.
        let _ = self.chores.send(chore);
    }
}
