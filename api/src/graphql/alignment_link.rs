//! Links.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    context::{Nullable, nullable},
    enums::{LinkOrigin, LinkState, Significance, StaleReason},
    filter::{column, filter, key, sort},
    finding::{FindingConnection, FindingFilter, FindingSort},
    id::{NodeKind, id_of, key_of},
    input::number,
    key_result::KeyResultFilter,
    link_end::{LinkSource, LinkTarget},
    link_evidence::{LinkEvidenceConnection, LinkEvidenceFilter, LinkEvidenceSort},
    link_interval::{LinkIntervalConnection, LinkIntervalFilter, LinkIntervalSort},
    node::{by_key, referred},
    objective::ObjectiveFilter,
    page::{Slice, connection, object, root},
    person::{Person, PersonFilter},
    project::ProjectFilter,
    scalars::DateTime,
    task::TaskFilter,
};
use crate::domain::{alignment_link::AlignmentLinkRow, relation};

object! {
    /// The tie between a piece of work and a goal; one row per source and target, never deleted.
    AlignmentLink over AlignmentLinkRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::AlignmentLink, self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; computed numbers do not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// Whether it counts.
        async fn state(&self) -> LinkState {
            self.0.state.into()
        }

        /// Why it is stale; null when it is not.
        async fn stale_reason(&self) -> Option<StaleReason> {
            self.0.stale_reason.map(Into::into)
        }

        /// Whether the work counts for progress.
        async fn significance(&self) -> Significance {
            self.0.significance.into()
        }

        /// Its strongest evidence.
        async fn origin(&self) -> LinkOrigin {
            self.0.origin.into()
        }

        /// Share in the target's work progress; 0 or more.
        async fn weight(&self) -> f64 {
            self.0.weight
        }

        /// When a person confirmed it last; null when nobody did.
        async fn confirmed_at(&self) -> Option<DateTime> {
            self.0.confirmed_at.map(DateTime::from)
        }

        /// When it was retired; null when it is not.
        async fn retired_at(&self) -> Option<DateTime> {
            self.0.retired_at.map(DateTime::from)
        }

        /// The work: a project or a task; null where the viewer may not see it.
        async fn source(&self, ctx: &Context<'_>) -> Nullable<LinkSource> {
            match (self.0.project_id, self.0.task_id) {
                (Some(project), _) => {
                    referred(ctx, Some(project)).await.map(|row| row.map(LinkSource::Project))
                }
                (None, task) => referred(ctx, task).await.map(|row| row.map(LinkSource::Task)),
            }
        }

        /// The goal: an objective or a key result; null where the viewer may not see it.
        async fn target(&self, ctx: &Context<'_>) -> Nullable<LinkTarget> {
            match (self.0.key_result_id, self.0.objective_id) {
                (Some(key_result), _) => {
                    referred(ctx, Some(key_result)).await.map(|row| row.map(LinkTarget::KeyResult))
                }
                (None, objective) => {
                    referred(ctx, objective).await.map(|row| row.map(LinkTarget::Objective))
                }
            }
        }
    }
    one {
        /// Who looks after it.
        owner: Person = owner_id;
        /// Who confirmed it.
        confirmed_by: Person = confirmed_by_id;
        /// Who retired it.
        retired_by: Person = retired_by_id;
    }
    edges {
        /// Why it exists.
        evidence: LinkEvidenceConnection(LinkEvidenceFilter, LinkEvidenceSort) = relation::LINK_EVIDENCE;
        /// Its history: spans of time, each in one state for one reason, with who brought it there.
        intervals: LinkIntervalConnection(LinkIntervalFilter, LinkIntervalSort) = relation::LINK_INTERVALS;
        /// Findings about it, resolved ones among them.
        findings: FindingConnection(FindingFilter, FindingSort) = relation::LINK_FINDINGS;
    }
}

connection!(AlignmentLinkConnection, AlignmentLinkEdge, AlignmentLink, AlignmentLinkRow, "links");

filter! {
    AlignmentLinkFilter, AlignmentLinksFilter on AlignmentLink, "links" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::AlignmentLink));
        /// By state.
        state: LinkStateComparator = column("state");
        /// By why it is stale.
        stale_reason: StaleReasonComparator = column("stale_reason");
        /// By significance.
        significance: SignificanceComparator = column("significance");
        /// By origin.
        origin: LinkOriginComparator = column("origin");
        /// By weight.
        weight: NumberComparator = column("weight");
        /// By whether a person confirmed it.
        confirmed: PresenceComparator = column("confirmed_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By its project.
        project: ProjectFilter = "project_id" => Project;
        /// By its task.
        task: TaskFilter = "task_id" => Task;
        /// By its objective.
        objective: ObjectiveFilter = "objective_id" => Objective;
        /// By its key result.
        key_result: KeyResultFilter = "key_result_id" => KeyResult;
        /// By who looks after it.
        owner: PersonFilter = "owner_id" => Person;
    }
    many {
    }
}

sort! {
    AlignmentLinkSort, AlignmentLinkSortField on AlignmentLink, "links" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
    }
}

/// Look-ups and lists of links.
#[derive(Debug, Default)]
pub struct AlignmentLinkQuery;

#[Object]
impl AlignmentLinkQuery {
    /// One of the links; null when it does not exist or may not be seen.
    async fn alignment_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id.")] id: ID,
    ) -> Nullable<AlignmentLink> {
        match key_of(&id, NodeKind::Subject(SubjectKind::AlignmentLink)) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// Links that the viewer sees.
    async fn alignment_links(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Rows from the start: 0 to 200 unless the server is set otherwise, 50 when neither first nor last is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor of the same list.")] after: Option<String>,
        #[graphql(desc = "Rows from the end: 0 to 200 unless the server is set otherwise.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only rows before this cursor of the same list.")] before: Option<String>,
        #[graphql(desc = "Only rows that fit.")] filter: Option<AlignmentLinkFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<AlignmentLinkSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<AlignmentLinkConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(AlignmentLinkConnection::from)))
    }
}
