//! Boards and projects of tools that integrations reach.

use async_graphql::ID;

use super::{
    enums::Visibility,
    filter::{column, filter, key, sort},
    id::{NodeKind, part_id},
    input::number,
    integration::Integration,
    page::{connection, object},
    scalars::{DateTime, Url},
    team::{Team, TeamFilter},
};
use crate::domain::sync_container::SyncContainerRow;

const PREFIX: &str = "syc";
/// Ids of boards and projects of tools.
pub const SYNC_CONTAINER: NodeKind = NodeKind::Part(PREFIX);

object! {
    /// A board or project of a tool that an integration reaches, taken in or not.
    SyncContainer over SyncContainerRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id(PREFIX, self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; what was read of it does not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// When it was seen archived in the tool, or was not reached any more; null while it is there.
        async fn archived_at(&self) -> Option<DateTime> {
            self.0.archived_at.map(DateTime::from)
        }

        /// Counts changes, from 1.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// Its id in the tool.
        async fn external_id(&self) -> &str {
            &self.0.external_id
        }

        /// Its readable key in the tool, `DAEMON`; null where the tool has none.
        async fn external_key(&self) -> Option<&str> {
            self.0.external_key.as_deref()
        }

        /// Its title there.
        async fn title(&self) -> &str {
            &self.0.title
        }

        /// Its page there; null where the tool tells none.
        async fn url(&self) -> Option<Url> {
            self.0.url.clone().map(Url)
        }

        /// Whether its items are taken in. While it is archived they are not, whatever this says.
        async fn is_taken(&self) -> bool {
            self.0.is_taken
        }

        /// Who sees its project here, and the tasks of it, where that project is still to come.
        async fn visibility(&self) -> Visibility {
            self.0.visibility.into()
        }

        /// All that the tool changed before this time has been read; null before it was read to its end once.
        async fn read_until(&self) -> Option<DateTime> {
            self.0.read_until.map(DateTime::from)
        }
    }
    one {
        /// The integration that reaches it.
        integration: Integration = integration_id;
        /// The team of its project here, where that project is still to come; null for none.
        team: Team = team_id;
    }
    edges {
    }
}

connection!(
    SyncContainerConnection,
    SyncContainerEdge,
    SyncContainer,
    SyncContainerRow,
    "boards and projects of a tool"
);

filter! {
    SyncContainerFilter, SyncContainersFilter on SyncContainer, "boards and projects of a tool" {
        /// By global id.
        id: IdComparator = key("id", SYNC_CONTAINER);
        /// By id in the tool.
        external_id: KeyComparator = column("external_id");
        /// By readable key in the tool.
        external_key: KeyComparator = column("external_key");
        /// By title, with its case.
        title: KeyComparator = column("title");
        /// By whether its items are taken in.
        is_taken: BooleanComparator = column("is_taken");
        /// By who sees its project.
        visibility: VisibilityComparator = column("visibility");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By team.
        team: TeamFilter = "team_id" => Team;
    }
    many {
    }
}

sort! {
    SyncContainerSort, SyncContainerSortField on SyncContainer, "boards and projects of a tool" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By title, capital letters first.
        Title = "title" as Text;
    }
}
