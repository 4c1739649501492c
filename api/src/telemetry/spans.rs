//! Spans to a collector over OTLP: sent in batches by a thread of their own, so that no request waits for the
//! collector, and dropped where it does not keep up.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider},
};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{
    Registry,
    filter::{Filtered, LevelFilter, Targets},
    layer::Layer as _,
};

use crate::config::{ConfigError, Telemetry};

/// What turns our spans into those of the collector.
pub(super) type Layer = Filtered<OpenTelemetryLayer<Registry, SdkTracer>, Targets, Registry>;

/// Longest time for one batch.
const SENDING: Duration = Duration::from_secs(10);
/// Spans that wait to be sent at most; further ones are dropped.
const WAITING: usize = 8_192;
/// Longest wait for the last batch when the server stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// The way to the collector; without one where none is named.
#[derive(Debug)]
pub struct Spans(Option<SdkTracerProvider>);

impl Spans {
    /// Prepares the way; nothing is sent yet, and a collector that does not answer is no error.
    pub(super) fn open(settings: &Telemetry) -> Result<Self, ConfigError> {
        let Some(address) = settings.trace_address()? else { return Ok(Self(None)) };
        let wrong = |message: String| ConfigError::Invalid { setting: "telemetry.otlp_endpoint", message };
        let headers = settings.headers()?;
        // A blocking client starts a runtime of its own, which must not happen on a thread of ours.
        let client = std::thread::spawn(move || {
            // An error means that one is installed already.
            let _installed = rustls::crypto::ring::default_provider().install_default();
            reqwest::blocking::Client::builder()
                .timeout(SENDING)
                .redirect(reqwest::redirect::Policy::none())
                .default_headers(headers)
                .build()
        });
        let client = match client.join() {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(wrong(error.to_string())),
            Err(_) => return Err(wrong("a client for it cannot be made".to_owned())),
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(address)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(SENDING)
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        let batches = BatchConfigBuilder::default().with_max_queue_size(WAITING).build();
        let resource = Resource::builder()
            .with_service_name(settings.otlp_service_name.clone())
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
            .with_sampler(Sampler::TraceIdRatioBased(settings.otlp_sample_ratio))
            .with_resource(resource)
            .build();
        // Requests that name a trace become part of it.
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(Self(Some(provider)))
    }

    /// What collects spans; none where they are sent nowhere. Only ours are sent, whatever the log shows.
    pub(super) fn layer(&self) -> Option<Layer> {
        let tracer = self.0.as_ref()?.tracer("throughline");
        let ours = Targets::new().with_target("api", LevelFilter::INFO);
        Some(tracing_opentelemetry::layer().with_tracer(tracer).with_filter(ours))
    }

    /// Sends what still waits; whoever stops the server calls it last.
    pub async fn end(self) {
        let Some(provider) = self.0 else { return };
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FAREWELL)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last spans could not be sent to the collector");
        }
    }
}
