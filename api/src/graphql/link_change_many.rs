//! Retiring and confirming links in bulk: inputs, payloads and mutations.

use async_graphql::{Context, ID, InputObject, Object};
use entity::SubjectKind;

use super::{
    acknowledge_many::meaning,
    alignment_link::AlignmentLinkFilter,
    context::Nullable,
    id::{NodeKind, key_of},
    link_create_many::many_payload,
    mutation::run,
};
use crate::domain::{
    error::{DomainError, Result, UserErrorCode},
    link_change_many::{ConfirmLinks, LinksMeant, RetireLinks},
};

/// Input of `alignmentLinkRetireMany`: ids, or a filter.
#[derive(InputObject, Debug)]
pub struct AlignmentLinkRetireManyInput {
    /// These links, at most 10,000.
    pub ids: Option<Vec<ID>>,
    /// Those that fit, of those that are not retired.
    pub filter: Option<AlignmentLinkFilter>,
    /// Whether it is only told what would be done.
    #[graphql(default = false)]
    pub dry_run: bool,
}

/// Input of `alignmentLinkConfirmMany`: ids, or a filter.
#[derive(InputObject, Debug)]
pub struct AlignmentLinkConfirmManyInput {
    /// These links, at most 10,000.
    pub ids: Option<Vec<ID>>,
    /// Those that fit, of those that are not retired.
    pub filter: Option<AlignmentLinkFilter>,
    /// Whether it is only told what would be done.
    #[graphql(default = false)]
    pub dry_run: bool,
}

many_payload! {
    AlignmentLinkRetireManyPayload of "alignmentLinkRetireMany",
        /// Links that were retired, or would be.
        retired,
        /// Links to closed goals, which are frozen with them.
        ;
    AlignmentLinkConfirmManyPayload of "alignmentLinkConfirmMany",
        /// Links that were confirmed, or would be.
        confirmed,
        /// Links to closed goals, which are frozen with them, and retired ones.
        ;
}

fn meant(ctx: &Context<'_>, ids: Option<&[ID]>, filter: Option<&AlignmentLinkFilter>) -> Result<LinksMeant> {
    let key = |id: &ID| {
        key_of(id, NodeKind::Subject(SubjectKind::AlignmentLink))
            .map_err(|_| DomainError::user("ids", UserErrorCode::NotFound, "name a link that does not exist"))
    };
    let ids = ids.map(|ids| ids.iter().map(key).collect()).transpose()?;
    Ok(LinksMeant { ids, filter: meaning(ctx, filter)? })
}

/// Changes of links in bulk.
#[derive(Debug, Default)]
pub struct LinkChangeManyMutation;

#[Object]
impl LinkChangeManyMutation {
    /// Retires all links that are named or fit, of what the viewer sees, in one transaction. Those with no right on
    /// either end are skipped and counted; at most 10,000 a call.
    async fn alignment_link_retire_many(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] input: AlignmentLinkRetireManyInput,
    ) -> Nullable<AlignmentLinkRetireManyPayload> {
        run(ctx, |_keys| {
            Ok(RetireLinks {
                links: meant(ctx, input.ids.as_deref(), input.filter.as_ref())?,
                dry_run: input.dry_run,
            })
        })
        .await
    }

    /// Confirms all links that are named or fit, of what the viewer sees, in one transaction: as
    /// `alignmentLinkConfirm` does it one by one. Those with no right on the goal are skipped and counted; at most
    /// 10,000 a call.
    async fn alignment_link_confirm_many(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] input: AlignmentLinkConfirmManyInput,
    ) -> Nullable<AlignmentLinkConfirmManyPayload> {
        run(ctx, |_keys| {
            Ok(ConfirmLinks {
                links: meant(ctx, input.ids.as_deref(), input.filter.as_ref())?,
                dry_run: input.dry_run,
            })
        })
        .await
    }
}
