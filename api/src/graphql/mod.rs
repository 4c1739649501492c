//! The API: one file a concept, with its object, inputs, payloads, queries and mutations together.

pub mod acknowledge;
pub mod acknowledge_many;
pub mod acknowledgement;
pub mod alignment_link;
pub mod alignment_link_changed;
pub mod allocation;
pub mod as_of;
pub mod batch;
pub mod carry_over;
pub mod check_in;
pub mod check_in_acknowledge;
pub mod check_in_created;
pub mod connection_model_preview;
pub mod context;
pub mod credential;
pub mod cycle;
pub mod cycle_close;
pub mod eager;
pub mod effective_acknowledgement;
pub mod effective_link;
pub mod enums;
pub mod error;
pub mod estimate;
pub mod external_person;
pub mod filter;
pub mod finding;
pub mod finding_change;
pub mod finding_raised;
pub mod finding_sight;
pub mod gate;
pub mod gate_waiver;
pub mod id;
pub mod input;
pub mod integration;
pub mod integration_change;
pub mod integration_connect;
pub mod key_result;
pub mod key_result_change;
pub mod key_result_override;
pub mod key_result_score;
pub mod link_change;
pub mod link_change_many;
pub mod link_create_many;
pub mod link_end;
pub mod link_evidence;
pub mod link_interval;
pub mod link_suggestion;
pub mod list;
pub mod live_event;
pub mod loaders;
pub mod membership;
pub mod milestone;
pub mod mutation;
pub mod node;
pub mod objective;
pub mod objective_check;
pub mod objective_publish;
pub mod okr_file;
pub mod organization;
pub mod over_linking;
pub mod page;
pub mod person;
pub mod person_team;
pub mod progress_changed;
pub mod progress_explanation;
pub mod progress_override;
pub mod progress_point;
pub mod project;
pub mod project_change;
pub mod project_from_template;
pub mod project_result;
pub mod project_template;
pub mod project_template_change;
pub mod purpose;
pub mod rate_limit;
pub mod recorded_value;
pub mod scalars;
mod secretive;
pub mod service_token;
pub mod settings;
pub mod sign_in;
pub mod standing;
pub mod status_interval;
pub mod stream;
pub mod subscription;
pub mod sync_container;
pub mod sync_run;
pub mod task;
pub mod task_change;
pub mod task_changed;
pub mod task_label;
pub mod task_time;
pub mod team;
pub mod texts;
pub mod time_entry;
pub mod token_settle;
pub mod unlinked_work;
pub mod unresolved_token;
pub mod viewer;
pub mod viewer_work;
pub mod weight_preview;
pub mod work_link_url;

use async_graphql::{MergedObject, Schema, ValidationMode};

pub use self::subscription::Subscription;

/// What can be read.
#[derive(MergedObject, Debug, Default)]
pub struct Query(
    node::NodeQuery,
    viewer::ViewerQuery,
    organization::OrganizationQuery,
    objective::ObjectiveQuery,
    objective_check::ObjectiveCheckQuery,
    weight_preview::WeightPreviewQuery,
    key_result::KeyResultQuery,
    project::ProjectQuery,
    project_template::ProjectTemplateQuery,
    allocation::AllocationQuery,
    task::TaskQuery,
    team::TeamQuery,
    person::PersonQuery,
    cycle::CycleQuery,
    alignment_link::AlignmentLinkQuery,
    connection_model_preview::ConnectionModelPreviewQuery,
    over_linking::OverLinkingQuery,
    link_suggestion::LinkSuggestionQuery,
    integration::IntegrationQuery,
    sync_run::SyncRunQuery,
    finding::FindingQuery,
    service_token::ServiceTokenQuery,
    okr_file::OkrFileQuery,
    rate_limit::RateLimitQuery,
);

/// What can be changed.
#[derive(MergedObject, Debug, Default)]
pub struct Mutation(
    objective::ObjectiveMutation,
    objective_publish::ObjectivePublishMutation,
    key_result_change::KeyResultMutation,
    key_result_override::KeyResultOverrideMutation,
    key_result_score::KeyResultScoreMutation,
    carry_over::CarryOverMutation,
    milestone::MilestoneMutation,
    check_in::CheckInMutation,
    check_in_acknowledge::CheckInAcknowledgeMutation,
    recorded_value::RecordedValueMutation,
    project_change::ProjectMutation,
    project_template_change::ProjectTemplateMutation,
    project_from_template::ProjectFromTemplateMutation,
    acknowledge::AcknowledgementMutation,
    acknowledge_many::AcknowledgeManyMutation,
    gate_waiver::GateWaiverMutation,
    allocation::AllocationMutation,
    task_change::TaskMutation,
    link_change::AlignmentLinkMutation,
    link_create_many::LinkCreateManyMutation,
    link_change_many::LinkChangeManyMutation,
    work_link_url::WorkLinkUrlMutation,
    token_settle::UnresolvedTokenMutation,
    finding_change::FindingMutation,
    integration_connect::IntegrationConnectMutation,
    integration_change::IntegrationChangeMutation,
    sign_in::SignInMutation,
    credential::PasswordMutation,
    organization::OrganizationMutation,
    person::PersonMutation,
    team::TeamMutation,
    membership::MembershipMutation,
    cycle::CycleMutation,
    service_token::ServiceTokenMutation,
    cycle_close::CycleCloseMutation,
    okr_file::OkrFileMutation,
);

/// The schema of the API.
pub type ApiSchema = Schema<Query, Mutation, Subscription>;

/// Builds the schema. It has no extension: any would turn off the executor's fast path.
#[must_use]
pub fn schema() -> ApiSchema {
    // Documents are validated by the front, strictly and once each.
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .validation_mode(ValidationMode::Fast)
        .disable_suggestions()
        .finish()
}

/// The schema in the schema definition language, as `schema.graphql` holds it.
#[must_use]
pub fn sdl(schema: &ApiSchema) -> String {
    schema.sdl_with_options(async_graphql::SDLExportOptions::new().include_specified_by())
}
