//! Why a link exists.

use entity::{Instant, LinkOrigin, ReferenceField};
use uuid::Uuid;

use super::{access::scope::Listed, relation::Table, row::row};

row! {
    /// Why a link exists.
    LinkEvidenceRow of link_evidence {
        /// Key.
        id: Uuid = Id,
        /// The link.
        alignment_link_id: Uuid = AlignmentLinkId,
        /// Kind of evidence.
        origin: LinkOrigin = Origin,
        /// Where the reference stood.
        field: Option<ReferenceField> = Field,
        /// The reference as it was written, at most 200 characters.
        text: Option<String> = Text,
        /// Place of its first character in that field, counted in characters from 0.
        position: Option<i32> = Position,
        /// The code it was read as.
        code: Option<String> = Code,
        /// The code of the goal that the code led to, where its own goal was over and carried over.
        successor_code: Option<String> = SuccessorCode,
        /// Who made it, for evidence by hand.
        person_id: Option<Uuid> = PersonId,
        /// When the reference was no longer there.
        removed_at: Option<Instant> = RemovedAt,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for LinkEvidenceRow {
    const TABLE: Table = Table::LinkEvidence;
    const ARCHIVABLE: bool = false;
}
