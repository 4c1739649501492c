//! Evidence.

use async_graphql::ID;

use super::{
    alignment_link::AlignmentLink,
    enums::{LinkOrigin, ReferenceField},
    filter::{column, filter, sort},
    id::part_id,
    page::{connection, object},
    person::Person,
    scalars::DateTime,
};
use crate::domain::link_evidence::LinkEvidenceRow;

object! {
    /// Why a link exists.
    LinkEvidence over LinkEvidenceRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("evi", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// Kind of evidence.
        async fn origin(&self) -> LinkOrigin {
            self.0.origin.into()
        }

        /// Where the reference stood.
        async fn field(&self) -> Option<ReferenceField> {
            self.0.field.map(Into::into)
        }

        /// The reference as it was written, at most 200 characters.
        async fn text(&self) -> Option<&str> {
            self.0.text.as_deref()
        }

        /// Place of its first character in that field, counted in characters from 0.
        async fn position(&self) -> Option<i32> {
            self.0.position
        }

        /// The code it was read as.
        async fn code(&self) -> Option<&str> {
            self.0.code.as_deref()
        }

        /// The code of the goal that the link leads to, where the code's own goal was closed and carried over;
        /// else null.
        async fn successor_code(&self) -> Option<&str> {
            self.0.successor_code.as_deref()
        }

        /// When the reference was no longer there.
        async fn removed_at(&self) -> Option<DateTime> {
            self.0.removed_at.map(DateTime::from)
        }
    }
    one {
        /// The link.
        alignment_link: AlignmentLink = alignment_link_id;
        /// Who made it, for evidence by hand.
        person: Person = person_id;
    }
    edges {
    }
}

connection!(LinkEvidenceConnection, LinkEvidenceEdge, LinkEvidence, LinkEvidenceRow, "evidence");

filter! {
    LinkEvidenceFilter, EvidenceListFilter on LinkEvidence, "evidence" {
        /// By kind of evidence.
        origin: LinkOriginComparator = column("origin");
        /// By where it stood.
        field: ReferenceFieldComparator = column("field");
        /// By whether it is gone.
        removed: PresenceComparator = column("removed_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
    }
    many {
    }
}

sort! {
    LinkEvidenceSort, LinkEvidenceSortField on LinkEvidence, "evidence" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
    }
}
