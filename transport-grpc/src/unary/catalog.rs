//! Which services there are, and how the object of each is reached.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Waker},
};

use hyper::body::Incoming;
use ipc_core::{
    interface::{InterfaceSchema, MethodSchema},
    value::Type,
};
use prost_types::FileDescriptorSet;
use tonic::body::Body;
use tonic_health::ServingStatus;
use tower_service::Service;

use crate::proto::{Protos, mentioned, names, session_descriptor, why_session};

/// The services that a root object leads to.
pub(super) struct Catalog {
    methods: HashMap<String, Entry>,
    /// The services that are not derived from interfaces: health and reflection.
    others: HashMap<&'static str, Other>,
}

/// A method of a service.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) interface: &'static InterfaceSchema,
    pub(super) ordinal: u16,
    /// How its object is reached from the root.
    pub(super) way: Arc<[Step]>,
    pub(super) needs_session: Option<Arc<str>>,
}

/// A method without parameters that gives an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Step {
    pub(super) interface: u64,
    pub(super) ordinal: u16,
}

pub(super) type Answer = Pin<Box<dyn Future<Output = http::Response<Body>> + Send>>;
pub(super) type Other = Box<dyn Fn(http::Request<Incoming>) -> Answer + Send + Sync>;

impl Catalog {
    /// That of a root with this interface: made once for all connections.
    pub(super) fn of(root: &'static InterfaceSchema) -> Arc<Self> {
        static ALL: Mutex<Option<HashMap<u64, Arc<Catalog>>>> = Mutex::new(None);
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_or_insert_default().entry(root.id).or_insert_with(|| Arc::new(Self::new(root))).clone()
    }

    /// The method that a path names.
    pub(super) fn find(&self, path: &str) -> Option<Entry> {
        self.methods.get(path).cloned()
    }

    /// What answers for a service that is not derived from an interface, if there is one of this name.
    pub(super) fn other(&self, service: &str) -> Option<&Other> {
        self.others.get(service)
    }

    fn new(root: &'static InterfaceSchema) -> Self {
        let ways = ways(root);
        let mut methods = HashMap::new();
        let mut services = Vec::new();
        for interface in mentioned(root) {
            let service = names::full_service(interface);
            let way = ways.get(&interface.id);
            for method in interface.methods {
                let needs_session = match (why_session(method), way) {
                    (Some(why), _) => Some(why.into()),
                    (None, None) => Some(format!("only a session reaches objects of {service}").into()),
                    (None, Some(_)) => None,
                };
                let way = way.cloned().unwrap_or_default().into();
                let entry = Entry { interface, ordinal: method.ordinal, way, needs_session };
                methods.insert(format!("/{service}/{}", names::method(method)), entry);
            }
            services.push(service);
        }
        let mut others = HashMap::new();
        add_health(&mut others, &services);
        match descriptors(root) {
            Ok(descriptors) => add_reflection(&mut others, &descriptors),
            Err(error) => tracing::warn!(target: "ipc", interface = root.name, %error, "no reflection"),
        }
        Self { methods, others }
    }
}

/// How objects are reached from the root by methods without parameters, by their interfaces: in as few steps as can be.
fn ways(root: &'static InterfaceSchema) -> HashMap<u64, Vec<Step>> {
    let mut ways = HashMap::new();
    let mut left = VecDeque::from([(root, Vec::new())]);
    while let Some((schema, way)) = left.pop_front() {
        if ways.contains_key(&schema.id) {
            continue;
        }
        for method in schema.methods {
            if let Some(given) = given(method) {
                let step = Step { interface: schema.id, ordinal: method.ordinal };
                left.push_back((given, way.iter().copied().chain([step]).collect()));
            }
        }
        // An object is one of all that its interface extends.
        left.extend(schema.bases.iter().map(|base| (base(), way.clone())));
        ways.insert(schema.id, way);
    }
    ways
}

/// The interface of the object that a method gives, if it asks for nothing and gives nothing else.
fn given(method: &MethodSchema) -> Option<&'static InterfaceSchema> {
    match (method.params, method.results) {
        ([], [result]) => match (result.ty)() {
            Type::Object(schema) => Some(schema()),
            _ => None,
        },
        _ => None,
    }
}

fn add_health(others: &mut HashMap<&'static str, Other>, services: &[String]) {
    let (reporter, health) = tonic_health::server::health_reporter();
    for service in services {
        // Nobody else has the reporter, so it is ready at once.
        let set = pin!(reporter.set_service_status(service, ServingStatus::Serving));
        let _ = set.poll(&mut Context::from_waker(Waker::noop()));
    }
    others.insert("grpc.health.v1.Health", answer_by(health));
}

fn add_reflection(others: &mut HashMap<&'static str, Other>, descriptors: &FileDescriptorSet) {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_file_descriptor_set(descriptors.clone())
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    match (builder().build_v1(), builder().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => {
            others.insert("grpc.reflection.v1.ServerReflection", answer_by(v1));
            // What many clients still ask for.
            others.insert("grpc.reflection.v1alpha.ServerReflection", answer_by(v1alpha));
        }
        (Err(error), _) | (_, Err(error)) => tracing::warn!(target: "ipc", %error, "no reflection"),
    }
}

/// All that a root mentions, and the session's own service.
fn descriptors(root: &'static InterfaceSchema) -> Result<FileDescriptorSet, String> {
    let mut descriptors = Protos::new().schema(root).descriptors().map_err(|error| error.to_string())?;
    descriptors.file.push(session_descriptor()?);
    Ok(descriptors)
}

/// A service of tonic's, with its type forgotten.
fn answer_by<S>(service: S) -> Other
where
    S: Service<http::Request<Incoming>, Response = http::Response<Body>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
{
    Box::new(move |request| {
        let answer = service.clone().call(request);
        Box::pin(async move {
            match answer.await {
                Ok(response) => response,
            }
        })
    })
}
